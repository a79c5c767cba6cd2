import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Request, Response } from 'express'
import { after, type Eventual } from './eventual.js'
import { NOT_IMPLEMENTED } from './handler.js'
import { endWith, sendProblem } from './problem.js'
import {
  type Contract,
  defaultType,
  isBodiless,
  isJson,
  isStream,
  type ReplyError,
  type Settled,
  type UntypedReply,
} from './reply-contract.js'

/** How the replies of one operation are sent. */
export interface Sending {
  /**
   * `plain` writes to the response directly: no `ETag`, no conditional answers; `express` sends through `res.send`,
   * with all that the application is set to do there.
   */
  readonly replies: 'plain' | 'express'
  /** What replies are held to; absent where they are sent as they are. */
  readonly contract?: Contract
  /** Told what was wrong with a reply, before the answer is sent. */
  readonly onFault: (reply: UntypedReply, errors: readonly ReplyError[], request: Request) => void
}

/**
 * Sends what a handler returned, or what its contract lets through. Sends nothing where the handler answered through
 * `res` itself or the client has gone.
 * @throws {TypeError} if it is no reply; nothing was sent then.
 */
export function sendReply(request: Request, response: Response, result: unknown, sending: Sending): Eventual<void> {
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
  if (!sending.contract) return sendSettled(response, { reply: result }, sending)
  return after(sending.contract(result, request.method), settled => {
    if (settled.errors) {
      discard(result.body)
      sending.onFault(result, settled.errors, request)
    }
    return sendSettled(response, settled, sending)
  })
}

function sendSettled(response: Response, { reply, problem }: Settled, { replies }: Sending): Eventual<void> {
  response.statusCode = reply.status
  if (reply.headers) {
    for (const [name, value] of Object.entries(reply.headers)) {
      if (value !== undefined) response.setHeader(name, typeof value === 'boolean' ? String(value) : value)
    }
  }
  return problem ? sendProblem(response, problem) : sendBody(response, reply, replies)
}

function sendBody(
  response: Response,
  { status, body, contentType }: UntypedReply,
  replies: 'plain' | 'express',
): Eventual<void> {
  if (body === undefined || isBodiless(status)) {
    discard(body)
    if (!isBodiless(status)) response.setHeader('Content-Length', 0)
    response.end()
    return
  }
  if (isStream(body)) return sendStream(response, body, contentType)
  const type = withCharset(contentType ?? defaultType(body))
  const payload = payloadOf(body, type)
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', type)
  if (replies === 'express') {
    // `res.send` would name a charset for texts.
    response.send(typeof payload === 'string' ? Buffer.from(payload) : payload)
    return
  }
  endWith(response, payload)
}

function isReply(result: unknown): result is UntypedReply {
  if (typeof result !== 'object' || result === null || !('status' in result)) return false
  const { status } = result
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599
}

function payloadOf(body: unknown, contentType: string): Buffer | string {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (typeof body === 'string' && !isJson(body, contentType)) return body
  const text = JSON.stringify(body)
  if (text === undefined) throw new TypeError('The body of a reply has no JSON form')
  return text
}

const withCharsets = new Map<string, string>()

/** Of the types that were written last; a handler may make them up. */
function withCharset(contentType: string): string {
  const known = withCharsets.get(contentType)
  if (known !== undefined) return known
  const type = typeWithCharset(contentType)
  if (withCharsets.size < MAX_TYPES) withCharsets.set(contentType, type)
  return type
}

const MAX_TYPES = 256

function typeWithCharset(contentType: string): string {
  return /^(text\/|application\/json\s*$)/i.test(contentType) && !/;\s*charset=/i.test(contentType)
    ? `${contentType}; charset=utf-8`
    : contentType
}

async function sendStream(response: Response, body: Readable | ReadableStream, contentType?: string): Promise<void> {
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', contentType ?? defaultType(body))
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

function discard(body: unknown): void {
  if (body instanceof Readable) body.destroy()
  else if (body instanceof globalThis.ReadableStream) body.cancel().catch(() => {})
}
