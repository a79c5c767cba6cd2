import { DEFAULT_BODY_LIMITS } from './body-limits.js'
import { isDeepMember, readDeepObject } from './deep-object.js'
import { readJsonText } from './json-text.js'
import { type Decode, decodeForm, decodePercent, type Members, splitMembers } from './members.js'
import type { ParameterSources } from './parameters.js'
import { schemaFaults } from './schema-faults.js'
import {
  allows,
  expected,
  fault,
  MALFORMED,
  memberSchema,
  type Reading,
  readMembers,
  readTexts,
  type Spelling,
} from './text-values.js'
import type { ParameterShape, TextParameter } from './validator.js'

/** What the query and the cookies of a request hold. */
export interface Sent {
  query(): Members
  cookie(): Members
  /** The same, for values that a delimiter inside the quotes takes apart. */
  unquotedCookie(): Members
}

const asIs: Decode = text => text
const trimmed: Decode = text => text.trim()

/** Finds a parameter where its style puts it, and reads it. `undefined` if it was not sent. */
export function findParameter(shape: ParameterShape, sources: ParameterSources, sent: Sent): Reading | undefined {
  switch (shape.in) {
    case 'path':
      return findInPath(shape, sources)
    case 'header':
      return findHeader(shape, sources)
    case 'query':
      return findMember(shape, sent.query(), decodeForm)
    case 'cookie':
      return findCookie(shape, sent)
    case 'querystring':
      return findQuery(shape, sources, sent)
  }
}

function findCookie(shape: ParameterShape, sent: Sent): Reading | undefined {
  // RFC 6265 section 4.1.1: the quotes and commas of JSON cannot stand in a cookie as they are.
  if (shape.content === 'json') return findMember(shape, sent.cookie(), text => decodePercent(text.trim()))
  // OpenAPI 3.2 (Parameter Object): neither this style nor a text has an encoding of its own.
  if (shape.content !== undefined || shape.style === 'cookie') return findMember(shape, sent.cookie(), trimmed)
  return findMember(shape, sent.unquotedCookie(), decodePercent)
}

/** Does each item or member stand on its own? OpenAPI (Parameter Object, `explode`): by default in some styles. */
export function isExploded({ in: place, style, explode }: TextParameter): boolean {
  return explode ?? ((place === 'query' || place === 'cookie') && (style === undefined || style === 'cookie'))
}

/** Is `name` another parameter's, or a credential's, where an object has no name on the wire? */
export function isLeftToOthers({ except }: TextParameter, name: string): boolean {
  if (except === undefined) return false
  const bracket = name.indexOf('[')
  return except.includes(name) || (bracket > 0 && except.includes(name.slice(0, bracket + 1)))
}

function isDelimited(shape: TextParameter): boolean {
  return shape.content === undefined && (allows(shape, 'array') || allows(shape, 'object'))
}

function read(texts: readonly string[], shape: TextParameter, spelling: Spelling): Reading {
  return readTexts(texts, shape, spelling, value => fits(shape, value))
}

function fits({ valid }: ParameterShape, value: unknown): boolean {
  // Where it stands does not matter to whether it fits.
  return !valid || schemaFaults(valid, value, 'query').length === 0
}

/** A JSON text, or a text of another media type: one value, with no delimiters of a style. */
function readContent(texts: readonly string[], shape: ParameterShape, decode: Decode): Reading {
  if (shape.content !== 'json') return read(texts, shape, { decode, delimited: false, pairs: false })
  const [text, ...repeated] = texts
  if (text === undefined || repeated.length > 0) return fault([], 'must not be repeated')
  const decoded = decode(text)
  return decoded === undefined ? fault([], MALFORMED) : readJsonText(decoded, DEFAULT_BODY_LIMITS)
}

function findInPath(shape: ParameterShape, { path, rawPath }: ParameterSources): Reading | undefined {
  const { name } = shape
  const decoded = Object.hasOwn(path, name) ? path[name] : undefined
  if (decoded === undefined) return undefined
  if (shape.content !== undefined) return readContent([decoded], shape, asIs)
  if (shape.style === undefined && !isDelimited(shape)) {
    return read([decoded], shape, { decode: asIs, delimited: false, pairs: false })
  }
  const raw = rawPath?.()[name]
  const text = raw ?? decoded
  const decode = raw === undefined ? asIs : decodePercent
  switch (shape.style) {
    case 'label':
      return readLabel(text, shape, decode)
    case 'matrix':
      return readMatrix(text, shape, decode)
    default:
      return read([text], shape, { decode, delimited: true, pairs: isExploded(shape) })
  }
}

/** RFC 6570 section 3.2.5: `.a,b`, exploded `.a.b`. */
function readLabel(text: string, shape: TextParameter, decode: Decode): Reading {
  if (!text.startsWith('.')) return fault([], 'must begin with a dot')
  const explode = isExploded(shape)
  const spelling = { decode, delimited: isDelimited(shape), delimiter: explode ? '.' : ',', pairs: explode }
  return read([text.slice(1)], shape, spelling)
}

