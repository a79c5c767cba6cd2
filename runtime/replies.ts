import { isRange, type MediaRange, parseMediaType, specificity } from './media-types.js'
import type { Shape } from './reply-shape.js'
import type { CompiledSchema, ParameterShape } from './validator.js'

/** Media type → the members that its schema names. */
export interface ReplyContent {
  readonly [mediaType: string]: Shape
}

/** Status, class (`2XX`) or `default` → what is documented of it; `unknown` where the document cannot be read there. */
export interface OperationReplies {
  readonly [status: string]: ReplyContent | 'unknown'
}

/** Operation → its documented replies. */
export interface Replies {
  readonly [operation: string]: OperationReplies
}

/** What a reply of one status is checked by. */
export interface ReplyCheck {
  /** Names of the headers that it must have. */
  readonly headers?: readonly string[]
  /** Headers whose values are read and checked as those of a request would be, where they are sent. */
  readonly values?: readonly ParameterShape[]
  /** Media type → its schema, where it has one. */
  readonly content?: { readonly [mediaType: string]: CompiledSchema }
}

/** Operation → status, class or `default` → what is checked. */
export interface ReplyChecks {
  readonly [operation: string]: { readonly [status: string]: ReplyCheck }
}

/** One documented response, ready to be looked up in. */
export interface DocumentedResponse {
  /** As the document writes it: `200`, `2XX`, `default`. */
  readonly key: string
  /** Absent where the document cannot be read. */
  readonly types?: readonly DocumentedType[]
  /** The type of a reply that names none itself: the first that is no range. */
  readonly first?: DocumentedType | undefined
}

export interface DocumentedType {
  /** As the document writes it. */
  readonly mediaType: string
  readonly range: MediaRange
  readonly shape: Shape
}

/** Finds the documented response of a status; `undefined` if there is none. */
export function responseFinder(documented: OperationReplies): (status: number) => DocumentedResponse | undefined {
  const found = new Map<number, DocumentedResponse | undefined>()
  const keyOf = (status: number) =>
    [String(status), `${Math.floor(status / 100)}XX`, 'default'].find(key => Object.hasOwn(documented, key))
  return status => {
    const known = found.get(status)
    if (known || found.has(status)) return known
    const key = keyOf(status)
    const response = key === undefined ? undefined : toResponse(key, documented[key] as ReplyContent | 'unknown')
    found.set(status, response)
    return response
  }
}

function toResponse(key: string, content: ReplyContent | 'unknown'): DocumentedResponse {
  if (content === 'unknown') return { key }
  const types = Object.entries(content).flatMap(([mediaType, shape]): DocumentedType[] => {
    const range = parseMediaType(mediaType)
    return range ? [{ mediaType, range, shape }] : []
  })
  return { key, types, first: types.find(one => !isRange(one.range) && !one.range.subtype.includes('*')) }
}

/** The documented type that names `contentType` most closely. */
export function typeOf(types: readonly DocumentedType[], contentType: string): DocumentedType | undefined {
  const written = types.find(one => one.mediaType === contentType)
  if (written) return written
  const sent = parseMediaType(contentType)
  if (!sent) return undefined
  let best: DocumentedType | undefined
  let closest = 0
  for (const one of types) {
    const closeness = specificity(one.range, sent)
    if (closeness > closest) {
      closest = closeness
      best = one
    }
  }
  return best
}
