import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { apiKey, type CrossSiteOptions, type Decided, type GateOptions } from 'gatewright/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { issueCertificate } from './certificates.js'
import { type CreateRouter, emitted, listeners } from './emitted.js'
import { send } from './request.js'

const responses = "responses: { '204': { description: Done } }"
const every = (methods: string[], id: string, more = '') =>
  methods.map(method => `    ${method}: { operationId: ${method}${id}, ${more}${responses} }`).join('\n')
const DOCUMENT = `openapi: 3.1.0
info: { title: Cookies, version: 1.0.0 }
security: [{ session: [] }]
paths:
  /notes:
${every(['get', 'post', 'put', 'patch', 'delete', 'options', 'trace'], 'Notes')}
  /either:
${every(['post'], 'Either', 'security: [{ key: [] }, { session: [] }], ')}
  /both:
${every(['post'], 'Both', 'security: [{ key: [], session: [] }], ')}
  /optional:
${every(['post'], 'Optional', 'security: [{}, { session: [] }], ')}
  /whole:
${every(['post'], 'Whole', 'security: [{ whole: [] }], ')}
  /public:
${every(['post'], 'Public', 'security: [], ')}
components:
  securitySchemes:
    session: { type: apiKey, in: cookie, name: sid }
    key: { type: apiKey, in: header, name: X-Key }
    whole: { type: apiKey, in: header, name: Cookie }
`
const SAFE = ['GET', 'HEAD', 'OPTIONS']
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE']

const { listen, close } = listeners()
let create: CreateRouter
let origin: string
let handlerRuns = 0
let asked = 0
const decided: Decided[] = []

function router(options: GateOptions = {}) {
  const done = () => {
    handlerRuns++
    return { status: 204 }
  }
  const handlers = new Proxy({}, { get: () => done, has: () => true })
  const session = apiKey(key => {
    asked++
    return key === 'good' && { key }
  })
  const whole = apiKey(key => key === 'sid=good' && { key })
  const schemes = { session, whole, key: apiKey(key => key === 'k' && { key }) }
  return create(handlers, { schemes, onDecision: (one: Decided) => decided.push(one), ...options })
}

beforeAll(async () => {
  create = await emitted('cross-site', DOCUMENT)
  origin = await listen(express().use(router()))
})
beforeEach(() => {
  handlerRuns = 0
  asked = 0
})
afterAll(close)

const Cookie = 'sid=good'
const ask = async (path: string, headers: Record<string, string | string[]>, method = 'POST', to = origin) =>
  (await send(to, path, { method, headers: { Cookie, ...headers } })).status

