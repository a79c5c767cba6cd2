import { once } from 'node:events'
import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import express, { type RequestHandler } from 'express'
import { createGate, type OperationValidator } from 'gatewright/runtime'
import { afterAll, describe, expect, test } from 'vitest'
import { listeners } from './emitted.js'
import { send } from './request.js'

const { listen, close } = listeners()
afterAll(close)

type BodyShape = NonNullable<OperationValidator['body']>

/** An app with one public operation behind `before`, which takes bodies of these types. */
async function serving(
  content: BodyShape['content'],
  before?: RequestHandler,
  handler: (context: { body: unknown }) => unknown = ({ body }) => ({ status: 200, body: { is: body ?? null } }),
) {
  const policies = { take: { security: [] } }
  const gate = createGate({}, policies, {})
  gate.post('/', policies.take, { body: { required: true, content } }, handler as never)
  const errors: Error[] = []
  const app = express()
  if (before) app.use(before)
  app.use(gate.router)
  app.use((error: Error, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    errors.push(error)
    res.status(500).json({})
  })
  const origin = await listen(app)
  const post = (type: string, body: string | Buffer) =>
    send(origin, '/', { method: 'POST', headers: { 'Content-Type': type }, body })
  return { origin, errors, post }
}

const JSON_BODY = [{ mediaType: 'application/json', as: 'json' }] as const
const BYTES = [{ mediaType: 'application/octet-stream', as: 'stream' }] as const
const FORM = [{ mediaType: 'multipart/form-data', as: 'multipart' }] as const
const PARTS = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'
const MULTIPART = 'multipart/form-data; boundary=b'

describe('what a body parser before the router made of a body', () => {
  test('is the body, where the document has a stream', async () => {
    const { post } = await serving(BYTES, express.raw({ type: '*/*' }), ({ body }) => ({
      status: 200,
      body: { bytes: Buffer.isBuffer(body), text: String(body) },
    }))
    expect((await post('application/octet-stream', 'abc')).text).toBe('{"bytes":true,"text":"abc"}')
  })

  test('is held to the limits of a JSON body', async () => {
    const { post } = await serving(JSON_BODY, express.json({ limit: '1mb', strict: false }))
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    const wide = (count: number) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [i, 0])))
    expect((await post('application/json', nested(64))).status).toBe(200)
    expect((await post('application/json', wide(10_000))).status).toBe(200)
    expect(await post('application/json', nested(65))).toMatchObject({
      status: 400,
      text: expect.stringContaining('is nested too deeply'),
    })
    expect(await post('application/json', wide(10_001))).toMatchObject({
      status: 400,
      text: expect.stringContaining('holds too many members'),
    })
  })

  test('is an error of the app where nothing of it is left', async () => {
    const drain: RequestHandler = async (req, _res, next) => {
      await text(req)
      next()
    }
    for (const [content, type, body] of [
      [JSON_BODY, 'application/json', '{}'],
      [FORM, MULTIPART, PARTS],
    ] as const) {
      const { post, errors } = await serving(content, drain)
      expect((await post(type, body)).status).toBe(500)
      expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/before the router/)])
    }
    const { post, errors } = await serving(FORM, express.text({ type: () => true }))
    expect([(await post(MULTIPART, PARTS)).status, errors.length]).toEqual([500, 1])
  })

  test('cannot be bytes where the app made the request a text', async () => {
    const { post, errors } = await serving(JSON_BODY, (req, _res, next) => {
      req.setEncoding('utf8')
      next()
    })
    const { status, text: answered } = await post('application/json', '{"secret":1}')
    expect([status, errors.length]).toEqual([500, 1])
    expect(answered).not.toContain('secret')
  })
})

test('a file that cannot be kept is an error of the app, and nobody else learns of it', async () => {
  const { post, errors } = await serving([{ ...FORM[0], members: { file: { as: 'file' } } } as (typeof FORM)[0]])
  const part = `--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${'x'.repeat(70_000)}\r\n--b--\r\n`
  const { TMPDIR } = process.env
  process.env.TMPDIR = '/nowhere/at/all'
  try {
    const { status, text: answered } = await post(MULTIPART, part)
    expect([status, (errors[0] as NodeJS.ErrnoException | undefined)?.code]).toEqual([500, 'ENOENT'])
    expect(answered).not.toContain('nowhere')
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
})

test('the stream of a body whose sender leaves fails, and does not end', async () => {
  const sized = [{ ...BYTES[0], size: { min: 1, max: 100 } }]
  let outcome: Promise<string> | undefined
  const { origin } = await serving(sized, undefined, ({ body }: { body: unknown }) => {
    outcome = text(body as Readable).then(
      all => `ended with ${all}`,
      () => 'failed',
    )
    return outcome
  })
  const { port } = new URL(origin)
  const socket = connect(Number(port), '127.0.0.1')
  const head =
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
  socket.write(`${head}3\r\nabc\r\n`)
  await once(socket, 'ready')
  await new Promise(resolve => setTimeout(resolve, 100))
  socket.destroy()
  await once(socket, 'close')
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(await outcome).toBe('failed')
})

describe('media types', () => {
  test('that the document writes wrong name nothing', async () => {
    const { post } = await serving([{ mediaType: 'json', as: 'json' }, ...JSON_BODY])
    expect((await post('json', '{}')).status).toBe(415)
    expect((await post('application/json', '{}')).status).toBe(200)
  })

  test.each<[string, string, number]>([
    ['application/json', 'application/json;;', 200],
    ['application/json', 'application/json; ;charset="utf\\-8"', 200],
    ['application/json', 'application/json; charset="utf-8', 415],
    ['application/json', 'application/json; charset=utf-8; charset=utf-16', 415],
    ['application/json; charset=utf-8', 'application/json', 200],
    ['application/json; version=2', 'application/json', 415],
    ['application/json; version=2', 'application/json; VERSION="2"', 200],
    ['*/json', 'application/json', 415],
    ['*/*', 'application/json', 200],
  ])('%s is sent as %s: %i', async (mediaType, sent, status) => {
    const { post } = await serving([{ mediaType, as: 'json' }])
    expect((await post(sent, '{}')).status).toBe(status)
  })

  test('of the parts of a form, too', async () => {
    const typed = PARTS.replace('name="a"', 'name="a"\r\nContent-Type: text/plain')
    for (const [mediaType, status] of [
      ['text/plain', 200],
      ['nonsense', 400],
    ] as const) {
      const form = [{ ...FORM[0], members: { a: { as: 'text', mediaTypes: [mediaType] } } }] as never
      expect((await (await serving(form)).post(MULTIPART, typed)).status).toBe(status)
    }
  })

  test('a text that ends within a string is no JSON, however long', async () => {
    const { post } = await serving(JSON_BODY)
    expect((await post('application/json', `"${'x'.repeat(100)}`)).status).toBe(400)
    expect((await post('application/json', `"${'x'.repeat(100)}\\"`)).status).toBe(400)
  })
})
