import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type BearerOptions, bearer, type KeyOptions } from '../../runtime/schemes/bearer.js'
import type { Verifier } from '../../runtime/verifier.js'
import {
  AUDIENCE,
  ask,
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

const UNKNOWN = 'invalid_token: no applicable key found in the JSON Web Key Set'

let first: TestKey
let second: TestKey
let issuer: ScriptedIssuer

beforeAll(async () => {
  first = await testKey('ES256', 'first')
  second = await testKey('ES256', 'second')
})

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  // No jitter: test/tokens/rest.test.ts has it.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  issuer = await scriptedIssuer(first)
})

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await issuer[Symbol.asyncDispose]()
})

function verifierWith(keys: KeyOptions = {}, more: Partial<BearerOptions> = {}): Verifier {
  return bearer({ issuer: issuer.issuer, audience: AUDIENCE, keys, ...more })
}

function pass(seconds: number) {
  vi.setSystemTime(Date.now() + seconds * 1000)
}

const fetches = () => issuer.asked.filter(path => path === JWKS).length

/** Until what runs in the background has asked the issuer `count` times, and has had its answer. */
async function fetched(count: number) {
  await vi.waitFor(() => expect(fetches()).toBe(count))
  await settled()
}

const settled = () => new Promise(resolve => setTimeout(resolve, 20))

/** Cuts every connection; `script` undone by {@link comeBack}. */
function goDown() {
  for (const path of [METADATA, JWKS]) issuer.script.set(path, request => request.socket.destroy())
}

/** Never answers; who had waited for it would have seen `ended` counted by the timeout. */
function silent(path: string) {
  const seen = { asked: 0, ended: 0 }
  issuer.script.set(path, (_, response) => {
    seen.asked++
    response.on('close', () => seen.ended++)
  })
  return seen
}

function comeBack() {
  issuer.script.clear()
}

async function denial(verifier: Verifier, token: string) {
  const verification = await ask(verifier, token)
  if (verification.granted) throw new Error('was granted')
  return verification
}

describe('fetching', () => {
  test('waits for the first token, and is done once for many', async () => {
    const verifier = verifierWith()
    await settled()
    expect(issuer.asked).toEqual([])
    const token = await issuer.sign(first)
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcome(verifier, token)))
    expect(new Set(outcomes)).toEqual(new Set(['granted']))
    expect(issuer.asked).toEqual([METADATA, JWKS])
  })

  test('is not done for a token of another issuer, nor for one that cannot be good', async () => {
    const verifier = verifierWith()
    await outcome(verifier, await issuer.sign(first, { iss: 'https://other.example/' }))
    await outcome(verifier, await issuer.sign(first, {}, { typ: 'secevent+jwt' }))
    await outcome(verifier, 'a.b.c')
    expect(issuer.asked).toEqual([])
  })

  test('asks RFC 8414’s address when there is no OpenID configuration', async () => {
    issuer.script.set(METADATA, status(404))
    issuer.script.set('/.well-known/oauth-authorization-server', json(issuer.metadata))
    expect(await outcome(verifierWith(), await issuer.sign(first))).toBe('granted')
    expect(issuer.asked).toEqual([METADATA, '/.well-known/oauth-authorization-server', JWKS])
  })

  test('puts the well-known part where an issuer with a path has it', async () => {
    const tenant = `${issuer.origin}/tenant`
    issuer.script.set('/.well-known/oauth-authorization-server/tenant', json({ ...issuer.metadata, issuer: tenant }))
    const verifier = bearer({ issuer: tenant, audience: AUDIENCE })
    expect(await outcome(verifier, await issuer.sign(first, { iss: tenant }))).toBe('granted')
    expect(issuer.asked.slice(0, 2)).toEqual([
      '/tenant/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/tenant',
    ])
  })

  test('uses the fetch that was given', async () => {
    const seen: string[] = []
    const fetch: typeof globalThis.fetch = (input, init) => {
      seen.push(String(input))
      return globalThis.fetch(input, init)
    }
    expect(await outcome(verifierWith({}, { fetch }), await issuer.sign(first))).toBe('granted')
    expect(seen).toEqual([issuer.origin + METADATA, issuer.origin + JWKS])
  })
})

