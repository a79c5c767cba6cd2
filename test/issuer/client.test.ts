import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { bearer, openIdConnect, type Verifier } from 'gatewright/runtime'
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWK } from 'jose'
import {
  allowInsecureRequests,
  type Client,
  ClientSecretBasic,
  clientCredentialsGrantRequest,
  DPoP,
  type DPoPHandle,
  discoveryRequest,
  generateKeyPair as generateDpopKeys,
  isDPoPNonceError,
  processClientCredentialsResponse,
  processDiscoveryResponse,
  processResourceDiscoveryResponse,
  protectedResourceRequest,
  resourceDiscoveryRequest,
  type WWWAuthenticateChallenge,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi'
import Provider, { type Configuration } from 'oidc-provider'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startLoad } from '../faults/load.js'
import { type CreateRouter, emitted } from '../http/emitted.js'

// A real authorization server, an API, and a client of oauth4webapi's that knows nothing but the API's address.
const responses = "responses: { '200': { description: Who asked, content: { application/json: {} } } }"
const documentWith = (scheme: string) => `openapi: 3.1.0
info: { title: Found by its metadata, version: 1.0.0 }
paths:
  /notes: { get: { operationId: listNotes, security: [{ user: ['read:notes'] }], ${responses} } }
components:
  securitySchemes:
    user: { ${scheme} }
`
const INSECURE = { [allowInsecureRequests]: true }
const CLIENT: Client = { client_id: 'machine' }

const servers: Server[] = []
let issuer: string
let issue: RequestListener

beforeAll(async () => {
  const server = await listening((request, response) => issue(request, response))
  issuer = originOf(server)
  issue = providerWith(await privateJwk())
})
afterEach(() => void vi.useRealTimers())
afterAll(() => {
  for (const one of servers) {
    one.closeAllConnections()
    one.close()
  }
})

async function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return server
}

const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

async function privateJwk(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(jwk) }
}

