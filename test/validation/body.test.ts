import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import bodyParser from 'body-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBody } from '../../runtime/body.js'
import type { BodyRequest } from '../../runtime/body-bytes.js'
import { DEFAULT_BODY_LIMITS } from '../../runtime/body-limits.js'
import { sendProblem } from '../../runtime/problem.js'
import type { OperationValidator } from '../../runtime/validator.js'
import { content, validatorFor } from './emitted.js'

const location = { file: '/api.yaml', pointer: '' }
const message = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: {
    text: { type: 'string', maxLength: 5 },
    n: { type: 'integer' },
    tags: { type: 'array', items: { type: 'integer' } },
  },
}
const types = (required: boolean, ...list: [mediaType: string, schema?: unknown][]) =>
  validatorFor({ requestBody: { required, location, content: list.map(([type, schema]) => content(type, schema)) } })

const operations: Record<string, OperationValidator> = {
  none: {},
  json: types(true, ['application/json', message]),
  optional: types(false, ['application/json', message]),
  any: types(true, ['application/json']),
  form: types(true, ['application/x-www-form-urlencoded', message]),
  open: types(true, ['application/x-www-form-urlencoded']),
  text: types(true, ['text/plain', { type: 'string', maxLength: 5 }]),
  number: types(true, ['text/plain', { type: 'integer' }]),
  bytes: types(true, ['application/octet-stream', { type: 'string', format: 'binary' }]),
  ranges: types(
    true,
    ['*/*', { type: 'array' }],
    ['application/*', { type: 'boolean' }],
    ['application/*+json', { type: 'integer' }],
    ['application/vnd.a+json', { type: 'string' }],
    ['application/vnd.a+json; v=2', { type: 'null' }],
  ),
  tree: validatorFor(
    {
      requestBody: {
        required: true,
        location,
        content: [content('application/json', { $ref: '#/components/schemas/T' })],
      },
    },
    { T: { type: 'array', items: { $ref: '#/components/schemas/T' } } },
  ),
}

