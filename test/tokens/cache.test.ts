import { createHash, createHmac } from 'node:crypto'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type BearerOptions, bearer } from '../../runtime/schemes/bearer.js'
import { digestOf, tokenCache } from '../../runtime/tokens/cache.js'
import { jsonCopy, jsonWeight } from '../../runtime/tokens/json-copy.js'
import * as signatures from '../../runtime/tokens/signature.js'
import type { Token, Verifier } from '../../runtime/verifier.js'
import {
  AUDIENCE,
  ask,
  encode,
  goodClaims,
  JWKS,
  outcome,
  type ScriptedIssuer,
  scriptedIssuer,
  type TestKey,
  testKey,
} from './scripted-issuer.js'

const UNKNOWN = 'invalid_token: no applicable key found in the JSON Web Key Set'

let key: TestKey
let issuer: ScriptedIssuer

beforeAll(async () => {
  key = await testKey('ES256', 'k')
})

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
  issuer = await scriptedIssuer(key)
})

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await issuer[Symbol.asyncDispose]()
})

const verifierWith = (more: Partial<BearerOptions> = {}): Verifier =>
  bearer({ issuer: issuer.issuer, audience: AUDIENCE, ...more })
const now = () => Math.floor(Date.now() / 1000)
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

/** How often a signature is checked from now on. */
function checks() {
  return vi.spyOn(signatures, 'signatureHolds')
}

/** A token that came once is not remembered yet. */
async function remember(verifier: Verifier, token: string): Promise<void> {
  for (let n = 0; n < 2; n++) expect(await outcome(verifier, token)).toBe('granted')
}

/** Until the keys that are fetched in the background are there. */
async function renewed() {
  await vi.waitFor(() => expect(issuer.asked.filter(path => path === JWKS)).toHaveLength(2))
  await new Promise(resolve => setTimeout(resolve, 20))
}

async function claimsOf(verifier: Verifier, token: string): Promise<Record<string, unknown>> {
  const verification = await ask(verifier, token)
  if (!verification.granted) throw new Error(verification.description)
  return verification.proof as Token
}

describe('a token that comes again', () => {
  test('has its signature checked no more from the second time on, and is answered at once', async () => {
    const checked = checks()
    const verifier = verifierWith()
    const token = await issuer.sign(key, { roles: ['a', { b: [1, null] }] })
    const first = await ask(verifier, token)
    await ask(verifier, token)
    for (let n = 0; n < 3; n++) {
      const again = verifier.verify({ kind: 'bearer', token, tokenType: 'Bearer' }, {} as never)
      expect(again).not.toBeInstanceOf(Promise)
      expect(again).toEqual(first)
    }
    expect(checked).toHaveBeenCalledTimes(2)
  })

  test('is checked each time where nothing is remembered, or it is too large', async () => {
    const checked = checks()
    const token = await issuer.sign(key)
    for (const cache of [false, { maxBytes: 100 }] as const) {
      const verifier = verifierWith({ cache })
      for (let n = 0; n < 3; n++) expect(await outcome(verifier, token)).toBe('granted')
    }
    expect(checked).toHaveBeenCalledTimes(6)
  })

  test('is checked each time if its claims are nested too deeply to be copied', async () => {
    const checked = checks()
    // As deep as a token of that length can be.
    const deep = `${'['.repeat(5500)}${']'.repeat(5500)}`
    const claims = `${JSON.stringify(goodClaims('backend')).slice(0, -1)},"deep":${deep}}`
    const secret = 'a secret of at least 32 bytes, for HMAC'
    const input = `${encode({ alg: 'HS256' })}.${encode(claims)}`
    const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
    const verifier = bearer({ issuer: 'backend', audience: AUDIENCE, secret })
    for (let n = 0; n < 3; n++) expect(Object.keys(await claimsOf(verifier, token))).toContain('deep')
    expect(checked).toHaveBeenCalledTimes(3)
  })

  test('has claims that no other request has touched', async () => {
    const verifier = verifierWith()
    const token = await issuer.sign(key, { roles: ['reader'], org: { id: 1, units: [{ id: 2 }] } })
    for (let n = 0; n < 4; n++) {
      const claims = await claimsOf(verifier, token)
      expect(claims).toMatchObject({ sub: 'user', roles: ['reader'], org: { id: 1, units: [{ id: 2 }] } })
      const { roles, org } = claims as { roles: string[]; org: { id: number; units: { id: number }[] } }
      claims.sub = 'root'
      claims.admin = true
      roles.push('admin')
      org.id = 7
      Object.assign(org.units[0] as object, { id: 8 })
    }
    expect(await claimsOf(verifier, token)).not.toHaveProperty('admin')
  })

  test('has scopes that no other request has touched', async () => {
    const verifier = verifierWith()
    const token = await issuer.sign(key)
    for (let n = 0; n < 4; n++) {
      const answer = await ask(verifier, token)
      expect(answer).toMatchObject({ scopes: ['read:a', 'read:b'] })
      if (answer.granted) (answer.scopes as string[]).push('write:all')
    }
  })

  test('keeps a claim that is named __proto__, as a claim', async () => {
    const verifier = verifierWith()
    const token = await issuer.sign(key, JSON.parse('{"__proto__":{"admin":true}}'))
    for (let n = 0; n < 3; n++) {
      const claims = await claimsOf(verifier, token)
      expect(Object.getPrototypeOf(claims)).toBe(Object.prototype)
      expect(Object.hasOwn(claims, '__proto__')).toBe(true)
      expect(claims.admin).toBeUndefined()
    }
  })
})

