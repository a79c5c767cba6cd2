import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'
import { introspection } from 'gatewright/runtime'
import { calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Issued, issueCertificate } from '../http/certificates.js'
import { type Asked, send } from '../http/request.js'
import { type Holder, holder, proof } from './proofs.js'
import { type Bench, bench, dpop, type Served, told } from './served.js'

// A real authorization server binds the tokens: it is reached over http by the API, and over TLS by clients.
const audience = 'https://api.example/'
const opaque = 'https://opaque.example/'
const root = issueCertificate({ subject: 'Root', ca: true })
const server = issueCertificate({ subject: 'Server', issuer: root })
const client = issueCertificate({ subject: 'client', issuer: root })
const other = issueCertificate({ subject: 'client', issuer: root })
const tls = { key: server.key, cert: server.cert, ca: root.cert, requestCert: true, rejectUnauthorized: false }

const servers: Server[] = []
let setting: Bench
let issuer: string
let mutual: string

beforeAll(async () => {
  setting = await bench('authorization-server')
  const plain = createServer()
  const encrypted = createTlsServer(tls)
  issuer = `http://127.0.0.1:${await listen(plain)}`
  mutual = `https://127.0.0.1:${await listen(encrypted)}`
  const callback = new Provider(issuer, configuration(await privateJwk('ES256'))).callback()
  for (const one of [plain, encrypted]) one.on('request', callback)
})

afterAll(async () => {
  for (const one of servers) {
    one.closeAllConnections()
    one.close()
  }
  await setting.close()
})

async function listen(one: Server): Promise<number> {
  servers.push(one)
  await new Promise<void>(resolve => one.listen(0, '127.0.0.1', resolve))
  return (one.address() as AddressInfo).port
}

async function privateJwk(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, alg, use: 'sig', kid: await calculateJwkThumbprint(jwk) }
}

function configuration(key: JWK): Configuration {
  const machine = {
    client_secret: 'secret',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: 'ES256',
  } as const
  return {
    jwks: { keys: [key] } as NonNullable<Configuration['jwks']>,
    cookies: { keys: ['only for this test'] },
    clients: [
      { ...machine, client_id: 'plain' },
      { ...machine, client_id: 'dpop', dpop_bound_access_tokens: true },
      { ...machine, client_id: 'mtls', tls_client_certificate_bound_access_tokens: true },
      { ...machine, client_id: 'api', grant_types: [] },
    ],
    scopes: ['reader'],
    enabledJWA: { dPoPSigningAlgValues: ['ES256', 'PS256', 'Ed25519'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      dPoP: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: ({ socket }) => (socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined),
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'reader',
          audience: resource,
          accessTokenTTL: 600,
          ...(resource === opaque
            ? { accessTokenFormat: 'opaque' }
            : { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
        }),
      },
    },
  }
}

interface Given {
  readonly token: string
  readonly type: string
}

async function tokenOf(name: string, { headers = {}, tls }: Asked = {}, resource = audience): Promise<Given> {
  const form = { grant_type: 'client_credentials', resource, scope: 'reader' }
  const { status, text } = await send(tls ? mutual : issuer, '/token', {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${name}:secret`).toString('base64')}`,
      'Content-Type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: new URLSearchParams(form).toString(),
    ...(tls && { tls }),
  })
  const { access_token, token_type } = JSON.parse(text) as Record<string, string>
  expect([status, text]).toEqual([200, expect.anything()])
  return { token: access_token ?? '', type: token_type ?? '' }
}

function dpopToken(by: Holder, resource?: string): Promise<Given> {
  const wanted = { htu: `${issuer}/token`, htm: 'POST', token: '', claims: { ath: undefined } }
  return tokenOf('dpop', { headers: { DPoP: proof(by, wanted) } }, resource)
}

const serve = (options: object): Promise<Served> => setting.serve({ ...options, trusting: { issuer, audience } })
const asking = (options: object): Promise<Served> =>
  setting.serve({
    ...options,
    by: possession =>
      introspection({ issuer, client: { id: 'api', secret: 'secret' }, audience: opaque, ...possession }),
  })
const showing = (one?: Issued) => ({ tls: { ca: root.cert, ...(one && { key: one.key, cert: one.cert }) } })
const bearing = (token: string): Asked => ({ headers: { Authorization: `Bearer ${token}` } })

