import type { BodyLimits } from './body-limits.js'
import { readForm as readMembersOfForm } from './form-members.js'
import { checkParsed, readJsonText } from './json-text.js'
import { decodeForm, splitMembers } from './members.js'
import type { Fault } from './problem.js'
import { pointerTo } from './schema-faults.js'
import { expected, type Reading, scalars } from './text-values.js'
import type { FormShape, TextSchema } from './validator.js'

export type Value = { readonly value: unknown } | { readonly faults: readonly Fault[] }

const STRING: TextSchema = { type: 'string' }

export function readJson(text: string, limits: BodyLimits): Value {
  return toValue(readJsonText(text, limits))
}

/** JSON as a body parser before the router left it. */
export function readParsedJson(value: unknown, limits: BodyLimits): Value {
  return toValue(checkParsed(value, limits))
}

export function readForm(text: string, shape: FormShape, limits: BodyLimits): Value {
  if (hasMore(text, '&', limits.members)) return fault([], 'holds too many members')
  const members = splitMembers(text, '&', name => decodeForm(name) ?? MALFORMED_NAME)
  if (members.has(MALFORMED_NAME)) return fault([], 'is not valid percent-encoding')
  if (members.has('__proto__')) return fault(['__proto__'], 'is not allowed here')
  return toValue(readMembersOfForm(members, shape, { decode: decodeForm, encoded: true }, limits))
}

// No decoded name holds a lone surrogate.
const MALFORMED_NAME = '\ud800'

function hasMore(text: string, delimiter: string, limit: number): boolean {
  let count = 1
  for (let at = text.indexOf(delimiter); at >= 0 && count <= limit; at = text.indexOf(delimiter, at + 1)) count++
  return count > limit
}

/** A form as a body parser before the router left it: texts, decoded, or lists of them. */
export function readParsedForm(form: object, shape: FormShape, limits: BodyLimits): Value {
  const members = new Map<string, readonly string[]>()
  const faults: Fault[] = []
  for (const [name, value] of Object.entries(form)) {
    const texts: unknown[] = Array.isArray(value) ? value : [value]
    if (name !== '__proto__' && texts.every(text => typeof text === 'string')) members.set(name, texts)
    else faults.push({ in: 'body', pointer: pointerTo([name]), detail: 'is not allowed here' })
  }
  if (faults.length > 0) return { faults }
  return toValue(readMembersOfForm(members, shape, { decode: text => text, encoded: false }, limits))
}

/**
 * A text is a string, a number or a boolean; `fits` chooses where it can mean more than one of these (`12` under
 * `integer` or `string`). It spells no list.
 */
export function readPlainText(text: string, schema: TextSchema = STRING, fits: (value: unknown) => boolean): Value {
  const values = scalars(text, schema)
  if (values.length === 0) return fault([], expected(schema))
  return { value: values.find(fits) ?? values[0] }
}

export function toValue(reading: Reading): Value {
  if ('value' in reading) return reading
  return { faults: reading.faults.map(({ path, detail }) => ({ in: 'body', pointer: pointerTo(path), detail })) }
}

function fault(path: readonly (string | number)[], detail: string): Value {
  return { faults: [{ in: 'body', pointer: pointerTo(path), detail }] }
}