describe('what is remembered does not outlive', () => {
  test('the token, by one second', async () => {
    const verifier = verifierWith()
    const strict = verifierWith({ clockTolerance: 0 })
    const token = await issuer.sign(key, { exp: now() + 60 })
    await Promise.all([remember(verifier, token), remember(strict, token)])
    pass(59)
    expect(await outcome(strict, token)).toBe('granted')
    pass(1)
    expect(await outcome(strict, token)).toBe(`invalid_token: 'exp' claim timestamp check failed`)
    pass(4)
    expect(await outcome(verifier, token)).toBe('granted')
    pass(1)
    expect(await outcome(verifier, token)).toBe(`invalid_token: 'exp' claim timestamp check failed`)
  })

  test('a clock that is set back before nbf or iat', async () => {
    for (const claims of [{ nbf: now() }, { iat: now() }]) {
      const verifier = verifierWith()
      const token = await issuer.sign(key, { iat: now() - 600, ...claims })
      await remember(verifier, token)
      pass(-6)
      expect(await outcome(verifier, token)).toMatch(/^invalid_token: '(nbf|iat)' claim timestamp check failed/)
      pass(6)
    }
  })

  const INSTEAD: [string, () => Promise<object[]>, string][] = [
    ['in the set', async () => [], UNKNOWN],
    ['under its kid', async () => [(await testKey('ES256', 'k')).jwk], 'invalid_token: signature verification failed'],
    ['for signatures', async () => [{ ...key.jwk, use: 'enc' }], UNKNOWN],
    ['for its algorithm', async () => [{ ...key.jwk, alg: 'ES384' }], UNKNOWN],
    ['for verifying', async () => [{ ...key.jwk, key_ops: ['sign'] }], UNKNOWN],
    ['by its name', async () => [{ ...key.jwk, kid: 'other' }], UNKNOWN],
  ]

  test.each(INSTEAD)('its key %s, after an idle time', async (_, instead, refusal) => {
    const verifier = verifierWith({ keys: { maxAge: 600 } })
    const token = await issuer.sign(key)
    await remember(verifier, token)
    issuer.keys = await instead()
    pass(601)
    expect(await outcome(verifier, token)).toBe(refusal)
  })

  test.each(INSTEAD)('its key %s, when keys are renewed in the background', async (_, instead, refusal) => {
    const verifier = verifierWith({ keys: { maxAge: 600 } })
    const token = await issuer.sign(key)
    await remember(verifier, token)
    issuer.keys = await instead()
    pass(500)
    expect(await outcome(verifier, token)).toBe('granted')
    await renewed()
    expect(await outcome(verifier, token)).toBe(refusal)
  })

  test('the time for which old keys may serve', async () => {
    const verifier = verifierWith({ keys: { maxAge: 600, staleFor: 1000 } })
    const token = await issuer.sign(key, { exp: now() + 7200 })
    await remember(verifier, token)
    issuer.script.set(JWKS, request => request.socket.destroy())
    pass(1600)
    expect(await outcome(verifier, token)).toBe('granted')
    pass(1)
    expect(await outcome(verifier, token)).toBe('unavailable')
  })

  test('but a key that is still in the set keeps its tokens', async () => {
    const verifier = verifierWith({ keys: { maxAge: 600 } })
    const token = await issuer.sign(key)
    await remember(verifier, token)
    const checked = checks()
    const second = await testKey('ES256', 'second')
    issuer.keys = [second.jwk, { ...key.jwk, nobody: 'knows' } as typeof key.jwk]
    pass(500)
    expect(await outcome(verifier, token)).toBe('granted')
    await renewed()
    expect(await outcome(verifier, token)).toBe('granted')
    expect(checked).not.toHaveBeenCalled()
    expect(await outcome(verifier, await issuer.sign(second))).toBe('granted')
    expect(checked).toHaveBeenCalledTimes(1)
  })
})

