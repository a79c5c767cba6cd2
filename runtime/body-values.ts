import { decodeForm, splitMembers } from './members.js'
import type { Fault } from './problem.js'
import { pointerTo } from './schema-faults.js'
import { type Reading, readMembers, readTexts } from './text-values.js'
import type { TextSchema } from './validator.js'

export type Value = { readonly value: unknown } | { readonly faults: readonly Fault[] }

const OBJECT: TextSchema = { type: 'object' }
const STRING: TextSchema = { type: 'string' }

export function readJson(text: string): Value {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fault([], 'is not valid JSON')
  }
  // A name can be hidden by an escape only; a text without either is the common case and needs no walk.
  return text.includes('__proto__') || text.includes('\\u') ? withoutPrototypeNames(value) : { value }
}

/** `__proto__` is no name for a member: code that copies members one by one would set a prototype with it. */
export function withoutPrototypeNames(value: unknown): Value {
  const path = prototypeName(value)
  return path === undefined ? { value } : fault(path, 'is not allowed here')
}

export function readForm(text: string, schema: TextSchema = OBJECT): Value {
  const members = splitMembers(text, '&', name => decodeForm(name) ?? MALFORMED_NAME)
  if (members.has(MALFORMED_NAME)) return fault([], 'is not valid percent-encoding')
  if (members.has('__proto__')) return fault(['__proto__'], 'is not allowed here')
  return toValue(readMembers(members, schema, decodeForm))
}

// No decoded name holds a lone surrogate.
const MALFORMED_NAME = '\ud800'

/** A form as a body parser before the router left it: texts, decoded, or lists of them. */
export function readParsedForm(form: object, schema: TextSchema = OBJECT): Value {
  const members = new Map<string, readonly string[]>()
  const faults: Fault[] = []
  for (const [name, value] of Object.entries(form)) {
    const texts: unknown[] = Array.isArray(value) ? value : [value]
    if (name !== '__proto__' && texts.every(text => typeof text === 'string')) members.set(name, texts)
    else faults.push({ in: 'body', pointer: pointerTo([name]), detail: 'is not allowed here' })
  }
  return faults.length > 0 ? { faults } : toValue(readMembers(members, schema, text => text))
}

export function readPlainText(text: string, schema: TextSchema = STRING): Value {
  return toValue(readTexts([text], schema, { decode: text => text, delimited: false, pairs: false }))
}

function toValue(reading: Reading): Value {
  if ('value' in reading) return reading
  return { faults: reading.faults.map(({ path, detail }) => ({ in: 'body', pointer: pointerTo(path), detail })) }
}

function fault(path: readonly (string | number)[], detail: string): Value {
  return { faults: [{ in: 'body', pointer: pointerTo(path), detail }] }
}

interface Node {
  readonly value: unknown
  readonly name: string
  readonly parent?: Node
}

/** Where the first member called `__proto__` stands. Without recursion: bodies are nested as deep as callers like. */
function prototypeName(root: unknown): string[] | undefined {
  const open: Node[] = [{ value: root, name: '' }]
  for (let node = open.pop(); node; node = open.pop()) {
    if (typeof node.value !== 'object' || node.value === null) continue
    for (const [name, value] of Object.entries(node.value)) {
      const member: Node = { value, name, parent: node }
      if (name === '__proto__') return pathTo(member)
      open.push(member)
    }
  }
  return undefined
}

function pathTo(node: Node): string[] {
  const path: string[] = []
  for (let at = node; at.parent; at = at.parent) path.unshift(at.name)
  return path
}