describe('rotation', () => {
  test('an unknown kid is looked for once per cooldown, whoever sends it', async () => {
    const verifier = verifierWith({ cooldown: 30 })
    await outcome(verifier, await issuer.sign(first))
    pass(31)
    for (let n = 0; n < 20; n++) {
      expect(await outcome(verifier, await issuer.sign(second, {}, { kid: `random-${n}` }))).toBe(UNKNOWN)
    }
    expect(fetches()).toBe(2)
    expect(issuer.asked.filter(path => path === METADATA)).toHaveLength(1)
    pass(31)
    await outcome(verifier, await issuer.sign(second, {}, { kid: 'random' }))
    expect(fetches()).toBe(3)
  })

  test('a new key is found when its first token comes', async () => {
    const verifier = verifierWith()
    await outcome(verifier, await issuer.sign(first))
    issuer.keys = [first.jwk, second.jwk]
    pass(31)
    const token = await issuer.sign(second)
    expect(await Promise.all([outcome(verifier, token), outcome(verifier, token)])).toEqual(['granted', 'granted'])
    expect(fetches()).toBe(2)
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
  })

  test('a known kid does not wait while an unknown one is looked for', async () => {
    const verifier = verifierWith()
    await outcome(verifier, await issuer.sign(first))
    pass(31)
    let release = () => {}
    issuer.script.set(JWKS, (request, response) => {
      release = () => json({ keys: issuer.keys })(request, response)
    })
    const unknown = outcome(verifier, await issuer.sign(second))
    await fetched(2)
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
    release()
    expect(await unknown).toBe(UNKNOWN)
  })

  test('a withdrawn key stops when the keys are renewed, also after an idle time', async () => {
    const verifier = verifierWith({ maxAge: 600 })
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
    issuer.keys = [second.jwk]
    pass(601)
    expect(await outcome(verifier, await issuer.sign(first))).toBe(UNKNOWN)
    expect(await outcome(verifier, await issuer.sign(second))).toBe('granted')
    expect(fetches()).toBe(2)
  })

  test('another key under the same kid replaces the old one', async () => {
    const verifier = verifierWith({ maxAge: 600 })
    const replaced = await testKey('ES256', 'first')
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
    issuer.keys = [replaced.jwk]
    pass(601)
    expect(await outcome(verifier, await issuer.sign(first))).toBe('invalid_token: signature verification failed')
    expect(await outcome(verifier, await issuer.sign(replaced))).toBe('granted')
  })

  test('keys are renewed in the background before they are too old', async () => {
    const verifier = verifierWith({ maxAge: 600 })
    await outcome(verifier, await issuer.sign(first))
    pass(440)
    await outcome(verifier, await issuer.sign(first))
    await settled()
    expect(fetches()).toBe(1)
    pass(40)
    const silence = silent(METADATA)
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
    await vi.waitFor(() => expect(silence.asked).toBe(1))
    expect(silence.ended).toBe(0)
  })

  test('a clock that was set back does not keep keys young', async () => {
    const verifier = verifierWith({ maxAge: 600 })
    await outcome(verifier, await issuer.sign(first))
    issuer.keys = [second.jwk]
    pass(-3600)
    expect(await outcome(verifier, await issuer.sign(first))).toBe(UNKNOWN)
  })
})

