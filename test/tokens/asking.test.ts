import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { bearer, type KeyOptions } from '../../runtime/schemes/bearer.js'
import { systemClock } from '../../runtime/tokens/clock.js'
import { ALGORITHM_NOT_ALLOWED, readCompact } from '../../runtime/tokens/compact.js'
import { DEFAULT_KEY_SETTINGS, issuerKeys } from '../../runtime/tokens/keys.js'
import { restAfter } from '../../runtime/tokens/rest.js'
import type { Verification, Verifier } from '../../runtime/verifier.js'
import {
  AUDIENCE,
  JWKS,
  json,
  METADATA,
  outcome,
  type ScriptedIssuer,
  scriptedIssuer,
  status,
  type TestKey,
  testKey,
} from './scripted-issuer.js'

/** How often an issuer is asked for its keys, and who waits for it. */
const UNKNOWN = 'invalid_token: no applicable key found in the JSON Web Key Set'

let first: TestKey
let second: TestKey
let third: TestKey
let issuer: ScriptedIssuer

beforeAll(async () => {
  first = await testKey('ES256', 'first')
  second = await testKey('ES256', 'second')
  third = await testKey('ES256', 'third')
})

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.spyOn(Math, 'random').mockReturnValue(0)
  issuer = await scriptedIssuer(first)
})

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await issuer[Symbol.asyncDispose]()
})

const verifierWith = (keys: KeyOptions = {}): Verifier => bearer({ issuer: issuer.issuer, audience: AUDIENCE, keys })
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
const fetches = () => issuer.asked.filter(path => path === JWKS).length
const verify = (verifier: Verifier, token: string) =>
  verifier.verify({ kind: 'bearer', token, tokenType: 'Bearer' }, {} as never)

/** Holds back the keys until the function that it gives is called. */
function hold(): () => void {
  const held: (() => void)[] = []
  issuer.script.set(JWKS, (request, response) => {
    held.push(() => json({ keys: issuer.keys })(request, response))
  })
  return () => {
    for (const answer of held) answer()
    issuer.script.clear()
  }
}

