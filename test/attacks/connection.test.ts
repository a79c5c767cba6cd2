import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import express from 'express'
import { bearer, type Decided, listener } from 'gatewright/runtime'
import { type LocalIssuer, startLocalIssuer } from 'gatewright/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CreateRouter, emitted, listeners } from '../http/emitted.js'

const DOCUMENT = `
openapi: 3.1.0
info: { title: Attacked, version: "1" }
security: [{ user: [] }]
paths:
  /open: { get: { operationId: open, security: [], responses: { "204": { description: Done } } } }
  /admin:
    get: { operationId: admin, responses: { "204": { description: Done } } }
    post:
      operationId: create
      requestBody: { required: true, content: { application/json: { schema: { type: object } } } }
      responses: { "204": { description: Done } }
  /admin/{id}: { get: { operationId: one, responses: { "204": { description: Done } } } }
  /files/{name}: { get: { operationId: file, security: [], responses: { "204": { description: Done } } } }
components: { securitySchemes: { user: { type: http, scheme: bearer } } }
`

let issuer: LocalIssuer
let createRouter: CreateRouter
let token: string
const { listen, close } = listeners()
/** What handlers were called, and what was decided, in order. */
const called: string[] = []
const decided: string[] = []
const handler =
  (name: string) =>
  ({ res }: { res: { setHeader(name: string, value: string): void } }) => {
    called.push(name)
    res.setHeader('X-Handler', name)
    return { status: 204 }
  }

beforeAll(async () => {
  issuer = await startLocalIssuer({ audience: 'https://api.example' })
  token = await issuer.token()
  createRouter = await emitted('attacks-connection', DOCUMENT)
})

beforeEach(() => {
  called.length = 0
  decided.length = 0
})

afterAll(async () => {
  close()
  await issuer.close()
})

const router = () =>
  createRouter(Object.fromEntries(['open', 'admin', 'create', 'one', 'file'].map(name => [name, handler(name)])), {
    schemes: { user: bearer({ issuer: issuer.issuer, audience: issuer.audience }) },
    onDecision: ({ operation, granted }: Decided) => decided.push(`${operation} ${granted ? 'granted' : 'denied'}`),
  })
const PUBLIC = new Set(['open', 'file'])
const SERVERS: readonly [string, () => Promise<string>][] = [
  ['an Express app', () => listen(express().use(router()))],
  ['a listener', () => listen(listener(router(), express()))],
]

/** A connection of its own, and what has come back on it. */
function dial(origin: string): { socket: Socket; closed: Promise<unknown>; text: () => string } {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  let text = ''
  socket.on('data', data => {
    text += data.toString('latin1')
  })
  socket.on('error', () => {})
  return { socket, closed: once(socket, 'close'), text: () => text }
}

/** All that comes back until the end, or until nothing more has come for a while. */
async function exchange(origin: string, ...parts: readonly string[]): Promise<string> {
  const { socket, closed, text } = dial(origin)
  for (const part of parts) {
    socket.write(part, 'latin1')
    await new Promise(resolve => setTimeout(resolve, 60))
  }
  await Promise.race([closed, new Promise(resolve => setTimeout(resolve, 250))])
  socket.destroy()
  return text()
}

/** The same where the server is asked to close. */
async function exchangeOnce(origin: string, bytes: string): Promise<string> {
  const { socket, closed, text } = dial(origin)
  socket.write(bytes, 'latin1')
  await closed
  return text()
}

