import type { IncomingMessage, ServerResponse } from 'node:http'
import { type BodyRequest, decodeText, hasBody, type Outcome, receiveBytes, sendContinue } from './body-bytes.js'
import type { BodyLimits } from './body-limits.js'
import { streamOf } from './body-stream.js'
import {
  readForm,
  readJson,
  readParsedForm,
  readParsedJson,
  readPlainText,
  toValue,
  type Value,
} from './body-values.js'
import type { Eventual } from './eventual.js'
import { type BodyKind, kindOf, type MediaRange, parseMediaType, specificity } from './media-types.js'
import { Refusal } from './multipart.js'
import { readMultipart } from './multipart-body.js'
import { contractProblem, type Problem } from './problem.js'
import { dropReadOnly } from './read-only.js'
import { schemaFaults } from './schema-faults.js'
import { FileStore } from './uploaded-files.js'
import type { BodyContent, BodyShape, OperationValidator } from './validator.js'

export type Body =
  | {
      readonly ok: true
      readonly body: unknown
      /** Frees the files that came with it. To be called once the handler has settled. */
      readonly release?: () => Promise<void>
    }
  | { readonly ok: false; readonly problem: Problem }

const NO_BODY: Body = { ok: true, body: undefined }

/**
 * Reads and validates the body that the document describes; `req.body` holds it afterwards, too. JSON, forms and texts
 * are read, at most `limits.limit` bytes of them after decompression, and multipart forms with their files; a body of any
 * other type is a stream, unread. What a body parser before the router has made of a body is taken over and validated.
 *
 * Leaves out members that are `readOnly`. Puts in no defaults of schemas. Where the document describes no body, none is
 * read.
 * @throws {Error} if something before the router consumed the body and left nothing usable in `req.body`.
 */
export function readBody(
  { body: shape }: OperationValidator,
  req: BodyRequest,
  res: ServerResponse,
  limits: BodyLimits,
): Eventual<Body> {
  return shape === undefined ? NO_BODY : receive(shape, req, res, limits)
}

async function receive(shape: BodyShape, req: BodyRequest, res: ServerResponse, limits: BodyLimits): Promise<Body> {
  if (!hasBody(req)) return missing(shape)
  const choice = choose(shape, req.headers['content-type'] ?? '')
  if (choice === undefined) return refuse(unsupported(shape, req))
  const { content, kind } = choice
  if (kind === 'stream') return openStream(content, req, res)
  if (kind === 'multipart') return receiveMultipart(choice, req, res, limits)

  const outcome = await readValue(choice, kind, req, res, limits)
  if (outcome === 'empty') return missing(shape)
  return settle(outcome, content, req)
}

function settle(outcome: Outcome<unknown>, { readOnly, valid }: BodyContent, req: BodyRequest): Body {
  if ('problem' in outcome) return refuse(outcome.problem)
  const { value } = outcome
  if (readOnly) dropReadOnly(value, readOnly)
  const faults = valid ? schemaFaults(valid, value, 'body') : []
  if (faults.length > 0) return refuse(contractProblem(faults))
  req.body = value
  return { ok: true, body: value }
}

function openStream({ size }: BodyContent, req: BodyRequest, res: ServerResponse): Body {
  if (req.body !== undefined) return { ok: true, body: req.body }
  const coded = refuseCoding(req)
  if (coded) return refuse(coded)
  const opened = streamOf(req, size)
  if ('problem' in opened) return refuse(opened.problem)
  sendContinue(req, res)
  return { ok: true, body: opened.stream }
}

/** Decompressed, a stream has no bound. */
function refuseCoding({ headers }: IncomingMessage): Problem | undefined {
  if (/^[ \t]*(?:identity)?[ \t]*$/i.test(headers['content-encoding'] ?? '')) return undefined
  const detail = 'The content coding of the body is not supported with this media type.'
  return { status: 415, detail, headers: { 'Accept-Encoding': 'identity' } }
}

async function receiveMultipart(
  { content, sent }: Choice,
  req: BodyRequest,
  res: ServerResponse,
  limits: BodyLimits,
): Promise<Body> {
  if (req.body !== undefined || req.readableDidRead) {
    throw new Error('A multipart body was read before the router: leave it to the router')
  }
  const coded = refuseCoding(req)
  if (coded) return refuse(coded)
  const store = new FileStore()
  let body: Body | undefined
  try {
    sendContinue(req, res)
    const reading = await readMultipart(req, sent, content, { limits, store })
    body = settle(toOutcome(toValue(reading)), content, req)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    body = refuse(error.problem)
  } finally {
    if (!body?.ok) await store.release()
  }
  return body.ok ? { ...body, release: () => store.release() } : body
}

