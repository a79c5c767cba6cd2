import type { ServerResponse } from 'node:http'
import { type BodyRequest, decodeText, hasBody, type Outcome, receiveBytes } from './body-bytes.js'
import { readForm, readJson, readParsedForm, readPlainText, type Value, withoutPrototypeNames } from './body-values.js'
import { type BodyKind, kindOf, type MediaRange, parseMediaType, specificity } from './media-types.js'
import { contractProblem, type Problem } from './problem.js'
import { schemaFaults } from './schema-faults.js'
import type { BodyContent, BodyShape, OperationValidator } from './validator.js'

export type Body = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly problem: Problem }

const NO_BODY: Body = { ok: true, body: undefined }

/**
 * Reads and validates the body that the document describes; `req.body` holds it afterwards, too. JSON, forms and texts
 * are read, at most `limit` bytes of them after decompression; a body of any other type is left unread, and is `req`.
 * What a body parser before the router has made of a body is taken over and validated.
 *
 * Puts in no defaults of schemas. Where the document describes no body, none is read.
 * @throws {Error} if something before the router consumed the body and left nothing usable in `req.body`.
 */
export async function readBody(
  validator: OperationValidator,
  req: BodyRequest,
  res: ServerResponse,
  options: { readonly limit: number },
): Promise<Body> {
  const shape = validator.body
  if (shape === undefined) return NO_BODY
  if (!hasBody(req)) return missing(shape)
  const choice = choose(shape, req.headers['content-type'] ?? '')
  if (choice === undefined) return refuse(unsupported(shape))
  const { content, kind } = choice
  if (kind === 'stream') return { ok: true, body: req.body === undefined ? req : req.body }

  const outcome = await readValue(choice, kind, req, res, options.limit)
  if (outcome === 'empty') return missing(shape)
  if ('problem' in outcome) return refuse(outcome.problem)
  const { value } = outcome
  const faults = content.valid ? schemaFaults(content.valid, value, 'body') : []
  if (faults.length > 0) return refuse(contractProblem(faults))
  req.body = value
  return { ok: true, body: value }
}

function refuse(problem: Problem): Body {
  return { ok: false, problem }
}

function missing({ required }: BodyShape): Body {
  return required ? refuse(contractProblem([{ in: 'body', pointer: '#', detail: 'is required' }])) : NO_BODY
}

function unsupported({ content }: BodyShape): Problem {
  const types = content.map(({ mediaType }) => mediaType).join(', ')
  // RFC 9110 section 15.5.16: `Accept` in the answer says what would have done.
  return { status: 415, detail: 'The media type of the body is not documented.', headers: { Accept: types } }
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
  return kind === 'stream' ? undefined : { content: best, kind, sent }
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
  kind: Exclude<BodyKind, 'stream'>,
  req: BodyRequest,
  res: ServerResponse,
  limit: number,
): Promise<Outcome<unknown> | 'empty'> {
  if (req.body !== undefined && !Buffer.isBuffer(req.body)) return toOutcome(takeOver(kind, req.body, content))
  const bytes: Outcome<Buffer> = req.body === undefined ? await receiveBytes(req, res, limit) : { value: req.body }
  if ('problem' in bytes) return bytes
  const text = decodeText(bytes.value, sent, kind !== 'text')
  if ('problem' in text) return text
  switch (kind) {
    case 'json':
      // Chunks that hold no byte are no JSON text, though an empty form or an empty text.
      return text.value === '' ? 'empty' : toOutcome(readJson(text.value))
    case 'form':
      return toOutcome(readForm(text.value, content.text))
    case 'text':
      return toOutcome(readPlainText(text.value, content.text))
  }
}

/** What a body parser before the router left in `req.body`. */
function takeOver(kind: Exclude<BodyKind, 'stream'>, parsed: unknown, { text }: BodyContent): Value {
  if (kind === 'json') return withoutPrototypeNames(parsed)
  if (kind === 'form' && typeof parsed === 'object' && parsed !== null) return readParsedForm(parsed, text)
  if (kind === 'text' && typeof parsed === 'string') return readPlainText(parsed, text)
  throw new Error(`A body parser before the router left something in req.body that is no ${kind}`)
}

function toOutcome(value: Value): Outcome<unknown> {
  return 'faults' in value ? { problem: contractProblem(value.faults) } : value
}
