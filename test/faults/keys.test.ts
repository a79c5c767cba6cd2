import { gzipSync } from 'node:zlib'
import { bearer } from 'gatewright/runtime'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  AUDIENCE,
  JWKS,
  json,
  METADATA,
  type ScriptedIssuer,
  scriptedIssuer,
  status,
  type TestKey,
  testKey,
} from '../tokens/scripted-issuer.js'
import { type Api, apis } from './api.js'
import { type Injector, injectorFor } from './injector.js'
import { type Caller, type Rules, startLoad } from './load.js'
import { anonymous, forger, holder, stranger } from './tokens.js'

/** Requests go on all the time while the issuer fails; the clock is moved, and each step of it is lived through. */
const KEYS = { maxAge: 600, cooldown: 30, timeout: 0.5, staleFor: 3600 }

let serve: Awaited<ReturnType<typeof apis>>
let key: TestKey
let otherKey: TestKey
let attacker: TestKey
/** Publishes the attacker's key. */
let evil: ScriptedIssuer
let issuer: ScriptedIssuer
let other: ScriptedIssuer
let relay: Injector
let iss: string
let api: Api | undefined

beforeAll(async () => {
  serve = await apis('keys')
  key = await testKey('ES256', 'k1')
  otherKey = await testKey('ES256', 'k1')
  attacker = await testKey('ES256', 'k1')
  evil = await scriptedIssuer(attacker)
})
afterAll(() => evil[Symbol.asyncDispose]())

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  evil.asked.length = 0
  issuer = await scriptedIssuer(key)
  other = await scriptedIssuer(otherKey)
  relay = await injectorFor(Number(new URL(issuer.origin).port))
  iss = `${relay.origin}/`
  issuer.metadata = { issuer: iss, jwks_uri: relay.origin + JWKS }
})

afterEach(async () => {
  vi.useRealTimers()
  await api?.close()
  await relay[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

const verifier = () =>
  bearer({
    issuers: [
      { issuer: iss, audience: AUDIENCE, keys: KEYS },
      { issuer: other.issuer, audience: AUDIENCE },
    ],
  })
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
/** Every attempt to get the keys begins with the metadata. */
const attempts = () => relay.asked.filter(one => one === `GET ${METADATA}`).length

const callers = (): readonly Caller[] => [
  holder('holder', iss, () => key),
  holder('unscoped', iss, () => key, '/admin'),
  holder('neighbour', other.issuer, () => otherKey),
  forger(iss, key, attacker, evil.issuer),
  stranger(iss, attacker),
  anonymous,
]

const ALWAYS = { neighbour: [200], anonymous: [401] }
/** The issuer answers. */
const STEADY: Rules = { ...ALWAYS, holder: [200], unscoped: [403], forger: [401], stranger: [401] }
/** It does not; its last keys serve, and of a key that is not among them nothing can be said. */
const OUTAGE: Rules = { ...STEADY, stranger: [401, 503] }
/** Nor do these. */
const DARK: Rules = { ...ALWAYS, holder: [503], unscoped: [503], forger: [401, 503], stranger: [503] }
/** It answers again, and will be asked when its rest is over. */
const RETURN: Rules = { ...DARK, holder: [200, 503], unscoped: [403, 503], stranger: [401, 503] }

const html = '<!doctype html><title>Down for maintenance</title>'
const both = (answer: Parameters<ScriptedIssuer['script']['set']>[1]) => () => {
  for (const path of [METADATA, JWKS, '/.well-known/oauth-authorization-server']) issuer.script.set(path, answer)
}
const keysOnly = (answer: Parameters<ScriptedIssuer['script']['set']>[1]) => () => issuer.script.set(JWKS, answer)

const FAULTS: [string, () => unknown][] = [
  ['cut off', () => relay.inject('cut')],
  ['silent', () => relay.inject('hang')],
  ['dripping', () => relay.inject('drip')],
  ['truncated', () => relay.inject('truncate')],
  ['unreadable', () => relay.inject('noise')],
  ['no HTTP', () => relay.inject('garbage')],
  ['answering 500', both(status(500))],
  ['answering 429', both(status(429, { 'retry-after': '1' }))],
  ['answering 404', both(status(404))],
  ['answering with nothing', both(status(204))],
  ['answering with HTML', both((_, response) => response.end(html))],
  ['answering with JSON that is no object', keysOnly(json([{ keys: [] }]))],
  ['answering with keys that are no list', keysOnly(json({ keys: {} }))],
  [
    'answering without end',
    keysOnly((_, response) => {
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
    keysOnly((_, response) => {
      const bomb = JSON.stringify({ keys: [attacker.jwk] }).padEnd(64 * 1024 * 1024)
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(bomb))
    }),
  ],
  ["redirecting to somebody else's keys", keysOnly((_, r) => r.writeHead(302, { location: evil.origin + JWKS }).end())],
  [
    "redirecting to somebody else's metadata",
    both((_, response) => response.writeHead(307, { location: evil.origin + METADATA }).end()),
  ],
  [
    "naming another issuer, with that one's keys",
    () => {
      issuer.metadata = { issuer: evil.issuer, jwks_uri: evil.origin + JWKS }
    },
  ],
]

describe('an issuer that turns, under load, to be', () => {
  test.each(FAULTS)('%s: nobody is refused who was let in, and nobody let in who was not', async (_, inject) => {
    const good = issuer.metadata
    const user = verifier()
    await user.ready?.()
    api = await serve(user)
    const load = startLoad(api.origins, callers(), STEADY)
    await load.rounds(10)

    load.expect(OUTAGE)
    inject()
    const before = attempts()
    let steps = 0
    // Renewal in the background, then past `maxAge`, then to the last second that the old keys have.
    for (const seconds of [460, 200, 40, 500, 1000, 1000, 900, 90]) {
      pass(seconds)
      steps++
      await load.rounds(4)
    }
    expect(attempts() - before).toBeGreaterThan(2)
    // After each step one attempt, and one that was under way when it failed first.
    expect(attempts() - before).toBeLessThanOrEqual(steps + 1)

    load.expect(DARK)
    pass(30)
    await load.rounds(4)

    load.expect(RETURN)
    relay.inject(undefined)
    issuer.script.clear()
    issuer.metadata = good
    await expect
      .poll(async () => {
        pass(200)
        return user.ready?.().then(() => 'ready', String)
      })
      .toBe('ready')
    load.expect(STEADY)
    await load.rounds(10)
    await load.stop()
    expect([...load.wrong]).toEqual([])
    expect(evil.asked).toEqual([])
    expect(load.answers.get('holder 200')).toBeGreaterThan(100)
  })
})

test('an issuer that is cut off when the API starts holds up nobody but its own tokens, until it is there', async () => {
  relay.inject('cut')
  const user = verifier()
  await expect(user.ready?.()).rejects.toThrow(METADATA)
  api = await serve(user)
  const load = startLoad(api.origins, callers(), DARK)
  await load.rounds(10)
  load.expect(RETURN)
  relay.inject(undefined)
  pass(40)
  await load.rounds(2)
  load.expect(STEADY)
  await load.rounds(10)
  await load.stop()
  expect([...load.wrong]).toEqual([])
})
