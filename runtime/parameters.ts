import type { IncomingHttpHeaders } from 'node:http'
import type { Fault } from './problem.js'
import { pointerTo, schemaFaults } from './schema-faults.js'
import { allows, memberSchema, type Reading, readMembers, readTexts, type Spelling } from './text-values.js'
import type { OperationValidator, ParameterShape } from './validator.js'

/** The parts of a request that hold parameters. */
export interface ParameterSources {
  /** Path parameters, percent-decoded once. */
  readonly path: { readonly [name: string]: string }
  /** The same, still encoded: a `,` that was encoded is no delimiter. Needed for lists and objects only. */
  readonly rawPath?: { readonly [name: string]: string }
  /** As it was sent, without `?`. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
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
const NO_PARAMETERS: Parameters = { ok: true, params: NOTHING, query: NOTHING, headers: NOTHING, cookies: NOTHING }

/**
 * Reads the documented parameters of a request: coerced to the types of their schemas, defaults put in, validated.
 * Coercion never guesses: what does not spell a value exactly is a fault. Query parameters, headers and cookies that
 * the document does not name are ignored.
 */
export function readParameters(validator: OperationValidator, sources: ParameterSources): Parameters {
  const shapes = validator.parameters
  if (shapes === undefined || shapes.length === 0) return NO_PARAMETERS
  const faults: Fault[] = []
  const values = { path: emptyValues(), query: emptyValues(), header: emptyValues(), cookie: emptyValues() }
  const members = lazyMembers(sources)
  for (const shape of shapes) {
    const { name, valid } = shape
    const found = find(shape, sources, members)
    if (found === undefined) {
      if (shape.required) faults.push({ in: shape.in, pointer: pointerTo([name]), detail: 'is required' })
      else if (shape.default !== undefined) values[shape.in][name] = structuredClone(shape.default)
    } else if ('faults' in found) {
      for (const { path, detail } of found.faults) {
        faults.push({ in: shape.in, pointer: pointerTo([name, ...path]), detail })
      }
    } else {
      if (valid) faults.push(...schemaFaults(valid, found.value, shape.in, [name]))
      values[shape.in][name] = found.value
    }
  }
  if (faults.length > 0) return { ok: false, faults }
  return { ok: true, params: values.path, query: values.query, headers: values.header, cookies: values.cookie }
}

function emptyValues(): Record<string, unknown> {
  return Object.create(null)
}

type Members = ReadonlyMap<string, readonly string[]>

/** Names, decoded, with their values, still encoded. */
function lazyMembers({ query, headers }: ParameterSources): { query(): Members; cookie(): Members } {
  let queryMembers: Members | undefined
  let cookieMembers: Members | undefined
  return {
    query() {
      queryMembers ??= splitMembers(query, '&', decodeForm)
      return queryMembers
    },
    cookie() {
      cookieMembers ??= splitMembers(headers.cookie ?? '', ';', name => name.trim())
      return cookieMembers
    },
  }
}

/** A name that is malformed is no documented name: it is ignored as all unknown ones are. */
export function splitMembers(text: string, delimiter: string, decodeName: Spelling['decode']): Members {
  const members = new Map<string, string[]>()
  if (text === '') return members
  for (const member of text.split(delimiter)) {
    if (member === '') continue
    const equals = member.indexOf('=')
    const name = decodeName(equals < 0 ? member : member.slice(0, equals))
    if (name === undefined) continue
    const value = equals < 0 ? '' : member.slice(equals + 1)
    const values = members.get(name)
    if (values) values.push(value)
    else members.set(name, [value])
  }
  return members
}

/** `application/x-www-form-urlencoded`: `+` is a space. `undefined` if a percent-encoding is malformed. */
export function decodeForm(text: string): string | undefined {
  return decodePercent(text.includes('+') ? text.replaceAll('+', ' ') : text)
}

function decodePercent(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** RFC 6265 section 4.1.1: a cookie's value may stand in quotes. */
function decodeCookie(text: string): string | undefined {
  return decodePercent(text.trim().replace(/^"(.*)"$/s, '$1'))
}

/** `undefined` if the parameter was not sent. */
function find(
  shape: ParameterShape,
  sources: ParameterSources,
  members: ReturnType<typeof lazyMembers>,
): Reading | undefined {
  switch (shape.in) {
    case 'path':
      return findInPath(shape, sources)
    case 'header': {
      const name = shape.name.toLowerCase()
      // Node's headers have a prototype: `constructor` is there without being sent.
      const value = Object.hasOwn(sources.headers, name) ? sources.headers[name] : undefined
      if (value === undefined) return undefined
      // RFC 9110 section 5.6.1: spaces around the commas of a list are no part of its items.
      const spelling = { decode: (text: string) => text.trim(), delimited: true, pairs: shape.explode === true }
      return read([Array.isArray(value) ? value.join(',') : value], shape, spelling)
    }
    case 'query':
      return findMember(shape, members.query(), decodeForm)
    case 'cookie':
      return findMember(shape, members.cookie(), decodeCookie)
  }
}

function read(texts: readonly string[], shape: ParameterShape, spelling: Spelling): Reading {
  const { valid } = shape
  return readTexts(texts, shape, spelling, value => !valid || schemaFaults(valid, value, shape.in).length === 0)
}

function findInPath(shape: ParameterShape, { path, rawPath }: ParameterSources): Reading | undefined {
  const { name } = shape
  if (!Object.hasOwn(path, name)) return undefined
  const isDelimited = allows(shape, 'array') || allows(shape, 'object')
  const raw = isDelimited && rawPath !== undefined && Object.hasOwn(rawPath, name) ? rawPath[name] : undefined
  const spelling = { delimited: isDelimited, pairs: shape.explode === true }
  return raw === undefined
    ? read([path[name] ?? ''], shape, { ...spelling, decode: text => text })
    : read([raw], shape, { ...spelling, decode: decodePercent })
}

function findMember(shape: ParameterShape, members: Members, decode: Spelling['decode']): Reading | undefined {
  const explode = shape.explode ?? true
  const texts = members.get(shape.name)
  if (explode && allows(shape, 'object')) {
    const own = ownMembers(shape, members)
    if (own.size > 0) return readMembers(own, shape, decode)
    if (shape.type === 'object') return undefined
  }
  return texts && read(texts, shape, { decode, delimited: !explode, pairs: false })
}

/** An exploded object has no name on the wire: its members stand among the other parameters. */
function ownMembers(shape: ParameterShape, members: Members): Members {
  const own = new Map<string, readonly string[]>()
  for (const [name, texts] of members) {
    if (memberSchema(shape, name) !== undefined && !shape.except?.includes(name)) own.set(name, texts)
  }
  return own
}