const statuses = (text: string) => [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(found => Number(found[1]))
const get = (target: string, ...fields: readonly string[]) =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${fields.map(one => `${one}\r\n`).join('')}\r\n`

describe.each(SERVERS)('%s', (_, serve) => {
  test('a refused body is no request, however it is framed', async () => {
    const origin = await serve()
    const hidden = get('/open', 'X-Hidden: yes')
    const head = 'POST /admin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    const whole = `${head}Content-Length: ${hidden.length}\r\n\r\n${hidden}`
    const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
    for (const refused of [whole, chunked]) {
      expect(statuses(await exchange(origin, refused))).toEqual([401])
      // What comes after it on the same connection is one, if it is heard at all.
      const answers = await exchange(origin, refused + get('/files/after'))
      expect([[401], [401, 204]]).toContainEqual(statuses(answers))
    }
    expect(called.filter(one => one !== 'file')).toEqual([])
  })

  test('a refused body that comes late, or in parts, is no request', async () => {
    const origin = await serve()
    const hidden = get('/open')
    const head = `POST /admin HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${hidden.length}\r\n\r\n`
    expect(statuses(await exchange(origin, head, hidden.slice(0, 9), hidden.slice(9)))).toEqual([401])
    expect(called).toEqual([])
  })

  test('a refusal does not wait for a body that never comes, nor ask for it', async () => {
    const origin = await serve()
    const head = 'POST /admin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n'
    const answer = await exchange(origin, head)
    expect(statuses(answer).at(-1)).toBe(401)
    expect(called).toEqual([])
  })

  test.each<[string, string]>([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['a coding that only resembles chunked', 'Transfer-Encoding: xchunked\r\n'],
    ['chunked not last', 'Transfer-Encoding: chunked, identity\r\n'],
    ['a signed length', 'Content-Length: +5\r\n'],
    ['a space before the colon', 'Content-Length : 5\r\n'],
  ])('%s is refused by the parser, and reaches nobody', async (_name, fields) => {
    const origin = await serve()
    const request = `POST /admin HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${fields}\r\n`
    const answer = await exchange(origin, `${request}0\r\n\r\n${get('/open')}`)
    expect(statuses(answer)).toEqual([400])
    expect(called).toEqual([])
  })

  test('a folded Authorization is none, or one credential; two fields are refused', async () => {
    const origin = await serve()
    const folded = await exchange(origin, get('/admin', 'Authorization: Bearer', ` ${token}`))
    expect([[400], [204]]).toContainEqual(statuses(folded))
    called.length = 0
    for (const second of [`Authorization: Bearer ${token}`, 'authorization: Bearer x', 'AUTHORIZATION: Basic YTpi']) {
      const answer = await exchange(origin, get('/admin', `Authorization: Bearer ${token}`, second))
      expect(statuses(answer)).toEqual([400])
    }
    expect(called).toEqual([])
  })

  test.each([
    ['X-HTTP-Method-Override: GET', 'POST /admin'],
    ['X-HTTP-Method: GET', 'POST /open'],
    ['X-Method-Override: POST', 'GET /admin'],
    ['X-Original-URL: /open', 'GET /admin'],
    ['X-Rewrite-URL: /open', 'GET /admin'],
    ['X-Forwarded-Prefix: /open', 'GET /admin'],
    ['X-Forwarded-Path: /open', 'GET /admin'],
    ['Forwarded: for=127.0.0.1;host=localhost;proto=https', 'GET /admin'],
    ['X-Middleware-Subrequest: middleware', 'GET /admin'],
    ['Connection: close, Authorization', 'GET /admin'],
    ['Connection: close', 'GET /admin?_method=OPTIONS'],
  ])('%s changes nothing of %s', async (field, line) => {
    const origin = await serve()
    const answer = await exchange(
      origin,
      `${line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n${field}\r\n\r\n`,
    )
    expect(statuses(answer)).toEqual([line === 'POST /open' ? 405 : 401])
    expect(called).toEqual([])
  })

  const SPELLINGS = [
    '/admin',
    '/admin/',
    '//admin',
    '/./admin',
    '/open/../admin',
    '/open/..%2fadmin',
    '/open/%2e%2e/admin',
    '/%61dmin',
    '/%2561dmin',
    '/ADMIN',
    '/Admin',
    '/admin%20',
    '/admin%00',
    '/admin;x=1',
    '/admin%3Bx',
    '/admin?',
    '/admin?x',
    '/admin#x',
    '/admin%2f',
    '/admin%2F1',
    '/admin%5C1',
    '/admin/1',
    '/admin//1',
    '/admin/%31',
    '/admin/..',
    '/admin/%2e%2e',
    '/admin/.',
    '/admin\\1',
    '\\admin',
    '/\\admin',
    'admin',
    '/files/../admin',
    '/files/..%2Fadmin',
    '/files/%2e%2e%2fadmin',
    '/files/%252e%252e%252fadmin',
    '/admin.json',
    '/admin%23',
    '/%2Fadmin',
    '/.//admin',
    '/%',
    '/%zz',
    '/admin/%',
    '*',
    'http://localhost/admin',
    'http://evil.example/admin',
    'https://localhost/admin',
    'HTTP://localhost/admin',
    'http://localhost//admin',
    'http://localhost/open/../admin',
    'http://localhost?/admin',
    'http://localhost',
    'http:///admin',
    '//evil.example/admin',
    'localhost:80',
    'http:admin',
    'ftp://localhost/admin',
    '/admin/\xc4\xb1',
    '/adm\xc4\xb1n',
    '/\xff',
  ] as const

  test('no spelling of a path reaches a guarded handler without a token, nor one whose guard was not asked', async () => {
    const origin = await serve()
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT']) {
      for (const target of SPELLINGS) {
        called.length = 0
        decided.length = 0
        const request = (...fields: readonly string[]) =>
          exchangeOnce(
            origin,
            `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${fields.map(one => `${one}\r\n`).join('')}\r\n`,
          )
        await request()
        expect(
          called.filter(one => !PUBLIC.has(one)),
          `${method} ${target}`,
        ).toEqual([])
        called.length = 0
        decided.length = 0
        await request(`Authorization: Bearer ${token}`)
        // The guard and the handler have read the same path.
        const granted = decided.filter(one => one.endsWith(' granted')).map(one => one.split(' ')[0])
        expect(granted, `${method} ${target}`).toEqual(expect.arrayContaining(called))
      }
    }
  })
})
