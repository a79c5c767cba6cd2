import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { bearer } from '../../runtime/schemes/bearer.js'
import { introspection } from '../../runtime/schemes/introspection.js'
import { keysByDigest } from '../../runtime/schemes/secrets.js'
import { verifierSettings } from '../../runtime/schemes/token-options.js'
import { DEFAULT_ALGORITHMS } from '../../runtime/tokens/algorithms.js'
import { ConfigurationError } from '../../runtime/verifier.js'
import { AUDIENCE, scriptedIssuer, testKey } from './scripted-issuer.js'

const ISSUER = 'https://issuer.example/'
const SECRET = 'x'.repeat(64)

type Make = (value: unknown) => unknown
const bearing = (options: object) => bearer({ issuer: ISSUER, audience: AUDIENCE, ...options } as never)
const asking = (options: object) =>
  introspection({ issuer: ISSUER, audience: AUDIENCE, client: { id: 'a', secret: 'b' }, ...options } as never)

describe('numbers', () => {
  test.each<[string, number, number, Make]>([
    ['clockTolerance', 0, 60, clockTolerance => bearing({ clockTolerance })],
    ['keys.maxAge', 1, 86_400, maxAge => bearing({ keys: { maxAge } })],
    ['keys.cooldown', 1, 3600, cooldown => bearing({ keys: { cooldown } })],
    ['keys.timeout', 0.1, 60, timeout => bearing({ keys: { timeout } })],
    ['keys.staleFor', 0, 604_800, staleFor => bearing({ keys: { staleFor } })],
    ['cache.maxEntries', 1, 1_000_000, maxEntries => bearing({ cache: { maxEntries } })],
    ['cache.maxBytes', 1, 1_073_741_824, maxBytes => bearing({ cache: { maxBytes } })],
    ['dpop.maxAge', 1, 3600, maxAge => bearing({ dpop: { maxAge } })],
    ['dpop.clockTolerance', 0, 60, clockTolerance => bearing({ dpop: { clockTolerance } })],
    ['dpop.nonces.lifetime', 10, 86_400, lifetime => bearing({ dpop: { nonces: { lifetime } } })],
    ['timeout', 0.1, 60, timeout => asking({ timeout })],
    ['clockTolerance', 0, 60, clockTolerance => asking({ clockTolerance })],
    ['cache.maxAge', 1, 60, maxAge => asking({ cache: { maxAge } })],
    ['cache.maxEntries', 1, 100_000, maxEntries => asking({ cache: { maxEntries } })],
  ])('%s is from %d to %d', (name, least, most, make) => {
    for (const value of [least, most, undefined]) expect(() => make(value)).not.toThrow()
    const step = Number.isInteger(least) && name.includes('max') ? 1 : 0.01
    for (const value of [least - step, most + step, Number.NaN, String(least), null, [least]]) {
      expect(() => make(value), String(value)).toThrow(ConfigurationError)
      expect(() => make(value), String(value)).toThrow(`'${name}' must be a`)
    }
  })

  test.each<[string, Make]>([
    ['cache.maxEntries', maxEntries => bearing({ cache: { maxEntries } })],
    ['cache.maxBytes', maxBytes => bearing({ cache: { maxBytes } })],
    ['cache.maxEntries', maxEntries => asking({ cache: { maxEntries } })],
  ])('%s is a whole one', (name, make) => {
    expect(() => make(1.5)).toThrow(`'${name}' must be a whole number from 1 to`)
  })
})

describe('off and on', () => {
  test('are a cache of tokens unless it is switched off', () => {
    const cacheOf = (options: object) => verifierSettings('here', options as never).cache
    expect(cacheOf({ cache: false })).toBe(false)
    expect(cacheOf({})).toEqual({ maxEntries: 10_000, maxBytes: 16 * 1024 * 1024 })
    expect(cacheOf({ cache: { maxEntries: 5 } })).toEqual({ maxEntries: 5, maxBytes: 16 * 1024 * 1024 })
    expect(cacheOf({ cache: { maxBytes: 5 } })).toEqual({ maxEntries: 10_000, maxBytes: 5 })
  })

  test.each<[string, Make]>([
    ['certificates', certificates => bearing({ certificates })],
    ['dpop', dpop => bearing({ dpop })],
    ['dpop.nonces', nonces => bearing({ dpop: { nonces } })],
    ['signed', signed => asking({ signed })],
  ])('%s are taken for what they say', (_, make) => {
    for (const value of [undefined, false, true, {}]) expect(() => make(value)).not.toThrow()
    for (const value of [null, 1, 'yes', []]) expect(() => make(value), String(value)).toThrow(ConfigurationError)
  })

  test('say what a verifier takes', () => {
    const told = (options: object) => {
      const { tokenTypes, dpopAlgorithms, certificateBound } = bearing(options)
      return [tokenTypes, dpopAlgorithms?.length, certificateBound]
    }
    expect(told({})).toEqual([undefined, undefined, undefined])
    expect(told({ certificates: true })).toEqual([undefined, undefined, true])
    expect(told({ dpop: true, certificates: true })).toEqual([['Bearer', 'DPoP'], DEFAULT_ALGORITHMS.length, true])
    expect(told({ dpop: { required: true, algorithms: ['ES256'] } })).toEqual([['DPoP'], 1, undefined])
  })
})

