import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { BodyLimits } from './body-limits.js'
import type { MediaRange } from './media-types.js'
import { type PartHeaders, type RawHeaders, readPartHeaders } from './part-headers.js'
import type { Problem } from './problem.js'

/** Ends the reading of a multipart body; what is left of it is not looked at. */
export class Refusal extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

const MALFORMED: Problem = { status: 400, detail: 'The multipart body is malformed.' }
const TOO_MANY: Problem = { status: 413, detail: 'The body has too many parts.' }
export const TOO_LARGE: Problem = { status: 413, detail: 'The body is too large.' }

/** Bytes of the headers of one part, as many as Node takes for a request's. */
const HEADER_SIZE = 16_384
const HEADER_PAIRS = 64

// RFC 2046 section 5.1.1
const BOUNDARY = /^[0-9a-zA-Z'()+_,./:=? -]{0,69}[0-9a-zA-Z'()+_,./:=?-]$/

/** Takes a part. It must read `content` to its end, or throw. */
export type ReceivePart = (headers: PartHeaders, content: AsyncIterable<Buffer>) => Promise<void>

/**
 * Reads `multipart/form-data` (RFC 7578) part by part, in order, no faster than `receive` takes them.
 * @throws {Refusal} if it is malformed, incomplete or more than the limits allow; what `receive` throws.
 */
export async function readParts(
  request: IncomingMessage,
  { parameters }: MediaRange,
  limits: BodyLimits,
  receive: ReceivePart,
): Promise<void> {
  const boundary = parameters.get('boundary')
  if (boundary === undefined || !BOUNDARY.test(boundary)) throw new Refusal(MALFORMED)
  // Loaded by those who need it only.
  const { Dicer } = await import('@fastify/busboy')
  const settings = { boundary, maxHeaderPairs: HEADER_PAIRS, maxHeaderSize: HEADER_SIZE }
  const parser = new Dicer(settings)
  const parts: Part[] = []
  let received = Promise.resolve()
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('part', content => {
        parts.at(-1)?.end()
        const part = new Part(content)
        parts.push(part)
        if (parts.length > limits.parts) reject(new Refusal(TOO_MANY))
        received = received.then(() => part.pass(receive))
        received.catch(reject)
      })
      parser.on('error', () => reject(new Refusal(MALFORMED)))
      parser.on('finish', () => {
        parts.at(-1)?.end()
        received.then(resolve, reject)
      })
      request.on('error', () => reject(new Refusal(MALFORMED)))
      request.on('close', () => {
        if (!request.complete) reject(new Refusal(MALFORMED))
      })
      request.pipe(parser)
    })
  } finally {
    request.unpipe(parser)
    parser.destroy()
    // What is not looked at any more is still taken: otherwise nobody would notice that the caller leaves.
    request.resume()
    for (const part of parts) part.abandon()
    // Nothing is received any more when this returns: what was stored can be freed.
    await received.catch(() => {})
  }
}

class Part {
  private readonly content: Readable
  private readonly headers: Promise<RawHeaders | undefined>
  /** Says that it has no headers, unless they came: the parser has no event for that. */
  end: () => void = () => {}

  constructor(content: Readable) {
    this.content = content
    // It fails together with the parser, maybe before anybody reads it.
    content.on('error', () => {})
    this.headers = new Promise(found => {
      this.end = () => found(undefined)
      content.on('header', found)
    })
  }

  async pass(receive: ReceivePart): Promise<void> {
    const raw = await this.headers
    const headers = raw && !isExcessive(raw) ? readPartHeaders(raw) : undefined
    if (!headers || this.content.destroyed) throw new Refusal(MALFORMED)
    await receive(headers, this.content)
  }

  abandon(): void {
    this.end()
    if (!this.content.readableEnded) this.content.destroy(new Refusal(MALFORMED))
  }
}

/** At its limits, the parser cuts headers off; what was cut may have mattered. */
function isExcessive(raw: RawHeaders): boolean {
  const all = Object.entries(raw)
  const pairs = all.reduce((sum, [, values]) => sum + values.length, 0)
  const size = all.reduce(
    (sum, [name, values]) => sum + values.reduce((most, one) => most + name.length + one.length + 4, 0),
    0,
  )
  return pairs >= HEADER_PAIRS || size >= HEADER_SIZE
}
