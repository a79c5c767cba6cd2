import type { ScalarType, TextSchema, TextType } from './validator.js'

type Scalar = string | number | boolean

/** A member or item that could not be read: where, relative to what was read, and why. */
export interface TextFault {
  readonly path: readonly (string | number)[]
  readonly detail: string
}

export type Reading = { readonly value: unknown } | { readonly faults: readonly TextFault[] }

/** How the delimiters of a style were used in what is read. */
export interface Spelling {
  /** Percent-decodes one piece; `undefined` if it is malformed. */
  readonly decode: (text: string) => string | undefined
  /** A delimiter separates items, or members: it is one before decoding and a character after it. */
  readonly delimited: boolean
  /** Default: `,`. */
  readonly delimiter?: string | RegExp
  /** Members are spelled `name=value` (`explode`), not `name,value`. */
  readonly pairs: boolean
  /** The most pieces. Default: {@link MAX_MEMBERS}. */
  readonly maxItems?: number
}

// RFC 8259 section 6. Nothing else that `Number()` would take is a number here: no sign, space, hex or empty text.
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const INTEGER = /^-?(?:0|[1-9]\d*)$/

const NAMES: { readonly [type in TextType]: string } = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

export function allows(schema: TextSchema, type: TextType): boolean {
  return typeof schema.type === 'string' ? schema.type === type : schema.type.includes(type)
}

function typesOf(schema: TextSchema): readonly TextType[] {
  return typeof schema.type === 'string' ? [schema.type] : schema.type
}

/** All that `text` can mean under `schema`, the most specific first. Never a guess: the text must spell it exactly. */
export function scalars(text: string, schema: TextSchema): Scalar[] {
  const values: Scalar[] = []
  if ((allows(schema, 'number') || allows(schema, 'integer')) && INTEGER.test(text) && isSafe(Number(text))) {
    values.push(Number(text) + 0)
  } else if (allows(schema, 'number') && NUMBER.test(text) && Number.isFinite(Number(text))) {
    values.push(Number(text))
  }
  if (allows(schema, 'boolean') && (text === 'true' || text === 'false')) values.push(text === 'true')
  if (allows(schema, 'string')) values.push(text)
  return values
}

const isSafe = Number.isSafeInteger

const SCALARS: readonly ScalarType[] = ['string', 'number', 'integer', 'boolean']

export function expected(schema: TextSchema): string {
  const types = typesOf(schema)
  const names = types.filter(type => type !== 'integer' || !types.includes('number')).map(type => NAMES[type])
  return names.length === 0 ? 'cannot be sent as text' : `must be ${names.join(' or ')}`
}

/**
 * Reads a value from its texts: one, or several where it was repeated. `fits` chooses where a text can mean more than
 * one thing (`"12"` under `integer` or `string`).
 */
export function readTexts(
  texts: readonly string[],
  schema: TextSchema,
  spelling: Spelling,
  fits: (value: unknown) => boolean = () => true,
): Reading {
  const [text, ...repeated] = texts
  if (text === undefined) return fault([], 'is required')
  const isList = allows(schema, 'array')
  if (repeated.length > 0) {
    return isList && !spelling.delimited ? readItems(texts, schema, spelling) : fault([], 'must not be repeated')
  }
  const isDelimited = spelling.delimited && (isList || allows(schema, 'object'))
  const pieces = isDelimited ? text.split(spelling.delimiter ?? ',') : [text]
  const { maxItems = MAX_MEMBERS } = spelling
  if (pieces.length > maxItems) return fault([], `must have at most ${maxItems} items`)
  if (pieces.length === 1 && SCALARS.some(type => allows(schema, type))) {
    const decoded = spelling.decode(text)
    if (decoded === undefined) return fault([], MALFORMED)
    const values = scalars(decoded, schema)
    const value = values.length > 1 ? (values.find(fits) ?? values[0]) : values[0]
    if (value !== undefined) return { value }
    if (schema.type === 'integer' && INTEGER.test(decoded)) return fault([], INEXACT)
  }
  if (isList) return readItems(pieces, schema, spelling)
  if (allows(schema, 'object') && spelling.delimited) return readPieces(pieces, schema, spelling)
  return fault([], expected(schema))
}

/** Members of a query or items of a list: what is done with them must not take longer than reading them. */
export const MAX_MEMBERS = 1000

export const MALFORMED = 'is not valid percent-encoding'

// An `int64` beyond: as a number it would be another one, and as a text it would not fit the handler's type.
const INEXACT = `must be an integer between ${Number.MIN_SAFE_INTEGER} and ${Number.MAX_SAFE_INTEGER}`

export function fault(path: TextFault['path'], detail: string): Reading {
  return { faults: [{ path, detail }] }
}

const STRINGS: TextSchema = { type: 'string' }

function readItems(pieces: readonly string[], { items = STRINGS }: TextSchema, { decode }: Spelling): Reading {
  const values: unknown[] = []
  const faults: TextFault[] = []
  for (const [index, piece] of pieces.entries()) {
    const reading = readTexts([piece], items, { decode, delimited: false, pairs: false })
    if ('value' in reading) values.push(reading.value)
    else faults.push(...reading.faults.map(({ path, detail }) => ({ path: [index, ...path], detail })))
  }
  return faults.length > 0 ? { faults } : { value: values }
}

function readPieces(pieces: readonly string[], schema: TextSchema, { decode, pairs }: Spelling): Reading {
  const members = new Map<string, string[]>()
  const step = pairs ? 1 : 2
  for (let index = 0; index < pieces.length; index += step) {
    const piece = pieces[index] as string
    const equals = piece.indexOf('=')
    const [rawName, value] = pairs
      ? [piece.slice(0, equals), equals < 0 ? undefined : piece.slice(equals + 1)]
      : [piece, pieces[index + 1]]
    if (value === undefined) return fault([], 'must list names with their values')
    const name = decode(rawName)
    if (name === undefined) return fault([], MALFORMED)
    const values = members.get(name)
    if (values) values.push(value)
    else members.set(name, [value])
  }
  return readMembers(members, schema, decode)
}

// The compiled schema decides whether it may be there at all.
const UNDESCRIBED: TextSchema = { type: ['string', 'array'] }

/** Reads an object from the texts of its members. */
export function readMembers(
  members: ReadonlyMap<string, readonly string[]>,
  schema: TextSchema,
  decode: Spelling['decode'],
): Reading {
  // A member may be called `__proto__` or `constructor`: without a prototype, it is a member as any other.
  const value: Record<string, unknown> = Object.create(null)
  const faults: TextFault[] = []
  for (const [name, texts] of members) {
    const member = memberSchema(schema, name) ?? UNDESCRIBED
    const reading = readTexts(texts, member, { decode, delimited: false, pairs: false })
    if ('value' in reading) value[name] = reading.value
    else faults.push(...reading.faults.map(({ path, detail }) => ({ path: [name, ...path], detail })))
  }
  return faults.length > 0 ? { faults } : { value }
}

export function memberSchema(schema: TextSchema, name: string): TextSchema | undefined {
  const { properties, additionalProperties } = schema
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties
}
