import { X509Certificate } from 'node:crypto'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { challengersOf, setNonce } from '../../runtime/challenge.js'
import { clientCertificateOf } from '../../runtime/client-certificate.js'
import { apiKey } from '../../runtime/schemes/api-key.js'
import { bearer } from '../../runtime/schemes/bearer.js'
import { introspection } from '../../runtime/schemes/introspection.js'
import { isOpenTelemetryApi, telemetryOf } from '../../runtime/telemetry.js'
import { tokenExchange } from '../../runtime/token-exchange.js'
import { answerCache } from '../../runtime/tokens/answer-cache.js'
import { discoverMetadata, discoveryOfIssuer } from '../../runtime/tokens/discovery.js'
import { baseUrlOf, isTarget } from '../../runtime/tokens/dpop-target.js'
import { introspectingVerifier } from '../../runtime/tokens/introspecting-verifier.js'
import { type Fetch, orAborted } from '../../runtime/tokens/issuer-document.js'
import { DEFAULT_KEY_SETTINGS, issuerKeys, secretKey } from '../../runtime/tokens/keys.js'
import { signedAnswerReader } from '../../runtime/tokens/signed-introspection.js'
import { FileStore } from '../../runtime/uploaded-files.js'
import { deny } from '../../runtime/verifier.js'
import { issueCertificate } from '../http/certificates.js'
import { ask, scriptedIssuer, testKey } from './scripted-issuer.js'

const ISSUER = 'https://issuer.example/'
const text = (value: string) => Buffer.from(value)

describe('a fetch of the user’s that answers with nothing', () => {
  const fetch = (async () => undefined) as unknown as Fetch
  const options = { issuer: ISSUER, audience: 'any', fetch }

  test('is an issuer out of reach', async () => {
    expect(await ask(bearer(options), await anyToken())).toMatchObject({
      code: 'unavailable',
      reason: 'the keys of the issuer could not be read',
    })
    const client = { id: 'api', secret: 'secret' }
    expect(await ask(introspection({ ...options, client }), 'opaque')).toMatchObject({
      code: 'unavailable',
      reason: 'the endpoint could not be found',
    })
    const exchange = tokenExchange({ issuer: ISSUER, client, fetch })
    const subjectTokenType = 'urn:ietf:params:oauth:token-type:access_token'
    await expect(exchange('opaque', { audience: 'other', subjectTokenType } as never)).rejects.toMatchObject({
      cause: { error: 'unavailable' },
    })
  })

  test('or with no body, gives no keys', async () => {
    const bodiless = (async () => new Response(null)) as unknown as Fetch
    expect(await ask(bearer({ ...options, fetch: bodiless }), await anyToken())).toMatchObject({
      code: 'unavailable',
      reason: expect.stringContaining('no JSON object'),
    })
  })
})

async function anyToken(): Promise<string> {
  await using issuer = await scriptedIssuer()
  return issuer.sign(await testKey('ES256', 'k1'), { iss: ISSUER, aud: 'any' })
}

