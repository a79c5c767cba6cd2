import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'
import { bearer } from '../../runtime/schemes/bearer.js'
import { type LocalIssuer, startLocalIssuer } from '../../runtime/testing.js'
import { ConfigurationError, type Verifier } from '../../runtime/verifier.js'
import { ask, outcome } from '../tokens/scripted-issuer.js'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

const trusting = ({ issuer, audience }: LocalIssuer): Verifier => bearer({ issuer, audience })

async function tokenFor(local: LocalIssuer, form: Record<string, string>, headers: Record<string, string> = {}) {
  const metadata = await object(await fetch(`${local.issuer}.well-known/openid-configuration`))
  const body = new URLSearchParams(form)
  const response = await fetch(String(metadata.token_endpoint), { method: 'POST', body, headers })
  return { status: response.status, body: await object(response) }
}

async function object(response: Response) {
  return (await response.json()) as Record<string, unknown>
}

test.each(['RS256', 'ES256', 'EdDSA'] as const)('its %s tokens are access tokens', async algorithm => {
  await using local = await startLocalIssuer({ algorithm, audience: 'https://mine.example' })
  expect(local.issuer).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  const token = await local.token({ scope: 'read:a', roles: ['admin'] })
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, typ: 'at+jwt' })
  expect(await ask(trusting(local), token)).toMatchObject({
    granted: true,
    proof: { iss: local.issuer, aud: 'https://mine.example', sub: 'local|user', client_id: 'local', roles: ['admin'] },
    scopes: ['read:a'],
  })
})

test('tokens are made to order', async () => {
  await using local = await startLocalIssuer()
  const verifier = trusting(local)
  expect(await outcome(verifier, await local.token({}, { expiresIn: -60 }))).toBe(
    `invalid_token: 'exp' claim timestamp check failed`,
  )
  expect(await outcome(verifier, await local.token({ aud: 'https://other.example' }))).toBe(
    `invalid_token: unexpected 'aud' claim value`,
  )
  expect(await outcome(verifier, await local.token({ iat: undefined }))).toBe(
    `invalid_token: missing required 'iat' claim`,
  )
  expect(decodeProtectedHeader(await local.token({}, { header: { typ: 'JWT' } })).typ).toBe('JWT')
  expect(decodeJwt(await local.token()).jti).not.toBe(decodeJwt(await local.token()).jti)
})

test('rotation keeps the old keys, until they are withdrawn', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await using local = await startLocalIssuer({ algorithm: 'ES256' })
  const verifier = trusting(local)
  const old = await local.token()
  await local.rotate()
  expect(await outcome(verifier, old)).toBe('granted')
  expect(await outcome(verifier, await local.token())).toBe('granted')
  await local.rotate({ withdraw: true })
  vi.setSystemTime(Date.now() + 601_000)
  expect(await outcome(verifier, old)).toBe('invalid_token: no applicable key found in the JSON Web Key Set')
  expect(await outcome(verifier, await local.token())).toBe('granted')
})

test('the token endpoint gives any client the scopes it asks for', async () => {
  await using local = await startLocalIssuer({ algorithm: 'ES256' })
  const given = await tokenFor(local, { grant_type: 'client_credentials', client_id: 'me', scope: 'a b' })
  expect(given).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3600, scope: 'a b' } })
  expect(await ask(trusting(local), String(given.body.access_token))).toMatchObject({
    granted: true,
    proof: { client_id: 'me' },
    scopes: ['a', 'b'],
  })
  const authorization = `Basic ${Buffer.from('you:secret').toString('base64')}`
  const other = await tokenFor(local, { grant_type: 'client_credentials' }, { authorization })
  expect(decodeJwt(String(other.body.access_token))).toMatchObject({ client_id: 'you', sub: 'you@clients' })
  expect(other.body).not.toHaveProperty('scope')
})

test('other grants, paths and methods are refused', async () => {
  await using local = await startLocalIssuer({ algorithm: 'ES256' })
  expect(await tokenFor(local, { grant_type: 'password' })).toEqual({
    status: 400,
    body: { error: 'unsupported_grant_type' },
  })
  for (const [method, path] of [
    ['GET', 'authorize'],
    ['POST', 'authorize'],
    ['GET', 'token'],
    ['POST', 'jwks.json'],
    ['POST', '.well-known/openid-configuration'],
  ] as const) {
    const response = await fetch(`${local.issuer}${path}`, { method })
    expect(response.status, `${method} ${path}`).toBe(404)
    expect(await object(response)).toEqual({ error: 'not_found' })
  }
})

test('its metadata say what it is, and nobody keeps its answers', async () => {
  await using local = await startLocalIssuer({ algorithm: 'ES256' })
  const response = await fetch(`${local.issuer}.well-known/openid-configuration`)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await object(response)).toEqual({
    issuer: local.issuer,
    jwks_uri: `${local.issuer}jwks.json`,
    token_endpoint: `${local.issuer}token`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'none'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  })
})

test('a name that points at 127.0.0.1 gets nothing', async () => {
  await using local = await startLocalIssuer({ algorithm: 'ES256' })
  const response = await new Promise<IncomingMessage>(resolve => {
    httpRequest(`${local.issuer}jwks.json`, { headers: { host: 'attacker.example' } }, resolve).end()
  })
  expect(response.statusCode).toBe(403)
  expect(JSON.parse(await text(response))).toEqual({ error: 'invalid_request' })
})

test('a port that is taken is an error', async () => {
  await using local = await startLocalIssuer({ algorithm: 'ES256' })
  const port = Number(new URL(local.issuer).port)
  await expect(startLocalIssuer({ algorithm: 'ES256', port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('it does not start in production', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  await expect(startLocalIssuer()).rejects.toThrow(ConfigurationError)
  await expect(startLocalIssuer()).rejects.toThrow(/NODE_ENV/)
})

test('once closed it does not answer', async () => {
  const local = await startLocalIssuer({ algorithm: 'ES256' })
  await local.close()
  await expect(fetch(`${local.issuer}jwks.json`)).rejects.toThrow()
})

test('it has no other algorithms', async () => {
  await expect(startLocalIssuer({ algorithm: 'HS256' as never })).rejects.toThrow(
    new ConfigurationError(`startLocalIssuer(): 'algorithm' must be RS256, ES256 or EdDSA`),
  )
})

test('a client is who it says, by HTTP Basic too, and local otherwise', async () => {
  await using local = await startLocalIssuer()
  const grant_type = 'client_credentials'
  const subject = async (form: Record<string, string>, headers = {}) =>
    decodeJwt(String((await tokenFor(local, { grant_type, ...form }, headers)).body.access_token)).sub
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  expect(await subject({ client_id: 'a' }, basic('b:c'))).toBe('a@clients')
  expect(await subject({}, basic('b:c'))).toBe('b@clients')
  for (const authorization of ['Bearer b', `Not basic ${btoa('b:c')}`, `Basic ${btoa('b:c')} d`]) {
    expect(await subject({}, { authorization })).toBe('local@clients')
  }
  expect(await subject({})).toBe('local@clients')
})

test('a form that goes on is cut off, and a request without a host gets no token', async () => {
  await using local = await startLocalIssuer()
  const grant_type = 'client_credentials'
  await expect(tokenFor(local, { grant_type, scope: 'a'.repeat(20_000) })).rejects.toThrow()
  const socket = connect(Number(new URL(local.issuer).port), '127.0.0.1')
  socket.end('GET /jwks.json HTTP/1.0\r\n\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 /)
})