describe('an issuer out of reach', () => {
  test('503 before the first keys, with one attempt per cooldown', async () => {
    goDown()
    const verifier = verifierWith({ cooldown: 30 })
    const token = await issuer.sign(first)
    const refused = await denial(verifier, token)
    expect(refused).toMatchObject({ code: 'unavailable', retryAfter: 30 })
    expect(refused.reason).toContain(issuer.origin + METADATA)
    pass(10)
    for (let n = 0; n < 20; n++) expect(await denial(verifier, token)).toMatchObject({ retryAfter: 20 })
    expect(issuer.asked).toHaveLength(1)
    comeBack()
    expect(await outcome(verifier, token)).toBe('unavailable')
    pass(21)
    expect(await outcome(verifier, token)).toBe('granted')
  })

  test('the last good keys serve on, then 503, then recovery', async () => {
    const verifier = verifierWith({ maxAge: 600, staleFor: 3600, cooldown: 30 })
    await outcome(verifier, await issuer.sign(first))
    goDown()
    for (let time = 0; time < 4100; time += 100) {
      pass(100)
      expect([time, await outcome(verifier, await issuer.sign(first))]).toEqual([time, 'granted'])
      await settled()
    }
    pass(101)
    const { code, retryAfter = 0 } = await denial(verifier, await issuer.sign(first))
    expect(code).toBe('unavailable')
    comeBack()
    pass(retryAfter)
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
  })

  test('requests in an outage do not wait for a silent issuer', async () => {
    const verifier = verifierWith({ maxAge: 600, cooldown: 30 })
    await outcome(verifier, await issuer.sign(first))
    goDown()
    pass(601)
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
    pass(31)
    const silence = silent(METADATA)
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
    await vi.waitFor(() => expect(silence.asked).toBe(1))
    expect(silence.ended).toBe(0)
  })

  test('an unknown kid is neither good nor bad then', async () => {
    const verifier = verifierWith()
    await outcome(verifier, await issuer.sign(first))
    goDown()
    pass(31)
    expect(await outcome(verifier, await issuer.sign(second))).toBe('unavailable')
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
    expect(fetches()).toBe(2)
  })

  test('after a failure the metadata is read again, so that keys which moved are found', async () => {
    const verifier = verifierWith()
    await outcome(verifier, await issuer.sign(first))
    issuer.script.set(JWKS, status(410))
    issuer.metadata = { ...issuer.metadata, jwks_uri: `${issuer.origin}/moved` }
    issuer.script.set('/moved', json({ keys: [second.jwk] }))
    pass(31)
    expect(await outcome(verifier, await issuer.sign(second))).toBe('unavailable')
    pass(31)
    expect(await outcome(verifier, await issuer.sign(second))).toBe('granted')
  })
})