describe('what an authorization server said', () => {
  const settings = {
    issuer: ISSUER,
    audience: false,
    clockTolerance: 0,
    scopeClaims: ['scope'],
    provePossession: () => ({ granted: true }),
    cache: false,
    timeout: 0.1,
  } as const
  const presented = (token: string) => ({ kind: 'bearer', token, tokenType: 'Bearer' }) as const
  const request = {} as IncomingMessage
  const clock = () => Date.now() / 1000

  test('is no pass where it cannot be read', async () => {
    const verifier = introspectingVerifier({ ...settings, introspect: async () => text('not JSON') } as never, clock)
    expect(await verifier.verify(presented('opaque'), request)).toMatchObject({
      granted: false,
      code: 'invalid_token',
      reason: 'the token could not be verified',
    })
  })

  test('is no pass where asking failed in a way that nobody foresaw', async () => {
    const introspect = () => Promise.reject(new TypeError('secret of the token'))
    const verifier = introspectingVerifier({ ...settings, introspect } as never, clock)
    expect(await verifier.verify(presented('opaque'), request)).toMatchObject({
      granted: false,
      code: 'unavailable',
      reason: 'the token could not be introspected',
    })
  })

  test('is waited for no longer than the time limit, in the queue too', async () => {
    const introspect = vi.fn(() => new Promise<never>(() => {}))
    const verifier = introspectingVerifier({ ...settings, introspect } as never, clock)
    for (let index = 0; index < 64; index++) void verifier.verify(presented(`t${index}`), request)
    expect(await verifier.verify(presented('last'), request)).toMatchObject({
      code: 'unavailable',
      reason: 'too many tokens wait to be introspected',
      retryAfter: 1,
    })
    expect(introspect).toHaveBeenCalledTimes(64)
  })

  test('is kept for its age, and for less where exp says so in numbers', () => {
    let now = 1000
    const cache = answerCache({ maxAge: 10, maxEntries: 2 }, () => now)
    cache.set('a', text('{"exp":1005}'), 1000)
    cache.set('b', text('{"exp":"1005"}'), 1000)
    now = 1004.9
    expect([cache.get('a'), cache.get('b')]).toEqual([expect.anything(), expect.anything()])
    now = 1005
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, expect.anything()])
    now = 1009.9
    expect(cache.get('b')).toBeDefined()
    now = 1010
    expect(cache.get('b')).toBeUndefined()
    cache.set('c', text('no JSON'), 1010)
    expect(cache.get('c')).toBeDefined()
  })

  test('makes room oldest first, and one that was asked about again is young', () => {
    const cache = answerCache({ maxAge: 10, maxEntries: 2 }, () => 1000)
    for (const digest of ['a', 'b', 'a', 'c']) cache.set(digest, text('{}'), 1000)
    expect(['a', 'b', 'c'].map(digest => cache.get(digest) !== undefined)).toEqual([true, false, true])
    cache.set('a', Buffer.alloc(16 * 1024 + 1), 1000)
    expect(cache.get('a')).toBeUndefined()
    cache.set('a', Buffer.alloc(16 * 1024), 1000)
    expect(cache.get('a')).toBeDefined()
  })
})

test('a signed answer whose key nobody can use is refused, and nothing of it told', async () => {
  await using issuer = await scriptedIssuer()
  const key = await testKey('ES256', 'k1')
  const jwt = await issuer.sign(key, { iss: ISSUER }, { typ: 'token-introspection+jwt' })
  const rules = { issuer: ISSUER, audience: ['api'], algorithms: ['ES256'], clockTolerance: 0 } as const
  const read = signedAnswerReader(rules, secretKey(Buffer.alloc(32, 1)), () => Date.now() / 1000)
  await expect(read(jwt)).rejects.toThrow('a signed introspection answer is not accepted: unknown error')
  const odd = await issuer.sign(key, { iss: ISSUER }, { typ: 'token-introspection+jwt', kid: 7 })
  await expect(read(odd)).rejects.toThrow('no such key')
  const keys = { ...secretKey(Buffer.alloc(32, 1)), find: () => ({ denial: deny('invalid_token') }) }
  const unread = signedAnswerReader(rules, keys, () => Date.now() / 1000)
  await expect(unread(jwt)).rejects.toThrow('the key of a signed introspection answer: invalid_token')
})

describe('keys of an issuer', () => {
  const discovery = discoveryOfIssuer(ISSUER)
  const served = (async (url: string) => {
    const body = url.endsWith('/jwks') ? { keys: [] } : { issuer: ISSUER, jwks_uri: `${ISSUER}jwks` }
    return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } })
  }) as unknown as Fetch

  test('are none for a shared secret', async () => {
    const keys = issuerKeys(discovery, DEFAULT_KEY_SETTINGS, served, () => 1000)
    expect(await keys.find({ iss: ISSUER, alg: 'HS256', kid: undefined }, () => false)).toMatchObject({
      denial: { code: 'invalid_token' },
    })
  })

  test('that a clock calls old between two looks are out of reach', async () => {
    let now = 1000
    const jumping = () => {
      now += 3000
      return now
    }
    const settings = { ...DEFAULT_KEY_SETTINGS, maxAge: 600, staleFor: 0 }
    const keys = issuerKeys(discovery, settings, served, jumping)
    const { denial } = await keys.find({ iss: ISSUER, alg: 'ES256', kid: undefined }, () => false)
    expect(denial).toMatchObject({ code: 'unavailable' })
    expect(denial).not.toHaveProperty('reason')
    await expect(keys.ready(['ES256'])).rejects.toThrow('the issuer has no keys')
  })
})

