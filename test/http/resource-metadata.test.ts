import express from 'express'
import {
  apiKey,
  bearer,
  createGate,
  deny,
  introspection,
  openIdConnect,
  type ResourceMetadataOptions,
} from 'gatewright/runtime'
import { startLocalIssuer } from 'gatewright/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CreateRouter, emitted, listeners } from './emitted.js'
import { send } from './request.js'

const responses = "responses: { '204': { description: Done } }"
const DOCUMENT = `openapi: 3.1.0
info: { title: Metadata, version: 1.0.0 }
security: [{ user: [read, write], key: [ignored] }]
paths:
  /notes: { get: { operationId: listNotes, ${responses} } }
  /open: { get: { operationId: readOpen, security: [], ${responses} } }
  /any:
    get: { operationId: readAny, security: [{ user: [write, admin] }, { proved: [] }], x-scope-match: any, ${responses} }
  /{org}/{repo}:
    parameters:
      - { name: org, in: path, required: true, schema: { type: string } }
      - { name: repo, in: path, required: true, schema: { type: string } }
    get: { operationId: readRepo, security: [], ${responses} }
components:
  securitySchemes:
    user: { type: http, scheme: bearer }
    proved: { type: openIdConnect, openIdConnectUrl: https://other.example/.well-known/openid-configuration }
    key: { type: apiKey, in: header, name: X-Key }
`
const ISSUER = 'https://issuer.example/'
const RESOURCE = 'https://api.example/v1'
const WELL_KNOWN = '/.well-known/oauth-protected-resource'

const { listen, close } = listeners()
let create: CreateRouter
const done = () => ({ status: 204 })
const handlers = { listNotes: done, readOpen: done, readAny: done, readRepo: done }
const user = { ...bearer({ issuer: ISSUER, audience: RESOURCE }), issuers: [ISSUER] }
const schemes = { user, proved: openIdConnect({ audience: RESOURCE }), key: apiKey(() => undefined) }

beforeAll(async () => {
  create = await emitted('resource-metadata', DOCUMENT)
})
afterAll(close)

const routerOf = (resourceMetadata?: object, more: object = {}) =>
  create(handlers, { schemes, ...(resourceMetadata && { resourceMetadata }), ...more })

describe('the metadata', () => {
  test('are those of the document and its verifiers, with your members', async () => {
    const resource = 'https://api.example'
    const router = routerOf({ resource, resource_name: 'Notes', 'resource_name#de': 'Notizen' })
    const origin = await listen(express().use(router))
    const { status, headers, text } = await send(origin, WELL_KNOWN)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=300',
    })
    expect(JSON.parse(text)).toMatchObject({
      resource,
      resource_name: 'Notes',
      'resource_name#de': 'Notizen',
      authorization_servers: [ISSUER],
      scopes_supported: ['read', 'write', 'admin'],
      bearer_methods_supported: ['header'],
    })
    for (const absent of ['dpop_signing_alg', 'dpop_bound', 'tls_client']) expect(text).not.toContain(absent)
  })

  test('say how tokens are presented', async () => {
    const dpop = { ...user, tokenTypes: ['DPoP'] as const, dpopAlgorithms: ['ES256', 'EdDSA'], certificateBound: true }
    const served = async (given: object) => {
      const router = routerOf({ resource: RESOURCE }, { schemes: { ...schemes, ...given } })
      const { text } = await send(await listen(express().use(router)), `${WELL_KNOWN}/v1`)
      return JSON.parse(text)
    }
    const both = await served({ user: { ...dpop, tokenTypes: ['DPoP', 'Bearer'] } })
    expect(both).toMatchObject({
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
      tls_client_certificate_bound_access_tokens: true,
    })
    // A bearer token will do: with that scheme, or with the other.
    expect(both).not.toHaveProperty('dpop_bound_access_tokens_required')
    expect(await served({ user: dpop })).not.toHaveProperty('dpop_bound_access_tokens_required')
    expect(await served({ user: dpop, proved: dpop })).toMatchObject({ dpop_bound_access_tokens_required: true })
  })

  test('are read again for each request: an issuer may be known only later', async () => {
    const issuers: string[] = []
    const router = routerOf({ resource: RESOURCE }, { schemes: { ...schemes, user: { ...user, issuers } } })
    const origin = await listen(express().use(router))
    const read = async () => JSON.parse((await send(origin, `${WELL_KNOWN}/v1`)).text).authorization_servers ?? []
    expect(await read()).not.toContain(ISSUER)
    issuers.push(ISSUER)
    expect(await read()).toContain(ISSUER)
  })

  test('answer HEAD, a preflight, and no other method', async () => {
    const origin = await listen(express().use(routerOf({ resource: RESOURCE })))
    const path = `${WELL_KNOWN}/v1`
    const get = await send(origin, path)
    const head = await send(origin, path, { method: 'HEAD' })
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String(get.text.length)])
    const preflight = await send(origin, path, { method: 'OPTIONS' })
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, '*'])
    expect(preflight.headers).toMatchObject({
      allow: 'GET, HEAD, OPTIONS',
      'access-control-allow-methods': 'GET, HEAD',
    })
    const post = await send(origin, path, { method: 'POST' })
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })
})