describe('a bad answer is no answer', () => {
  const elsewhere: [string, () => Parameters<ScriptedIssuer['script']['set']>][] = [
    ['metadata with status 500', () => [METADATA, status(500)]],
    ['metadata with status 204', () => [METADATA, status(204)]],
    ['no metadata at all', () => [METADATA, status(404)]],
    ['metadata that is HTML', () => [METADATA, (_, response) => response.end('<html>')]],
    ['metadata that is a list', () => [METADATA, json([issuer.metadata])]],
    ['metadata that is null', () => [METADATA, json(null)]],
    ['metadata of another issuer', () => [METADATA, json({ ...issuer.metadata, issuer: 'https://other.example/' })]],
    ['metadata of the issuer without its slash', () => [METADATA, json({ ...issuer.metadata, issuer: issuer.origin })]],
    ['metadata of several issuers', () => [METADATA, json({ ...issuer.metadata, issuer: [issuer.issuer] })]],
    ['metadata without issuer', () => [METADATA, json({ ...issuer.metadata, issuer: undefined })]],
    ['metadata without jwks_uri', () => [METADATA, json({ issuer: issuer.issuer })]],
    ['a relative jwks_uri', () => [METADATA, json({ ...issuer.metadata, jwks_uri: JWKS })]],
    ['an http jwks_uri', () => [METADATA, json({ ...issuer.metadata, jwks_uri: 'http://keys.example/' })]],
    ['a file as jwks_uri', () => [METADATA, json({ ...issuer.metadata, jwks_uri: 'file:///etc/passwd' })]],
    ['a redirect of the metadata', () => [METADATA, status(302, { location: `${issuer.origin}/other` })]],
    ['a redirect of the keys', () => [JWKS, status(307, { location: `${issuer.origin}/other` })]],
    ['keys with status 201', () => [JWKS, (_, response) => response.writeHead(201).end('{"keys":[]}')]],
    ['keys that are no set', () => [JWKS, json({ keys: { 0: first.jwk } })]],
    ['keys that are no JSON', () => [JWKS, (_, response) => response.end('keys')]],
    ['truncated keys', () => [JWKS, truncated]],
  ]

  const truncated: Parameters<ScriptedIssuer['script']['set']>[1] = (request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"keys":[')
    setTimeout(() => request.socket.destroy(), 5)
  }

  test.each(elsewhere)('%s', async (_, scripted) => {
    issuer.script.set('/other', json({ ...issuer.metadata, keys: issuer.keys }))
    issuer.script.set(...scripted())
    const verifier = verifierWith()
    expect(await outcome(verifier, await issuer.sign(first))).toBe('unavailable')
    expect(issuer.asked).not.toContain('/other')
    // Not for ever: what was wrong once is asked again.
    issuer.script.clear()
    pass(31)
    expect(await outcome(verifier, await issuer.sign(first))).toBe('granted')
  })

  test('the reason of a wrong issuer names both', async () => {
    issuer.metadata = { ...issuer.metadata, issuer: 'https://other.example/' }
    const { reason } = await denial(verifierWith(), await issuer.sign(first))
    expect(reason).toBe(
      `${issuer.origin}${METADATA} names the issuer "https://other.example/", not ${JSON.stringify(issuer.issuer)}`,
    )
  })

  test.each([
    ['plain', (text: string) => text, {}],
    ['compressed', (text: string) => gzipSync(text), { 'content-encoding': 'gzip' }],
  ])('enormous %s keys', async (_, encoded, headers) => {
    const body = encoded(JSON.stringify({ keys: [first.jwk], fill: ' '.repeat(1024 * 1024) }))
    issuer.script.set(JWKS, (_, response) => response.writeHead(200, headers).end(body))
    const { code, reason } = await denial(verifierWith(), await issuer.sign(first))
    expect([code, reason]).toEqual(['unavailable', `${issuer.origin}${JWKS} answered with more than 1048576 bytes`])
  })

  test('keys without end are cut off', async () => {
    let sent = 0
    issuer.script.set(JWKS, (_, response) => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed) {
          sent += 65_536
          if (!response.write(' '.repeat(65_536))) return void response.once('drain', more)
        }
      }
      more()
    })
    expect(await outcome(verifierWith(), await issuer.sign(first))).toBe('unavailable')
    await settled()
    const before = sent
    await settled()
    expect(sent).toBe(before)
  })

  test.each([
    ['keys that drip', JWKS],
    ['metadata that drips', METADATA],
  ])('%s longer than the timeout', async (_, path) => {
    let drip: NodeJS.Timeout | undefined
    issuer.script.set(path, (_, response) => {
      response.writeHead(200)
      drip = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(drip))
    })
    const { code, reason } = await denial(verifierWith({ timeout: 0.2 }), await issuer.sign(first))
    expect([code, reason]).toEqual(['unavailable', `${issuer.origin}${path} did not answer in time`])
  })

  test('a fetch of the user’s own that never ends, or throws', async () => {
    const never = verifierWith({ timeout: 0.1 }, { fetch: () => new Promise(() => {}) })
    expect(await outcome(never, await issuer.sign(first))).toBe('unavailable')
    // Its message is its own: it may quote what was sent.
    const throws = verifierWith({}, { fetch: () => Promise.reject(new TypeError('eyJ of a token')) })
    expect(await denial(throws, await issuer.sign(first))).toMatchObject({
      code: 'unavailable',
      reason: `${issuer.origin}${METADATA} could not be fetched (TypeError)`,
    })
    const nothing = verifierWith({}, { fetch: async () => undefined as unknown as Response })
    expect(await outcome(nothing, await issuer.sign(first))).toBe('unavailable')
  })

  test('a redirect that a fetch of the user’s own has followed', async () => {
    issuer.script.set(METADATA, status(302, { location: '/other' }))
    issuer.script.set('/other', json(issuer.metadata))
    const fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, { ...init, redirect: 'follow' })
    const { code, reason } = await denial(verifierWith({}, { fetch }), await issuer.sign(first))
    expect([code, reason]).toEqual(['unavailable', `${issuer.origin}${METADATA} redirects`])
  })

  test('an https issuer cannot send us to loopback', async () => {
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = async input => {
      asked.push(String(input))
      return Response.json({ issuer: 'https://issuer.example/', jwks_uri: `${issuer.origin}${JWKS}` })
    }
    const verifier = bearer({ issuer: 'https://issuer.example/', audience: AUDIENCE, fetch })
    expect(await outcome(verifier, await issuer.sign(first, { iss: 'https://issuer.example/' }))).toBe('unavailable')
    expect(asked).toEqual([`https://issuer.example${METADATA}`])
  })

  test('an issuer where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise(resolve => server.close(resolve))
    const nobody = `http://127.0.0.1:${port}/`
    const verifier = bearer({ issuer: nobody, audience: AUDIENCE })
    const { code, reason } = await denial(verifier, await issuer.sign(first, { iss: nobody }))
    expect([code, reason]).toEqual([
      'unavailable',
      `${nobody}.well-known/openid-configuration could not be fetched (ECONNREFUSED)`,
    ])
  })
})

