import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BearerOptions, bearer, type IssuersOptions } from '../../runtime/schemes/bearer.js'
import { ConfigurationError, type Verifier } from '../../runtime/verifier.js'
import {
  AUDIENCE,
  ask,
  encode,
  goodClaims,
  JWKS,
  METADATA,
  outcome,
  type ScriptedIssuer,
  scriptedIssuer,
  status,
  type TestKey,
  testKey,
} from './scripted-issuer.js'

const OTHER = 'https://other.example'
const UNEXPECTED = `invalid_token: unexpected 'iss' claim value`
const NOT_ALLOWED = `invalid_token: 'alg' (Algorithm) Header Parameter value not allowed`
const SYMMETRIC = 'invalid_token: unsupported algorithm (symmetric algorithms are not supported)'

let key: TestKey
let rsa: TestKey
let a: ScriptedIssuer
let b: ScriptedIssuer

beforeAll(async () => {
  // The same kid, as issuers that number their keys have it.
  key = await testKey('ES256', '1')
  rsa = await testKey('RS256', '1')
  a = await scriptedIssuer(key)
  b = await scriptedIssuer(rsa)
})

afterAll(async () => {
  await a[Symbol.asyncDispose]()
  await b[Symbol.asyncDispose]()
})

/** As JavaScript would call it. */
const built = (options: unknown) => bearer(options as BearerOptions)

function hmac(secret: string | Uint8Array, claims: object, alg = 'HS256', header: object = {}): string {
  const input = `${encode({ alg, typ: 'at+jwt', ...header })}.${encode(claims)}`
  return `${input}.${createHmac(`sha${alg.slice(2)}`, secret)
    .update(input)
    .digest('base64url')}`
}

describe('several issuers', () => {
  let verifier: Verifier
  beforeAll(() => {
    verifier = bearer({
      issuers: [
        { issuer: a.issuer, audience: AUDIENCE },
        { issuer: b.issuer, audience: OTHER, algorithms: ['RS256'], scopeClaims: ['permissions'], clients: ['web'] },
      ],
    })
  })
  const forB = { aud: OTHER, azp: 'web', permissions: ['read:c'] }

  test('none is asked before a token names it', async () => {
    for (const iss of ['https://evil.example/', `${a.issuer}x`, [a.issuer], { 0: a.issuer }, null, '__proto__']) {
      expect(await outcome(verifier, await a.sign(key, { iss }))).toBe(UNEXPECTED)
    }
    expect([...a.asked, ...b.asked]).toEqual([])
    expect(await outcome(verifier, await a.sign(key))).toBe('granted')
    expect([a.asked, b.asked]).toEqual([[METADATA, JWKS], []])
  })

  test('each has its own keys and rules', async () => {
    expect(await ask(verifier, await a.sign(key, { permissions: ['read:c'] }))).toMatchObject({
      scopes: ['read:a', 'read:b'],
    })
    expect(await ask(verifier, await b.sign(rsa, forB))).toMatchObject({ scopes: ['read:c'] })
    expect(await outcome(verifier, await a.sign(key, { aud: OTHER }))).toMatch(/'aud'/)
    expect(await outcome(verifier, await b.sign(rsa, { ...forB, aud: AUDIENCE }))).toMatch(/'aud'/)
    expect(await outcome(verifier, await b.sign(rsa, { ...forB, azp: 'other' }))).toMatch(/'azp'/)
    expect(await outcome(verifier, await b.sign(key, forB))).toBe(NOT_ALLOWED)
  })

  test('one does not speak for the other', async () => {
    expect(await outcome(verifier, await a.sign(key, { ...forB, iss: b.issuer }))).toBe(NOT_ALLOWED)
    expect(await outcome(verifier, await b.sign(rsa, { iss: a.issuer }))).toMatch(/no applicable key/)
    const twin = await testKey('ES256', '1')
    expect(await outcome(verifier, await a.sign(twin, { iss: a.issuer }))).toMatch(/signature/)
  })

  test('one that fails does not hold up the other, and ready() names it', async () => {
    const both = bearer({ issuers: [a, b].map(({ issuer }) => ({ issuer, audience: AUDIENCE })) })
    b.script.set(METADATA, status(500))
    await expect(both.ready?.()).rejects.toThrow(
      new Error(`tokens cannot be verified: ${b.origin}${METADATA} answered with status 500`),
    )
    expect(await outcome(both, await a.sign(key))).toBe('granted')
    expect(await outcome(both, await b.sign(rsa))).toBe('unavailable')
    b.script.clear()
  })

  const good = { issuer: 'https://a.example/', audience: AUDIENCE }
  test.each<[string, unknown, string]>([
    ['no issuer', { issuers: [] }, `'issuers' must be a list of one or more`],
    ['an issuer that is no list', { issuers: good }, `'issuers' must be a list`],
    ['an issuer by its name alone', { issuers: [good.issuer] }, 'issuers[0] wants an object of options'],
    ['one twice', { issuers: [good, { ...good, audience: OTHER }] }, `'issuers' names "https://a.example/" twice`],
    [
      'one without audience',
      { issuers: [good, { issuer: 'https://b.example/' }] },
      `issuers[1]: 'audience' is required`,
    ],
    [
      'one without https',
      { issuers: [{ ...good, issuer: 'http://a.example/' }] },
      `issuers[0]: 'issuer' is an http URL`,
    ],
    [
      'one with an unknown rule',
      { issuers: [{ ...good, clockTolerence: 0 }] },
      'issuers[0] has no option "clockTolerence"',
    ],
    ['one with a cache of its own', { issuers: [{ ...good, cache: false }] }, 'issuers[0] has no option "cache"'],
    [
      'a rule beside the list',
      { issuers: [good], audience: AUDIENCE },
      `bearer() with 'issuers' has no option "audience"`,
    ],
    ['one issuer beside the list', { issuers: [good], issuer: good.issuer }, 'has no option "issuer"'],
  ])('refuses %s', (_, options, message) => {
    expect(() => built(options)).toThrow(ConfigurationError)
    expect(() => built(options)).toThrow(message)
  })

  test('what is changed in the list afterwards changes nothing', async () => {
    const audience = [AUDIENCE]
    const issuers: IssuersOptions['issuers'][number][] = [{ issuer: a.issuer, audience }]
    const one = bearer({ issuers })
    issuers.push({ issuer: b.issuer, audience: AUDIENCE })
    audience.push(OTHER)
    expect(await outcome(one, await b.sign(rsa))).toBe(UNEXPECTED)
    expect(await outcome(one, await a.sign(key, { aud: OTHER }))).toMatch(/'aud'/)
  })
})

