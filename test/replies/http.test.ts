import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import express from 'express'
import type { GateOptions, ReplyFault } from 'gatewright/runtime'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { generate } from '../../generator/index.js'
import { type Asked, send } from '../http/request.js'

const folder = fileURLToPath(new URL('../out/replies/', import.meta.url))

const DOCUMENT = `openapi: 3.1.0
info: { title: Replies, version: 1.0.0 }
paths:
  /user:
    get:
      operationId: readUser
      security: []
      responses:
        '200':
          description: The user
          headers:
            X-Version: { required: true, schema: { type: integer } }
            X-Tags: { schema: { type: array, items: { type: string, enum: [a, b] } } }
            X-Meta: { content: { application/json: { schema: { type: object, required: [a] } } } }
            X-Point: { explode: true, schema: { type: object, properties: { x: { type: integer } } } }
            X-Note: { schema: { type: string, maxLength: 3 } }
            Set-Cookie: { schema: { type: string, maxLength: 3 } }
          content:
            application/json: { schema: { $ref: '#/components/schemas/User' } }
            application/vnd.user+json: { schema: { type: object, properties: { short: { type: string } } } }
            text/csv: { schema: { type: string } }
        '202': { description: Not yet, content: { text/plain: { schema: { type: string } } } }
        '204': { description: Nobody }
        4XX: { description: Refused, content: { application/problem+json: { schema: { $ref: '#/components/schemas/Problem' } } } }
        '404': { description: Not found }
        '409': { description: Odd, content: [] }
  /anything:
    get:
      operationId: readAnything
      security: []
      responses:
        default: { description: Anything, content: { '*/*': {}, application/json: { schema: { $ref: '#/components/schemas/User' } } } }
components:
  schemas:
    User:
      type: object
      required: [name]
      properties: { name: { type: string }, age: { type: integer }, password: { type: string, writeOnly: true } }
    Problem: { type: object, properties: { title: { type: string } } }
`

type Mode = GateOptions['responses']

let create: (handlers: object, options: GateOptions) => express.Router
const servers: Server[] = []
const faults: ReplyFault[] = []
let failures = 0
let reply: unknown