const LIMIT = 100_000
const parsers: Record<string, (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void> = {
  json: bodyParser.json(),
  form: bodyParser.urlencoded({ extended: true }),
  raw: bodyParser.raw({ type: () => true }),
  text: bodyParser.text({ type: () => true }),
  drain: (req, _res, next) => void text(req).then(() => next(), next),
}

let server: Server
beforeAll(async () => {
  server = createServer((req: BodyRequest, res) => {
    const [, name = '', parser] = (req.url ?? '').split('/')
    const answer = async () => {
      const result = await readBody(operations[name] ?? {}, req, res, { ...DEFAULT_BODY_LIMITS, limit: LIMIT })
      if (!result.ok) return sendProblem(res, result.problem)
      const body = result.body === req ? { unread: await text(req) } : result.body
      res.end(JSON.stringify({ body, same: req.body === result.body }))
    }
    const fail = (error: unknown) => void res.writeHead(500).end(String(error))
    const before = parser === undefined ? undefined : parsers[parser]
    if (before) before(req, res, error => (error ? fail(error) : void answer().catch(fail)))
    else answer().catch(fail)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: unknown
}

async function send(path: string, type: string | undefined, body?: string | Buffer, headers = {}): Promise<Answer> {
  const { port } = server.address() as AddressInfo
  const req = request({
    port,
    host: '127.0.0.1',
    path: `/${path}`,
    method: 'POST',
    headers: { ...(type !== undefined && { 'content-type': type }), ...headers },
  })
  req.end(body)
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  const answer = await text(res)
  return {
    status: res.statusCode ?? 0,
    headers: res.headers,
    body: res.statusCode === 500 ? answer : JSON.parse(answer),
  }
}

const chunked = { 'transfer-encoding': 'chunked' }
const fits = (body: unknown) => ({ status: 200, body: { body, same: true } })
const refused = (status: number, ...faults: string[]) => ({
  status,
  body: expect.objectContaining({
    status,
    ...(faults.length > 0 && {
      errors: faults.map(fault => {
        const [, pointer, detail] = /^(\S+) (.*)$/.exec(fault) ?? []
        return { in: 'body', pointer, detail }
      }),
    }),
  }),
})

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

type Row = [name: string, sent: Parameters<typeof send>, expected: object]
const table: Row[] = [
  ['JSON', ['json', json, '{"text":"a"}'], fits({ text: 'a' })],
  ['JSON with a charset', ['json', 'Application/JSON; Charset="UTF-8"', '{"text":"é"}'], fits({ text: 'é' })],
  [
    'JSON in UTF-16',
    ['json', `${json}; charset=utf-16le`, Buffer.from('{"text":"é"}', 'utf16le')],
    fits({ text: 'é' }),
  ],
  ['JSON with a BOM', ['json', json, '\ufeff{"text":"a"}'], fits({ text: 'a' })],
  ['chunks', ['json', json, '{"text":"a"}', chunked], fits({ text: 'a' })],
  ['gzip', ['json', json, gzipSync('{"text":"a"}'), { 'content-encoding': 'gzip' }], fits({ text: 'a' })],
  ['brotli', ['json', json, brotliCompressSync('{"text":"a"}'), { 'content-encoding': 'br' }], fits({ text: 'a' })],
  ['a number', ['any', json, '1'], fits(1)],
  ['null', ['any', json, 'null'], fits(null)],
  ['malformed JSON', ['json', json, '{"text":"SECRET"'], refused(400, '# is not valid JSON')],
  ['no UTF-8', ['any', json, Buffer.from([0x22, 0xff, 0x22])], refused(400)],
  ['an unknown charset', ['json', `${json}; charset=klingon`, '{}'], refused(415)],
  ['JSON in Latin 1', ['json', `${json}; charset=iso-8859-1`, '{}'], refused(415)],
  ['an unknown coding', ['json', json, '{}', { 'content-encoding': 'klingon' }], refused(415)],
  ['a broken coding', ['json', json, 'no gzip', { 'content-encoding': 'gzip' }], refused(400)],
  ['too large', ['json', json, `"${'a'.repeat(LIMIT)}"`], refused(413)],
  ['too large, chunked', ['json', json, `"${'a'.repeat(LIMIT)}"`, chunked], refused(413)],
  ['a bomb', ['json', json, gzipSync('a'.repeat(5_000_000)), { 'content-encoding': 'gzip' }], refused(413)],
  ['a required body missing', ['json', json], refused(400, '# is required')],
  ['a required body of no chunk', ['json', json, '', chunked], refused(400, '# is required')],
  ['an optional body missing', ['optional', json], { status: 200, body: { same: true } }],
  ['an optional body, wrong', ['optional', json, '{}'], refused(400, '#/text is required')],
  ['no media type', ['json', undefined, '{"text":"a"}'], refused(415)],
  ['another media type', ['json', 'text/json', '{"text":"a"}'], refused(415)],
  ['a malformed media type', ['json', 'application/json,text/plain', '{"text":"a"}'], refused(415)],
  ['a body that is not documented', ['none', json, 'no json'], { status: 200, body: { same: true } }],
  [
    'faults',
    ['json', json, '{"text":"SECRET","n":"x","evil/~":1}'],
    refused(400, '#/evil~1~0 is not allowed here', '#/text must have at most 5 characters', '#/n must be an integer'),
  ],
  [
    '__proto__',
    ['any', json, '{"a":[{"__proto__":{"admin":true}}]}'],
    refused(400, '#/a/0/__proto__ is not allowed here'),
  ],
  ['__proto__, escaped', ['any', json, '{"__\\u0070roto__":1}'], refused(400, '#/__proto__ is not allowed here')],
  ['nesting', ['tree', json, '['.repeat(40_000) + ']'.repeat(40_000)], refused(400, '# is nested too deeply')],

  ['a form', ['form', form, 'text=a+b&n=1&tags=1&tags=2'], fits({ text: 'a b', n: 1, tags: [1, 2] })],
  ['a form with one item', ['form', form, 'text=&tags=1'], fits({ text: '', tags: [1] })],
  ['a form, wrong', ['form', form, 'text=a&n=1e3'], refused(400, '#/n must be an integer')],
  ['a form, repeated', ['form', form, 'text=a&text=b'], refused(400, '#/text must not be repeated')],
  ['a form, unknown', ['form', form, 'text=a&evil=1'], refused(400, '#/evil is not allowed here')],
  ['a form, malformed', ['form', form, 'text=%zz'], refused(400, '#/text is not valid percent-encoding')],
  ['a form, malformed name', ['form', form, 'text=a&%zz=1'], refused(400, '# is not valid percent-encoding')],
  ['a form with __proto__', ['open', form, 'text=a&__proto__=1'], refused(400, '#/__proto__ is not allowed here')],
  ['an empty form', ['form', form, '', chunked], refused(400, '#/text is required')],

  ['text', ['text', 'text/plain', 'é😀'], fits('é😀')],
  ['text in Latin 1', ['text', 'text/plain; charset=latin1', Buffer.from([0xe9])], fits('é')],
  ['text, too long', ['text', 'text/plain', 'abcdef'], refused(400, '# must have at most 5 characters')],
  ['a number as text', ['number', 'text/plain', '12'], fits(12)],
  ['no number as text', ['number', 'text/plain', '1e3'], refused(400, '# must be an integer')],

  [
    'bytes',
    ['bytes', 'application/octet-stream', 'abc'],
    { status: 200, body: { body: { unread: 'abc' }, same: false } },
  ],

  ['the closest range: parameters', ['ranges', 'application/vnd.a+json; v=2', 'null'], fits(null)],
  ['the closest range: a type', ['ranges', 'application/vnd.a+json;v=1', '"x"'], fits('x')],
  ['the closest range: a suffix', ['ranges', 'application/b+json', '1'], fits(1)],
  ['the closest range: a half', ['ranges', 'application/json', 'true'], fits(true)],
  ['the closest range: all', ['ranges', 'text/json', '[]'], fits([])],
  ['a range under a schema, and a type that cannot be read', ['ranges', 'image/png', 'x'], refused(415)],

  ['JSON, parsed before', ['json/json', json, '{"text":"a"}'], fits({ text: 'a' })],
  ['JSON, parsed before, wrong', ['json/json', json, '{}'], refused(400, '#/text is required')],
  [
    'JSON, parsed before, __proto__',
    ['any/json', json, '{"__proto__":1}'],
    refused(400, '#/__proto__ is not allowed here'),
  ],
  ['JSON, left alone before', ['json/form', json, '{"text":"a"}'], fits({ text: 'a' })],
  ['JSON, read before as bytes', ['json/raw', json, '{"text":"a"}'], fits({ text: 'a' })],
  ['a form, parsed before', ['form/form', form, 'text=a&n=1&tags=2&tags=3'], fits({ text: 'a', n: 1, tags: [2, 3] })],
  ['a form, parsed before to objects', ['form/form', form, 'text[a]=a'], refused(400, '#/text is not allowed here')],
  ['text, read before', ['text/text', 'text/plain', 'abc'], fits('abc')],
]

describe('bodies', () => {
  it.each(table)('%s', async (_name, sent, expected) => {
    const { status, body } = await send(...sent)
    expect({ status, body }).toEqual(expected)
    expect(JSON.stringify(body)).not.toContain('SECRET')
  })

  it('say what would have done', async () => {
    const { headers, body } = await send('ranges', 'image/png', 'x')
    expect(headers.accept).toBe(
      '*/*, application/*, application/*+json, application/vnd.a+json, application/vnd.a+json; v=2',
    )
    expect(headers['content-type']).toBe('application/problem+json')
    expect(body).toMatchObject({ type: 'about:blank', title: 'Unsupported Media Type', status: 415 })
    const coding = await send('json', json, '{}', { 'content-encoding': 'klingon' })
    expect(coding.headers['accept-encoding']).toBe('gzip, deflate, br, identity')
  })

  it('that are gone are the programmer’s mistake', async () => {
    expect(await send('json/drain', json, '{"text":"a"}')).toMatchObject({ status: 500 })
    expect(await send('form/text', form, 'text=a')).toMatchObject({ status: 500 })
  })
})