test('nobody is asked where there is nobody to ask, nor after the time is up', async () => {
  await expect(discoverMetadata({ issuers: [], urls: [] }, async () => ({}))).rejects.toThrow('no URL')
  const never = new Promise<never>(() => {})
  await expect(orAborted(never, ISSUER, AbortSignal.abort())).rejects.toThrow('did not answer in time')
})

test('a proof of possession is for the root where the target is a host alone, or nothing is known of it', () => {
  const base = [baseUrlOf('https://api.example/')]
  const at = (request: object) => isTarget('https://api.example/', request as IncomingMessage, base)
  expect([at({ url: 'http://api.example' }), at({}), at({ originalUrl: 7, url: '/' })]).toEqual([true, true, true])
  expect([at({ url: '/a' }), at({ originalUrl: '/a', url: '/' })]).toEqual([false, false])
})

test('a challenge that was given a verifier of another kind asks for a bearer token', () => {
  expect(
    challengersOf(
      'user',
      { type: 'oauth2' },
      apiKey(() => undefined),
    ),
  ).toMatchObject([{ bare: 'Bearer' }])
})

test('a nonce keeps an answer out of caches, unless the app has said how it may be kept', () => {
  const answers = [undefined, 'private'].map(cacheControl => {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    if (cacheControl !== undefined) response.setHeader('Cache-Control', cacheControl)
    setNonce(response, 'n')
    return response.getHeaders()
  })
  expect(answers).toMatchObject([
    { 'dpop-nonce': 'n', 'cache-control': 'no-store' },
    { 'dpop-nonce': 'n', 'cache-control': 'private' },
  ])
})

test('certificates that a proxy forwards are told apart, however many there are', () => {
  const { certificate } = issueCertificate({ subject: 'Client' })
  // The last bytes are the signature's, which the proxy has checked: each value is another certificate.
  const variant = (index: number) => {
    const bytes = Buffer.from(certificate.raw)
    bytes.writeUInt16BE(index, bytes.length - 2)
    return bytes
  }
  const found = (index: number) => {
    const rawHeaders = ['Client-Cert', `:${variant(index).toString('base64')}:`]
    return clientCertificateOf({ rawHeaders, socket: {} } as unknown as IncomingMessage, () => true)
  }
  for (const index of [...Array(300).keys(), 0, 299]) {
    const one = found(index)
    if (typeof one === 'string') throw new Error(`${index} is ${one}`)
    expect(one.certificate).toBeInstanceOf(X509Certificate)
    expect(one.certificate.raw.equals(variant(index))).toBe(true)
  }
})

describe('telemetry', () => {
  test('is told from what is no API', () => {
    expect([undefined, null, {}, { trace: {}, metrics: {} }].map(isOpenTelemetryApi)).toEqual(Array(4).fill(false))
  })

  test('ends a span without a decision as an error, and does without a span', () => {
    const span = { setAttributes: vi.fn(), setStatus: vi.fn(), end: vi.fn() }
    const meter = { createCounter: () => ({ add() {} }) }
    const api = (startActiveSpan: (name: string, work: (span?: unknown) => void) => void) =>
      ({ trace: { getTracer: () => ({ startActiveSpan }) }, metrics: { getMeter: () => meter } }) as never
    telemetryOf(api((_, work) => work(span))).span('one', end => end())
    expect(span.setAttributes).not.toHaveBeenCalled()
    expect([span.setStatus.mock.calls, span.end.mock.calls]).toEqual([[[{ code: 2 }]], [[]]])
    const deaf = telemetryOf(api(() => {}))
    const granted = { operation: 'one', method: 'GET', path: '/', granted: true, schemes: [] } as const
    for (const decided of [undefined, granted]) {
      const work = (end: (one: typeof decided) => void) => {
        end(decided)
        return 'done'
      }
      expect(deaf.span('one', work)).toBe('done')
    }
  })
})

test('uploaded files are freed once, and cannot be read afterwards', async () => {
  const store = new FileStore()
  const stored = await store.receive(Readable.from([]), 10)
  expect(stored?.size).toBe(0)
  await Promise.all([store.release(), store.release()])
  expect(() => stored?.stream()).toThrow('after the request')
})
