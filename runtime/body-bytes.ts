import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TextDecoder } from 'node:util'
import bodyParser from 'body-parser'
import type { MediaRange } from './media-types.js'
import type { Problem } from './problem.js'

/** A request, and what a body parser made of its body. */
export type BodyRequest = IncomingMessage & { body?: unknown }

export type Outcome<Value> = { readonly value: Value } | { readonly problem: Problem }

/** RFC 9112 section 6.3: what says that a request has a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

const parsers = new Map<number, ReturnType<typeof bodyParser.raw>>()

function parserFor(limit: number): ReturnType<typeof bodyParser.raw> {
  let parser = parsers.get(limit)
  if (!parser) {
    parser = bodyParser.raw({ limit, type: () => true })
    parsers.set(limit, parser)
  }
  return parser
}

/**
 * RFC 9110 section 10.1.1: tells a caller who waits for it to send the body. Node does so by itself, before the policy is
 * asked, unless the server has a listener for `checkContinue`.
 */
export function sendContinue({ headers, socket }: IncomingMessage, response: ServerResponse): void {
  if (headers.expect === undefined || !('server' in socket)) return
  const { server } = socket
  if (server instanceof EventEmitter && server.listenerCount('checkContinue') > 0) response.writeContinue()
}

/**
 * The body's bytes, decompressed, at most `limit` of them.
 * @throws {Error} if something before the router consumed the body and left nothing of it in `req.body`.
 */
export async function receiveBytes(req: BodyRequest, res: ServerResponse, limit: number): Promise<Outcome<Buffer>> {
  // Where its length says it, a body is refused before it is sent.
  const { 'content-length': length, 'content-encoding': coding } = req.headers
  if (coding === undefined && Number(length ?? 0) > limit) return { problem: TOO_LARGE }
  sendContinue(req, res)
  try {
    await new Promise<void>((resolve, reject) => {
      parserFor(limit)(req, res, error => (error ? reject(error) : resolve()))
    })
  } catch (error) {
    const problem = problemOf(error)
    if (!problem) throw error
    return { problem }
  }
  if (Buffer.isBuffer(req.body)) return { value: req.body }
  // body-parser reads nothing of a client that has gone.
  if (!req.complete || !req.socket.readable) return { problem: CUT_OFF }
  throw new Error('The request body was consumed before the router, and nothing of it is in req.body')
}

const CUT_OFF: Problem = { status: 400, detail: 'The body could not be read in full.' }
const TOO_LARGE: Problem = { status: 413, detail: 'The body is too large.' }

/** body-parser's errors, without their messages: these may repeat what was sent. */
function problemOf(error: unknown): Problem | undefined {
  const { status, type } = error as { status?: unknown; type?: unknown }
  if (type === 'entity.too.large') return TOO_LARGE
  if (type === 'encoding.unsupported') {
    // RFC 9110 section 15.5.16: says whether the type or the coding was the trouble.
    const headers = { 'Accept-Encoding': 'gzip, deflate, br, identity' }
    return { status: 415, detail: 'The content coding of the body is not supported.', headers }
  }
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined
  return CUT_OFF
}

const UNICODE = /^utf-?(?:8|16|16le|16be)$/i

/** Malformed text is refused, never mended: what is validated is what was sent. */
export function decodeText(bytes: Buffer, { parameters }: MediaRange, unicodeOnly: boolean): Outcome<string> {
  const charset = parameters.get('charset') ?? 'utf-8'
  // RFC 8259 section 8.1 for JSON; a form's percent-encoding is that of UTF-8.
  const decoder = unicodeOnly && !UNICODE.test(charset) ? undefined : decoderFor(charset)
  if (!decoder) return { problem: { status: 415, detail: 'The charset of the body is not supported.' } }
  try {
    return { value: decoder.decode(bytes) }
  } catch {
    return { problem: { status: 400, detail: 'The body is no well-formed text in its charset.' } }
  }
}

function decoderFor(charset: string): TextDecoder | undefined {
  try {
    return new TextDecoder(charset, { fatal: true })
  } catch {
    return undefined
  }
}
