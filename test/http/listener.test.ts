import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import express from 'express'
import { apiKey, bearer, listener } from 'gatewright/runtime'
import { type LocalClaims, type LocalIssuer, startLocalIssuer } from 'gatewright/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CreateRouter, emitted } from './emitted.js'
import { type Asked, send } from './request.js'

const DOCUMENT = `
openapi: 3.1.0
info: { title: Notes, version: "1" }
security: [{ user: ["notes:read"] }, { key: [] }]
paths:
  /notes/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: integer } }
      - { name: part, in: query, schema: { enum: [title, text] } }
    get:
      operationId: getNote
      responses: { "200": { description: It, content: { application/json: { schema: { type: object } } } } }
    put:
      operationId: putNote
      requestBody:
        required: true
        content:
          application/json: { schema: { type: object, required: [title], properties: { title: { type: string } } } }
      responses: { "200": { description: It, content: { application/json: { schema: { type: object } } } } }
  /throws: { get: { operationId: throws, security: [], responses: { "204": { description: Never } } } }
  /rejects: { get: { operationId: rejects, security: [], responses: { "204": { description: Never } } } }
  /breaks: { get: { operationId: breaks, security: [], responses: { "204": { description: Never } } } }
  /writes: { get: { operationId: writes, security: [], responses: { "204": { description: By res } } } }
components:
  securitySchemes:
    user: { type: http, scheme: bearer }
    key: { type: apiKey, in: header, name: X-Key }
`

const show = ({ params, query, body, auth, req }: Record<string, object> & { req: express.Request }) => ({
  status: 200,
  body: { params, query, body: body ?? null, auth: Object.keys(auth ?? {}), user: req.auth0?.user?.sub ?? null },
})
const handlers = {
  getNote: show,
  putNote: show,
  throws: () => {
    throw new Error('secret detail')
  },
  rejects: async () => {
    throw new Error('secret detail')
  },
  breaks: ({ res }: { res: ServerResponse }) => {
    res.write('half of it')
    throw new Error('secret detail')
  },
  writes: ({ req, res }: { req: IncomingMessage; res: ServerResponse }) => {
    res
      .setHeader('X-Express', String('get' in req))
      .writeHead(204)
      .end()
  },
}

let issuer: LocalIssuer
let createRouter: CreateRouter
const servers: Server[] = []
const thrown: unknown[] = []
let viaExpress: string
let plain: string

const routerWith = (options: object = {}) =>
  createRouter(handlers, {
    schemes: {
      user: bearer({ issuer: issuer.issuer, audience: issuer.audience }),
      key: apiKey(key => key === 'good' && { name: 'reader' }),
    },
    ...options,
  })

async function listen(handle: RequestListener): Promise<string> {
  const server = createServer(handle)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  issuer = await startLocalIssuer({ audience: 'https://api.example' })
  createRouter = await emitted('listener', DOCUMENT)
  const app = express().disable('x-powered-by')
  app.use(routerWith())
  viaExpress = await listen(app)
  const fallback = express().disable('x-powered-by')
  fallback.get('/health', (_req, res) => void res.send('fine'))
  plain = await listen(listener(routerWith(), fallback, { onError: error => thrown.push(error) }))
})

beforeEach(() => {
  thrown.length = 0
})

afterAll(async () => {
  for (const one of servers) {
    one.closeAllConnections()
    one.close()
  }
  await issuer.close()
})

