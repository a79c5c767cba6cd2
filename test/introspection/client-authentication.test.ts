import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { introspection } from '../../runtime/schemes/introspection.js'
import { DEFAULT_ALGORITHMS } from '../../runtime/tokens/algorithms.js'
import { type Client, clientAuthentication } from '../../runtime/tokens/client-authentication.js'
import { ConfigurationError } from '../../runtime/verifier.js'

const ISSUER = 'https://issuer.example/'
const NOW = 1_750_000_000.7

function applied(client: Client) {
  const form = new URLSearchParams({ token: 'opaque' })
  const headers: Record<string, string> = {}
  clientAuthentication('test', client, ISSUER, () => NOW).apply(form, headers)
  return { form, headers }
}

describe('a secret', () => {
  test('is form-encoded before it is put into Authorization', () => {
    const { form, headers } = applied({ id: 'a:b', secret: '50% ü/+ &' })
    const text = Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString()
    expect(text).toBe('a%3Ab:50%25+%C3%BC%2F%2B+%26')
    expect([...form.keys()]).toEqual(['token'])
  })
  test('goes into the form where that is configured', () => {
    const { form, headers } = applied({ id: 'a:b', secret: 's', method: 'client_secret_post' })
    expect(Object.fromEntries(form)).toEqual({ token: 'opaque', client_id: 'a:b', client_secret: 's' })
    expect(headers).toEqual({})
  })
})

describe('private_key_jwt', () => {
  test.each(DEFAULT_ALGORITHMS)('signs an assertion by %s', async algorithm => {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
    const { form } = applied({ id: 'api', key: privateKey, algorithm, keyId: 'k1' })
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    const { payload, protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', publicKey, {
      issuer: 'api',
      subject: 'api',
      audience: ISSUER,
      currentDate: new Date(NOW * 1000),
    })
    expect(protectedHeader).toEqual({ alg: algorithm, kid: 'k1' })
    expect(payload).toEqual({
      iss: 'api',
      sub: 'api',
      aud: ISSUER,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: 1_750_000_000,
      exp: 1_750_000_060,
    })
    expect([...form.keys()].sort()).toEqual(['client_assertion', 'client_assertion_type', 'client_id', 'token'])
  })

  test('makes another assertion for each request', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const one = clientAuthentication('test', { id: 'api', key: privateKey }, ISSUER, () => NOW)
    const assertions = Array.from({ length: 3 }, () => {
      const form = new URLSearchParams()
      one.apply(form, {})
      return form.get('client_assertion')
    })
    expect(new Set(assertions).size).toBe(3)
  })

  test.each([
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['EdDSA', () => generateKeyPairSync('ed25519')],
  ])('takes %s from the key, in each of its forms', async (algorithm, make) => {
    const { privateKey, publicKey } = make()
    const jwk = { ...(await exportJWK(privateKey)), kid: 'of-the-jwk' }
    for (const key of [privateKey, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, jwk]) {
      const { form } = applied({ id: 'api', key: key as KeyObject })
      const { protectedHeader } = await jwtVerify(
        form.get('client_assertion') ?? '',
        createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })),
        {
          currentDate: new Date(NOW * 1000),
        },
      )
      expect(protectedHeader).toEqual({ alg: algorithm, ...(key === jwk && { kid: 'of-the-jwk' }) })
    }
  })
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey

test.each<[unknown, RegExp]>([
  [undefined, /'client' is required/],
  ['api', /'client' is required/],
  [{ secret: 's' }, /'client.id' is required/],
  [{ id: '', secret: 's' }, /'client.id' is required/],
  [{ id: 'a', secret: '' }, /'client.secret' must be a string/],
  [{ id: 'a', secret: undefined }, /'client.secret' must be a string/],
  [{ id: 'a', secret: 's', method: 'none' }, /'client.method' must be/],
  [{ id: 'a', secret: 's', key: rsa.privateKey }, /and not both: "key"/],
  [{ id: 'a', secert: 's' }, /and not both: "secert"/],
  [{ id: 'a' }, /'client.key' must be a private key/],
  [{ id: 'a', key: rsa.publicKey }, /'client.key' must be a private key/],
  [{ id: 'a', key: '-----BEGIN PRIVATE KEY-----\nsecret text\n' }, /'client.key' must be a private key/],
  [{ id: 'a', key: { kty: 'oct', k: 'c2VjcmV0' } }, /'client.key' must be a private key/],
  [{ id: 'a', key: rsa.privateKey, algorithm: 'ES256' }, /'client.key' is no key for ES256/],
  [{ id: 'a', key: rsa.privateKey, algorithm: 'HS256' }, /'algorithm' that is none of/],
  [{ id: 'a', key: rsa.privateKey, keyId: 7 }, /'client.keyId' must be a string/],
  [{ id: 'a', key: small }, /'client.key' has fewer than 2048 bits/],
  [{ id: 'a', key: secp256k1 }, /'client.key' is of no known kind/],
])('client %j is a mistake that is told at start', (client, message) => {
  const make = () => introspection({ issuer: ISSUER, audience: 'a', client: client as Client })
  expect(make).toThrow(ConfigurationError)
  expect(make).toThrow(message)
  expect(make).not.toThrow(/secret text|c2VjcmV0/)
})

test.each<[object, RegExp]>([
  [{ issuer: undefined }, /'issuer' is required/],
  [{ issuer: 'http://issuer.example/' }, /'issuer' is an http URL/],
  [{ endpoint: 'http://issuer.example/introspect' }, /'endpoint' is an http URL/],
  [{ endpoint: 7 }, /'endpoint' is required, as a string/],
  [{ audience: undefined }, /'audience' is required/],
  [{ audience: [] }, /'audience' is required/],
  [{ audience: ['a', ''] }, /'audience' is required/],
  [{ audience: true }, /'audience' is required/],
  [{ audiences: 'a' }, /no option "audiences"/],
  [{ clockTolerance: 61 }, /'clockTolerance' must be/],
  [{ scopeClaims: [] }, /'scopeClaims' must be/],
  [{ timeout: 0 }, /'timeout' must be/],
  [{ signed: { algorithms: ['HS256'] } }, /'signed': 'algorithms' must be/],
  [{ signed: 'yes' }, /'signed' wants an object/],
  [{ cache: { maxAge: 61 } }, /'cache.maxAge' must be/],
  [{ cache: { maxEntries: 0 } }, /'cache.maxEntries' must be/],
  [{ cache: { maxEntries: 1.5 } }, /'cache.maxEntries' must be/],
  [{ cache: { maxage: 5 } }, /'cache' has no option "maxage"/],
  [{ cache: true }, /'cache' wants an object/],
  [{ fetch: 'x' }, /'fetch' must be a function/],
])('options %j are a mistake that is told at start', (options, message) => {
  const make = () =>
    introspection({ issuer: ISSUER, audience: 'a', client: { id: 'a', secret: 's' }, ...(options as object) })
  expect(make).toThrow(ConfigurationError)
  expect(make).toThrow(message)
})
