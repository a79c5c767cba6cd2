import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { DEEPEST, duplicateName, type Found, type TextFault, tooDeep } from './json-text.js'

type YamlDocument = Document.Parsed<ParsedNode>

/** Aliases may make a document larger than it is written, but not without bound. */
const LARGEST = 2_000_000
const MOST_FAULTS = 10

export function readYaml(text: string): YamlDocument {
  return parseDocument(text, {
    schema: 'core',
    stringKeys: true,
    merge: true,
    // Ours are found below in linear time; the package compares each name with all before it.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  })
}

/** The value of a YAML text, with what is wrong with it. */
export function yamlValue(
  text: string,
  onName: (name: string, offset: number) => void,
): { value?: unknown; faults: readonly TextFault[] } {
  let document: YamlDocument
  try {
    document = readYaml(text)
  } catch (error) {
    // Its parser is recursive: text that nests by the thousand ends it.
    if (error instanceof RangeError) return { faults: [tooDeep(0)] }
    throw error
  }
  const overflow = document.errors.find(error => /call stack/i.test(error.message))
  if (overflow) return { faults: [tooDeep(overflow.pos[0])] }
  if (document.errors.length > 0) {
    const faults = document.errors.slice(0, MOST_FAULTS).map(error => ({
      message: `the text cannot be parsed: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1).replace(/\s+/g, ' ')}`,
      help: 'correct the text at this place',
      offset: error.pos[0],
    }))
    return { faults }
  }
  const reader = new ValueReader(onName)
  const value = reader.read(document.contents, 0)
  return { value, faults: reader.faults.slice(0, MOST_FAULTS) }
}

interface Anchored {
  readonly value: unknown
  readonly size: number
}

/** From the package's nodes to plain values: its own conversion looks every alias up in the whole document. */
class ValueReader {
  readonly faults: TextFault[] = []
  private readonly anchors = new Map<string, Anchored>()
  private size = 0

  constructor(private readonly onName: (name: string, offset: number) => void) {}

  read(node: unknown, depth: number): unknown {
    if (depth > DEEPEST) return this.fault(tooDeep(offsetOf(node)))
    if (isAlias(node)) return this.alias(node.source, offsetOf(node))
    const before = this.size++
    const value = this.content(node, depth)
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined
    if (anchor !== undefined) this.anchors.set(anchor, { value, size: this.size - before })
    return value
  }

  private content(node: unknown, depth: number): unknown {
    if (isMap(node)) return this.map(node, depth)
    if (isSeq(node)) return node.items.map(item => this.read(item, depth + 1))
    if (!isScalar(node)) return null
    const { value } = node
    const plain = value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
    // `1e999` and dates are text to JSON, and to those who wrote them as an example.
    return plain ? value : (node.source ?? String(value))
  }

  private map(node: YAMLMap, depth: number): Record<string, unknown> {
    const value: Record<string, unknown> = {}
    const own = new Set<string>()
    for (const pair of node.items) {
      if (isMergeName(pair.key)) {
        this.merge(value, own, pair.value, depth)
        continue
      }
      const name = nameOf(pair.key)
      if (name === undefined) {
        this.fault({
          message: 'a name in an object must be plain text',
          help: 'write the name as a string',
          offset: offsetOf(pair.key),
        })
        continue
      }
      const offset = offsetOf(pair.key)
      if (own.has(name)) this.fault(duplicateName(name, offset))
      own.add(name)
      this.onName(name, offset)
      define(value, name, this.read(pair.value, depth + 1))
    }
    return value
  }

  /** `<<`: members of other maps, which the map's own and those of earlier maps win over. */
  private merge(into: Record<string, unknown>, own: ReadonlySet<string>, node: unknown, depth: number): void {
    const merged = this.read(node, depth + 1)
    for (const source of Array.isArray(merged) ? merged : [merged]) {
      if (typeof source !== 'object' || source === null || Array.isArray(source)) {
        this.fault({
          message: '"<<" merges what is no object',
          help: 'give it an alias of an object, or a list of them',
          offset: offsetOf(node),
        })
        return
      }
      for (const [name, member] of Object.entries(source)) {
        if (!own.has(name) && !Object.hasOwn(into, name)) define(into, name, member)
      }
    }
  }

  private alias(name: string, offset: number): unknown {
    const anchored = this.anchors.get(name)
    if (anchored === undefined) {
      return this.fault({
        message: `the alias "*${name}" names no anchor that ends before it`,
        help: `put "&${name}" before what it shall repeat`,
        offset,
      })
    }
    this.size += anchored.size
    if (this.size > LARGEST) {
      this.size = 0
      return this.fault({
        message: `aliases repeat more than ${LARGEST.toLocaleString('en')} values`,
        help: 'repeat less',
        offset,
      })
    }
    return anchored.value
  }

  private fault(fault: TextFault): undefined {
    this.faults.push(fault)
  }
}

/** Finds places in a YAML text, through aliases and merges, also where the text is malformed. */
export function yamlFinder(text: string): (segments: readonly string[]) => Found {
  let document: YamlDocument
  try {
    document = readYaml(text)
  } catch {
    return () => ({ value: { start: 0, end: 0 } })
  }
  const anchors = new Map<string, unknown>()
  collectAnchors(document.contents, anchors)
  const indexes = new WeakMap<object, Map<string, Found & { readonly node: unknown }>>()
  const index = (node: YAMLMap) => {
    const known = indexes.get(node)
    if (known !== undefined) return known
    const members = new Map<string, Found & { readonly node: unknown }>()
    indexes.set(node, members)
    for (const pair of node.items) {
      const name = nameOf(pair.key)
      if (name === undefined) continue
      const span = spanOf(pair.key)
      members.set(name, { name: span, value: spanOf(pair.value, span.end), node: pair.value })
    }
    for (const pair of node.items) {
      if (!isMergeName(pair.key)) continue
      const merged = target(pair.value)
      for (const source of isSeq(merged) ? merged.items.map(target) : [merged]) {
        if (!isMap(source)) continue
        for (const [name, found] of index(source)) if (!members.has(name)) members.set(name, found)
      }
    }
    return members
  }
  const target = (node: unknown): unknown => (isAlias(node) ? anchors.get(node.source) : node)
  return segments => {
    let found: Found & { readonly node: unknown } = { value: spanOf(document.contents), node: document.contents }
    for (const segment of segments) {
      const node = target(found.node)
      let next: typeof found | undefined
      if (isMap(node)) next = index(node).get(segment)
      else if (isSeq(node) && /^\d+$/.test(segment) && Number(segment) < node.items.length) {
        const item = node.items[Number(segment)]
        next = { value: spanOf(item), node: item }
      }
      if (next === undefined) break
      found = next
    }
    const { value, name } = found
    return { value, ...(name === undefined ? {} : { name }) }
  }
}

function collectAnchors(root: unknown, anchors: Map<string, unknown>): void {
  const waiting: unknown[] = [root]
  while (waiting.length > 0) {
    const node = waiting.pop()
    if (isPair(node)) waiting.push(node.value)
    else if (isMap(node) || isSeq(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      for (const item of node.items) waiting.push(item)
    } else if (isScalar(node) && node.anchor !== undefined) anchors.set(node.anchor, node)
  }
}

function isMergeName(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN'
}

function nameOf(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
}

function define(object: Record<string, unknown>, name: string, value: unknown): void {
  // An assignment to `__proto__` would set the prototype instead of a member.
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}

function spanOf(node: unknown, otherwise = 0): { start: number; end: number } {
  const range = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? (node.range ?? undefined) : undefined
  return range === undefined ? { start: otherwise, end: otherwise } : { start: range[0], end: range[1] }
}

function offsetOf(node: unknown): number {
  return spanOf(node).start
}