describe('a flood of unknown kids', () => {
  test('costs one fetch per cooldown, and no promise for what is known', async () => {
    const verifier = verifierWith({ cooldown: 30 })
    const good = await issuer.sign(first)
    await outcome(verifier, good)
    const [, claims = '', signature = ''] = (await issuer.sign(second)).split('.')
    const forged = (n: number) => {
      const header = { alg: 'ES256', typ: 'at+jwt', kid: `random-${n}` }
      return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${claims}.${signature}`
    }
    const waiting: Promise<Verification<object>>[] = []
    let refused = 0
    for (let n = 0; n < 100_000; n++) {
      // 100 seconds in all: four cooldowns have begun by then.
      if (n % 1000 === 0) pass(1)
      const answer = verify(verifier, forged(n))
      if (answer instanceof Promise) waiting.push(answer)
      else if (!answer.granted && answer.code === 'invalid_token') refused++
      if (n % 1000 === 500) {
        expect(verify(verifier, good)).toMatchObject({ granted: true })
        // Real time, in which the issuer may answer.
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    }
    const answers = await Promise.all(waiting)
    expect(answers.every(one => !one.granted && one.code === 'invalid_token')).toBe(true)
    expect(answers.length + refused).toBe(100_000)
    expect(fetches()).toBe(1 + 4)
  })

  test('of tokens that could not be good costs none', async () => {
    const verifier = verifierWith()
    await outcome(verifier, await issuer.sign(first))
    pass(31)
    for (const claims of [{ exp: 1 }, { aud: 'other' }, { nonce: 'n', typ: 'ID' }, { sub: 1 }]) {
      expect(await outcome(verifier, await issuer.sign(second, claims))).toBe(UNKNOWN)
    }
    expect(fetches()).toBe(1)
  })

  test('does not ask again for keys that were asked for after its token came', async () => {
    const verifier = verifierWith()
    const release = hold()
    const answer = outcome(verifier, await issuer.sign(second))
    await vi.waitFor(() => expect(fetches()).toBe(1))
    release()
    expect(await answer).toBe(UNKNOWN)
    expect(fetches()).toBe(1)
  })

  test('is refused at once, not kept waiting, once the allowance is spent', async () => {
    const verifier = verifierWith()
    await outcome(verifier, await issuer.sign(first))
    pass(1)
    expect(await outcome(verifier, await issuer.sign(second))).toBe(UNKNOWN)
    pass(1)
    expect(verify(verifier, await issuer.sign(second))).toMatchObject({ granted: false })
  })
})

describe('a rotation', () => {
  test('right after the keys were renewed refuses no good token', async () => {
    const verifier = verifierWith({ maxAge: 600 })
    await outcome(verifier, await issuer.sign(first))
    pass(1)
    issuer.keys = [first.jwk, second.jwk]
    expect(await outcome(verifier, await issuer.sign(second))).toBe('granted')
    pass(1)
    issuer.keys = [second.jwk, third.jwk]
    expect(await outcome(verifier, await issuer.sign(third))).toBe('granted')
    // Its key may have come back since.
    expect(await outcome(verifier, await issuer.sign(first))).toBe(UNKNOWN)
    expect(fetches()).toBe(4)
  })

  test.each([
    ['in the same instant', 0],
    ['before, by a clock that was set back', -60],
  ])('%s as the keys were asked for refuses no good token', async (_, seconds) => {
    const verifier = verifierWith()
    await outcome(verifier, await issuer.sign(first))
    pass(seconds)
    issuer.keys = [second.jwk]
    expect(await outcome(verifier, await issuer.sign(second, { iat: 1 }))).toBe('granted')
    expect(fetches()).toBe(2)
  })

  test('while older keys are on their way refuses no good token', async () => {
    const verifier = verifierWith({ maxAge: 600 })
    await outcome(verifier, await issuer.sign(first))
    pass(500)
    let answer = () => {}
    issuer.script.set(JWKS, (_, response) => {
      answer = () => json({ keys: [first.jwk] })(_, response)
    })
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
    await vi.waitFor(() => expect(fetches()).toBe(2))
    issuer.script.clear()
    issuer.keys = [second.jwk]
    pass(1)
    const token = await issuer.sign(second)
    const waiting = Promise.all([outcome(verifier, token), outcome(verifier, token)])
    answer()
    expect(await waiting).toEqual(['granted', 'granted'])
    expect(fetches()).toBe(3)
  })

  test('that a flood has found is found by all who waited, and leaves the allowance', async () => {
    const verifier = verifierWith()
    await outcome(verifier, await issuer.sign(first))
    pass(1)
    issuer.keys = [second.jwk]
    const forged = await issuer.sign(second, {}, { kid: 'random' })
    const good = await issuer.sign(second)
    const answers = Promise.all([outcome(verifier, forged), outcome(verifier, good)])
    expect(await answers).toEqual([UNKNOWN, 'granted'])
    pass(1)
    issuer.keys = [third.jwk]
    expect(await outcome(verifier, await issuer.sign(third))).toBe('granted')
    expect(fetches()).toBe(3)
  })

  test('is followed without a refusal while the API is busy', async () => {
    const verifier = verifierWith({ maxAge: 600 })
    const refused: string[] = []
    let keys = [first]
    for (let minute = 0; minute < 120; minute++) {
      if (minute % 15 === 7) {
        // The new key is published while the old one still signs, and the old one goes when its tokens have.
        keys = [await testKey('ES256', `key-${minute}`), ...keys.slice(0, 1)]
        issuer.keys = keys.map(({ jwk }) => jwk)
      }
      for (const key of keys) {
        const said = await outcome(verifier, await issuer.sign(key))
        if (said !== 'granted') refused.push(said)
      }
      pass(60)
    }
    expect(refused).toEqual([])
  })
})

describe('an issuer that fails', () => {
  test('is asked ever less often, to a bound, until it answers', async () => {
    const verifier = verifierWith({ cooldown: 30 })
    const token = await issuer.sign(first)
    issuer.script.set(METADATA, status(500))
    const askedAt: number[] = []
    for (let time = 0; time < 600; time++) {
      const before = issuer.asked.length
      expect(await outcome(verifier, token)).toBe('unavailable')
      if (issuer.asked.length > before) askedAt.push(time)
      pass(1)
    }
    expect(askedAt).toEqual([0, 30, 90, 210, 330, 450, 570])
    issuer.script.clear()
    pass(91)
    expect(await outcome(verifier, token)).toBe('granted')
    // What it did before is forgiven.
    issuer.script.set(METADATA, status(500))
    pass(4201)
    expect(await verify(verifier, token)).toMatchObject({ code: 'unavailable', retryAfter: 30 })
  })

  test('is not asked at once by all replicas', () => {
    const random = vi.spyOn(Math, 'random')
    const rest = (chance: number, failures: number) => {
      random.mockReturnValue(chance)
      return restAfter(failures, 30)
    }
    expect([1, 2, 3, 4, 1000, 2000].map(failures => rest(0, failures))).toEqual([30, 60, 120, 120, 120, 120])
    expect([1, 2, 3, 1000].map(failures => rest(0.5, failures))).toEqual([33.75, 67.5, 135, 135])
  })

  test('is asked no more often for unknown kids than it may be', async () => {
    const verifier = verifierWith({ cooldown: 30 })
    await outcome(verifier, await issuer.sign(first))
    issuer.script.set(JWKS, status(500))
    pass(1)
    for (let time = 0; time < 90; time++) {
      expect(await outcome(verifier, await issuer.sign(second))).toBe('unavailable')
      expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
      pass(1)
    }
    expect(fetches()).toBe(1 + 2)
  })
})

describe('ready()', () => {
  const ready = (verifier: Verifier) => verifier.ready?.()

  test('resolves when the keys are there, so that the first token waits for nobody', async () => {
    const verifier = verifierWith()
    await Promise.all([ready(verifier), ready(verifier)])
    expect(issuer.asked).toEqual([METADATA, JWKS])
    expect(verify(verifier, await issuer.sign(first))).toMatchObject({ granted: true })
  })

  test('rejects with what is wrong, and resolves when it is no longer', async () => {
    issuer.metadata = { ...issuer.metadata, issuer: 'https://other.example/' }
    const verifier = verifierWith()
    await expect(ready(verifier)).rejects.toThrow(/names the issuer "https:\/\/other\.example\/", not /)
    issuer.metadata = { issuer: issuer.issuer, jwks_uri: issuer.origin + JWKS }
    pass(31)
    await ready(verifier)
  })

  test('rejects if no key could verify a token', async () => {
    for (const jwk of [
      { ...first.jwk, use: 'enc' },
      { ...first.jwk, x: 'AAAA' },
      { ...first.jwk, alg: 'ES384' },
    ]) {
      issuer.keys = [jwk]
      await expect(ready(verifierWith())).rejects.toThrow(`${issuer.origin}${JWKS} has no key for RS256, `)
    }
    const verifier = bearer({ issuer: issuer.issuer, audience: AUDIENCE, algorithms: ['RS256'] })
    issuer.keys = [first.jwk]
    await expect(ready(verifier)).rejects.toThrow('has no key for RS256')
  })

  test('keeps resolving through an outage while the last keys serve', async () => {
    const verifier = verifierWith({ maxAge: 600, staleFor: 3600 })
    await ready(verifier)
    issuer.script.set(METADATA, status(503))
    pass(601)
    await ready(verifier)
    pass(3600)
    await expect(ready(verifier)).rejects.toThrow('answered with status 503')
  })
})

test('nobody is asked for the keys of another issuer, whoever asks for them', async () => {
  const fetch = vi.fn()
  const discovery = { issuers: ['https://a.example/'], urls: ['https://a.example/metadata'] }
  const keys = issuerKeys(discovery, DEFAULT_KEY_SETTINGS, fetch, systemClock)
  const answer = keys.find({ iss: 'https://b.example/', alg: 'ES256', kid: '1' }, () => true)
  expect(answer).toMatchObject({ denial: { code: 'invalid_token' } })
  expect(fetch).not.toHaveBeenCalled()
})

test('an algorithm that is not in the list is refused before anything else is read', async () => {
  const token = await issuer.sign(first)
  expect(readCompact(token, ['ES256'])).toMatchObject({ alg: 'ES256' })
  expect(readCompact(token, ['RS256', 'HS256'])).toEqual({ fault: ALGORITHM_NOT_ALLOWED })
})

test('a set with more keys than any issuer has is refused', async () => {
  issuer.keys = Array(1001).fill(first.jwk)
  expect(await outcome(verifierWith(), await issuer.sign(first))).toBe('unavailable')
  issuer.keys = [...Array(999).fill(second.jwk), first.jwk]
  expect(await outcome(verifierWith(), await issuer.sign(first))).toBe('granted')
})