/** Signs with the first key, and publishes all. */
function providerWith(...keys: JWK[]): RequestListener {
  const configuration: Configuration = {
    jwks: { keys } as NonNullable<Configuration['jwks']>,
    clients: [
      {
        client_id: CLIENT.client_id,
        client_secret: 'secret',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    scopes: ['read:notes', 'write:notes'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'read:notes write:notes',
          audience: resource,
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  }
  return new Provider(issuer, configuration).callback()
}

/** The API, known by its origin, which its verifier has as the audience. */
async function apiOf(name: string, document: string, userOf: (audience: string) => unknown): Promise<string> {
  const create: CreateRouter = await emitted(`client-${name}`, document)
  const app = express()
  const resource = originOf(await listening(app))
  const listNotes = ({ auth }: { auth: { user: { client_id: string } } }) => ({
    status: 200,
    body: { sub: auth.user.client_id },
  })
  app.use(create({ listNotes }, { schemes: { user: userOf(resource) }, resourceMetadata: { resource } }))
  return resource
}

async function challengesOf(api: string): Promise<readonly WWWAuthenticateChallenge[]> {
  const refused = await protectedResourceRequest('x', 'GET', new URL(`${api}/notes`), undefined, null, INSECURE).catch(
    error => error,
  )
  expect(refused).toBeInstanceOf(WWWAuthenticateChallengeError)
  return (refused as WWWAuthenticateChallengeError).cause
}

/** From the refusal to the answer, by what the servers say of themselves. */
async function getIn(api: string, keys?: Awaited<ReturnType<typeof generateDpopKeys>>) {
  const scheme = keys ? 'dpop' : 'bearer'
  const challenge = (await challengesOf(api)).find(one => one.scheme === scheme)
  const resource = new URL(api)
  const found = await resourceDiscoveryRequest(resource, INSECURE)
  expect(found.url).toBe(challenge?.parameters.resource_metadata)
  const metadata = await processResourceDiscoveryResponse(resource, found)
  const server = new URL(metadata.authorization_servers?.[0] ?? 'none:')
  const as = await processDiscoveryResponse(server, await discoveryRequest(server, INSECURE))
  const dpop = keys && DPoP(CLIENT, keys)
  const options = { ...INSECURE, ...(dpop && { DPoP: dpop }) }
  const form = { resource: api, scope: metadata.scopes_supported?.join(' ') ?? '' }
  const { access_token } = await processClientCredentialsResponse(
    as,
    CLIENT,
    await clientCredentialsGrantRequest(as, CLIENT, ClientSecretBasic('secret'), form, options),
  )
  return { metadata, token: access_token, answer: await answerOf(api, access_token, dpop) }
}

async function answerOf(api: string, token: string, dpop?: DPoPHandle): Promise<unknown> {
  const ask = () =>
    protectedResourceRequest(token, 'GET', new URL(`${api}/notes`), undefined, null, {
      ...INSECURE,
      ...(dpop && { DPoP: dpop }),
    })
  const response = await ask().catch(error => {
    if (isDPoPNonceError(error)) return ask()
    throw error
  })
  return [response.status, await response.json()]
}

test('a client finds the authorization server by the challenge of the API, and gets in', async () => {
  const api = await apiOf('bearer', documentWith('type: http, scheme: bearer'), audience =>
    bearer({ issuer, audience }),
  )
  const { metadata, token, answer } = await getIn(api)
  expect(metadata).toEqual({
    resource: api,
    authorization_servers: [issuer],
    scopes_supported: ['read:notes'],
    bearer_methods_supported: ['header'],
  })
  expect(decodeJwt(token)).toMatchObject({ iss: issuer, aud: api, scope: 'read:notes' })
  expect(answer).toEqual([200, { sub: 'machine' }])
})

test('with DPoP, by the algorithms and the nonces that the API asks for', async () => {
  const api = await apiOf('dpop', documentWith('type: http, scheme: DPoP'), audience =>
    bearer({ issuer, audience, dpop: { required: true, nonces: true, algorithms: ['ES256'] } }),
  )
  const { metadata, answer } = await getIn(api, await generateDpopKeys('ES256'))
  expect(metadata).toMatchObject({
    dpop_signing_alg_values_supported: ['ES256'],
    dpop_bound_access_tokens_required: true,
  })
  expect(answer).toEqual([200, { sub: 'machine' }])
})

test('where the document names the issuer by its metadata, the API knows it once it has read them', async () => {
  let user: Verifier | undefined
  const url = `${issuer}/.well-known/openid-configuration`
  const api = await apiOf(
    'discovered',
    documentWith(`type: openIdConnect, openIdConnectUrl: ${JSON.stringify(url)}`),
    audience => {
      const discovered = openIdConnect({ audience })
      return { ...discovered, at: (url: string) => (user = discovered.at(url)) }
    },
  )
  const read = async () => (await (await fetch(`${api}/.well-known/oauth-protected-resource`)).json()) as object
  expect(await read()).not.toHaveProperty('authorization_servers')
  await user?.ready?.()
  expect((await getIn(api)).answer).toEqual([200, { sub: 'machine' }])
})

test('it changes its keys again and again, and no request fails', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const document = documentWith('type: http, scheme: bearer')
  const api = await apiOf('rotation', document, audience => bearer({ issuer, audience, keys: { maxAge: 300 } }))
  const fresh = async () => (await getIn(api)).token
  /** As clients do: until it could expire on the way, for which the clock may make a step of 300 seconds. */
  let kept = ''
  const keeping = async () => {
    if (kept === '' || (decodeJwt(kept).exp ?? 0) < Date.now() / 1000 + 330) kept = await fresh()
    return kept
  }
  const sent = (token: string) => ({ headers: { Authorization: `Bearer ${token}` }, sub: 'machine' })
  const callers = [
    { name: 'keeping', path: '/notes', next: async () => sent(await keeping()) },
    { name: 'fresh', path: '/notes', next: async () => sent(await fresh()) },
  ]
  let key = await privateJwk()
  issue = providerWith(key)
  const load = startLoad([api], callers, { keeping: [200], fresh: [200] })
  const kids = new Set<unknown>()
  await load.rounds(2)
  for (let n = 0; n < 6; n++) {
    const next = await privateJwk()
    // The old one stays until its last token has expired.
    issue = providerWith(next, key)
    key = next
    for (const seconds of [30, 300, 300]) {
      await load.rounds(2)
      kids.add(decodeProtectedHeader(kept).kid)
      vi.setSystemTime(Date.now() + seconds * 1000)
    }
    await load.rounds(2)
    issue = providerWith(key)
    await load.rounds(2)
  }
  await load.stop()
  expect([...load.wrong]).toEqual([])
  expect(kids.size).toBeGreaterThan(5)
})
