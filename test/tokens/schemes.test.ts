import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import type { SecurityScheme } from '../../runtime/policy.js'
import { bindRequirements } from '../../runtime/requirements.js'
import { apiKey } from '../../runtime/schemes/api-key.js'
import { basic } from '../../runtime/schemes/basic.js'
import { type BearerOptions, bearer } from '../../runtime/schemes/bearer.js'
import { httpScheme } from '../../runtime/schemes/http-scheme.js'
import { mutualTls } from '../../runtime/schemes/mutual-tls.js'
import { openIdConnect } from '../../runtime/schemes/open-id-connect.js'
import {
  type CertificateVerifier,
  ConfigurationError,
  type HttpVerifier,
  type Verifier,
} from '../../runtime/verifier.js'
import { issueCertificate } from '../http/certificates.js'
import { AUDIENCE, JWKS, json, METADATA, outcome, scriptedIssuer, testKey } from './scripted-issuer.js'

const request = { url: '/' } as IncomingMessage

describe('bearer()', () => {
  const good: BearerOptions = { issuer: 'https://issuer.example/', audience: AUDIENCE }
  /** As JavaScript would call it. */
  const built = (options: unknown) => bearer(options as BearerOptions)

  test.each([
    'https://issuer.example/',
    'https://issuer.example',
    'https://issuer.example:8443/realms/main',
    'http://127.0.0.1:4000/',
    'http://127.255.0.1/',
    'http://localhost:4000/',
    'http://[::1]:4000/',
  ])('takes the issuer %s', issuer => {
    expect(bearer({ ...good, issuer }).kind).toBe('bearer')
  })

  test.each([
    '',
    'issuer.example',
    '//issuer.example/',
    'ftp://issuer.example/',
    'https://',
    'https:/issuer.example/',
    'https:\\\\issuer.example\\',
    ' https://issuer.example/',
    'https://issuer.example/ ',
    'https://issuer.example/\n',
    'https://issuer.example/?',
    'https://issuer.example/?a=b',
    'https://issuer.example/#',
    'https://user@issuer.example/',
    'https://@issuer.example/',
    'https://user:secret@issuer.example/',
    'http://issuer.example/',
    'http://127.0.0.1.issuer.example/',
    'http://localhost.issuer.example/',
    'http://10.0.0.1/',
    'http://0.0.0.0/',
  ])('refuses the issuer %j', issuer => {
    expect(() => bearer({ ...good, issuer })).toThrow(ConfigurationError)
    expect(() => bearer({ ...good, issuer })).toThrow(/^bearer\(\): 'issuer' /)
  })

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'bearer() wants an object of options: issuer, secret, audience, '],
    ['no issuer', { audience: AUDIENCE }, `bearer(): 'issuer' is required, as a string`],
    ['no audience', { issuer: good.issuer }, `bearer(): 'audience' is required, as a string`],
    ['an empty audience', { ...good, audience: ' ' }, `bearer(): 'audience' is required`],
    ['an empty list of audiences', { ...good, audience: [] }, `bearer(): 'audience' is required`],
    ['an empty audience in a list', { ...good, audience: [AUDIENCE, ''] }, `bearer(): 'audience' is required`],
    ['a misspelled option', { ...good, clockTolerence: 0 }, 'bearer() has no option "clockTolerence"; its options are'],
    ['a misspelled key option', { ...good, keys: { maxage: 1 } }, `bearer(): 'keys' has no option "maxage"`],
    ['keys that are no object', { ...good, keys: 600 }, `bearer(): 'keys' wants an object of options`],
    ['no algorithm', { ...good, algorithms: [] }, `bearer(): 'algorithms' must be a list of one or more of RS256, `],
    ['a symmetric algorithm', { ...good, algorithms: ['RS256', 'HS256'] }, `bearer(): 'algorithms' must be`],
    ['the algorithm none', { ...good, algorithms: ['none'] }, `bearer(): 'algorithms' must be`],
    ['an algorithm that is no list', { ...good, algorithms: 'RS256' }, `bearer(): 'algorithms' must be`],
    [
      'a negative tolerance',
      { ...good, clockTolerance: -1 },
      `bearer(): 'clockTolerance' must be a number of seconds from 0 to 60`,
    ],
    ['a large tolerance', { ...good, clockTolerance: 61 }, `bearer(): 'clockTolerance' must be`],
    ['NaN', { ...good, clockTolerance: Number.NaN }, `bearer(): 'clockTolerance' must be`],
    ['a tolerance as text', { ...good, clockTolerance: '5' }, `bearer(): 'clockTolerance' must be`],
    ['a misspelled cache option', { ...good, cache: { max: 1 } }, `bearer(): 'cache' has no option "max"`],
    ['a cache that is only on', { ...good, cache: true }, `bearer(): 'cache' wants an object of options`],
    [
      'no entries',
      { ...good, cache: { maxEntries: 0 } },
      `'cache.maxEntries' must be a whole number from 1 to 1000000`,
    ],
    ['half an entry', { ...good, cache: { maxEntries: 1.5 } }, `'cache.maxEntries' must be a whole number`],
    ['entries without end', { ...good, cache: { maxEntries: 1e9 } }, `'cache.maxEntries' must be a whole number`],
    ['bytes as text', { ...good, cache: { maxBytes: '1' } }, `'cache.maxBytes' must be a whole number`],
    ['no cooldown', { ...good, keys: { cooldown: 0 } }, `bearer(): 'keys.cooldown' must be`],
    ['an endless maxAge', { ...good, keys: { maxAge: Number.POSITIVE_INFINITY } }, `bearer(): 'keys.maxAge' must be`],
    ['no timeout', { ...good, keys: { timeout: 0 } }, `bearer(): 'keys.timeout' must be`],
    ['a negative staleFor', { ...good, keys: { staleFor: -1 } }, `bearer(): 'keys.staleFor' must be`],
    ['no scope claims', { ...good, scopeClaims: [] }, `bearer(): 'scopeClaims' must be`],
    ['a scope claim that is no list', { ...good, scopeClaims: 'scope' }, `bearer(): 'scopeClaims' must be`],
    ['an empty scope claim', { ...good, scopeClaims: [''] }, `bearer(): 'scopeClaims' must be`],
    ['a fetch that is none', { ...good, fetch: 'node-fetch' }, `bearer(): 'fetch' must be a function`],
  ])('refuses %s', (_, options, message) => {
    expect(() => built(options)).toThrow(ConfigurationError)
    expect(() => built(options)).toThrow(message)
  })

  test('what is changed in the options afterwards changes nothing', async () => {
    const key = await testKey('ES256', 'k')
    await using issuer = await scriptedIssuer(key)
    const algorithms: ('ES256' | 'RS256')[] = ['RS256']
    const verifier = bearer({ issuer: issuer.issuer, audience: AUDIENCE, algorithms })
    algorithms.push('ES256')
    expect(await outcome(verifier, await issuer.sign(key))).toMatch(/not allowed$/)
  })
})

