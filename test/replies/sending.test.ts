import { once } from 'node:events'
import { get as httpGet } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import express from 'express'
import { type Context, createGate, type GateOptions, type Replies, replyShapes } from 'gatewright/runtime'
import { afterAll, describe, expect, test } from 'vitest'
import { listeners } from '../http/emitted.js'
import { type Asked, send } from '../http/request.js'

const { listen, close } = listeners()
afterAll(close)

/** An app with one public operation at `/`, and what reached its error handler. */
async function serving(handler: (context: Context<unknown>) => unknown, options: GateOptions = {}, replies?: Replies) {
  const policies = { answer: { security: [] } }
  const gate = createGate({}, policies, options, replies)
  gate.get('/', policies.answer, {}, handler as never)
  const errors: unknown[] = []
  const app = express().use(gate.router)
  app.use((error: unknown, _req: express.Request, res: express.Response, next: express.NextFunction) => {
    errors.push(error)
    if (res.headersSent) next(error)
    else res.status(500).json({})
  })
  const origin = await listen(app)
  return { origin, errors, ask: (asked?: Asked) => send(origin, '/', asked) }
}

const answering = async (result: unknown, asked?: Asked) => {
  const { ask, errors } = await serving(() => result)
  return { ...(await ask(asked)), errors }
}

describe('what is no reply is an error of the app', () => {
  test.each<[string, unknown]>([
    ['a text', 'done'],
    ['null', null],
    ['an object without a status', { body: {} }],
    ['a status that is none', { status: '200' }],
    ['an informational status', { status: 103 }],
    ['a status beyond 599', { status: 600 }],
    ['a body without a JSON form', { status: 200, body: () => 1 }],
  ])('%s', async (_, result) => {
    const { status, errors } = await answering(result)
    expect(status).toBe(500)
    expect(errors).toEqual([expect.any(TypeError)])
  })
})

describe('headers', () => {
  test('that are undefined are left out, truth values are written as texts, lists as several fields', async () => {
    const headers = { 'X-None': undefined, 'X-Yes': true, 'X-Count': 3, 'Set-Cookie': ['a=1', 'b=2'] }
    const answer = await answering({ status: 200, headers, body: {} })
    expect(answer.headers).toMatchObject({ 'x-yes': 'true', 'x-count': '3', 'set-cookie': ['a=1', 'b=2'] })
    expect(answer.headers).not.toHaveProperty('x-none')
  })

  test('that name a type win over that of the reply, for values and for streams', async () => {
    const headers = { 'Content-Type': 'text/csv' }
    for (const body of ['a,b', Readable.from(['a,b'])]) {
      const answer = await answering({ status: 200, headers, body })
      expect([answer.headers['content-type'], answer.errors]).toEqual(['text/csv', []])
    }
  })

  test('name a charset for texts and JSON, however many types a handler makes up', async () => {
    let count = 0
    const { ask } = await serving(() => ({ status: 200, contentType: `text/x-${count++}`, body: 'x' }))
    for (let index = 0; index < 300; index++) {
      expect((await ask()).headers['content-type']).toBe(`text/x-${index}; charset=utf-8`)
    }
  })
})

describe("replies: 'express'", () => {
  test('sends values, texts and bytes as res.send does: with an ETag, conditionally', async () => {
    for (const [reply, type, text] of [
      [{ body: { a: 1 } }, 'application/json; charset=utf-8', '{"a":1}'],
      [{ body: 'a', contentType: 'text/plain' }, 'text/plain; charset=utf-8', 'a'],
      [{ body: Buffer.from('b'), contentType: 'image/png' }, 'image/png', 'b'],
    ] as const) {
      const { ask } = await serving(() => ({ status: 200, ...reply }), { replies: 'express' })
      const first = await ask()
      expect([first.status, first.headers['content-type'], first.text]).toEqual([200, type, text])
      const { etag = '' } = first.headers
      expect(etag).not.toBe('')
      expect((await ask({ headers: { 'If-None-Match': etag } })).status).toBe(304)
      expect((await ask({ method: 'HEAD' })).text).toBe('')
    }
  })
})