test.each(['ES256', 'PS256', 'Ed25519'])(
  'its tokens that are bound to a DPoP key (%s) pass with its proof only',
  async alg => {
    const [ada, eve] = [await holder(alg), await holder(alg)]
    const { token, type } = await dpopToken(ada)
    expect([type, decodeJwt(token).cnf]).toEqual(['DPoP', { jkt: ada.jkt }])
    const api = await serve({ dpop: true })
    const htu = `${api.origin}/scoped`
    const asked = dpop(ada, { htu, token })
    expect(told(await api.ask('/scoped', asked))).toBe('200')
    expect(told(await api.ask('/scoped', asked))).toMatch(/used before$/)
    expect(told(await api.ask('/scoped', dpop(eve, { htu, token })))).toMatch(/key binding$/)
    expect(
      told(
        await api.ask('/scoped', dpop(ada, { htu, token: (await dpopToken(ada)).token, claims: { ath: undefined } })),
      ),
    ).toMatch(/^401/)
    expect(told(await api.ask('/scoped', bearing(token)))).toMatch(/not Bearer$/)
  },
)

test('its tokens that are bound to a certificate pass with it only', async () => {
  const { token } = await tokenOf('mtls', showing(client))
  expect(decodeJwt(token).cnf).toEqual({ 'x5t#S256': expect.any(String) })
  const api = await serve({ certificates: true, tls })
  expect(told(await api.ask('/scoped', { ...bearing(token), ...showing(client) }))).toBe('200')
  expect(told(await api.ask('/scoped', { ...bearing(token), ...showing(other) }))).toMatch(
    /another client certificate$/,
  )
  expect(told(await api.ask('/scoped', { ...bearing(token), ...showing() }))).toMatch(/that it is bound to$/)
  const without = await serve({ tls })
  expect(told(await without.ask('/scoped', { ...bearing(token), ...showing(client) }))).toMatch(/not proved$/)
})

describe('of its opaque tokens, by introspection,', () => {
  test('those that are bound to a DPoP key pass with its proof only', async () => {
    const [ada, eve] = [await holder(), await holder()]
    const { token, type } = await dpopToken(ada, opaque)
    expect([type, token]).toEqual(['DPoP', expect.not.stringContaining('.')])
    const api = await asking({ dpop: true })
    const htu = `${api.origin}/scoped`
    const asked = dpop(ada, { htu, token })
    expect(told(await api.ask('/scoped', asked))).toBe('200')
    expect(told(await api.ask('/scoped', asked))).toMatch(/used before$/)
    expect(told(await api.ask('/scoped', dpop(eve, { htu, token })))).toMatch(/key binding$/)
    expect(told(await api.ask('/scoped', bearing(token)))).toMatch(/not Bearer$/)
    expect(told(await (await asking({})).ask('/scoped', bearing(token)))).toMatch(/not Bearer$/)
  })

  test('those that are bound to a certificate pass with it only', async () => {
    const { token } = await tokenOf('mtls', showing(client), opaque)
    const api = await asking({ certificates: true, tls })
    expect(told(await api.ask('/scoped', { ...bearing(token), ...showing(client) }))).toBe('200')
    expect(told(await api.ask('/scoped', { ...bearing(token), ...showing(other) }))).toMatch(
      /another client certificate$/,
    )
    expect(told(await api.ask('/scoped', { ...bearing(token), ...showing() }))).toMatch(/that it is bound to$/)
    const without = await asking({ tls })
    expect(told(await without.ask('/scoped', { ...bearing(token), ...showing(client) }))).toMatch(/not proved$/)
  })

  test('those that are bound to nothing pass where DPoP is not required', async () => {
    const { token } = await tokenOf('plain', {}, opaque)
    expect(told(await (await asking({ dpop: true })).ask('/scoped', bearing(token)))).toBe('200')
    expect(told(await (await asking({ dpop: { required: true } })).ask('/scoped', bearing(token)))).toBe('401')
  })
})

test('its tokens that are bound to nothing pass where DPoP is not required', async () => {
  const { token } = await tokenOf('plain')
  expect(told(await (await serve({ dpop: true })).ask('/scoped', bearing(token)))).toBe('200')
  expect(told(await (await serve({ dpop: { required: true } })).ask('/scoped', bearing(token)))).toBe('401')
})