describe('the choice of a key', () => {
  const only = (...keys: JWK[]) => {
    issuer.keys = keys
    return verifierWith()
  }

  test.each<[string, object]>([
    ['for encryption', { use: 'enc' }],
    ['for another use', { use: 'tls' }],
    ['for other operations', { key_ops: ['encrypt'] }],
    ['of which the operations are no list', { key_ops: 'verify' }],
    ['for another algorithm', { alg: 'ES384' }],
    ['of another type', { kty: 'RSA' }],
    ['on another curve', { crv: 'P-384' }],
    ['that is not on its curve', { x: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['with a numeric kid', { kid: 1 }],
    ['that is published with its private part', { d: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
  ])('one %s is never used', async (_, members) => {
    const verifier = only({ ...first.jwk, ...members })
    expect(await outcome(verifier, await issuer.sign(first))).toBe(UNKNOWN)
  })

  test.each<[string, object]>([
    ['for signatures', { use: 'sig' }],
    ['for verifying', { key_ops: ['verify'] }],
    ['for its algorithm', { alg: 'ES256' }],
    ['with members that nobody knows', { x5t: 'x', nobody: {} }],
  ])('one %s is used', async (_, members) => {
    expect(await outcome(only({ ...first.jwk, ...members }), await issuer.sign(first))).toBe('granted')
  })

  test('an RSA key under 2048 bits is never used', async () => {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
      true,
      ['sign', 'verify'],
    )
    const jwk = { ...(await exportJWK(publicKey)), kid: 'short' }
    const input = (await issuer.sign(first, {}, { kid: 'short' })).split('.')
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'short' })).toString('base64url')
    const signed = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, Buffer.from(`${header}.${input[1]}`))
    const token = `${header}.${input[1]}.${Buffer.from(signed).toString('base64url')}`
    expect(await outcome(only(jwk), token)).toBe(UNKNOWN)
  })

  test('a key on a larger curve is not used for the algorithm of a smaller one', async () => {
    const large = await testKey('ES384', 'first')
    expect(await outcome(only(large.jwk), await issuer.sign(first))).toBe(UNKNOWN)
    expect(await outcome(only(large.jwk), await issuer.sign(large))).toBe('granted')
  })

  test('a symmetric key is never used', async () => {
    const jwk = { kty: 'oct', k: Buffer.alloc(32).toString('base64url'), kid: 'first', alg: 'ES256' }
    expect(await outcome(only(jwk), await issuer.sign(first))).toBe(UNKNOWN)
  })

  test('without a kid, only one that stands alone is used', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA')
    const okp: TestKey = { alg: 'EdDSA', privateKey, jwk: await exportJWK(publicKey) }
    const token = await issuer.sign(first, {}, { kid: undefined })
    expect(await outcome(only(first.jwk), token)).toBe('granted')
    const two = only(first.jwk, second.jwk, okp.jwk)
    expect(await outcome(two, token)).toBe('invalid_token: multiple matching keys found in the JSON Web Key Set')
    expect(await outcome(two, await issuer.sign(okp))).toBe('granted')
  })

  test('a kid that two keys have chooses neither, unless only one can do it', async () => {
    const twin = { ...second.jwk, kid: 'first' }
    const token = await issuer.sign(first)
    expect(await outcome(only(first.jwk, twin), token)).toBe(
      'invalid_token: multiple matching keys found in the JSON Web Key Set',
    )
    expect(await outcome(only(first.jwk, { ...twin, use: 'enc' }), token)).toBe('granted')
  })

  test('members of a set that are no keys are passed over', async () => {
    issuer.script.set(JWKS, json({ keys: [null, 'x', [], {}, { kty: 'EC', kid: 'first' }, first.jwk] }))
    expect(await outcome(verifierWith(), await issuer.sign(first))).toBe('granted')
  })

  test('an empty set withdraws all', async () => {
    expect(await outcome(only(), await issuer.sign(first))).toBe(UNKNOWN)
  })
})