describe('a key in a cookie', () => {
  test.each(UNSAFE)('%s of another site is refused, and the key is not asked for', async method => {
    const headers = { Cookie, 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
    const answer = await send(origin, '/notes', { method, headers })
    expect(answer.status).toBe(403)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.headers['www-authenticate']).toBeUndefined()
    expect(JSON.parse(answer.text)).toMatchObject({ title: 'Forbidden', status: 403 })
    expect(answer.text).not.toContain('evil')
    expect([handlerRuns, asked]).toEqual([0, 0])
    expect(decided.at(-1)).toMatchObject({ granted: false, status: 403, code: 'cross_site_request' })
  })
  test.each(SAFE)('%s of another site is not', async method => {
    expect(await ask('/notes', { 'Sec-Fetch-Site': 'cross-site' }, method)).toBe(204)
  })
  test.each<[string, Record<string, string | string[]>, number]>([
    ['same-origin', { 'Sec-Fetch-Site': 'same-origin' }, 204],
    ['none', { 'Sec-Fetch-Site': 'none' }, 204],
    ['same-site', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['another case', { 'Sec-Fetch-Site': 'Same-Origin' }, 403],
    ['an empty value', { 'Sec-Fetch-Site': '' }, 403],
    ['twice', { 'Sec-Fetch-Site': ['same-origin', 'cross-site'] }, 403],
    ['joined', { 'Sec-Fetch-Site': 'same-origin, cross-site' }, 403],
  ])('Sec-Fetch-Site: %s', async (_, headers, status) => {
    expect(await ask('/notes', headers)).toBe(status)
  })
  test('without Sec-Fetch-Site, Origin decides', async () => {
    const own = new URL(origin)
    for (const [Origin, status] of [
      [own.origin, 204],
      ['null', 403],
      ['', 403],
      [`https://${own.host}`, 403],
      [`http://127.0.0.1:${Number(own.port) + 1}`, 403],
      [`${own.origin}.evil.example`, 403],
      [`${own.origin}/`, 403],
      [[own.origin, 'https://evil.example'], 403],
    ] as const) {
      expect(await ask('/notes', { Origin: Origin as string }), String(Origin)).toBe(status)
    }
  })
  test('a Host that is written otherwise is the same; one that is no host is none', async () => {
    expect(await ask('/notes', { Host: 'API.example:80', Origin: 'http://api.example' })).toBe(204)
    for (const Host of ['x@evil.example', 'evil.example/', '']) {
      expect(await ask('/notes', { Host, Origin: 'http://evil.example' }), Host).not.toBe(204)
    }
  })
  test('what a proxy says of the host is not believed', async () => {
    const forwarded = {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=evil.example',
    }
    const trusting = await listen(express().set('trust proxy', true).use(router()))
    for (const to of [origin, trusting]) {
      expect(await ask('/notes', { Origin: 'https://evil.example', ...forwarded }, 'POST', to)).toBe(403)
    }
  })
  test('with neither, no browser sent it', async () => {
    expect(await ask('/notes', {})).toBe(204)
  })
  test('a bad one is what it was', async () => {
    expect((await send(origin, '/notes', { method: 'POST', headers: { Cookie: 'sid=bad' } })).status).toBe(401)
    expect((await send(origin, '/notes', { method: 'POST', headers: { Origin: 'https://evil.example' } })).status).toBe(
      401,
    )
  })
  test('over TLS, the own origin is https', async () => {
    const { key, certificate } = issueCertificate({ subject: 'localhost', from: -100, to: 100 })
    const server = createServer({ key, cert: certificate.toString() }, express().use(router()))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const tls = { rejectUnauthorized: false }
    const post = async (Origin: string) =>
      (await send(`https://127.0.0.1:${port}`, '/notes', { method: 'POST', tls, headers: { Cookie, Origin } })).status
    expect(await post(`https://127.0.0.1:${port}`)).toBe(204)
    expect(await post(`http://127.0.0.1:${port}`)).toBe(403)
    server.closeAllConnections()
    server.close()
  })
})

describe('only where the cookie is what lets in', () => {
  const foreign = { 'Sec-Fetch-Site': 'cross-site' }
  test('another alternative is met', async () => {
    expect(await ask('/either', { ...foreign, 'X-Key': 'k' })).toBe(204)
    expect(await ask('/either', foreign)).toBe(403)
    expect(await ask('/either', { ...foreign, 'X-Key': 'bad' })).toBe(403)
  })
  test('both are demanded', async () => {
    expect(await ask('/both', { ...foreign, 'X-Key': 'k' })).toBe(403)
    expect(await ask('/both', { 'X-Key': 'k' })).toBe(204)
  })
  test('nobody is asked, or nothing was sent', async () => {
    expect(await ask('/public', foreign)).toBe(204)
    expect((await send(origin, '/optional', { method: 'POST', headers: foreign })).status).toBe(204)
    expect(await ask('/optional', foreign)).toBe(403)
  })
  test('a key that is the whole Cookie header is one, too', async () => {
    expect(await ask('/whole', {})).toBe(204)
    expect(await ask('/whole', foreign)).toBe(403)
  })
})

describe('options', () => {
  test('the public origin replaces what the request says', async () => {
    const crossSite: CrossSiteOptions = { origin: 'https://api.example' }
    const behind = await listen(express().use(router({ crossSite })))
    expect(await ask('/notes', { Origin: 'https://api.example' }, 'POST', behind)).toBe(204)
    expect(await ask('/notes', { Origin: behind }, 'POST', behind)).toBe(403)
  })
  test('trusted origins may use the cookie, whatever their site', async () => {
    const trusting = await listen(express().use(router({ crossSite: { trustedOrigins: ['https://app.example'] } })))
    const from = (Origin: string) => ask('/notes', { Origin, 'Sec-Fetch-Site': 'same-site' }, 'POST', trusting)
    expect(await from('https://app.example')).toBe(204)
    expect(await from('https://app.example.evil.example')).toBe(403)
    expect(await from('https://other.example')).toBe(403)
    expect(await ask('/notes', { Origin: 'https://app.example' }, 'POST', trusting)).toBe(204)
    expect(await ask('/notes', { Origin: ['https://app.example', 'null'] }, 'POST', trusting)).toBe(403)
  })
  test("'allow' switches it off", async () => {
    const open = await listen(express().use(router({ crossSite: 'allow' })))
    expect(await ask('/notes', { 'Sec-Fetch-Site': 'cross-site', Origin: 'null' }, 'POST', open)).toBe(204)
  })
  test.each<[unknown, string]>([
    [false, "crossSite must be 'allow' or { origin, trustedOrigins }"],
    ['refuse', "crossSite must be 'allow'"],
    [{ trusted: [] }, "crossSite must be 'allow'"],
    [{ origin: 'api.example' }, 'crossSite: "api.example" is no origin'],
    [{ origin: 'https://api.example/' }, 'is no origin'],
    [{ trustedOrigins: ['null'] }, 'is no origin'],
    [{ trustedOrigins: ['https://*.example'] }, 'is no origin'],
  ])('%o is refused at start', (crossSite, message) => {
    expect(() => router({ crossSite } as GateOptions)).toThrow(message)
  })
})
