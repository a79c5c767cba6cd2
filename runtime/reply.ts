import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Response } from 'express'
import { NOT_IMPLEMENTED } from './handler.js'
import { sendProblem } from './problem.js'

/** What a handler returned, before anything is known of it. */
interface UntypedReply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string | number | readonly string[] }
  readonly contentType?: string
}

/**
 * Sends what a handler returned. `plain` writes it to the response directly: no `ETag`, no conditional answers;
 * `express` sends it through `res.send`, with all that the application is set to do there.
 *
 * Sends nothing where the handler answered through `res` itself or the client has gone.
 * @throws {TypeError} if it is no reply; nothing was sent then.
 */
export async function sendReply(response: Response, result: unknown, replies: 'plain' | 'express'): Promise<void> {
  if (result === undefined) return
  if (response.headersSent || response.destroyed) {
    if (isReply(result)) discard(result.body)
    return
  }
  if (result === NOT_IMPLEMENTED) {
    sendProblem(response, { status: 501, detail: 'This operation is not implemented yet.' })
    return
  }
  if (!isReply(result)) throw new TypeError('A handler returns { status, body?, headers?, contentType? } or nothing')
  response.status(result.status)
  for (const [name, value] of Object.entries(result.headers ?? {})) {
    response.setHeader(name, value)
  }
  const { body } = result
  if (body instanceof Readable || isWebStream(body)) return sendStream(response, body, result.contentType)
  if (body === undefined) {
    if (result.status !== 204 && result.status !== 304 && result.status !== 205) response.setHeader('Content-Length', 0)
    response.end()
    return
  }
  const contentType = withCharset(result.contentType ?? 'application/json')
  const payload = payloadOf(body, contentType)
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', contentType)
  if (replies === 'express') {
    response.send(payload)
    return
  }
  response.setHeader('Content-Length', payload.length)
  response.end(payload)
}

function isReply(result: unknown): result is UntypedReply {
  if (typeof result !== 'object' || result === null || !('status' in result)) return false
  const { status } = result
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599
}

function payloadOf(body: unknown, contentType: string): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const json = /^[^;]*[/+]json\s*(;|$)/i.test(contentType)
  if (!json && typeof body === 'string') return Buffer.from(body)
  const text = JSON.stringify(body)
  if (text === undefined) throw new TypeError('The body of a reply has no JSON form')
  return Buffer.from(text)
}

function withCharset(contentType: string): string {
  return /^(text\/|application\/json\s*$)/i.test(contentType) && !/;\s*charset=/i.test(contentType)
    ? `${contentType}; charset=utf-8`
    : contentType
}

async function sendStream(response: Response, body: Readable | ReadableStream, contentType?: string): Promise<void> {
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', contentType ?? 'application/octet-stream')
  if (response.req.method === 'HEAD') {
    discard(body)
    response.end()
    return
  }
  const source = body instanceof Readable ? body : Readable.fromWeb(body)
  // A source that fails before its first byte (no such file) is still an error to answer with a status.
  await firstBytes(source, response)
  // Later it is not: the pipeline cuts the connection, so that nobody takes what was sent for the whole.
  await pipeline(source, response).catch(() => {})
}

async function firstBytes(source: Readable, response: Response): Promise<void> {
  if (source.errored) throw source.errored
  if (source.readableLength > 0 || source.readableEnded || source.destroyed) return
  const gone = new AbortController()
  const leave = () => gone.abort()
  response.once('close', leave)
  try {
    await once(source, 'readable', { signal: gone.signal })
  } catch (error) {
    discard(source)
    if (!gone.signal.aborted) throw error
  } finally {
    response.off('close', leave)
  }
}

function isWebStream(body: unknown): body is ReadableStream {
  return body instanceof globalThis.ReadableStream
}

function discard(body: unknown): void {
  if (body instanceof Readable) body.destroy()
  else if (isWebStream(body)) body.cancel().catch(() => {})
}
