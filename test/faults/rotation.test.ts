import { bearer } from 'gatewright/runtime'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import {
  AUDIENCE,
  JWKS,
  type ScriptedIssuer,
  scriptedIssuer,
  type TestKey,
  testKey,
} from '../tokens/scripted-issuer.js'
import { type Api, apis } from './api.js'
import { type Caller, type Rules, startLoad } from './load.js'
import { forger, holder, stranger } from './tokens.js'

/** Keys come and go while requests go on all the time. */
const MAX_AGE = 600

let serve: Awaited<ReturnType<typeof apis>>
let issuer: ScriptedIssuer
let api: Api
let first: TestKey
let attacker: TestKey
let current: TestKey

beforeAll(async () => {
  serve = await apis('rotation')
  first = await testKey('ES256', 'first')
  attacker = await testKey('ES256', 'first')
})

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  issuer = await scriptedIssuer(first)
  current = first
  api = await serve(bearer({ issuer: issuer.issuer, audience: AUDIENCE, keys: { maxAge: MAX_AGE, cooldown: 30 } }))
})

afterEach(async () => {
  vi.useRealTimers()
  await api.close()
  await issuer[Symbol.asyncDispose]()
})

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
const publish = (...keys: TestKey[]) => {
  issuer.keys = keys.map(({ jwk }) => jwk)
}
const holding = (name: string, keyOf: () => TestKey) => holder(name, issuer.issuer, keyOf)
const attack = () => [forger(issuer.issuer, first, attacker, 'https://evil.example'), stranger(issuer.issuer, attacker)]

async function underLoad(
  callers: readonly Caller[],
  rules: Rules,
  work: (load: ReturnType<typeof startLoad>) => Promise<void>,
) {
  const load = startLoad(api.origins, callers, rules)
  await load.rounds(5)
  await work(load)
  await load.stop()
  expect([...load.wrong]).toEqual([])
}

test('keys that are published ahead replace each other without a refusal, through a flood of unknown kids', async () => {
  const rules = { holder: [200], forger: [401], stranger: [401] }
  await underLoad([holding('holder', () => current), ...attack()], rules, async load => {
    for (let n = 0; n < 10; n++) {
      const next = await testKey('ES256', `key-${n}`)
      publish(next, current)
      // As long as somebody may hold keys that were fetched before.
      for (const seconds of [MAX_AGE * 0.8, MAX_AGE * 0.3]) {
        pass(seconds)
        await load.rounds(2)
      }
      current = next
      await load.rounds(2)
      publish(next)
      pass(MAX_AGE * 0.8)
      await load.rounds(2)
    }
  })
})

test('keys that are used as soon as they are published are found by their first tokens, however often they change', async () => {
  await underLoad([holding('holder', () => current)], { holder: [200] }, async load => {
    for (let n = 0; n < 10; n++) {
      const next = await testKey('ES256', `key-${n}`)
      publish(next, current)
      current = next
      pass(1)
      await load.rounds(3)
    }
  })
  expect(issuer.asked.filter(path => path === JWKS)).toHaveLength(11)
})

test('a key that was withdrawn is good for nothing after maxAge, least of all from the cache', async () => {
  const second = await testKey('ES256', 'second')
  publish(first, second)
  const callers = [holding('left', () => first), holding('holder', () => second), ...attack()]
  const rules = { left: [200], holder: [200], forger: [401], stranger: [401] }
  await underLoad(callers, rules, async load => {
    load.expect({ ...rules, left: [200, 401] })
    publish(second)
    pass(MAX_AGE / 2)
    await load.rounds(5)
    load.expect({ ...rules, left: [401] })
    // The keys that are held are older than that at once: no request may be answered by them.
    pass(MAX_AGE)
    await load.rounds(5)
  })
})

test('a key that takes the name of another replaces it within maxAge, in the cache as well', async () => {
  const successor = await testKey('ES256', 'first')
  const rules = { left: [200], holder: [401] }
  await underLoad([holding('left', () => first), holding('holder', () => successor)], rules, async load => {
    load.expect({ left: [200, 401], holder: [200, 401] })
    publish(successor)
    await load.rounds(5)
    load.expect({ left: [401], holder: [200] })
    pass(MAX_AGE + 1)
    await load.rounds(5)
  })
})
