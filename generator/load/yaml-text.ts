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
  type YAMLParseError,
} from 'yaml'
import { DEEPEST, duplicateName, type Found, type TextFault, tooDeep } from './json-text.js'

type YamlDocument = Document.Parsed<ParsedNode>

/** What aliases repeat: they may make a document larger than it is written, but not without bound. */
const MOST_REPEATED = 500_000
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
  if (document.errors.length > 0) return { faults: document.errors.slice(0, MOST_FAULTS).map(faultOf) }
  // YAML 1.1 reads `no` as false and `010` as 8: whoever asks for it would be misread.
  if (document.directives.yaml.version === '1.1' && document.directives.yaml.explicit === true) {
    const help = 'remove the line "%YAML 1.1": OpenAPI documents are YAML 1.2'
    return { faults: [{ message: 'the text says that it is YAML 1.1', help, offset: 0 }] }
  }
  const reader = new ValueReader(onName)
  const value = reader.read(document.contents, 0)
  return { value, faults: reader.faults.slice(0, MOST_FAULTS) }
}

function faultOf({ code, message, pos }: YAMLParseError): TextFault {
  const [offset] = pos
  if (code === 'MULTIPLE_DOCS') {
    return { message: 'the file holds more than one document', help: 'keep one; the line "---" begins another', offset }
  }
  if (code === 'NON_STRING_KEY') return noName(offset)
  const said = `${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\s+/g, ' ')}`
  return { message: `the text cannot be parsed: ${said}`, help: 'correct the text at this place', offset }
}

function noName(offset: number): TextFault {
  return { message: 'a name in an object must be plain text', help: 'write the name as a string', offset }
}

interface Anchored {
  readonly value: unknown
  readonly size: number
}

/** Tags of values that JSON has. Others are left aside: what they stand before is read as it is written. */
const PLAIN_TAGS = /^tag:yaml\.org,2002:(?:int|float|bool|null)$/

/** From the package's nodes to plain values: its own conversion looks every alias up in the whole document. */
class ValueReader {
  readonly faults: TextFault[] = []
  private readonly anchors = new Map<string, Anchored>()
  private size = 0
  private repeated = 0
  private overflown = false

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
    // In an ordered map (`!!omap`), each member is an item of its own.
    if (isPair(node)) return this.map({ items: [node] }, depth)
    if (!isScalar(node)) return null
    const { value, tag } = node
    if (tag !== undefined && PLAIN_TAGS.test(tag) && typeof value === 'string') {
      // The package wants a point in it.
      if (tag.endsWith(':float') && /^[-+]?\d+$/.test(value)) return Number(value)
      const message = `the value is not what its tag says: ${JSON.stringify(tag.replace(/^.*:/, '!!'))}`
      return this.fault({ message, help: 'correct the value, or remove the tag', offset: offsetOf(node) })
    }
    const plain = value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
    // `1e999` and dates are text to JSON, and to those who wrote them as an example.
    return plain ? value : (node.source ?? String(value))
  }

  private map(node: Pick<YAMLMap, 'items'>, depth: number): Record<string, unknown> {
    const value: Record<string, unknown> = {}
    const own = new Set<string>()
    for (const pair of node.items) {
      if (isMergeName(pair.key)) {
        this.merge(value, own, pair.value, depth)
        continue
      }
      const name = nameOf(pair.key)
      if (name === undefined) {
        this.fault(noName(offsetOf(pair.key)))
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
    this.repeated += anchored.size
    if (this.repeated > MOST_REPEATED) {
      // Once is enough: what repeats so much does so everywhere.
      if (this.overflown) return undefined
      this.overflown = true
      return this.fault({
        message: `aliases repeat more than ${MOST_REPEATED.toLocaleString('en')} values`,
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
