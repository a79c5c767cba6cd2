import type { IncomingHttpHeaders } from 'node:http'
import { type Decode, decodeForm, type Members, splitMembers, unquoteCookie } from './members.js'
import { findParameter, type Sent, takes } from './parameter-spelling.js'
import type { Fault } from './problem.js'
import { pointerTo, schemaFaults } from './schema-faults.js'
import { MALFORMED, MAX_MEMBERS } from './text-values.js'
import type { OperationValidator, ParameterShape } from './validator.js'

/** The parts of a request that hold parameters. */
export interface ParameterSources {
  /** Path parameters, percent-decoded once. */
  readonly path: { readonly [name: string]: string }
  /** The same, still encoded: a `,` that was encoded is no delimiter. Asked where a style has delimiters only. */
  readonly rawPath?: () => { readonly [name: string]: string }
  /** As it was sent, without `?`. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  /** All fields as they were sent, names and values in turn: `headers` joins or drops the second of two. */
  readonly rawHeaders?: readonly string[]
}

export interface ParameterRules {
  /**
   * Refuses query parameters that the document does not describe. Default: they are ignored. Known besides the
   * described ones: these, the names of credentials.
   */
  readonly refuseUnknown?: { readonly credentials: readonly string[] }
}

/** By name, as the document spells it. Has no prototype: a parameter may be called `__proto__`. */
export interface ParameterValues {
  readonly [name: string]: unknown
}

export type Parameters =
  | {
      readonly ok: true
      readonly params: ParameterValues
      readonly query: ParameterValues
      readonly headers: ParameterValues
      readonly cookies: ParameterValues
    }
  | { readonly ok: false; readonly faults: readonly Fault[] }

const NOTHING: ParameterValues = Object.freeze(Object.create(null))
/** Of an operation that has none, and refuses none. */
export const NO_PARAMETERS: Parameters & { readonly ok: true } = {
  ok: true,
  params: NOTHING,
  query: NOTHING,
  headers: NOTHING,
  cookies: NOTHING,
}

/**
 * Reads the documented parameters of a request: coerced to the types of their schemas, defaults put in, validated.
 * Coercion never guesses: what does not spell a value exactly is a fault. Headers and cookies that the document does
 * not name are ignored, and query parameters unless `rules` refuse them. A query or a cookie header of more than 1,000
 * members is a fault, and so is a malformed percent-encoding in a name of the query, documented or not.
 *
 * Puts in no defaults of members and items.
 */
export function readParameters(
  validator: OperationValidator,
  sources: ParameterSources,
  rules: ParameterRules = {},
): Parameters {
  const shapes = validator.parameters ?? []
  const { refuseUnknown } = rules
  if (!asksFor(validator, rules)) return NO_PARAMETERS
  const faults: Fault[] = []
  const values = { path: emptyValues(), query: emptyValues(), header: emptyValues(), cookie: emptyValues() }
  const sent = sentIn(sources)
  for (const shape of shapes) {
    const { name } = shape
    const place = placeOf(shape)
    const outcome = read(shape, sources, sent)
    if (outcome === undefined) {
      if (shape.required) faults.push({ in: place, pointer: pointerTo([name]), detail: 'is required' })
      else if (shape.default !== undefined) values[place][name] = structuredClone(shape.default)
    } else if ('faults' in outcome) {
      faults.push(...outcome.faults)
    } else {
      values[place][name] = outcome.value
    }
  }
  if (refuseUnknown) faults.push(...unknownMembers(sent, shapes, refuseUnknown.credentials))
  if (sent.faults.length > 0) return { ok: false, faults: sent.faults }
  if (faults.length > 0) return { ok: false, faults }
  return { ok: true, params: values.path, query: values.query, headers: values.header, cookies: values.cookie }
}

/** Is there anything to be read of a request's parameters? */
export function asksFor({ parameters = [] }: OperationValidator, { refuseUnknown }: ParameterRules): boolean {
  return parameters.length > 0 || refuseUnknown !== undefined
}

function emptyValues(): Record<string, unknown> {
  return Object.create(null)
}

function placeOf(shape: ParameterShape): 'path' | 'query' | 'header' | 'cookie' {
  return shape.in === 'querystring' ? 'query' : shape.in
}

type Outcome = { readonly value: unknown } | { readonly faults: readonly Fault[] }

/** `undefined` if the parameter was not sent. */
function read(shape: ParameterShape, sources: ParameterSources, sent: Sent): Outcome | undefined {
  const { name, valid } = shape
  const place = placeOf(shape)
  const found = findParameter(shape, sources, sent)
  if (found === undefined) return undefined
  const faults =
    'faults' in found
      ? found.faults.map(({ path, detail }) => ({ in: place, pointer: pointerTo([name, ...path]), detail }))
      : valid
        ? schemaFaults(valid, found.value, place, [name])
        : []
  if ('value' in found && faults.length === 0) return found
  return shape.allowEmptyValue && isEmpty(sent.query().get(name)) ? undefined : { faults }
}

function isEmpty(texts: readonly string[] | undefined): boolean {
  return texts?.length === 1 && texts[0] === ''
}

/** What the query and the cookies hold, taken apart when a parameter first needs it. */
function sentIn({ query, headers }: ParameterSources): Sent & { readonly faults: readonly Fault[] } {
  const faults: Fault[] = []
  const split = (place: 'query' | 'cookie', text: string, delimiter: string, decodeName: Decode) => {
    let isMalformed = false
    const members = splitMembers(text, delimiter, name => {
      const decoded = decodeName(name)
      isMalformed ||= decoded === undefined
      return decoded
    })
    let count = 0
    for (const texts of members.values()) count += texts.length
    // One that cannot be read may have been meant for a documented parameter.
    if (isMalformed) faults.push({ in: place, pointer: '#', detail: `has a name that ${MALFORMED}` })
    if (count <= MAX_MEMBERS) return members
    faults.push({ in: place, pointer: '#', detail: `must have at most ${MAX_MEMBERS} members` })
    return NO_MEMBERS
  }
  let queryMembers: Members | undefined
  let cookieMembers: Members | undefined
  let unquoted: Members | undefined
  return {
    faults,
    query() {
      queryMembers ??= split('query', query, '&', decodeForm)
      return queryMembers
    },
    cookie() {
      cookieMembers ??= split('cookie', headers.cookie ?? '', ';', name => name.trim())
      return cookieMembers
    },
    unquotedCookie() {
      unquoted ??= new Map([...this.cookie()].map(([name, texts]) => [name, texts.map(unquoteCookie)]))
      return unquoted
    },
  }
}

const NO_MEMBERS: Members = new Map()

/** How many unknown names an answer tells. */
const MAX_UNKNOWN = 5

function unknownMembers(sent: Sent, shapes: readonly ParameterShape[], credentials: readonly string[]): Fault[] {
  // Its schema decides, and it need not be made of members.
  if (shapes.some(shape => shape.in === 'querystring')) return []
  const unknown: Fault[] = []
  for (const name of sent.query().keys()) {
    if (credentials.includes(name) || shapes.some(shape => shape.in === 'query' && takes(shape, name))) continue
    unknown.push({ in: 'query', pointer: pointerTo([name]), detail: 'is not a parameter of this operation' })
    if (unknown.length === MAX_UNKNOWN) break
  }
  return unknown
}
