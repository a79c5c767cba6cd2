import type { IncomingMessage } from 'node:http'
import { type Readable, Transform } from 'node:stream'
import type { Problem } from './problem.js'
import type { BodyContent } from './validator.js'

/** What the stream of a body fails with when it does not keep its size. Express answers with its `status`. */
export class BodySizeError extends Error {
  readonly status: 400 | 413
  readonly expose = true

  constructor(status: 400 | 413) {
    super(status === 413 ? TOO_LARGE : TOO_SMALL)
    this.name = 'BodySizeError'
    this.status = status
  }
}

const TOO_LARGE = 'The body is too large.'
const TOO_SMALL = 'The body is too small.'

/**
 * A body as a stream that holds as many octets as the document allows: by `Content-Length` where that was sent, which
 * Node holds callers to; counted while it is read otherwise.
 */
export function streamOf(
  request: IncomingMessage,
  size: BodyContent['size'],
): { readonly stream: Readable } | { readonly problem: Problem } {
  if (size === undefined) return { stream: request }
  const { min = 0, max = Number.POSITIVE_INFINITY } = size
  const length = request.headers['content-length']
  if (length === undefined) return { stream: counted(request, min, max) }
  if (Number(length) > max) return { problem: { status: 413, detail: TOO_LARGE } }
  if (Number(length) < min) return { problem: { status: 400, detail: TOO_SMALL } }
  return { stream: request }
}

function counted(request: IncomingMessage, min: number, max: number): Readable {
  let size = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > max) done(new BodySizeError(413))
      else done(null, chunk)
    },
    flush(done) {
      done(size < min ? new BodySizeError(400) : null)
    },
  })
  // A handler that does not read it must not end the process.
  counter.on('error', () => {})
  // A caller who leaves must not look like one who has sent it all.
  request.on('error', error => counter.destroy(error))
  request.on('close', () => {
    if (!request.complete) counter.destroy(new Error('The request was aborted'))
  })
  return request.pipe(counter)
}