async function serve(options: GateOptions): Promise<string> {
  const answer = () => reply
  const app = express().use(create({ readUser: answer, readAnything: answer }, options))
  const failed: express.ErrorRequestHandler = (_error, _req, res, _next) => {
    failures++
    res.status(500).end()
  }
  const server = app.use(failed).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const origins = new Map<Mode, string>()

async function answer(mode: Mode, given: unknown, asked: Asked = {}, path = '/user') {
  reply = given
  return send(origins.get(mode) ?? '', path, asked)
}

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}openapi.yaml`, DOCUMENT)
  const places = { document: `${folder}openapi.yaml`, out: `${folder}generated`, handlers: `${folder}handlers` }
  expect((await generate(places)).files).toBeDefined()
  const module: unknown = await import(/* @vite-ignore */ `${folder}generated/router.ts`)
  create = (module as { createRouter: typeof create }).createRouter
  const onReplyFault = (fault: ReplyFault) => void faults.push(fault)
  for (const mode of ['check', 'strip', 'off'] as const) {
    origins.set(mode, await serve({ responses: mode, onReplyFault }))
  }
})
afterEach(() => {
  faults.length = 0
  failures = 0
})
afterAll(() => {
  for (const server of servers) server.close()
})

const headers = { 'X-Version': 1 }
const json = (body: unknown, more: object = {}) => ({
  status: 200,
  headers,
  contentType: 'application/json',
  body,
  ...more,
})
const full = { name: 'Ada', age: 36, password: 'hunter2', hash: 'secret' }
const MISFIT =
  '{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"The reply does not fit the document."}'

describe.each(['check', 'strip'] as const)('%s', mode => {
  test('sends the documented members, and none that is writeOnly', async () => {
    const { status, headers: received, text } = await answer(mode, json(full))
    expect([status, text, received['content-type'], received['x-version']]).toEqual([
      200,
      '{"name":"Ada","age":36}',
      'application/json; charset=utf-8',
      '1',
    ])
    expect(received['content-length']).toBe('23')
    expect(faults).toEqual([])
  })
  test('goes by the media type of the reply', async () => {
    const body = { short: 'A', name: 'Ada' }
    const short = await answer(mode, { ...json(body), contentType: 'application/vnd.user+json' })
    expect([short.headers['content-type'], short.text]).toEqual(['application/vnd.user+json', '{"short":"A"}'])
    const asHeader = {
      ...json(body),
      contentType: undefined,
      headers: { ...headers, 'content-type': 'application/vnd.user+json' },
    }
    expect((await answer(mode, asHeader)).text).toBe('{"short":"A"}')
    const withParameter = await answer(mode, { ...json(full), contentType: 'Application/JSON; charset=utf-8' })
    expect(withParameter.text).toBe('{"name":"Ada","age":36}')
  })
  test('takes the first documented type where the reply names none', async () => {
    const { contentType: _none, ...unnamed } = json(full)
    expect((await answer(mode, unnamed)).text).toBe('{"name":"Ada","age":36}')
    const text = await answer(mode, { status: 202, body: 'later' })
    expect([text.headers['content-type'], text.text]).toEqual(['text/plain; charset=utf-8', 'later'])
    const anything = await answer(mode, { status: 200, body: full }, {}, '/anything')
    expect(anything.text).toBe('{"name":"Ada","age":36}')
  })
  test('looks for the status, then its class, then the default', async () => {
    const problem = { title: 'No', stack: 'at secret' }
    const refused = await answer(mode, { status: 403, body: problem, contentType: 'application/problem+json' })
    expect([refused.status, refused.text]).toEqual([403, '{"title":"No"}'])
    const other = await answer(mode, { status: 503, contentType: 'text/html', body: '<p>' }, {}, '/anything')
    expect([other.status, other.text]).toEqual([503, '<p>'])
  })
  test('lets streams, bytes and texts through', async () => {
    const csv = (body: unknown) => ({ ...json(body), contentType: 'text/csv' })
    expect((await answer(mode, csv(Readable.from(['a;', 'b'])))).text).toBe('a;b')
    expect((await answer(mode, csv(new TextEncoder().encode('a;b')))).text).toBe('a;b')
    expect((await answer(mode, csv('a;b'))).text).toBe('a;b')
    expect((await answer(mode, json(Readable.from(['{"name":', '"Ada"}'])))).text).toBe('{"name":"Ada"}')
    expect(faults).toEqual([])
  })
  test('answers HEAD as GET, without the body', async () => {
    const { headers: received, text } = await answer(mode, json(full), { method: 'HEAD' })
    expect([received['content-length'], text]).toEqual(['23', ''])
    expect((await answer(mode, { status: 200, headers }, { method: 'HEAD' })).status).toBe(200)
    expect(faults).toEqual([])
  })
  test('sends no body with 204', async () => {
    const { status, headers: received, text } = await answer(mode, { status: 204 })
    expect([status, received['content-length'], text]).toEqual([204, undefined, ''])
  })
  test('leaves alone what the document does not say readably', async () => {
    expect((await answer(mode, { status: 409, body: full })).text).toBe(JSON.stringify(full))
    expect(faults).toEqual([])
  })
  test('leaves a handler alone that answers through res', async () => {
    expect((await answer(mode, undefined, { method: 'OPTIONS' })).status).toBe(204)
  })
})

describe('check answers 500, shows nothing, and tells', () => {
  const cases: [string, object, ReplyFault['errors']][] = [
    ['a member that is missing', json({ age: 1 }), [{ in: 'body', pointer: '#/name', detail: 'is required' }]],
    [
      'one of another type',
      json({ ...full, age: 'secret' }),
      [{ in: 'body', pointer: '#/age', detail: 'must be an integer' }],
    ],
    [
      'a header that is missing',
      { ...json(full), headers: {} },
      [{ in: 'header', pointer: '#/X-Version', detail: 'is required' }],
    ],
    [
      'a header of another type',
      { ...json(full), headers: { 'x-version': 'secret' } },
      [{ in: 'header', pointer: '#/X-Version', detail: 'must be an integer' }],
    ],
    [
      'an item of a header',
      { ...json(full), headers: { ...headers, 'X-Tags': ['a', 'secret'] } },
      [{ in: 'header', pointer: '#/X-Tags/1', detail: 'must be one of "a", "b"' }],
    ],
    [
      'a member of a header',
      { ...json(full), headers: { ...headers, 'X-Point': 'x=secret' } },
      [{ in: 'header', pointer: '#/X-Point/x', detail: 'must be an integer' }],
    ],
    [
      'JSON in a header',
      { ...json(full), headers: { ...headers, 'X-Meta': '{"b":"secret"}' } },
      [{ in: 'header', pointer: '#/X-Meta/a', detail: 'is required' }],
    ],
    [
      'a header without a body',
      { status: 200, headers: { ...headers, 'X-Note': 'secret' } },
      [
        { in: 'header', pointer: '#/X-Note', detail: 'must have at most 3 characters' },
        { in: 'body', pointer: '#', detail: 'is missing' },
      ],
    ],
    [
      'a status',
      { status: 302, headers: { Location: '/secret' } },
      [{ in: 'status', pointer: '#', detail: 'is not documented' }],
    ],
    ['a body', { status: 404, body: full }, [{ in: 'body', pointer: '#', detail: 'is not documented' }]],
    ['no body', { status: 200, headers }, [{ in: 'body', pointer: '#', detail: 'is missing' }]],
    [
      'a media type',
      { ...json('secret'), contentType: 'text/html' },
      [{ in: 'header', pointer: '#/Content-Type', detail: '"text/html" is not documented' }],
    ],
    [
      'a body of a status that can have none',
      { status: 204, body: full },
      [{ in: 'body', pointer: '#', detail: 'is not documented' }],
    ],
  ]
  test.each(cases)('of %s', async (_name, given, errors) => {
    const { status, headers: received, text } = await answer('check', given)
    expect([status, text, received['content-type']]).toEqual([500, MISFIT, 'application/problem+json'])
    expect(JSON.stringify(received)).not.toMatch(/secret|version/)
    const { status: replied } = given as { status: number }
    expect(faults).toEqual([{ operation: 'readUser', method: 'GET', path: '/user', status: replied, errors }])
    expect(JSON.stringify(faults)).not.toContain('secret')
  })
  test('and a stream of such a reply is closed', async () => {
    const body = Readable.from(['secret'])
    expect((await answer('check', { ...json(body), contentType: 'text/html' })).text).toBe(MISFIT)
    expect(body.destroyed).toBe(true)
  })
  test('headers that fit are sent, and those that no style spells', async () => {
    const fitting = { 'x-version': 7, 'X-Tags': ['a', 'b'], 'X-Meta': '{"a":1}', 'X-Point': 'x=1', 'X-Note': 'yes' }
    const { status, headers: received } = await answer(
      'check',
      json(full, { headers: { ...fitting, 'Set-Cookie': ['long=1', 'longer=2'] } }),
    )
    expect([status, received['x-version'], received['x-point'], received['set-cookie']]).toEqual([
      200,
      '7',
      'x=1',
      ['long=1', 'longer=2'],
    ])
    expect(faults).toEqual([])
  })
  test.each(['strip', 'off'] as const)('and none of them by %s', async mode => {
    expect((await answer(mode, json(full, { headers: { 'X-Version': 'old' } }))).headers['x-version']).toBe('old')
  })
  test('what the value becomes as JSON is checked', async () => {
    expect((await answer('check', json({ name: { toJSON: () => 'Ada' }, age: undefined }))).text).toBe('{"name":"Ada"}')
  })
})

describe('strip sends no body that is not documented', () => {
  const notFound = '{"type":"about:blank","title":"Not Found","status":404}'
  const cases: [string, object, number, string][] = [
    ['of a status without content', { status: 404, body: full }, 404, notFound],
    ['of another media type', { ...json('secret'), contentType: 'text/html' }, 200, ''],
    ['of another status', { status: 201, body: full }, 201, ''],
    [
      'of an error that is not documented',
      { status: 500, body: full },
      500,
      notFound.replace('Not Found', 'Internal Server Error').replace('404', '500'),
    ],
  ]
  test.each(cases)('%s', async (_name, given, status, text) => {
    const received = await answer('strip', given)
    expect([received.status, received.text]).toEqual([status, text])
    expect(faults).toHaveLength(1)
  })
  test('with 204, and tells nobody of a status without a body', async () => {
    const { headers: received, text } = await answer('strip', { status: 204, body: full })
    expect([received['content-length'], received['content-type'], text]).toEqual([undefined, undefined, ''])
    expect((await answer('strip', { status: 302, headers: { Location: '/x' } })).headers.location).toBe('/x')
    expect(faults).toEqual([])
  })
  test('and checks nothing', async () => {
    expect((await answer('strip', json({ age: 'old' }, { headers: {} }))).text).toBe('{"age":"old"}')
  })
})

test('off sends what the handler gives', async () => {
  expect((await answer('off', json(full))).text).toBe(JSON.stringify(full))
  expect((await answer('off', { status: 418, body: full })).text).toBe(JSON.stringify(full))
  expect(faults).toEqual([])
})

describe('what is no JSON is an error of the handler', () => {
  test.each(['check', 'strip', 'off'] as const)('%s', async mode => {
    const circle: { self?: unknown; name: string } = { name: 'a' }
    circle.self = circle
    const given = mode === 'strip' ? json({ name: 1n }) : json(circle)
    expect((await answer(mode, given)).status).toBe(500)
    expect(
      (
        await answer(
          mode,
          json(() => 1),
        )
      ).status,
    ).toBe(500)
    expect(failures).toBe(2)
  })
})

describe('the default', () => {
  afterEach(() => vi.unstubAllEnvs())

  test.each([
    ['production', 200, '{"age":"old"}'],
    ['development', 500, MISFIT],
    ['', 500, MISFIT],
  ])('with NODE_ENV=%s', async (environment, status, text) => {
    vi.stubEnv('NODE_ENV', environment)
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const origin = await serve({})
    reply = json({ age: 'old', hash: 'secret' })
    const received = await send(origin, '/user')
    expect([received.status, received.text]).toEqual([status, text])
    const line =
      'gatewright: readUser (GET /user) replied 200 unlike its document: body #/name is required; body #/age must be an integer'
    expect(log.mock.calls).toEqual(status === 500 ? [[line]] : [])
    log.mockRestore()
  })
  test('a hook that fails changes nothing', async () => {
    const onReplyFault = () => {
      throw new Error('secret')
    }
    const origin = await serve({ responses: 'check', onReplyFault })
    reply = json({})
    expect((await send(origin, '/user')).text).toBe(MISFIT)
  })
  test('an option that is none is refused', () => {
    const handlers = { readUser: () => reply, readAnything: () => reply }
    expect(() => create(handlers, { responses: 'loose' } as never)).toThrow(
      "responses must be 'check', 'strip' or 'off'",
    )
    expect(() => create(handlers, { onReplyFault: 'log' } as never)).toThrow('onReplyFault must be a function')
  })
})
