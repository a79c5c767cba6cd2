/**
 * What stripping costs: `JSON.stringify` of a value, and of what `strip` leaves of it, in one run.
 * `node --import tsx bench/replies.ts`
 */
import { replyShapes, type Shape } from '../runtime/reply-shape.js'
import { strip } from '../runtime/reply-strip.js'

const { none, shape } = replyShapes

const user = {
  id: 1,
  login: 'octavia',
  avatar_url: 'https://images.example/avatars/octavia.gif',
  url: 'https://api.example/users/octavia',
  html_url: 'https://example/octavia',
  followers_url: 'https://api.example/users/octavia/followers',
  type: 'User',
  site_admin: false,
}
const repository = {
  id: 1,
  name: 'hello-world',
  owner: user,
  private: false,
  description: 'A first repository',
  url: 'https://api.example/repos/octavia/hello-world',
  topics: ['atom', 'electron', 'api'],
  stargazers_count: 80,
  created_at: '2011-01-26T19:01:12Z',
  license: null,
  permissions: { admin: false, push: false, pull: true },
}
const greeting = { message: 'Hello', timestamp: '2011-01-26T19:01:12Z' }

function ofObject(value: object, members: { readonly [name: string]: Shape } = {}): Shape {
  const scalars = Object.fromEntries(Object.keys(value).map(name => [name, none]))
  return shape(() => ({ kinds: ['object'], members: { ...scalars, ...members } }))
}

const ofList = (items: Shape) => shape(() => ({ kinds: ['array'], items }))
const userShape = ofObject(user)
const listShape = ofList(
  ofObject(repository, { owner: userShape, topics: ofList(none), permissions: ofObject(repository.permissions) }),
)
const repositories = Array.from({ length: 30 }, (_, id) => ({ ...repository, id }))
const either = shape(() => ({
  either: [
    [
      { shape: ofObject(greeting), has: ['message'] },
      { shape: userShape, has: ['login'] },
    ],
  ],
}))

const CASES: readonly (readonly [name: string, shape: Shape, value: unknown, rounds: number])[] = [
  ['two members', ofObject(greeting), greeting, 50_000],
  ['two members, one of two schemas', either, greeting, 50_000],
  ['a user', userShape, user, 50_000],
  ['a user with an undocumented member', userShape, { ...user, password: 'hash' }, 50_000],
  ['30 repositories', listShape, repositories, 1000],
  ['30 with an undocumented member each', listShape, repositories.map(one => ({ ...one, secret: 1 })), 1000],
]

/** CPU time of a call, in µs. */
function cost(call: () => unknown, rounds: number): number {
  const start = process.cpuUsage()
  for (let round = 0; round < rounds; round++) call()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / rounds
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

for (const [name, documented, value, rounds] of CASES) {
  const alone: number[] = []
  const stripped: number[] = []
  for (let run = 0; run < 11; run++) {
    alone.push(cost(() => Buffer.from(JSON.stringify(value)), rounds))
    stripped.push(cost(() => Buffer.from(JSON.stringify(strip(documented, value))), rounds))
  }
  const [before, after] = [median(alone), median(stripped)]
  const bytes = JSON.stringify(value).length
  console.log(
    `${name} (${bytes} bytes): ${before.toFixed(2)} → ${after.toFixed(2)} µs, ${(after / before).toFixed(2)} ×`,
  )
}