describe('audiences and clients', () => {
  const verifierWith = (more: Partial<BearerOptions>) => bearer({ issuer: a.issuer, audience: AUDIENCE, ...more })

  test('one of several audiences is enough, and nothing near one', async () => {
    const verifier = verifierWith({ audience: [AUDIENCE, OTHER] })
    for (const aud of [AUDIENCE, OTHER, ['x', OTHER]]) {
      expect(await outcome(verifier, await a.sign(key, { aud }))).toBe('granted')
    }
    for (const aud of ['x', `${AUDIENCE},${OTHER}`, `${AUDIENCE} ${OTHER}`, ['x'], [], [OTHER, 1], [[OTHER]]]) {
      expect(await outcome(verifier, await a.sign(key, { aud }))).toMatch(/unexpected 'aud' claim value$/)
    }
  })

  test('a client is asked for by either name, and by both where both are there', async () => {
    const verifier = verifierWith({ clients: ['web', 'app'] })
    for (const claims of [{ azp: 'web' }, { client_id: 'app' }, { azp: 'web', client_id: 'app' }]) {
      expect(await outcome(verifier, await a.sign(key, claims))).toBe('granted')
    }
    const wrong: [object, string][] = [
      [{}, `missing required 'client_id' claim`],
      [{ azp: 'other' }, `unexpected 'azp' claim value`],
      [{ client_id: 'WEB' }, `unexpected 'client_id' claim value`],
      [{ azp: 'web', client_id: 'other' }, `unexpected 'client_id' claim value`],
      [{ azp: 'other', client_id: 'web' }, `unexpected 'azp' claim value`],
      [{ azp: ['web'] }, `unexpected 'azp' claim value`],
      [{ azp: null, client_id: 'web' }, `unexpected 'azp' claim value`],
      [{ azp: 'web,app' }, `unexpected 'azp' claim value`],
    ]
    for (const [claims, description] of wrong) {
      expect(await outcome(verifier, await a.sign(key, claims))).toBe(`invalid_token: ${description}`)
    }
  })

  test.each([[[]], ['web'], [['']], [[1]]])('refuses the clients %j', clients => {
    expect(() => built({ issuer: a.issuer, audience: AUDIENCE, clients })).toThrow(`'clients' must be a list`)
  })
})