/** RFC 6570 section 3.2.7: `;x=a,b`, exploded `;x=a;x=b`; where a value is empty, `;x`. */
function readMatrix(text: string, shape: TextParameter, decode: Decode): Reading {
  const { name } = shape
  if (!text.startsWith(';')) return fault([], 'must begin with a semicolon')
  let isMalformed = false
  const members = splitMembers(text.slice(1), ';', written => {
    const decoded = decode(written)
    isMalformed ||= decoded === undefined
    return decoded
  })
  if (isMalformed) return fault([], MALFORMED)
  const explode = isExploded(shape)
  const own = members.size === 1 ? members.get(name) : undefined
  if (explode && allows(shape, 'object') && (own === undefined || shape.type === 'object')) {
    return readMembers(members, shape, decode)
  }
  if (own === undefined) return fault([], `must be spelled ;${name}=`)
  return read(own, shape, { decode, delimited: !explode && isDelimited(shape), pairs: false })
}

function findHeader(shape: ParameterShape, { headers, rawHeaders }: ParameterSources): Reading | undefined {
  const name = shape.name.toLowerCase()
  // Node's headers have a prototype: `constructor` is there without being sent.
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined
  if (value === undefined) return undefined
  const isList = shape.content === undefined && isDelimited(shape)
  // RFC 9110 section 5.3: only a list may be sent in several fields.
  if (!isList && isRepeated(name, rawHeaders)) return fault([], 'must not be repeated')
  const text = Array.isArray(value) ? value.join(',') : value
  if (shape.content !== undefined) return readContent([text], shape, trimmed)
  // RFC 9110 section 5.6.1: spaces around the commas of a list are no part of its items.
  return read([text], shape, { decode: trimmed, delimited: true, pairs: isExploded(shape) })
}

function isRepeated(name: string, rawHeaders: readonly string[] = []): boolean {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = rawHeaders[index]
    if (field?.length === name.length && field.toLowerCase() === name) count++
  }
  return count > 1
}

/** Does the parameter `shape` of a query, or the member of a form, take what is sent as `name`? */
export function takes(shape: ParameterShape, name: string): boolean {
  if (shape.content !== undefined) return shape.name === name
  if (shape.style === 'deepObject') return isDeepMember(shape.name, name)
  if (!isExploded(shape) || !allows(shape, 'object')) return shape.name === name
  if (shape.name === name && shape.type !== 'object') return true
  return memberSchema(shape, name) !== undefined && !isLeftToOthers(shape, name)
}

type Delimiters = { readonly [style: string]: string | RegExp }

/** Between the items of a list, or the names and values of an object, that is not exploded. */
const DELIMITERS: Delimiters = { spaceDelimited: /%20|\+/, pipeDelimited: /\||%7C/i }
/** The same, where texts are not percent-encoded. */
const PLAIN_DELIMITERS: Delimiters = { spaceDelimited: ' ', pipeDelimited: '|' }

/** Of members that are no parameters. */
export interface MemberText {
  readonly encoded: boolean
  /** The most items of a list. Default: {@link MAX_MEMBERS}. */
  readonly maxItems?: number
}

/** Finds what `shape` takes among the members of a query, or of a form, and reads it. `undefined` if it was not sent. */
export function findMember(
  shape: ParameterShape,
  members: Members,
  decode: Decode,
  { encoded, maxItems }: MemberText = { encoded: true },
): Reading | undefined {
  const { name } = shape
  const texts = members.get(name)
  if (shape.content !== undefined) return texts && readContent(texts, shape, decode)
  if (shape.style === 'deepObject') {
    return readDeepObject(name, members, shape, decode, value => fits(shape, value))
  }
  const explode = isExploded(shape)
  if (explode && allows(shape, 'object')) {
    const own = ownMembers(shape, members)
    if (own.size > 0) return readMembers(own, shape, decode)
    if (shape.type === 'object') return undefined
  }
  if (texts === undefined) return undefined
  const delimiters = encoded ? DELIMITERS : PLAIN_DELIMITERS
  const delimiter = shape.style === undefined ? undefined : delimiters[shape.style]
  const spelling = { decode, delimited: !explode, pairs: false, ...(delimiter && { delimiter }) }
  return read(texts, shape, { ...spelling, ...(maxItems !== undefined && { maxItems }) })
}

/** An exploded object has no name on the wire: its members stand among the other parameters. */
function ownMembers(shape: TextParameter, members: Members): Members {
  const own = new Map<string, readonly string[]>()
  // A cookie's own name is no text of a style, and not encoded.
  const decodeName = shape.in === 'cookie' && shape.style === undefined ? decodePercent : asIs
  for (const [written, texts] of members) {
    const name = decodeName(written)
    if (name === undefined || memberSchema(shape, name) === undefined || isLeftToOthers(shape, name)) continue
    own.set(name, [...(own.get(name) ?? []), ...texts])
  }
  return own
}

function findQuery(shape: ParameterShape, { query }: ParameterSources, sent: Sent): Reading | undefined {
  if (query === '') return undefined
  if (shape.content !== 'form') return readContent([query], shape, decodePercent)
  if (!allows(shape, 'object')) return fault([], expected(shape))
  const own = new Map([...sent.query()].filter(([name]) => !isLeftToOthers(shape, name)))
  return own.size === 0 ? undefined : readMembers(own, shape, decodeForm)
}