describe('the metadata of verifiers as they are', () => {
  const served = async (given: object) => {
    const router = routerOf({ resource: RESOURCE }, { schemes: { ...schemes, ...given } })
    const origin = await listen(express().use(router))
    return async () => JSON.parse((await send(origin, `${WELL_KNOWN}/v1`)).text)
  }
  const audience = RESOURCE
  const both = ['https://a.example', 'https://b.example/tenant']
  const proofs = { required: true, algorithms: ['ES256', 'EdDSA'] } as const

  test('bearer() of several issuers', async () => {
    const user = bearer({ issuers: both.map(issuer => ({ issuer, audience })), certificates: true })
    const metadata = await (await served({ user }))()
    expect(metadata).toMatchObject({
      authorization_servers: both,
      tls_client_certificate_bound_access_tokens: true,
    })
    expect(metadata).not.toHaveProperty('dpop_signing_alg_values_supported')
  })

  test('introspection() that takes bound tokens', async () => {
    const client = { id: 'api', secret: 'secret' }
    const user = introspection({ issuer: ISSUER, client, audience, dpop: proofs, certificates: true })
    const proved = openIdConnect({ audience, dpop: { ...proofs, algorithms: ['PS256', 'ES256'] } })
    expect(await (await served({ user, proved }))()).toMatchObject({
      authorization_servers: [ISSUER],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256'],
      dpop_bound_access_tokens_required: true,
      tls_client_certificate_bound_access_tokens: true,
    })
    const plain = await (await served({ user: introspection({ issuer: ISSUER, client, audience }) }))()
    expect(plain).toMatchObject({ authorization_servers: [ISSUER] })
    for (const name of ['dpop_signing_alg_values_supported', 'tls_client_certificate_bound_access_tokens']) {
      expect(plain).not.toHaveProperty(name)
    }
  })

  test('openIdConnect(), whose issuer is known once its document was read', async () => {
    await using issuer = await startLocalIssuer()
    const discovered = openIdConnect({ audience, dpop: true, certificates: true }).at(
      `${issuer.issuer}.well-known/openid-configuration`,
    )
    const read = await served({ user: discovered })
    const before = await read()
    expect(before).toMatchObject({
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'PS256']),
      tls_client_certificate_bound_access_tokens: true,
    })
    // A bearer token will do as well.
    expect(before).not.toHaveProperty('dpop_bound_access_tokens_required')
    expect(before).not.toHaveProperty('authorization_servers')
    await discovered.ready?.()
    expect(await read()).toMatchObject({ authorization_servers: [issuer.issuer] })
  })
})

