/** A place in a text: from `start` to `end`, counted in UTF-16 units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What stands at a pointer: its value, and the name under which it stands in an object. */
export interface Found {
  readonly value: Span
  readonly name?: Span
}

export interface TextFault {
  readonly message: string
  readonly help: string
  readonly offset: number
}

/** No document that a person can read nests deeper, and recursion over one that does would end the process. */
export const DEEPEST = 500

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

export function duplicateName(name: string, offset: number): TextFault {
  return {
    message: `the member ${JSON.stringify(name)} stands twice in one object`,
    help: 'remove one of them, or rename it',
    offset,
  }
}

export function tooDeep(offset: number): TextFault {
  return { message: `it nests deeper than ${DEEPEST} levels`, help: 'flatten it', offset }
}

/**
 * What `JSON.parse` lets pass, in a text that it accepted: a name that stands twice (of which it would keep
 * the last), and nesting without bound.
 */
export function inspectJson(text: string, onName: (name: string, offset: number) => void): TextFault[] {
  const faults: TextFault[] = []
  const open: (Set<string> | undefined)[] = []
  let names: Set<string> | undefined
  let nameNext = false
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case OPEN_OBJECT:
      case OPEN_LIST:
        nameNext = text.charCodeAt(at) === OPEN_OBJECT
        names = nameNext ? new Set() : undefined
        if (open.push(names) > DEEPEST) return [...faults, tooDeep(at)]
        break
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        open.pop()
        names = open.at(-1)
        nameNext = false
        break
      case COMMA:
        nameNext = names !== undefined
        break
      case COLON:
        nameNext = false
        break
      case QUOTE: {
        const end = stringEnd(text, at)
        if (nameNext && names !== undefined) {
          const name = stringValue(text, at, end)
          if (names.has(name)) faults.push(duplicateName(name, at))
          names.add(name)
          onName(name, at)
        }
        at = end - 1
        break
      }
    }
  }
  return faults
}

interface JsonNode extends Span {
  members?: Map<string, { readonly name?: Span; readonly node: JsonNode }>
}

/** Finds places in a JSON text. Each object is read when first asked for, so that a look-up never parses it all. */
export function jsonFinder(text: string): (segments: readonly string[]) => Found {
  const root: JsonNode = { start: skipSpace(text, 0), end: text.trimEnd().length }
  return segments => {
    let found: { readonly name?: Span; readonly node: JsonNode } = { node: root }
    for (const segment of segments) {
      found.node.members ??= membersOf(text, found.node)
      const next = found.node.members.get(segment)
      if (next === undefined) break
      found = next
    }
    const { start, end } = found.node
    return { value: { start, end }, ...(found.name === undefined ? {} : { name: found.name }) }
  }
}

function membersOf(text: string, { start, end }: Span): NonNullable<JsonNode['members']> {
  const members: NonNullable<JsonNode['members']> = new Map()
  const opener = text.charCodeAt(start)
  if (opener !== OPEN_OBJECT && opener !== OPEN_LIST) return members
  let at = skipSpace(text, start + 1)
  for (let index = 0; at < end - 1; index++) {
    if (opener === OPEN_LIST) {
      const node = { start: at, end: valueEnd(text, at) }
      members.set(String(index), { node })
      at = node.end
    } else {
      const name = { start: at, end: stringEnd(text, at) }
      const valueStart = skipSpace(text, skipSpace(text, name.end) + 1)
      const node = { start: valueStart, end: valueEnd(text, valueStart) }
      members.set(stringValue(text, name.start, name.end), { name, node })
      at = node.end
    }
    at = skipSpace(text, at)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return members
}

/** One past the value that starts at `at`. */
function valueEnd(text: string, at: number): number {
  const opener = text.charCodeAt(at)
  if (opener === QUOTE) return stringEnd(text, at)
  if (opener !== OPEN_OBJECT && opener !== OPEN_LIST) {
    const rest = /[\s,\]}]|$/g
    rest.lastIndex = at
    return rest.exec(text)?.index ?? text.length
  }
  let depth = 0
  for (let i = at; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === QUOTE) i = stringEnd(text, i) - 1
    else if (unit === OPEN_OBJECT || unit === OPEN_LIST) depth++
    else if ((unit === CLOSE_OBJECT || unit === CLOSE_LIST) && --depth === 0) return i + 1
  }
  return text.length
}

/** One past the closing quote of the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  for (let close = text.indexOf('"', at + 1); close !== -1; close = text.indexOf('"', close + 1)) {
    let slash = close
    while (text.charCodeAt(slash - 1) === BACKSLASH) slash--
    if ((close - slash) % 2 === 0) return close + 1
  }
  return text.length
}

function stringValue(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1)
  return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw
}

function skipSpace(text: string, at: number): number {
  let next = at
  while (next < text.length && ' \t\r\n'.includes(text.charAt(next))) next++
  return next
}
