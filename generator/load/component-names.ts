import { refuseCircle } from './circles.js'
import type { ResolvedDocument } from './document.js'
import { described, type Kind, memberSlot, type Slot, sections } from './grammar.js'
import { locationOf, member, type Origin, segmentsOf } from './origins.js'
import { isObject, type Target, type Targets, targetKey } from './targets.js'

/** What each component is called: those that the document defines, and schemas that are moved there. */
export class ComponentNames {
  /** Components that are nothing but a reference to another file: `section/name` → what they stand for. */
  readonly standIns = new Map<string, Target>()
  private readonly named = new Map<string, Map<string, string>>()
  private readonly sections = new Map<string, string>()
  private readonly own = new Set<string>()
  private readonly schemes = new Set<string>()
  private readonly taken = new Set<string>()
  private readonly numbers = new Map<string, number>()

  constructor(
    private readonly targets: Targets,
    private readonly version: ResolvedDocument['version'],
  ) {}

  /** Names what stands in `components` of the document, also where that came by reference. */
  readComponents(top: Target): void {
    const components = this.inside(top, 'components')
    const references: { kind: Kind; section: string; name: string; entry: Target }[] = []
    for (const section of Object.values(sections)) {
      const listed = components && this.inside(components, section)
      const slot = memberSlot('components', section)
      if (listed === undefined || !isObject(listed.node) || typeof slot !== 'object' || !('map' in slot)) continue
      for (const [name, node] of Object.entries(listed.node)) {
        const entry = { node, origin: member(listed.origin, name) }
        this.define(section, entry, name)
        if (slot.map !== 'pathItem' && this.isBareReference(node)) {
          references.push({ kind: slot.map, section, name, entry })
        }
      }
    }
    for (const { kind, section, name, entry } of references) {
      const target = this.follow(section, entry)
      if (target === undefined || this.of(section, target) !== undefined) continue
      if (!this.isFit(kind, target, member(entry.origin, '$ref'))) continue
      this.give(section, target, name)
      this.standIns.set(`${section}/${name}`, target)
    }
  }

  /** From a bare reference on, to a component or to what is more than a reference. */
  follow(section: string, from: Target): Target | undefined {
    const seen = new Set<string>()
    let at: Target = from
    while (isObject(at.node) && this.isBareReference(at.node)) {
      const key = targetKey(at.origin)
      if (seen.has(key)) {
        refuseCircle(at.origin, this.targets)
        return undefined
      }
      seen.add(key)
      const next = this.targets.find(at.node.$ref, at.origin)
      if (next === undefined) return undefined
      at = next
      if (this.of(section, at) !== undefined) break
    }
    return at
  }

  /** Is `target` what a reference in such a place may lead to? Reports that it is not. */
  isFit(slot: Slot, target: Target, place: Origin): boolean {
    const wanted = described(slot)
    const section = typeof slot === 'string' ? sections[slot] : undefined
    const actual = this.sectionOf(target)
    const shaped = hasShape(slot, target)
    if (shaped && (actual === undefined || actual === section || this.of(section ?? '', target) !== undefined)) {
      return true
    }
    const found = actual === undefined ? '' : `, but to one of the document's ${actual}`
    this.targets.fault(
      'reference-mistyped',
      `the reference does not lead to ${wanted}${found}`,
      `refer to ${wanted}, or write it here`,
      place,
      { notes: [{ message: 'is where it leads', location: locationOf(target.origin) }] },
    )
    return false
  }

  /** Does the document define a schema of this name? */
  isOwn(name: string): boolean {
    return this.own.has(name)
  }

  /** Does the document define a security scheme of this name? */
  isScheme(name: string): boolean {
    return this.schemes.has(name)
  }

  /** A name for a security scheme that becomes a component. */
  inventScheme(target: Target): string {
    const base = readableName(target)
    let name = base
    for (let number = 2; this.schemes.has(name) || name in Object.prototype; number++) name = `${base}_${number}`
    this.schemes.add(name)
    this.give('securitySchemes', target, name)
    return name
  }

  /** The component that references to `target` lead to. */
  of(section: string, target: Target): string | undefined {
    return this.named.get(section)?.get(targetKey(target.origin))
  }

  /** A name for a schema that becomes a component: from where it was written, with a number if that is taken. */
  invent(target: Target): string {
    const base = readableName(target)
    let name = base
    let number = this.numbers.get(base) ?? 2
    while (this.taken.has(name) || name in Object.prototype) name = `${base}_${number++}`
    this.numbers.set(base, number)
    this.taken.add(name)
    this.give('schemas', target, name)
    return name
  }

  /** `target` is what the document defines as this component. */
  private define(section: string, target: Target, name: string): void {
    this.give(section, target, name)
    this.sections.set(targetKey(target.origin), section)
    if (section === 'securitySchemes') this.schemes.add(name)
    if (section !== 'schemas') return
    // None that is moved may be called so.
    this.own.add(name)
    this.taken.add(name)
  }

  /** References to `target` shall lead to this component; the first name wins. */
  private give(section: string, target: Target, name: string): void {
    const names = this.named.get(section) ?? new Map<string, string>()
    this.named.set(section, names)
    const key = targetKey(target.origin)
    if (!names.has(key)) names.set(key, name)
  }

  /** The section in which the document defines `target`, if it is a component. */
  private sectionOf(target: Target): string | undefined {
    return this.sections.get(targetKey(target.origin))
  }

  /** `name` in `target`, with both brought in by reference where they are. */
  private inside(target: Target, name: string): Target | undefined {
    if (!isObject(target.node) || !Object.hasOwn(target.node, name)) return undefined
    let found: Target | undefined = { node: target.node[name], origin: member(target.origin, name) }
    const seen = new Set<string>()
    while (found !== undefined && isObject(found.node) && typeof found.node.$ref === 'string') {
      if (seen.has(targetKey(found.origin))) return undefined
      seen.add(targetKey(found.origin))
      found = this.targets.find(found.node.$ref, found.origin)
    }
    return found
  }

  private isBareReference(node: unknown): boolean {
    if (!isObject(node) || typeof node.$ref !== 'string') return false
    return this.version === '3.0' || Object.keys(node).length === 1
  }
}

/** Names of these say nothing without what stands above them. */
const structural = /^(?:\d+|schema|items|additionalProperties|allOf|anyOf|oneOf|not)$/

function readableName({ origin }: Target): string {
  const segments = segmentsOf(origin)
  const start = segments.findLastIndex(segment => !structural.test(segment))
  const words = segments.slice(Math.max(start, 0))
  if (start === -1) words.unshift(fileName(origin.file))
  const name = words
    .join('_')
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return name === '' ? 'schema' : name
}

function fileName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? '').replace(/\.(?:ya?ml|json)$/i, '')
}

function hasShape(slot: Slot, { node, origin }: Target): boolean {
  if (typeof slot === 'object' && 'list' in slot) return Array.isArray(node)
  if (typeof node === 'boolean') return slot === 'schema'
  const document = isObject(node) && origin.parent === undefined && Object.hasOwn(node, 'openapi')
  return isObject(node) && !document
}
