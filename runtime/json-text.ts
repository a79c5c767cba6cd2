import type { BodyLimits } from './body-limits.js'
import type { TextFault } from './text-values.js'

export type JsonLimits = Pick<BodyLimits, 'depth' | 'members'>

export type JsonReading = { readonly value: unknown } | { readonly faults: readonly TextFault[] }

const TOO_DEEP = 'is nested too deeply'
const TOO_MANY = 'holds too many members'

/**
 * Parses JSON that keeps within the limits, counted before it is parsed. A member called `__proto__` is a fault. Where a
 * name is written twice in an object, the last value stands, for the schema and for the handler alike.
 */
export function readJsonText(text: string, limits: JsonLimits): JsonReading {
  const excess = excessOf(text, limits)
  if (excess !== undefined) return fault([], excess)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fault([], 'is not valid JSON')
  }
  // A name can be hidden by an escape only; a text without either is the common case and needs no walk.
  return text.includes('__proto__') || text.includes('\\u') ? checkParsed(value, limits) : { value }
}

/**
 * Holds a value that something else parsed to the same. `__proto__` is no name for a member: code that copies members
 * one by one would set a prototype with it.
 */
export function checkParsed(root: unknown, { depth, members }: JsonLimits): JsonReading {
  let count = 0
  // Without recursion: bodies are nested as deep as callers like.
  const open: Node[] = [{ value: root, name: '', depth: 1 }]
  for (let node = open.pop(); node; node = open.pop()) {
    if (typeof node.value !== 'object' || node.value === null) continue
    if (node.depth > depth) return fault([], TOO_DEEP)
    const entries = Object.entries(node.value)
    if (!Array.isArray(node.value)) count += entries.length
    if (count > members) return fault([], TOO_MANY)
    for (const [name, value] of entries) {
      const member: Node = { value, name, depth: node.depth + 1, parent: node }
      if (name === '__proto__') return fault(pathTo(member), 'is not allowed here')
      open.push(member)
    }
  }
  return { value: root }
}

function fault(path: readonly (string | number)[], detail: string): JsonReading {
  return { faults: [{ path, detail }] }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/** What a JSON text has too much of. Says nothing about whether it is one: outside strings, it counts punctuation. */
function excessOf(text: string, { depth, members }: JsonLimits): string | undefined {
  if (text.length <= depth && text.length <= members) return undefined
  let open = 0
  let names = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at)
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++open > depth) return TOO_DEEP
        break
      case 0x5d: // ]
      case 0x7d: // }
        open--
        break
      case COLON:
        if (++names > members) return TOO_MANY
        break
    }
  }
  return undefined
}

/** Where the string ends that begins at `start`: at a quote with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === BACKSLASH) before--
  return (at - before) % 2 === 0
}

interface Node {
  readonly value: unknown
  readonly name: string
  readonly depth: number
  readonly parent?: Node
}

function pathTo(node: Node): string[] {
  const path: string[] = []
  for (let at = node; at.parent; at = at.parent) path.unshift(at.name)
  return path
}