describe('a shared secret', () => {
  const secret = 'a secret of forty-eight bytes, for three of them'
  const issuer = 'backend'
  const good = { issuer, audience: AUDIENCE, secret }
  const claims = goodClaims(issuer)

  test('verifies what was signed with it, and asks nobody', async () => {
    const fetch = async () => {
      throw new Error('asked')
    }
    const verifier = bearer({ ...good, fetch })
    await verifier.ready?.()
    for (let n = 0; n < 2; n++) expect(await outcome(verifier, hmac(secret, claims))).toBe('granted')
    expect(await outcome(bearer({ ...good, secret: Buffer.from(secret) }), hmac(secret, claims))).toBe('granted')
  })

  test('verifies nothing else', async () => {
    const verifier = bearer(good)
    expect(await outcome(verifier, hmac(`${secret}.`, claims))).toMatch(/signature verification failed$/)
    expect(await outcome(verifier, hmac('', claims))).toMatch(/signature verification failed$/)
    expect(await outcome(verifier, hmac(secret, claims, 'HS384'))).toBe(NOT_ALLOWED)
    expect(await outcome(verifier, hmac(secret, { ...claims, iss: a.issuer }))).toBe(UNEXPECTED)
    const cut = hmac(secret, claims)
    expect(await outcome(verifier, cut.slice(0, cut.lastIndexOf('.') + 1))).toMatch(/signature/)
    expect(await outcome(verifier, cut.slice(0, -4))).toMatch(/signature/)
    expect(await outcome(verifier, await a.sign(key, { iss: issuer }))).toBe(NOT_ALLOWED)
    const none = `${encode({ alg: 'none' })}.${encode(claims)}.`
    expect(await outcome(verifier, none)).toBe(NOT_ALLOWED)
    for (const [name, value] of [
      ['aud', 'x'],
      ['exp', 1],
      ['iat', undefined],
    ] as const) {
      expect(await outcome(verifier, hmac(secret, { ...claims, [name]: value }))).toMatch(/^invalid_token/)
    }
  })

  test('does not make public keys secrets, nor the other way round', async () => {
    const verifier = bearer({ issuers: [good, { issuer: a.issuer, audience: AUDIENCE }] })
    const jwk = JSON.stringify(key.jwk)
    const pem = createPublicKey({ key: key.jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    for (const known of [jwk, pem.toString(), secret, '']) {
      const forged = hmac(known, goodClaims(a.issuer), 'HS256', { kid: '1' })
      expect(await outcome(verifier, forged)).toBe(NOT_ALLOWED)
      expect(await outcome(bearer({ issuer: a.issuer, audience: AUDIENCE }), forged)).toBe(SYMMETRIC)
    }
    expect(await outcome(verifier, await a.sign(key, { iss: issuer }))).toBe(NOT_ALLOWED)
    expect(await outcome(verifier, hmac(secret, claims))).toBe('granted')
    expect(await outcome(verifier, await a.sign(key))).toBe('granted')
  })

  test('longer hashes want longer secrets', async () => {
    const verifier = bearer({ ...good, algorithms: ['HS256', 'HS384'] })
    expect(await outcome(verifier, hmac(secret, claims, 'HS384'))).toBe('granted')
    expect(() => bearer({ ...good, algorithms: ['HS512'] })).toThrow(`'secret' must be text or bytes, at least 64`)
  })

  test('is what it was, whatever becomes of the bytes', async () => {
    const bytes = Buffer.from(secret)
    const verifier = bearer({ ...good, secret: bytes })
    bytes.fill(0)
    expect(await outcome(verifier, hmac(secret, claims))).toBe('granted')
  })

  test.each<[string, object, string]>([
    ['an empty secret', { secret: '' }, `'secret' must be text or bytes, at least 32 of them`],
    ['a short secret', { secret: 'x'.repeat(31) }, `'secret' must be`],
    ['a secret that is not there', { secret: undefined }, `'secret' must be`],
    ['a numeric secret', { secret: 10 ** 40 }, `'secret' must be`],
    ['a list as secret', { secret: Array(40).fill(1) }, `'secret' must be`],
    ['a certificate as secret', { secret: `-----BEGIN CERTIFICATE-----${'x'.repeat(40)}` }, 'is a key or certificate'],
    ['an asymmetric algorithm', { algorithms: ['RS256'] }, `'algorithms' must be a list of one or more of HS256, `],
    ['rules for published keys', { keys: {} }, `'keys' is for published keys`],
    ['no issuer', { issuer: '' }, `'issuer' is required`],
    ['no audience', { audience: undefined }, `'audience' is required`],
  ])('refuses %s', (_, options, message) => {
    expect(() => built({ ...good, ...options })).toThrow(ConfigurationError)
    expect(() => built({ ...good, ...options })).toThrow(message)
  })
})