describe('a stream', () => {
  const webStream = (onCancel: () => void, chunks: readonly string[] = []) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(Buffer.from(chunk))
        if (chunks.length > 0) controller.close()
      },
      cancel: onCancel,
    })

  test('of the web is sent like one of Node', async () => {
    const answer = await answering({ status: 200, body: webStream(() => {}, ['a', 'b']) })
    expect([answer.headers['content-type'], answer.text]).toEqual(['application/octet-stream', 'ab'])
  })

  test('is not read for HEAD, nor for a status without a body, nor where the handler has answered itself', async () => {
    let cancelled = 0
    const bodies = () => [new PassThrough(), webStream(() => cancelled++)]
    for (const body of bodies()) {
      const answer = await answering({ status: 200, body }, { method: 'HEAD' })
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/octet-stream'])
      if (body instanceof Readable) expect(body.destroyed).toBe(true)
    }
    for (const body of bodies()) {
      expect((await answering({ status: 204, body })).status).toBe(204)
      if (body instanceof Readable) expect(body.destroyed).toBe(true)
    }
    for (const body of bodies()) {
      const { ask } = await serving(({ res }) => {
        res.end('own')
        return { status: 200, body }
      })
      expect((await ask()).text).toBe('own')
      if (body instanceof Readable) expect(body.destroyed).toBe(true)
    }
    expect(cancelled).toBe(3)
  })

  test('that has failed is an error with a status, whether before it is returned or before its first byte', async () => {
    const failed = new PassThrough()
    failed.on('error', () => {})
    failed.destroy(new Error('gone'))
    await new Promise(resolve => failed.once('close', resolve))
    const failing = new Readable({ read: () => failing.destroy(new Error('gone')) })
    for (const body of [failed, failing]) {
      const { status, errors } = await answering({ status: 200, body })
      expect([status, errors]).toEqual([500, [new Error('gone')]])
    }
  })

  test('that has ended, or was destroyed, ends the answer', async () => {
    const ended = Readable.from([])
    ended.resume()
    await once(ended, 'end')
    const { errors } = await answering({ status: 200, body: ended }).catch(() => ({ errors: [] }))
    expect(errors).toEqual([])
  })

  test('whose first byte is there is sent at once', async () => {
    const body = new PassThrough()
    body.end('ready')
    expect((await answering({ status: 200, body })).text).toBe('ready')
  })

  test('that never begins is let go when the caller leaves, which is no error', async () => {
    const body = new PassThrough()
    const { origin, errors } = await serving(() => ({ status: 200, body }))
    const request = httpGet(origin, { agent: false }).on('error', () => {})
    await new Promise(resolve => setTimeout(resolve, 100))
    request.destroy()
    await once(body, 'close')
    expect([body.destroyed, errors]).toEqual([true, []])
  })
})

describe('the signal of a handler', () => {
  test('is one, is not aborted by an answer that was sent, and is aborted where the caller has gone already', async () => {
    const signals: AbortSignal[] = []
    const { ask } = await serving(context => {
      signals.push(context.signal, context.signal)
      return { status: 200, body: {} }
    })
    await ask()
    const [first, second] = signals
    expect(first).toBe(second)
    expect(first?.aborted).toBe(false)

    let late: AbortSignal | undefined
    const left = new PassThrough()
    const { origin } = await serving(async context => {
      await once(context.res, 'close')
      late = context.signal
      left.destroy()
    })
    const request = httpGet(origin, { agent: false }).on('error', () => {})
    await new Promise(resolve => setTimeout(resolve, 100))
    request.destroy()
    await once(left, 'close')
    expect(late?.aborted).toBe(true)
  })
})

describe('a reply that is held to the document', () => {
  const { any } = replyShapes
  const documented: Replies = {
    answer: { '200': { 'application/json': any, 'not a type': any }, '201': { 'text/*': any } },
  }
  const told: string[] = []
  const held = async (result: unknown, responses: 'check' | 'strip' = 'strip') => {
    told.length = 0
    const onReplyFault = ({ errors }: { errors: readonly { pointer: string; detail: string }[] }) =>
      void told.push(...errors.map(({ pointer, detail }) => `${pointer} ${detail}`))
    const { ask } = await serving(() => result, { responses, onReplyFault }, documented)
    const { status, headers, text } = await ask()
    return [status, headers['content-type'], text]
  }
  const CUT = [200, undefined, '']

  test('loses its body where its type is not documented, is no type, or a malformed one of the document', async () => {
    expect(await held({ status: 200, body: 'a', contentType: 'nonsense' })).toEqual(CUT)
    expect(told).toEqual(['#/Content-Type "nonsense" is not documented'])
    expect(await held({ status: 200, body: 'a', headers: { 'Content-Type': 'text/csv; header=present' } })).toEqual(CUT)
    expect(told).toEqual(['#/Content-Type "text/csv" is not documented'])
    expect(await held({ status: 200, body: 'a', contentType: 'not a/type' })).toEqual(CUT)
  })

  test('that names no type is JSON, or octets, where the document knows ranges only', async () => {
    expect(await held({ status: 201, body: 'a' })).toEqual([201, undefined, ''])
    expect(told).toEqual(['#/Content-Type "application/json" is not documented'])
    expect(await held({ status: 201, body: Readable.from(['a']) })).toEqual([201, undefined, ''])
    expect(told).toEqual(['#/Content-Type "application/octet-stream" is not documented'])
    expect(await held({ status: 201, body: 'a', contentType: 'text/csv' })).toEqual([
      201,
      'text/csv; charset=utf-8',
      'a',
    ])
  })

  test('of a status that nobody knows is a problem without a phrase', async () => {
    const [status, type, text] = await held({ status: 599, body: { secret: 1 } })
    expect([status, type]).toEqual([599, 'application/problem+json'])
    expect(JSON.parse(String(text))).toEqual({ type: 'about:blank', title: 'Unknown', status: 599 })
  })

  test('is sent as it is where the document cannot be read there', async () => {
    const { ask } = await serving(() => ({ status: 200, body: { a: 1 } }), {}, { answer: { '200': 'unknown' } })
    expect((await ask()).text).toBe('{"a":1}')
  })
})