describe('openIdConnect()', () => {
  test('finds the issuer by the address of its discovery document', async () => {
    const key = await testKey('ES256', 'k')
    await using issuer = await scriptedIssuer(key)
    const verifier = openIdConnect({ audience: AUDIENCE }).at(issuer.origin + METADATA)
    expect(await outcome(verifier, await issuer.sign(key, { iss: 'https://other.example/' }))).toBe(
      `invalid_token: unexpected 'iss' claim value`,
    )
    expect(issuer.asked).toEqual([])
    expect(await outcome(verifier, await issuer.sign(key))).toBe('granted')
    // Only one of the two spellings is the issuer's own.
    expect(await outcome(verifier, await issuer.sign(key, { iss: issuer.origin }))).toBe(
      `invalid_token: unexpected 'iss' claim value`,
    )
    expect(issuer.asked).toEqual([METADATA, JWKS])
  })

  test('trusts no document that names another issuer than its address does', async () => {
    const key = await testKey('ES256', 'k')
    await using issuer = await scriptedIssuer(key)
    const other = 'https://other.example/'
    issuer.script.set(METADATA, json({ ...issuer.metadata, issuer: other }))
    const verifier = openIdConnect({ audience: AUDIENCE }).at(issuer.origin + METADATA)
    expect(await outcome(verifier, await issuer.sign(key))).toBe('unavailable')
    expect(await outcome(verifier, await issuer.sign(key, { iss: other }))).toMatch(/^invalid_token/)
  })

  test.each([
    ['', '/.well-known/oauth-authorization-server'],
    ['/tenant', '/.well-known/oauth-authorization-server/tenant'],
  ])('finds the issuer %s/ by the address of its metadata of RFC 8414', async (path, address) => {
    const key = await testKey('ES256', 'k')
    await using issuer = await scriptedIssuer(key)
    const iss = issuer.origin + path
    issuer.script.set(address, json({ ...issuer.metadata, issuer: iss }))
    const verifier = openIdConnect({ audience: AUDIENCE }).at(issuer.origin + address)
    expect(await outcome(verifier, await issuer.sign(key, { iss: `${iss}/x` }))).toMatch(/'iss'/)
    expect(issuer.asked).toEqual([])
    expect(await outcome(verifier, await issuer.sign(key, { iss }))).toBe('granted')
    expect(issuer.asked).toEqual([address, JWKS])
  })

  test('is told the URL that an oauth2 scheme of the document has', () => {
    const url = 'https://issuer.example/.well-known/oauth-authorization-server'
    const at = vi.fn(openIdConnect({ audience: AUDIENCE }).at)
    const policies = { op: { security: [{ auth: [] }] } }
    const bind = (scheme: SecurityScheme) =>
      bindRequirements({ auth: scheme }, policies, { auth: { kind: 'openIdConnect', at } }, {})
    bind({ type: 'oauth2', oauth2MetadataUrl: url })
    expect(at).toHaveBeenCalledWith(url)
    expect(() => bind({ type: 'oauth2' })).toThrow('schemes.auth is of type oauth2 and has no discovery URL')
    expect(() => bind({ type: 'oauth2', oauth2MetadataUrl: 'https://issuer.example/' })).toThrow(ConfigurationError)
  })

  test.each([
    'https://issuer.example/',
    'https://issuer.example/tenant/.well-known/oauth-authorization-server',
    'https://issuer.example/.well-known/oauth-authorization-serverx',
    'https://issuer.example/.well-known/oauth-authorization-server/',
    'https://issuer.example/.well-known/oauth-authorization-server/tenant/',
    'https://issuer.example/.well-known/openid-configuration/',
    'https://issuer.example/.well-known/openid-configuration?tenant=1',
    'http://issuer.example/.well-known/openid-configuration',
    '/.well-known/openid-configuration',
  ])('refuses the address %s', address => {
    const discovered = openIdConnect({ audience: AUDIENCE })
    expect(() => discovered.at(address)).toThrow(ConfigurationError)
    expect(() => discovered.at(address)).toThrow(/^openIdConnect\(\): the document's URL/)
  })

  test('refuses bad options at once', () => {
    expect(() => openIdConnect({ audience: '' })).toThrow(`openIdConnect(): 'audience' is required`)
    const options = { audience: AUDIENCE, issuer: 'https://issuer.example/' }
    expect(() => openIdConnect(options)).toThrow('openIdConnect() has no option "issuer"')
  })
})

interface Customer {
  name: string
  roles: string[]
}
const customer: Customer = { name: 'c', roles: ['reader', ''] }

describe('apiKey()', () => {
  const byKey = (key: string) => (key === 'good' ? customer : undefined)

  test('grants the principal that was found, without scopes', async () => {
    const verifier = apiKey(byKey)
    expectTypeOf(verifier).toEqualTypeOf<Verifier<Customer, 'apiKey'>>()
    expect(await verifier.verify({ kind: 'apiKey', key: 'good' }, request)).toEqual({
      granted: true,
      proof: customer,
      scopes: [],
    })
  })

  test('grants the scopes that the second option reads', async () => {
    const verifier = apiKey(async key => byKey(key) ?? null, { scopes: ({ roles }) => roles })
    expectTypeOf(verifier).toEqualTypeOf<Verifier<Customer, 'apiKey'>>()
    expect(await verifier.verify({ kind: 'apiKey', key: 'good' }, request)).toMatchObject({ scopes: ['reader'] })
  })

  test.each([undefined, null, false, 0, '', Number.NaN])('denies when %j was found', async found => {
    const verifier = apiKey<unknown>(() => found)
    expect(await verifier.verify({ kind: 'apiKey', key: 'k' }, request)).toEqual({
      granted: false,
      code: 'invalid_token',
      description: 'Invalid credentials',
    })
    expect(await apiKey<unknown>(async () => found).verify({ kind: 'apiKey', key: 'k' }, request)).toMatchObject({
      granted: false,
    })
  })

  test('denies an empty key without asking', async () => {
    const asked: unknown[] = []
    const verifier = apiKey((...given) => asked.push(given))
    expect(await verifier.verify({ kind: 'apiKey', key: '' }, request)).toMatchObject({ granted: false })
    expect(asked).toEqual([])
    await verifier.verify({ kind: 'apiKey', key: 'k' }, request)
    expect(asked).toEqual([['k', request]])
  })

  test('rejects when the function, or the scopes, go wrong: nothing is granted', async () => {
    const credential = { kind: 'apiKey', key: 'k' } as const
    const thrown = new Error('database down')
    const failing = apiKey(() => {
      throw thrown
    })
    await expect(async () => failing.verify(credential, request)).rejects.toBe(thrown)
    const scopes = (() => 'reader') as unknown as () => string[]
    await expect(async () => apiKey(() => customer, { scopes }).verify(credential, request)).rejects.toThrow(TypeError)
  })

  test('refuses what is no function, and unknown options, at once', () => {
    const built = apiKey as unknown as (...given: unknown[]) => unknown
    expect(() => built()).toThrow('apiKey() wants a function (key, request) => principal')
    expect(() => built({})).toThrow(ConfigurationError)
    expect(() => built(byKey, { scope: () => [] })).toThrow('apiKey() has no option "scope"')
    expect(() => built(byKey, { scopes: ['reader'] })).toThrow(`apiKey(): 'scopes' must be a function`)
    expect(() => built(byKey, null)).toThrow(ConfigurationError)
  })
})

describe('basic()', () => {
  test('grants the principal for name and password', async () => {
    const verifier = basic(async (username, password) => (username === 'u' && password === 'p' ? customer : false), {
      scopes: ({ roles }) => roles,
    })
    expectTypeOf(verifier).toEqualTypeOf<Verifier<Customer, 'basic'>>()
    const credential = { kind: 'basic', username: 'u', password: 'p' } as const
    expect(await verifier.verify(credential, request)).toEqual({ granted: true, proof: customer, scopes: ['reader'] })
    expect(await verifier.verify({ ...credential, password: 'q' }, request)).toEqual({
      granted: false,
      code: 'invalid_token',
      description: 'Invalid credentials',
    })
  })

  test('asks about an empty password only if so configured, and never about nothing', async () => {
    const asked: unknown[] = []
    const find = (...given: unknown[]) => asked.push(given)
    const strict = basic(find)
    const lenient = basic(find, { allowEmptyPassword: true })
    for (const username of ['', 'key']) {
      expect(await strict.verify({ kind: 'basic', username, password: '' }, request)).toMatchObject({ granted: false })
    }
    expect(await lenient.verify({ kind: 'basic', username: '', password: '' }, request)).toMatchObject({
      granted: false,
    })
    expect(asked).toEqual([])
    await lenient.verify({ kind: 'basic', username: 'key', password: '' }, request)
    await strict.verify({ kind: 'basic', username: '', password: 'pat' }, request)
    expect(asked).toEqual([
      ['key', '', request],
      ['', 'pat', request],
    ])
    const odd = { allowEmptyPassword: 'yes' } as unknown as object
    expect(() => basic(find, odd)).toThrow("basic(): 'allowEmptyPassword' must be true or false")
  })

  test('refuses what is no function at once', () => {
    const built = basic as unknown as (...given: unknown[]) => unknown
    expect(() => built('user', 'password')).toThrow(
      'basic() wants a function (username, password, request) => principal',
    )
  })
})

describe('mutualTls()', () => {
  const { certificate } = issueCertificate({ subject: 'c', from: -100, to: 100 })
  const credential = { kind: 'mutualTLS', certificate, chain: [] } as const
  const from = Date.parse(certificate.validFrom)
  const to = Date.parse(certificate.validTo)
  afterEach(() => {
    vi.useRealTimers()
  })

  test('grants the principal of a certificate, with its scopes', async () => {
    const asked: unknown[] = []
    const find = async (...given: unknown[]) => {
      asked.push(given)
      return customer
    }
    const verifier = mutualTls(find, { scopes: ({ roles }) => roles })
    expectTypeOf(verifier).toEqualTypeOf<CertificateVerifier<Customer>>()
    expect(await verifier.verify(credential, request)).toEqual({ granted: true, proof: customer, scopes: ['reader'] })
    expect(asked).toEqual([[certificate, request, []]])
  })

  test.each([undefined, null, false, 0, ''])('denies when %j was found', async found => {
    const verifier = mutualTls<unknown>(() => found)
    expect(await verifier.verify(credential, request)).toMatchObject({ granted: false, code: 'invalid_token' })
  })

  test('denies what the handshake did not vouch for, without asking', async () => {
    const find = vi.fn(() => customer)
    const verifier = mutualTls(find)
    for (const fault of ['CERT_REVOKED', '']) {
      expect(await verifier.verify({ ...credential, fault }, request)).toMatchObject({ granted: false })
    }
    expect(find).not.toHaveBeenCalled()
  })

  test.each([
    [undefined, 5],
    [0, 0],
    [60, 60],
  ])('with a tolerance of %s, the validity is %i seconds longer at both ends', async (clockTolerance, seconds) => {
    const verifier = mutualTls(() => customer, clockTolerance === undefined ? {} : { clockTolerance })
    const at = async (now: number) => {
      vi.useFakeTimers({ now })
      return (await verifier.verify(credential, request)).granted
    }
    const tolerance = seconds * 1000
    expect([await at(from - tolerance), await at(to + tolerance)]).toEqual([true, true])
    expect([await at(from - tolerance - 1), await at(to + tolerance + 1)]).toEqual([false, false])
  })

  test('denies a certificate with a date that cannot be read', async () => {
    for (const date of [from, to]) {
      const raw = Buffer.from(certificate.raw)
      const digits = new Date(date).toISOString().replace(/\D/g, '').slice(2, 14)
      raw.write('991399', raw.indexOf(`${digits}Z`))
      const odd = { ...credential, certificate: new X509Certificate(raw) }
      expect([odd.certificate.validFrom, odd.certificate.validTo]).toContain('Bad time value')
      expect(await mutualTls(() => customer).verify(odd, request)).toMatchObject({ granted: false })
    }
  })

  test('rejects when the function goes wrong: nothing is granted', async () => {
    const failing = mutualTls(() => {
      throw new Error('database down')
    })
    await expect(async () => failing.verify(credential, request)).rejects.toThrow('database down')
  })

  test('refuses what is no function, and bad options, at once', () => {
    const built = mutualTls as unknown as (...given: unknown[]) => unknown
    const find = () => customer
    expect(() => built()).toThrow('mutualTls() wants a function (certificate, request) => principal')
    expect(() => built({ trustedProxies: ['10.0.0.1'] })).toThrow(ConfigurationError)
    expect(() => built(find, { ca: 'x' })).toThrow(
      'mutualTls() has no option "ca"; its options are scopes, trustedProxies, clockTolerance',
    )
    expect(() => built(find, { trustedProxies: ['proxy'] })).toThrow(`mutualTls(): 'trustedProxies' holds "proxy"`)
    expect(() => built(find, { trustedProxies: true })).toThrow(`'trustedProxies' must be a list`)
    expect(() => built(find, { clockTolerance: 61 })).toThrow(`'clockTolerance' must be a number of seconds`)
  })
})

describe('httpScheme()', () => {
  test('grants the principal of the credentials, with its scopes', async () => {
    const verifier = httpScheme('HOBA', async text => text === 'good' && customer, { scopes: ({ roles }) => roles })
    expectTypeOf(verifier).toEqualTypeOf<HttpVerifier<Customer, 'hoba'>>()
    expect([verifier.scheme, verifier.challenge]).toEqual(['hoba', 'HOBA'])
    const credential = { kind: 'http', credentials: 'good' } as const
    expect(await verifier.verify(credential, request)).toEqual({ granted: true, proof: customer, scopes: ['reader'] })
    expect(await verifier.verify({ ...credential, credentials: 'Good' }, request)).toMatchObject({ granted: false })
  })
})