describe('where they are', () => {
  test('below a mount: by the handler at the root of the app', async () => {
    const router = routerOf({ resource: RESOURCE })
    const app = express().use('/v1', router)
    const before = await listen(app)
    expect((await send(before, `${WELL_KNOWN}/v1`)).status).toBe(404)
    const after = await listen(express().use(router.resourceMetadata).use('/v1', router))
    expect((await send(after, `${WELL_KNOWN}/v1`)).status).toBe(200)
    expect((await send(after, `${WELL_KNOWN}/v1?x=1`)).status).toBe(200)
    expect((await send(after, '/v1/open')).status).toBe(204)
    // The path is that of the request, whatever a mount cuts off; another is another.
    for (const other of [`/v1${WELL_KNOWN}/v1`, WELL_KNOWN, `${WELL_KNOWN}/v1/`, `${WELL_KNOWN}/V1`]) {
      expect((await send(after, other)).headers['content-type'], other).not.toBe('application/json')
    }
  })

  test('a template does not take their place; an operation of that very path does', async () => {
    const origin = await listen(express().use(routerOf({ resource: 'https://api.example' })))
    expect((await send(origin, '/a/b')).status).toBe(204)
    expect((await send(origin, WELL_KNOWN)).status).toBe(200)

    const policies = { own: { security: [] } } as const
    const gate = createGate({}, policies, { resourceMetadata: { resource: 'https://api.example' } })
    gate.get(WELL_KNOWN, policies.own, {}, () => ({ status: 204 }))
    expect((await send(await listen(express().use(gate.router)), WELL_KNOWN)).status).toBe(204)
  })

  test('says no more of a verifier written by hand than that knows of itself', async () => {
    const policies = { one: { security: [{ user: [] }] } } as const
    const verifier = { kind: 'bearer', tokenTypes: ['DPoP'], verify: () => deny('invalid_token') } as const
    const gate = createGate({ user: { type: 'oauth2' } }, policies, {
      schemes: { user: verifier },
      resourceMetadata: { resource: 'https://api.example' },
    })
    gate.get('/one', policies.one, {}, (() => ({ status: 204 })) as never)
    const { text } = await send(await listen(express().use(gate.router)), WELL_KNOWN)
    for (const unknown of ['authorization_servers', 'dpop_signing_alg_values_supported']) {
      expect(JSON.parse(text)).not.toHaveProperty(unknown)
    }
    expect(JSON.parse(text)).toMatchObject({ dpop_bound_access_tokens_required: true })
  })

  test.each([
    ['https://api.example', WELL_KNOWN],
    ['https://api.example/', WELL_KNOWN],
    ['https://api.example/v1/', `${WELL_KNOWN}/v1/`],
    ['http://localhost:3000/a/b', `${WELL_KNOWN}/a/b`],
  ])('of %s: %s', async (resource, path) => {
    const origin = await listen(express().use(routerOf({ resource })))
    const answer = await send(origin, path)
    expect([answer.status, JSON.parse(answer.text).resource]).toEqual([200, resource])
    const { headers } = await send(origin, '/any')
    expect(headers['www-authenticate']).toBe(`Bearer resource_metadata="${new URL(resource).origin}${path}"`)
  })
})

describe('challenges', () => {
  const url = `https://api.example${WELL_KNOWN}/v1`
  test('for a token name them, bare or with an error; others do not', async () => {
    const dpop = { ...user, tokenTypes: ['Bearer', 'DPoP'] as const, dpopAlgorithms: ['ES256'] }
    const router = routerOf({ resource: RESOURCE }, { schemes: { ...schemes, user: dpop } })
    const origin = await listen(express().use(router))
    const challenges = async (headers = {}) => {
      const { rawHeaders } = await send(origin, '/notes', { headers })
      return rawHeaders.filter((_, index) => rawHeaders[index - 1] === 'WWW-Authenticate')
    }
    expect(await challenges()).toEqual([
      `Bearer resource_metadata="${url}"`,
      `DPoP algs="ES256", resource_metadata="${url}"`,
      'ApiKey',
    ])
    const [refused] = await challenges({ Authorization: 'Bearer x', 'X-Key': 'k' })
    expect(refused).toMatch(/^Bearer resource_metadata="[^"]+", error="invalid_token", error_description="[^"]+"$/)
  })

  test('are bare without the option, and nothing is served', async () => {
    const router = routerOf()
    const origin = await listen(express().use(router.resourceMetadata).use(router))
    expect((await send(origin, '/any')).headers['www-authenticate']).toBe('Bearer')
    expect((await send(origin, `${WELL_KNOWN}/v1`)).status).toBe(404)
  })
})

describe('refused at start', () => {
  test.each<[object, string]>([
    [{}, "resourceMetadata: 'resource' is required"],
    [{ resource: 'http://api.example' }, 'is an http URL'],
    [{ resource: 'https://api.example/?a=1' }, 'without query and fragment'],
    [{ resource: 'https://API.example' }, 'https://api.example/ in its normal form'],
    [{ resource: 'https://api.example/a"b' }, 'in its normal form'],
    [{ resource: RESOURCE, authorization_servers: ['https://evil.example'] }, "'authorization_servers' is what"],
    [{ resource: RESOURCE, bearer_methods_supported: undefined }, "'bearer_methods_supported' is what"],
    [{ resource: RESOURCE, signed_metadata: 'e30.e30.' }, "'signed_metadata' is what"],
    [{ resource: RESOURCE, resource_name: 1n }, 'its members must be JSON'],
  ])('%o', (options, message) => {
    expect(() => routerOf(options)).toThrow(message)
  })
  test('in types, what is derived', () => {
    const name: ResourceMetadataOptions = { resource: RESOURCE, resource_name: 'Notes' }
    // @ts-expect-error: derived from the policies
    const scopes: ResourceMetadataOptions = { resource: RESOURCE, scopes_supported: ['a'] }
    expect([name, scopes]).toHaveLength(2)
  })
})