function refuse(problem: Problem): Body {
  return { ok: false, problem }
}

function missing({ required }: BodyShape): Body {
  return required ? refuse(contractProblem([{ in: 'body', pointer: '#', detail: 'is required' }])) : NO_BODY
}

function unsupported({ content }: BodyShape, { method }: IncomingMessage): Problem {
  const types = content.map(({ mediaType }) => mediaType).join(', ')
  return {
    status: 415,
    detail: 'The media type of the body is not documented.',
    headers: {
      // RFC 9110 section 15.5.16: `Accept` in the answer says what would have done.
      Accept: types,
      // W3C Linked Data Platform 1.0 section 7.1, RFC 5789 section 3.1: so do these, for one method each.
      ...(method === 'POST' && { 'Accept-Post': types }),
      ...(method === 'PATCH' && { 'Accept-Patch': types }),
    },
  }
}

interface Choice {
  readonly content: BodyContent
  readonly kind: BodyKind
  readonly sent: MediaRange
}

/** The documented type that names the one of the request most closely. */
function choose(shape: BodyShape, contentType: string): Choice | undefined {
  const sent = parseMediaType(contentType)
  if (!sent) return undefined
  let best: BodyContent | undefined
  let closest = 0
  for (const [content, range] of rangesOf(shape)) {
    const closeness = specificity(range, sent)
    if (closeness > closest) {
      closest = closeness
      best = content
    }
  }
  if (!best) return undefined
  if (best.as !== 'sent') return { content: best, kind: best.as, sent }
  const kind = kindOf(sent)
  // The schema under a range binds all of its types; a type that nothing here can read would slip past it.
  return kind === 'stream' || kind === 'multipart' ? undefined : { content: best, kind, sent }
}

const ranges = new WeakMap<BodyShape, readonly (readonly [BodyContent, MediaRange])[]>()

function rangesOf(shape: BodyShape): readonly (readonly [BodyContent, MediaRange])[] {
  const known = ranges.get(shape)
  if (known) return known
  const parsed = shape.content.flatMap(content => {
    const range = parseMediaType(content.mediaType)
    return range ? [[content, range] as const] : []
  })
  ranges.set(shape, parsed)
  return parsed
}

async function readValue(
  { content, sent }: Choice,
  kind: WholeKind,
  req: BodyRequest,
  res: ServerResponse,
  limits: BodyLimits,
): Promise<Outcome<unknown> | 'empty'> {
  if (req.body !== undefined && !Buffer.isBuffer(req.body)) return toOutcome(takeOver(kind, req.body, content, limits))
  const bytes: Outcome<Buffer> =
    req.body === undefined ? await receiveBytes(req, res, limits.limit) : { value: req.body }
  if ('problem' in bytes) return bytes
  const text = decodeText(bytes.value, sent, kind !== 'text')
  if ('problem' in text) return text
  switch (kind) {
    case 'json':
      // Chunks that hold no byte are no JSON text, though an empty form or an empty text.
      return text.value === '' ? 'empty' : toOutcome(readJson(text.value, limits))
    case 'form':
      return toOutcome(readForm(text.value, content, limits))
    case 'text':
      return toOutcome(readPlainText(text.value, content.text, fitting(content)))
  }
}

/** Those that are read into memory, in one piece. */
type WholeKind = Exclude<BodyKind, 'stream' | 'multipart'>

function fitting({ valid }: BodyContent): (value: unknown) => boolean {
  return value => !valid || schemaFaults(valid, value, 'body').length === 0
}

/** What a body parser before the router left in `req.body`. */
function takeOver(kind: WholeKind, parsed: unknown, content: BodyContent, limits: BodyLimits): Value {
  if (kind === 'json') return readParsedJson(parsed, limits)
  if (kind === 'form' && typeof parsed === 'object' && parsed !== null) return readParsedForm(parsed, content, limits)
  if (kind === 'text' && typeof parsed === 'string') return readPlainText(parsed, content.text, fitting(content))
  throw new Error(`A body parser before the router left something in req.body that is no ${kind}`)
}

function toOutcome(value: Value): Outcome<unknown> {
  return 'faults' in value ? { problem: contractProblem(value.faults) } : value
}
