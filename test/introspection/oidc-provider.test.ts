import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { exportJWK, type JWK } from 'jose'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRouter } from '../../generated/router.js'
import * as handlers from '../../handlers/index.js'
import { type IntrospectionOptions, introspection } from '../../runtime/schemes/introspection.js'
import type { Client } from '../../runtime/tokens/client-authentication.js'
import { send } from '../http/request.js'
import { ask, outcome } from '../tokens/scripted-issuer.js'

const AUDIENCE = 'https://api.example'
// What must be encoded before it is put into Authorization.
const SECRET = 'p%4: +ss/=&'
const apiKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })

let server: Server
let issuer: string

beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const signing = { ...(await exportJWK(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)), alg: 'ES256' }
  const machine = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }
  const resourceServer = { grant_types: [], response_types: [], redirect_uris: [] }
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...signing, use: 'sig', kid: 'k1' } as never] },
    clients: [
      { client_id: 'machine', client_secret: 'secret', ...machine },
      { client_id: 'api:basic', client_secret: SECRET, ...resourceServer },
      {
        client_id: 'api-post',
        client_secret: SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        ...resourceServer,
      },
      {
        client_id: 'api-key',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...((await exportJWK(apiKey.publicKey)) as JWK), kid: 'c1' } as never] },
        ...resourceServer,
      },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256', introspection_signed_response_alg: 'ES256' },
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] } as never,
    scopes: ['read:messages', 'read:a'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      jwtIntrospection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'read:messages read:a',
          audience: resource,
          accessTokenFormat: 'opaque',
          accessTokenTTL: 600,
        }),
      },
    },
  })
  server.on('request', provider.callback())
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

async function machine(path: string, form: Record<string, string>): Promise<Response> {
  return fetch(`${issuer}${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('machine:secret').toString('base64')}` },
    body: new URLSearchParams(form),
  })
}

async function machineToken(scope: string, resource = AUDIENCE): Promise<string> {
  const response = await machine('/token', { grant_type: 'client_credentials', resource, scope })
  expect([response.status, response.status === 200 || (await response.text())]).toEqual([200, true])
  return ((await response.json()) as { access_token: string }).access_token
}

function verifierWith(client: Client, options: Partial<IntrospectionOptions> = {}) {
  return introspection({ issuer, client, audience: AUDIENCE, ...options })
}

const basic: Client = { id: 'api:basic', secret: SECRET }
const post: Client = { id: 'api-post', secret: SECRET, method: 'client_secret_post' }
const key: Client = { id: 'api-key', key: apiKey.privateKey, keyId: 'c1' }

test.each<[string, Client, Partial<IntrospectionOptions>]>([
  ['client_secret_basic', basic, {}],
  ['client_secret_post', post, {}],
  ['private_key_jwt', key, {}],
  ['private_key_jwt, by signed answers', key, { signed: true }],
  ['client_secret_basic, by signed answers', basic, { signed: { algorithms: ['ES256'] } }],
])('its opaque tokens are granted with %s, until they are revoked', async (_, client, options) => {
  const verifier = verifierWith(client, options)
  await verifier.ready?.()
  const token = await machineToken('read:messages read:a')
  expect(token).not.toContain('.')
  expect(await ask(verifier, token)).toMatchObject({
    granted: true,
    proof: { iss: issuer, aud: AUDIENCE, client_id: 'machine', token_type: 'Bearer' },
    scopes: ['read:messages', 'read:a'],
  })
  expect((await machine('/token/revocation', { token })).status).toBe(200)
  expect(await outcome(verifier, token)).toBe('invalid_token: token is not active')
})

test('its tokens for another API are refused, and tokens that it never issued', async () => {
  const verifier = verifierWith(basic)
  expect(await outcome(verifier, await machineToken('read:a', 'https://other.example'))).toBe(
    `invalid_token: unexpected 'aud' claim value`,
  )
  expect(await outcome(verifier, 'made-up')).toBe('invalid_token: token is not active')
  // It introspects no JWTs, and says so.
  expect(await outcome(verifier, 'eyJhbGciOiJFUzI1NiJ9.e30.AA')).toBe('invalid_token: token is not active')
})

test.each<[string, Client]>([
  ['a wrong secret', { ...basic, secret: 'wrong' } as Client],
  ['another key', { ...key, key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey } as Client],
  ['an unknown client', { ...basic, id: 'nobody' } as Client],
])('with %s nothing is granted, and the operator is told at start', async (_, client) => {
  const verifier = verifierWith(client)
  await expect(verifier.ready?.()).rejects.toThrow(/: the credentials of 'client' are refused$/)
  expect(await outcome(verifier, await machineToken('read:a'))).toBe('unavailable')
})

test('a generated router lets its tokens in over HTTP, and holds them to their scopes', async () => {
  const router = createRouter(handlers, {
    schemes: { auth0: verifierWith(basic, { cache: { maxAge: 10 } }) },
    checks: { premiumOrAdmin: () => true },
  })
  const down = createRouter(handlers, {
    schemes: { auth0: introspection({ issuer: 'http://127.0.0.1:1', client: basic, audience: AUDIENCE }) },
    checks: { premiumOrAdmin: () => true },
  })
  const api = express().use('/down', down).use(router).listen(0, '127.0.0.1')
  await once(api, 'listening')
  const origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  const answers = []
  for (const [path, token] of [
    ['/api/messages', await machineToken('read:messages')],
    ['/api/messages', await machineToken('read:a')],
    ['/api/messages', 'made-up'],
    ['/down/api/messages', 'made-up'],
  ] as const) {
    const { status, headers } = await send(origin, path, { headers: { Authorization: `Bearer ${token}` } })
    answers.push([status, headers['www-authenticate'] ?? headers['retry-after']])
  }
  api.closeAllConnections()
  api.close()
  expect(answers).toEqual([
    [200, undefined],
    [403, 'Bearer error="insufficient_scope", error_description="Insufficient scopes", scope="read:messages"'],
    [401, 'Bearer error="invalid_token", error_description="token is not active"'],
    [503, '1'],
  ])
})