describe('answers as the same router in Express does', () => {
  const json = { 'Content-Type': 'application/json' }
  const cases: [string, string, () => Promise<Asked> | Asked][] = [
    ['no credentials', '/notes/1', () => ({})],
    ['a key', '/notes/1?part=text', () => ({ headers: { 'X-Key': 'good' } })],
    ['a bad key', '/notes/1', () => ({ headers: { 'X-Key': 'bad' } })],
    ['a token', '/notes/1', () => withToken({ scope: 'notes:read' })],
    ['a token without the scope', '/notes/1', () => withToken({ scope: 'notes:write' })],
    ['what is no token', '/notes/1', () => ({ headers: { Authorization: 'Bearer x.y.z' } })],
    ['HEAD', '/notes/1', () => ({ method: 'HEAD', headers: { 'X-Key': 'good' } })],
    ['a parameter that does not fit', '/notes/one?part=all', () => ({ headers: { 'X-Key': 'good' } })],
    ['a body', '/notes/1', () => ({ method: 'PUT', headers: { 'X-Key': 'good', ...json }, body: '{"title":"a"}' })],
    [
      'a body that does not fit',
      '/notes/1',
      () => ({ method: 'PUT', headers: { 'X-Key': 'good', ...json }, body: '{}' }),
    ],
    ['a body without credentials', '/notes/1', () => ({ method: 'PUT', headers: json, body: '{"title":"a"}' })],
    ['another method', '/notes/1', () => ({ method: 'DELETE' })],
    ['OPTIONS', '/notes/1', () => ({ method: 'OPTIONS' })],
    ['a malformed path', '/notes/%zz', () => ({})],
    ['an encoded slash', '/notes%2F1', () => ({})],
    ['another case', '/NOTES/1', () => ({})],
    ['a slash at the end', '/notes/1/', () => ({})],
  ]
  test.each(cases)('to %s', async (_, path, ask) => {
    const asked = await ask()
    const [one, other] = [await send(viaExpress, path, asked), await send(plain, path, asked)]
    const { date: _date, ...headers } = other.headers
    const { date: _other, ...expected } = one.headers
    // The fallback's own page says which path was not found.
    expect([other.status, headers, other.text]).toEqual([one.status, expected, one.text])
    if (_ === 'a token') expect(JSON.parse(other.text)).toMatchObject({ auth: ['user'], user: expect.any(String) })
  })

  const withToken = async (claims: LocalClaims): Promise<Asked> => ({
    headers: { Authorization: `Bearer ${await issuer.token(claims)}` },
  })
})

test('other paths are the fallback', async () => {
  expect(await send(plain, '/health')).toMatchObject({ status: 200, text: 'fine' })
  const alone = await listen(listener(routerWith()))
  const { status, headers, text } = await send(alone, '/health')
  expect([status, headers['content-type']]).toEqual([404, 'application/problem+json'])
  expect(JSON.parse(text)).toEqual({ type: 'about:blank', title: 'Not Found', status: 404 })
})

test.each(['/throws', '/rejects'])('what the handler of %s throws is told to onError only', async path => {
  const { status, text } = await send(plain, path)
  expect([status, JSON.parse(text)]).toEqual([
    500,
    { type: 'about:blank', title: 'Internal Server Error', status: 500 },
  ])
  expect(thrown).toEqual([new Error('secret detail')])
  expect((await send(plain, '/health')).status).toBe(200)
})

test('an answer that breaks off is not taken for the whole', async () => {
  await expect(send(plain, '/breaks')).rejects.toThrow()
  expect(thrown).toEqual([new Error('secret detail')])
})

test('a client that goes while its credentials are verified is no error', async () => {
  let verified = false
  const key = apiKey(async key => {
    await new Promise(resolve => setTimeout(resolve, 100))
    verified = true
    return key === 'good' && { name: 'reader' }
  })
  const user = bearer({ issuer: issuer.issuer, audience: issuer.audience })
  const slow = await listen(
    listener(routerWith({ schemes: { user, key } }), undefined, { onError: error => thrown.push(error) }),
  )
  const socket = connect(Number(new URL(slow).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.end(
    'PUT /notes/1 HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"title":"a"}',
  )
  await vi.waitFor(() => expect(verified).toBe(true))
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(thrown).toEqual([])
})

test('requests are those of Node', async () => {
  const { status, headers } = await send(plain, '/writes')
  expect([status, headers['x-express']]).toEqual([204, 'false'])
})

test('paths stand under basePath', async () => {
  const under = await listen(listener(routerWith({ basePath: '/v1' })))
  expect((await send(under, '/v1/notes/1', { headers: { 'X-Key': 'good' } })).status).toBe(200)
  expect((await send(under, '/notes/1', { headers: { 'X-Key': 'good' } })).status).toBe(404)
})

test('what cannot be listened with is refused at once', () => {
  expect(() => listener(routerWith({ replies: 'express' }))).toThrow(/'replies'/)
  expect(() => listener(express.Router())).toThrow(/createRouter/)
  expect(() => listener(routerWith(), {} as RequestListener)).toThrow(/an application/)
})
