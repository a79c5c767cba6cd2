import type { BodyLimits } from './body-limits.js'
import { readJsonText } from './json-text.js'
import {
  allows,
  memberSchema,
  type Reading,
  readMembers,
  readTexts,
  type Spelling,
  type TextFault,
} from './text-values.js'
import type { FormMember, FormShape, TextSchema } from './validator.js'

/** Names, decoded, with their values, still encoded where the form's are. */
export type SentMembers = ReadonlyMap<string, readonly string[]>

export interface FormSpelling {
  readonly decode: Spelling['decode']
  /** Values are percent-encoded: a delimiter may be, too. */
  readonly encoded: boolean
}

const OBJECT: TextSchema = { type: 'object' }

/** Reads a form from its members: each as its schema and the document's `encoding` say. */
export function readForm(
  sent: SentMembers,
  { text = OBJECT, members = {} }: FormShape,
  { decode, encoded }: FormSpelling,
  limits: BodyLimits,
): Reading {
  const rest = new Map(sent)
  const special = new Map<string, Reading>()
  for (const [name, member] of Object.entries(members)) {
    const reading = member.as === 'json' ? readJsonMember() : readStyled(name, member, rest, { decode, encoded })
    if (reading) special.set(name, reading)

    function readJsonMember(): Reading | undefined {
      const texts = rest.get(name)
      rest.delete(name)
      return texts && readJsons(texts, member, decode, limits)
    }
  }
  return merge(readMembers(rest, text, decode), special)
}

/** A form is read whole or not at all. */
export function merge(plain: Reading, special: ReadonlyMap<string, Reading>): Reading {
  const faults: TextFault[] = 'faults' in plain ? [...plain.faults] : []
  const value: Record<string, unknown> = Object.create(null)
  if ('value' in plain) Object.assign(value, plain.value)
  for (const [name, reading] of special) {
    if ('value' in reading) value[name] = reading.value
    else faults.push(...reading.faults.map(({ path, detail }) => ({ path: [name, ...path], detail })))
  }
  return faults.length > 0 ? { faults } : { value }
}

function fault(detail: string): Reading {
  return { faults: [{ path: [], detail }] }
}

const MALFORMED = 'is not valid percent-encoding'
const REPEATED = 'must not be repeated'

function readJsons(
  texts: readonly string[],
  member: FormMember,
  decode: Spelling['decode'],
  limits: BodyLimits,
): Reading {
  const values: unknown[] = []
  for (const text of texts) {
    const decoded = decode(text)
    if (decoded === undefined) return fault(MALFORMED)
    const reading = readJsonText(decoded, limits)
    if ('faults' in reading) return reading
    values.push(reading.value)
  }
  return gather(values, member)
}

/** One value, or a list of as many as were sent. A single one that is a list already is the whole. */
export function gather(values: readonly unknown[], { list }: FormMember): Reading {
  const [first, ...others] = values
  if (list === undefined) return others.length > 0 ? fault(REPEATED) : { value: first }
  if (others.length === 0 && (Array.isArray(first) || list === 'several')) return { value: first }
  return { value: values }
}

/** Takes what belongs to the member out of `rest`. */
function readStyled(
  name: string,
  { style = 'form', explode = style === 'form', text }: FormMember,
  rest: Map<string, readonly string[]>,
  spelling: FormSpelling,
): Reading | undefined {
  if (text === undefined) return undefined
  if (style === 'deepObject') return readBracketed(name, text, rest, spelling)
  if (explode && allows(text, 'object')) return readExploded(text, rest, spelling)
  const texts = rest.get(name)
  if (texts === undefined || explode) return undefined
  rest.delete(name)
  const [sent = '', ...repeated] = texts
  return repeated.length > 0 ? fault(REPEATED) : readPieces(sent.split(delimiter(style, spelling)), text, spelling)
}

function delimiter(style: 'form' | 'spaceDelimited' | 'pipeDelimited', { encoded }: FormSpelling): string | RegExp {
  if (style === 'form') return ','
  if (style === 'spaceDelimited') return encoded ? /%20|\+/ : ' '
  return encoded ? /\||%7c/i : '|'
}

function readPieces(pieces: readonly string[], schema: TextSchema, { decode }: FormSpelling): Reading {
  if (!allows(schema, 'object')) return readTexts(pieces, schema, { decode, delimited: false, pairs: false })
  const members = new Map<string, string[]>()
  for (let index = 0; index < pieces.length; index += 2) {
    const [name, value] = [decode(pieces[index] ?? ''), pieces[index + 1]]
    if (value === undefined) return fault('must list names with their values')
    if (name === undefined) return fault(MALFORMED)
    members.set(name, [...(members.get(name) ?? []), value])
  }
  return readObject(members, schema, decode)
}

/** `__proto__` is no name for a member: code that copies members one by one would set a prototype with it. */
function readObject(members: SentMembers, schema: TextSchema, decode: Spelling['decode']): Reading {
  if (members.has('__proto__')) return { faults: [{ path: ['__proto__'], detail: 'is not allowed here' }] }
  return readMembers(members, schema, decode)
}

function readExploded(
  schema: TextSchema,
  rest: Map<string, readonly string[]>,
  { decode }: FormSpelling,
): Reading | undefined {
  const own = new Map(
    [...rest].filter(([name]) => memberSchema({ ...schema, additionalProperties: NONE }, name) !== NONE),
  )
  for (const name of own.keys()) rest.delete(name)
  return own.size > 0 ? readMembers(own, schema, decode) : undefined
}

const NONE: TextSchema = { type: [] }

/** `name[member]=value`, as often as `member` has items; `name[]=item` for a list. */
function readBracketed(
  name: string,
  schema: TextSchema,
  rest: Map<string, readonly string[]>,
  { decode }: FormSpelling,
): Reading | undefined {
  const members = new Map<string, string[]>()
  for (const [sent, texts] of rest) {
    if (!sent.startsWith(`${name}[`)) continue
    const [, member] = /^\[([^[\]]*)\](?:\[\])?$/.exec(sent.slice(name.length)) ?? []
    if (member === undefined) return fault('is nested too deeply')
    rest.delete(sent)
    members.set(member, [...(members.get(member) ?? []), ...texts])
  }
  if (members.size === 0) return undefined
  if (allows(schema, 'object')) return readObject(members, schema, decode)
  if (![...members.keys()].every(key => /^\d*$/.test(key))) return fault('must be a list')
  return readTexts([...members.values()].flat(), schema, { decode, delimited: false, pairs: false })
}