describe('lists', () => {
  test.each<[string, Make]>([
    ['algorithms', algorithms => bearing({ algorithms })],
    ['dpop.algorithms', algorithms => bearing({ dpop: { algorithms } })],
    ['algorithms', algorithms => asking({ signed: { algorithms } })],
  ])('%s are of known ones, and not empty', (name, make) => {
    for (const value of [['ES256'], ['ES256', 'EdDSA']]) expect(() => make(value)).not.toThrow()
    for (const value of [[], 'ES256', ['ES256', 'none'], ['HS256'], ['es256'], [7]]) {
      expect(() => make(value), JSON.stringify(value)).toThrow(`'${name}' must be a list of one or more of `)
    }
  })

  test.each<[string, string, Make]>([
    ['scopeClaims', 'names of claims', scopeClaims => bearing({ scopeClaims })],
    ['clients', 'client identifiers', clients => bearing({ clients })],
  ])('%s are of texts, and not empty', (name, what, make) => {
    expect(() => make(['a', 'b'])).not.toThrow()
    for (const value of [[], 'a', ['a', ''], ['a', ' '], ['a', 7], null]) {
      expect(() => make(value), JSON.stringify(value)).toThrow(`'${name}' must be a list of one or more ${what}`)
    }
  })

  test('audience is a text or a list of them', () => {
    for (const audience of ['a', ['a'], ['a', 'b']]) {
      expect(() => bearing({ audience })).not.toThrow()
      expect(() => asking({ audience })).not.toThrow()
    }
    for (const audience of ['', ' ', [], [''], ['a', ' '], ['a', 7], undefined, null, 7]) {
      expect(() => bearing({ audience }), JSON.stringify(audience)).toThrow(`'audience' is required`)
      expect(() => asking({ audience }), JSON.stringify(audience)).toThrow(`'audience' is required`)
    }
    expect(() => asking({ audience: false })).not.toThrow()
    expect(() => asking({ audience: false, signed: true })).not.toThrow()
    expect(() => bearing({ audience: false })).toThrow(`'audience' is required`)
  })

  test('issuers that are no options are told so', () => {
    for (const value of [null, undefined, 7, 'https://issuer.example/', []]) {
      expect(() => bearer(value as never), JSON.stringify(value)).toThrow(ConfigurationError)
    }
    expect(() => bearer({ issuer: 7, audience: AUDIENCE } as never)).toThrow(`'issuer'`)
  })
})

test('a secret is as long as the longest of its algorithms demands', () => {
  const secret = (length: number, ...algorithms: string[]) =>
    bearing({ secret: SECRET.slice(0, length), algorithms: algorithms as never })
  expect(() => secret(32, 'HS256')).not.toThrow()
  expect(() => secret(31, 'HS256')).toThrow('at least 32 of them')
  expect(() => secret(63, 'HS256', 'HS512')).toThrow('at least 64 of them')
  expect(() => secret(64, 'HS256', 'HS512')).not.toThrow()
  expect(() => secret(64, 'RS256')).toThrow('HS256, HS384, HS512')
})

test("a client's key is one that JOSE signs with", () => {
  for (const type of ['x25519', 'ed448'] as const) {
    const { privateKey } = generateKeyPairSync(type as 'x25519')
    expect(() => asking({ client: { id: 'a', key: privateKey } }), type).toThrow(ConfigurationError)
  }
})

test('a digest of a key is all of its hexadecimal digits, and nothing more', () => {
  const digest = 'a'.repeat(64)
  expect(() => keysByDigest({ [digest]: { name: 'a' } } as never)).not.toThrow()
  for (const wrong of [`${digest}0`, `0${digest}`, digest.slice(1), digest.toUpperCase(), `${digest.slice(1)}g`]) {
    expect(() => keysByDigest({ [wrong]: { name: 'a' } } as never), wrong).toThrow(ConfigurationError)
  }
})

test('ready() tells of all issuers that are not, and why', async () => {
  await using one = await scriptedIssuer()
  await using other = await scriptedIssuer(await testKey('ES256', 'k1'))
  const issuers = [one, other].map(({ issuer }) => ({ issuer, audience: AUDIENCE, algorithms: ['EdDSA'] as const }))
  const verifier = bearer({ issuers })
  const fault = ({ origin }: typeof one) => `${origin}/jwks has no key for EdDSA`
  await expect(verifier.ready?.()).rejects.toThrow(`tokens cannot be verified: ${fault(one)}; ${fault(other)}`)
  expect(verifier.issuers).toEqual([one.issuer, other.issuer])
})