describe('nothing else is remembered', () => {
  test('no refusal', async () => {
    const verifier = verifierWith()
    const early = await issuer.sign(key, { nbf: now() + 60 })
    expect(await outcome(verifier, early)).toMatch(/^invalid_token/)
    pass(60)
    expect(await outcome(verifier, early)).toBe('granted')
  })

  test('no token that shares all but its last letters with one', async () => {
    const verifier = verifierWith()
    const token = await issuer.sign(key)
    await remember(verifier, token)
    const [head = '', claims = '', signature = ''] = token.split('.')
    const forged = Buffer.from(claims, 'base64url').toString().replace('"user"', '"root"')
    const twins = [
      `${head}.${Buffer.from(forged).toString('base64url')}.${signature}`,
      `${head}.${claims}.`,
      `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
      `${token.slice(0, 60)}A${token.slice(60)}`,
      `${token}A`,
      `${token} `,
    ]
    for (const twin of twins) expect(await outcome(verifier, twin)).toMatch(/^invalid_token/)
    expect(await outcome(verifier, token)).toBe('granted')
  })

  test('nothing of another configuration', async () => {
    const token = await issuer.sign(key)
    await remember(verifierWith(), token)
    expect(await outcome(verifierWith({ audience: 'https://other.example' }), token)).toMatch(/'aud'/)
  })

  test('the digest is SHA-256 of the whole token', () => {
    const token = 'x'.repeat(16_000)
    expect(digestOf(token)).toBe(createHash('sha256').update(token).digest('binary'))
    expect(digestOf(`${token}y`)).not.toBe(digestOf(token))
  })
})

describe('the limits', () => {
  const digests = (count: number) => Array.from({ length: count }, (_, n) => `d${n}`)

  test('no more entries than may be, and those that were used go last', () => {
    const cache = tokenCache<string>({ maxEntries: 3, maxBytes: 1000 })
    for (const digest of digests(3)) cache.set(digest, digest, 1)
    expect([cache.get('d0'), cache.get('d2')]).toEqual(['d0', 'd2'])
    cache.set('d3', 'd3', 1)
    expect(cache.size).toBe(3)
    expect(cache.get('d1')).toBeUndefined()
    cache.set('d4', 'd4', 1)
    expect(['d0', 'd2', 'd3', 'd4'].filter(one => cache.get(one) !== undefined)).toEqual(['d0', 'd2', 'd4'])
    // All were used: each loses that once, and the oldest goes.
    cache.set('d5', 'd5', 1)
    expect(cache.size).toBe(3)
    expect(cache.get('d5')).toBe('d5')
  })

  test('no more bytes than may be', () => {
    const cache = tokenCache<string>({ maxEntries: 100, maxBytes: 10 })
    for (const digest of digests(5)) cache.set(digest, digest, 4)
    expect(cache.size).toBe(2)
    cache.set('large', 'large', 10)
    expect([cache.size, cache.get('large')]).toEqual([1, 'large'])
    cache.set('larger', 'larger', 11)
    expect([cache.size, cache.get('larger')]).toEqual([1, undefined])
    cache.delete('large')
    cache.delete('large')
    for (const digest of digests(2)) cache.set(digest, digest, 5)
    expect(cache.size).toBe(2)
    // The same one again counts once.
    for (let n = 0; n < 5; n++) cache.set('d1', 'anew', 5)
    expect([cache.size, cache.get('d0'), cache.get('d1')]).toEqual([2, 'd0', 'anew'])
  })

  test('what came once only takes no place', () => {
    const { admits } = tokenCache({ maxEntries: 1000, maxBytes: 1000 })
    const all = Array.from({ length: 1000 }, (_, n) => digestOf(`token ${n}`))
    const admitted = all.filter(admits).length
    // By chance, one in twenty at most.
    expect(admitted).toBeLessThan(50)
    const known = all.slice(-500)
    expect(known.filter(admits)).toEqual(known)
    for (let n = 0; n < 2000; n++) admits(digestOf(`another ${n}`))
    // Those of long ago are not known for ever.
    expect(all.filter(admits).length).toBeLessThan(200)
  })

  test('the sizes of claims are counted as they grow', () => {
    expect(jsonWeight({ a: 'x'.repeat(1000) })).toBeGreaterThan(1000)
    expect(jsonWeight({ a: Array(100).fill({}) })).toBeGreaterThan(6000)
    expect(jsonWeight({ ['n'.repeat(500)]: 1 })).toBeGreaterThan(500)
    expect(jsonWeight(JSON.parse(`${'['.repeat(33)}${']'.repeat(33)}`))).toBe(Number.POSITIVE_INFINITY)
    expect(jsonWeight(JSON.parse(`${'['.repeat(32)}${']'.repeat(32)}`))).toBeLessThan(10_000)
  })

  test('what an object inherits is not copied', () => {
    const polluted = Object.prototype as { inherited?: unknown }
    try {
      polluted.inherited = { a: 1 }
      expect(Object.keys(jsonCopy({ own: [{ b: 1 }] }))).toEqual(['own'])
    } finally {
      delete polluted.inherited
    }
  })
})
