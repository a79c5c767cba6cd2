import type { BodyLimits } from './body-limits.js'
import { checkParsed, readJsonText } from './json-text.js'
import type { Decode, Members } from './members.js'
import { findMember, takes } from './parameter-spelling.js'
import { MALFORMED, type Reading, readMembers, type TextFault } from './text-values.js'
import type { FormMember, FormShape, TextParameter, TextSchema } from './validator.js'

export interface FormSpelling {
  readonly decode: Decode
  /** Values are percent-encoded: a delimiter may be, too. */
  readonly encoded: boolean
}

const OBJECT: TextSchema = { type: 'object' }

/** Reads a form from its members: each as its schema and the document's `encoding` say. */
export function readForm(
  sent: Members,
  { text = OBJECT, members = {} }: FormShape,
  { decode, encoded }: FormSpelling,
  limits: BodyLimits,
): Reading {
  const rest = new Map(sent)
  const special = new Map<string, Reading>()
  for (const [name, member] of Object.entries(members)) {
    const reading = member.as === 'json' ? readJsonMember() : member.parameter && readStyled(member.parameter)
    if (reading) special.set(name, reading)

    function readJsonMember(): Reading | undefined {
      const texts = sent.get(name)
      rest.delete(name)
      return texts && readJsons(texts, member, decode, limits)
    }
  }
  return merge(readMembers(rest, text, decode), special)

  function readStyled(parameter: TextParameter): Reading | undefined {
    for (const name of sent.keys()) if (takes(parameter, name)) rest.delete(name)
    const reading = findMember(parameter, sent, decode, { encoded, maxItems: limits.members })
    // Names in brackets or lists were not looked at before: none may be `__proto__`.
    return reading && 'value' in reading ? checkParsed(reading.value, limits) : reading
  }
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

const REPEATED = 'must not be repeated'

function readJsons(texts: readonly string[], member: FormMember, decode: Decode, limits: BodyLimits): Reading {
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
