import { gzipSync } from 'node:zlib'
import { introspection, type Verifier } from 'gatewright/runtime'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { active, answering, CLIENT, type ScriptedServer, scriptedServer } from '../introspection/scripted-server.js'
import { AUDIENCE } from '../tokens/scripted-issuer.js'
import { type Api, apis } from './api.js'
import { type Injector, injectorFor } from './injector.js'
import { type Caller, type Rules, startLoad } from './load.js'
import { anonymous, bearing } from './tokens.js'

/** Requests go on all the time while the authorization server fails: what it cannot be asked about is 503. */
let serve: Awaited<ReturnType<typeof apis>>
/** Calls every token active. */
let evil: ScriptedServer
let server: ScriptedServer
let relay: Injector
let iss: string
let api: Api | undefined

beforeAll(async () => {
  serve = await apis('introspection')
  evil = await scriptedServer()
})
afterAll(() => evil[Symbol.asyncDispose]())

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  server = await scriptedServer()
  relay = await injectorFor(Number(new URL(server.origin).port))
  iss = `${relay.origin}/`
  server.metadata = { issuer: iss, introspection_endpoint: `${relay.origin}/introspect` }
  server.answer = honest
})

afterEach(async () => {
  vi.useRealTimers()
  await api?.close()
  await relay[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** A token's name says whose it is; of any other, nothing is known. */
const honest: ScriptedServer['answer'] = (response, question) => {
  const token = question.form.get('token') ?? ''
  const exp = Math.floor(Date.now() / 1000) + 10_000
  const aud = token.startsWith('elsewhere') ? 'https://other.example' : AUDIENCE
  const known = /^(holder|shared|unscoped|elsewhere)-/.test(token)
  answering(known ? active(iss, { sub: token, exp, aud }) : { active: false })(response, question)
}

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
const verifier = (cache: false | { maxAge: number } = false): Verifier =>
  introspection({ issuer: iss, client: CLIENT, audience: AUDIENCE, timeout: 1, cache })

const caller = (name: string, path = '/notes', distinct = Number.POSITIVE_INFINITY): Caller => ({
  name,
  path,
  next: n => bearing(`${name}-${n % distinct}`, `${name}-${n % distinct}`),
})
const callers = [
  caller('holder'),
  caller('shared', '/notes', 1),
  caller('unscoped', '/admin'),
  caller('revoked'),
  caller('elsewhere'),
  anonymous,
]

const STEADY: Rules = {
  holder: [200],
  shared: [200],
  unscoped: [403],
  revoked: [401],
  elsewhere: [401],
  anonymous: [401],
}
const perCaller = (change: (right: readonly number[]) => readonly number[]): Rules =>
  Object.fromEntries(Object.entries(STEADY).map(([name, one]) => [name, name === 'anonymous' ? one : change(one)]))
const PARTLY = perCaller(right => [...right, 503])
const DOWN = perCaller(() => [503])

const by = (answer: ScriptedServer['answer']) => () => {
  server.answer = answer
}

const FAULTS: [string, () => unknown][] = [
  ['cut off', () => relay.inject('cut')],
  ['silent', () => relay.inject('hang')],
  ['dripping', () => relay.inject('drip')],
  ['truncated', () => relay.inject('truncate')],
  ['unreadable', () => relay.inject('noise')],
  ['no HTTP', () => relay.inject('garbage')],
  ...[400, 401, 403, 404, 429, 500, 502, 503].map((status): [string, () => unknown] => [
    `answering ${status}, and that all is well`,
    by((response, question) => answering(active(iss), 'application/json', status)(response, question)),
  ]),
  ['answering with nothing', by(response => response.writeHead(204).end())],
  ['answering with HTML', by(answering('<!doctype html>', 'text/html'))],
  ['answering with half of it', by(answering('{"active":true,"aud":'))],
  ['answering with another idea of truth', by((r, q) => answering(active(iss, { active: 'true' }))(r, q))],
  ['answering with a list', by((r, q) => answering([active(iss)])(r, q))],
  [
    'answering without end',
    by(response => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    }),
  ],
  [
    'answering with a gzip bomb',
    by(response => {
      const bomb = JSON.stringify(active(iss)).padEnd(4 * 1024 * 1024)
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(bomb))
    }),
  ],
  ['redirecting', by(response => response.writeHead(307, { location: `${evil.origin}/introspect` }).end())],
]

/** Until it is noticed that the server is back. */
async function back(user: Verifier) {
  relay.inject(undefined)
  server.answer = honest
  await expect
    .poll(() => {
      pass(10)
      return user.ready?.().then(() => 'ready', String)
    })
    .toBe('ready')
}

describe('an authorization server that turns, under load, to be', () => {
  test.each(FAULTS)('%s: 503 for all, and nobody let in by it', async (_, inject) => {
    const user = verifier()
    await user.ready?.()
    api = await serve(user)
    const load = startLoad(api.origins, callers, STEADY)
    await load.rounds(5)
    load.expect(PARTLY)
    inject()
    await load.rounds(1)
    load.expect(DOWN)
    for (let step = 0; step < 3; step++) {
      pass(9)
      await load.rounds(3)
    }
    load.expect(PARTLY)
    await back(user)
    load.expect(STEADY)
    await load.rounds(5)
    await load.stop()
    expect([...load.wrong]).toEqual([])
    expect(evil.questions).toEqual([])
  })

  test('one that answers twice: what it says of one token is never taken for another', async () => {
    const user = verifier()
    await user.ready?.()
    api = await serve(user)
    const load = startLoad(api.origins, callers, PARTLY)
    relay.inject('twice')
    await load.rounds(50)
    await back(user)
    load.expect(STEADY)
    await load.rounds(5)
    await load.stop()
    expect([...load.wrong]).toEqual([])
  })
})

test('what is remembered goes on through an outage, as long as it may be remembered', async () => {
  const user = verifier({ maxAge: 60 })
  await user.ready?.()
  api = await serve(user)
  const load = startLoad(api.origins, callers, STEADY)
  await load.rounds(5)
  const serving = { ...PARTLY, shared: [200] }
  load.expect(serving)
  relay.inject('cut')
  await load.rounds(1)
  load.expect({ ...DOWN, shared: [200] })
  for (let step = 0; step < 5; step++) {
    pass(10)
    await load.rounds(3)
  }
  load.expect(DOWN)
  pass(10)
  await load.rounds(3)
  load.expect(PARTLY)
  await back(user)
  load.expect(STEADY)
  await load.rounds(5)
  await load.stop()
  expect([...load.wrong]).toEqual([])
})
