import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { calculateJwkThumbprint, decodeProtectedHeader, exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRouter } from '../../generated/router.js'
import * as handlers from '../../handlers/index.js'
import { bearer } from '../../runtime/schemes/bearer.js'
import { openIdConnect } from '../../runtime/schemes/open-id-connect.js'
import { send } from '../http/request.js'
import { ask, outcome } from '../tokens/scripted-issuer.js'

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const
const REDIRECT_URI = 'https://client.example/callback'

let server: Server
let issuer: string

beforeAll(async () => {
  const keys = await Promise.all(ALGORITHMS.map(privateJwk))
  server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, configuration(keys))
  const callback = provider.callback()
  server.on('request', async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return callback(request, response)
    await provider.interactionFinished(request, response, { login: { accountId: 'alice' } })
  })
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

async function privateJwk(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, alg, use: 'sig', kid: await calculateJwkThumbprint(jwk) }
}

/** Resources are named after the tokens that they want: `https://api.example/ES256`, or `/opaque`. */
function configuration(keys: JWK[]): Configuration {
  return {
    jwks: { keys } as NonNullable<Configuration['jwks']>,
    cookies: { keys: ['only for this test'] },
    clients: [
      {
        client_id: 'machine',
        client_secret: 'secret',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
      },
      {
        client_id: 'app',
        client_secret: 'secret',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [REDIRECT_URI],
      },
    ],
    scopes: ['openid', 'read:a', 'read:b', 'read:messages'],
    pkce: { required: () => false },
    issueRefreshToken: () => true,
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId: 'app', accountId: 'alice' })
      grant.addOIDCScope('openid read:a')
      grant.addResourceScope('https://api.example/ES256', 'read:a')
      await grant.save()
      return grant
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          const kind = resource.split('/').at(-1)
          const server = { scope: 'read:a read:b read:messages', audience: resource, accessTokenTTL: 600 }
          return kind === 'opaque'
            ? { ...server, accessTokenFormat: 'opaque' }
            : { ...server, accessTokenFormat: 'jwt', jwt: { sign: { alg: kind as 'RS256' } } }
        },
        useGrantedResource: () => true,
      },
    },
  }
}

async function tokens(client: string, form: Record<string, string>): Promise<Record<string, string>> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client}:secret`).toString('base64')}` },
    body: new URLSearchParams(form),
  })
  const body = (await response.json()) as Record<string, string>
  expect([response.status, body]).toEqual([200, expect.anything()])
  return body
}

async function machineToken(resource: string, scope: string): Promise<string> {
  const { access_token = '' } = await tokens('machine', { grant_type: 'client_credentials', resource, scope })
  return access_token
}

/** The authorization code flow, as a browser goes through it. */
async function signIn(resource: string): Promise<Record<string, string>> {
  const query = new URLSearchParams({
    client_id: 'app',
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid read:a',
    nonce: 'n-0S6_WzA2Mj',
    resource,
  })
  const cookies = new Map<string, string>()
  let location = new URL(`${issuer}/auth?${query}`)
  for (let step = 0; step < 8 && location.origin === issuer; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(location, { redirect: 'manual', headers: { cookie } })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      cookies.set(name, value)
    }
    location = new URL(response.headers.get('location') ?? REDIRECT_URI, location)
  }
  const code = location.searchParams.get('code') ?? `none: ${location}`
  return tokens('app', { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, resource })
}

test.each(ALGORITHMS)('its %s access tokens are granted with their scopes', async algorithm => {
  const audience = `https://api.example/${algorithm}`
  const token = await machineToken(audience, 'read:a read:b')
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, typ: 'at+jwt' })
  const granted = {
    granted: true,
    proof: { iss: issuer, aud: audience, client_id: 'machine' },
    scopes: ['read:a', 'read:b'],
  }
  expect(await ask(bearer({ issuer, audience }), token)).toMatchObject(granted)
  const discovered = openIdConnect({ audience }).at(`${issuer}/.well-known/openid-configuration`)
  expect(await ask(discovered, token)).toMatchObject(granted)
})

test('its tokens for another API, or with a broken signature, are refused', async () => {
  const token = await machineToken('https://api.example/ES256', 'read:a')
  const other = bearer({ issuer, audience: 'https://api.example/RS256' })
  expect(await outcome(other, token)).toBe(`invalid_token: unexpected 'aud' claim value`)
  const [header, claims, signature = ''] = token.split('.')
  const broken = `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  const verifier = bearer({ issuer, audience: 'https://api.example/ES256' })
  expect(await outcome(verifier, broken)).toBe('invalid_token: signature verification failed')
})

test('its opaque access tokens are refused', async () => {
  const audience = 'https://api.example/opaque'
  const token = await machineToken(audience, 'read:a')
  expect(await outcome(bearer({ issuer, audience }), token)).toBe(
    'invalid_token: Invalid Token or Protected Header formatting',
  )
})

test('of what a sign-in yields, only the access token is granted', async () => {
  const audience = 'https://api.example/ES256'
  const { access_token = '', id_token = '', refresh_token = '' } = await signIn(audience)
  const verifier = bearer({ issuer, audience })
  expect(await ask(verifier, access_token)).toMatchObject({
    granted: true,
    proof: { sub: 'alice' },
    scopes: ['read:a'],
  })
  expect(refresh_token).not.toBe('')
  expect(await outcome(verifier, refresh_token)).toMatch(/^invalid_token/)
  expect(await outcome(verifier, id_token)).toBe(`invalid_token: unexpected 'aud' claim value`)
  // Even where the API goes by the client's name.
  expect(await outcome(bearer({ issuer, audience: 'app' }), id_token)).toBe(
    'invalid_token: token is not an access token',
  )
})

test.each(ALGORITHMS)(
  'a generated router lets its %s tokens in over HTTP, and holds them to their scopes',
  async alg => {
    const audience = `https://api.example/${alg}`
    const options = { schemes: { auth0: bearer({ issuer, audience }) }, checks: { premiumOrAdmin: () => true } }
    const api = express().use(createRouter(handlers, options)).listen(0, '127.0.0.1')
    await once(api, 'listening')
    const origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
    const statusFor = async (token: string) =>
      (await send(origin, '/api/messages', { headers: { Authorization: `Bearer ${token}` } })).status
    const good = await machineToken(audience, 'read:messages')
    const statuses = [
      await statusFor(good),
      await statusFor(await machineToken(audience, 'read:a')),
      await statusFor(await machineToken('https://api.example/opaque', 'read:messages')),
      await statusFor(await machineToken('https://elsewhere.example/RS256', 'read:messages')),
      await statusFor(`${good.slice(0, -10)}AAAAAAAAAA`),
    ]
    api.closeAllConnections()
    api.close()
    expect(statuses).toEqual([200, 403, 401, 401, 401])
  },
)
