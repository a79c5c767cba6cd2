import type { Report } from '../diagnostics/diagnostic.js'
import { refuseCircle, refuseCircles } from './circles.js'
import { ComponentNames } from './component-names.js'
import { Dialects } from './dialects.js'
import { lostNames } from './discriminator-names.js'
import type { JsonObject, ResolvedDocument } from './document.js'
import { type Followed, recursiveTarget, refuseDynamicReferences, refuseManyMeanings } from './dynamic-references.js'
import type { SourceFile, SourceFiles } from './files.js'
import { type Kind, memberSlot, type Slot, sections } from './grammar.js'
import { DEEPEST } from './json-text.js'
import { locationOf, member, type Origin, type OriginMap } from './origins.js'
import { componentReference } from './reference.js'
import { SecurityNames } from './security-names.js'
import { warnOfSiblings } from './siblings.js'
import { createTargets, isObject, type Target, type Targets, targetKey } from './targets.js'

/** Objects and lists of the resolved document; what is referred to from several places counts at each. */
const LARGEST = 10_000_000

interface Inlined {
  readonly value: unknown
  /** How many objects and lists it holds. */
  readonly size: number
}

/**
 * The document in one piece (see {@link ResolvedDocument}). Follows references where OpenAPI and JSON Schema
 * know them and where the field writes them all the same: an operation, or a whole map, by `$ref`.
 *
 * Things in place by reference are shared between the places, not copied: read them, never write.
 */
export function resolveReferences(
  entry: SourceFile,
  files: SourceFiles,
  version: ResolvedDocument['version'],
  report: Report,
): { readonly root: JsonObject; readonly nodes: OriginMap } {
  const resolver = new Resolver(createTargets(entry, files, version, report), version)
  return { root: resolver.document(entry), nodes: resolver.nodes }
}

class Resolver {
  readonly nodes: OriginMap = new WeakMap()
  private readonly names: ComponentNames
  private readonly security: SecurityNames
  private readonly dialects: Dialects
  private readonly moved: { readonly name: string; readonly target: Target }[] = []
  private readonly inlined = new Map<string, Inlined>()
  private readonly open = new Set<string>()
  private readonly dynamic = new Set<object>()
  private size = 0
  private overflown = false

  constructor(
    private readonly targets: Targets,
    private readonly version: ResolvedDocument['version'],
  ) {
    this.names = new ComponentNames(targets, version)
    this.security = new SecurityNames(targets, this.names, version)
    this.dialects = new Dialects(targets)
  }

  document({ path, value }: SourceFile): JsonObject {
    const origin = { file: path, key: '' }
    this.names.readComponents({ node: value, origin })
    const root = isObject(value) ? this.object('document', value, origin, 0) : {}
    if (isObject(value) && this.version !== '3.0') this.dialects.readDocument(origin, value)
    const schemas: JsonObject = {}
    const followed: Followed[] = []
    let built = 0
    // Building one may move others here, while this runs; so may following a dynamic reference.
    do {
      for (const { name, target } of this.moved.slice(built)) {
        schemas[name] = this.build('schema', target.node, target.origin, 0)
        built++
      }
      if (built === this.moved.length && this.version !== '3.0') followed.push(...this.followDynamic())
    } while (built < this.moved.length)
    refuseManyMeanings(followed, this.targets)
    const schemes = this.security.moved.map(({ name, target }) => {
      return [name, this.build('securityScheme', target.node, target.origin, 0)] as const
    })
    this.addComponents(root, 'schemas', schemas)
    this.addComponents(root, 'securitySchemes', Object.fromEntries(schemes))
    refuseCircles(root, this.nodes, this.targets)
    refuseDynamicReferences(root, this.dynamic, this.nodes, this.targets)
    return root
  }

  private addComponents(root: JsonObject, section: string, added: JsonObject): void {
    if (Object.keys(added).length === 0) return
    const components = isObject(root.components) ? root.components : {}
    const own = isObject(components[section]) ? components[section] : {}
    root.components = this.derived(components, { ...components, [section]: this.derived(own, { ...own, ...added }) })
  }

  /** Dynamic references that can mean one schema only become references to it. */
  private followDynamic(): Followed[] {
    const followed: Followed[] = []
    for (const node of this.dynamic) {
      const origin = this.nodes.get(node)
      if (origin === undefined || !isObject(node)) continue
      const { $dynamicRef, $recursiveRef } = node
      const keyword = typeof $dynamicRef === 'string' ? '$dynamicRef' : '$recursiveRef'
      const place = member(origin, keyword)
      let target: Target | undefined
      if (typeof $dynamicRef === 'string') target = this.targets.findDynamic($dynamicRef, place)
      else if ($recursiveRef === '#') target = recursiveTarget(place, this.targets)
      const $ref = target && this.schemaTarget(target, place)
      if (target === undefined || $ref === undefined) continue
      if (typeof $dynamicRef === 'string') followed.push({ $dynamicRef, place, target })
      this.dynamic.delete(node)
      delete node[keyword]
      if (!Object.hasOwn(node, '$ref')) node.$ref = $ref
      else node.allOf = [...(Array.isArray(node.allOf) ? node.allOf : []), this.placed({ $ref }, origin)]
    }
    return followed
  }

  private build(slot: Slot | undefined, node: unknown, origin: Origin, depth: number): unknown {
    if (typeof node !== 'object' || node === null) return node
    if (!this.fits(origin, depth)) return null
    if (isObject(node) && slot !== undefined && Object.hasOwn(node, '$ref') && this.isReference(slot, node.$ref)) {
      return slot === 'schema' ? this.schemaReference(node, origin, depth) : this.reference(slot, node, origin, depth)
    }
    if (Array.isArray(node)) {
      // `items` and `dependencies` of older JSON Schema hold lists where newer ones hold a schema.
      const item = slot === 'schema' ? slot : typeof slot === 'object' && 'list' in slot ? slot.list : undefined
      return this.placed(
        node.map((value, index) => this.build(item, value, member(origin, index), depth + 1)),
        origin,
      )
    }
    if (typeof slot === 'string') return this.object(slot, node, origin, depth)
    const entry = slot !== undefined && 'map' in slot ? slot.map : undefined
    return this.members(node, origin, depth, () => entry)
  }

  /** In a map, `$ref` may be a name like any other: under `properties` it is one, unless its value is a string. */
  private isReference(slot: Slot, ref: unknown): boolean {
    if (slot === 'securityRequirement') return false
    if (typeof ref === 'string') return true
    return typeof slot === 'string' && memberSlot(slot, '$ref') === undefined
  }

  private object(kind: Kind, node: object, origin: Origin, depth: number): JsonObject {
    if (kind === 'discriminator') return this.discriminator(node, origin, depth)
    if (kind === 'components') return this.components(node, origin, depth)
    const built = this.members(node, origin, depth, name => memberSlot(kind, name))
    if (kind === 'securityRequirement') return this.derived(built, this.security.rename(built, origin))
    if (kind !== 'schema') return built
    if (this.version !== '3.0') {
      this.dialects.check(built, origin)
      // All references lead to components now: none of these may give one another meaning.
      for (const name of ['$id', '$anchor', '$schema', '$dynamicAnchor', '$recursiveAnchor']) delete built[name]
    }
    if ('$dynamicRef' in built || '$recursiveRef' in built) this.dynamic.add(built)
    if (isObject(built.discriminator)) this.keepNames(node as JsonObject, built, built.discriminator)
    return built
  }

  private members(
    node: object,
    origin: Origin,
    depth: number,
    slotOf: (name: string) => Slot | undefined,
    skip?: string,
  ): JsonObject {
    const built: JsonObject = {}
    for (const [name, value] of Object.entries(node)) {
      if (name === skip) continue
      const nested = typeof value === 'object' && value !== null
      built[name] = nested ? this.build(slotOf(name), value, member(origin, name), depth + 1) : value
    }
    return this.placed(built, origin)
  }

  private components(node: object, origin: Origin, depth: number): JsonObject {
    const built = this.members(node, origin, depth, name => memberSlot('components', name))
    for (const [id, target] of this.names.standIns) {
      const [section = '', ...rest] = id.split('/')
      const listed = built[section]
      const slot = memberSlot('components', section)
      if (!isObject(listed) || typeof slot !== 'object' || !('map' in slot)) continue
      listed[rest.join('/')] = this.build(slot.map, target.node, target.origin, depth + 2)
    }
    return built
  }

  private schemaReference(node: JsonObject, origin: Origin, depth: number): JsonObject {
    warnOfSiblings('schema', node, origin, this.version, this.targets)
    const ref = this.schemaTarget(this.targets.find(node.$ref, origin), member(origin, '$ref'))
    if (this.version === '3.0') return this.placed({ $ref: ref }, origin)
    // From 3.1 on, what stands beside `$ref` in a schema counts.
    const built = this.object('schema', node, origin, depth)
    built.$ref = ref
    return built
  }

  /** The reference that leads to `found` in the resolved document, where it becomes a component if it is none. */
  private schemaTarget(found: Target | undefined, place: Origin): string | undefined {
    if (found === undefined) return undefined
    const known = this.names.of('schemas', found)
    if (known !== undefined) return componentReference('schemas', known)
    const target = this.names.follow('schemas', found)
    if (target === undefined || !this.names.isFit('schema', target, place)) return undefined
    let name = this.names.of('schemas', target)
    if (name === undefined) {
      name = this.names.invent(target)
      this.moved.push({ name, target })
    }
    return componentReference('schemas', name)
  }

  private reference(slot: Slot, node: JsonObject, origin: Origin, depth: number): unknown {
    const target = this.targets.find(node.$ref, origin)
    if (target === undefined || !this.names.isFit(slot, target, member(origin, '$ref'))) return this.placed({}, origin)
    if (slot === 'pathItem' || slot === 'operation') return this.merged(slot, node, origin, target, depth)
    warnOfSiblings(slot, node, origin, this.version, this.targets)
    const section = typeof slot === 'string' ? sections[slot] : undefined
    const name = section === undefined ? undefined : this.names.of(section, target)
    const overrides = this.overrides(node)
    if (section !== undefined && name !== undefined) {
      return this.placed({ $ref: componentReference(section, name), ...overrides }, origin)
    }
    const value = this.inPlace(slot, target, origin, depth)
    if (Object.keys(overrides).length === 0 || !isObject(value)) return value
    return this.derived(value, { ...value, ...overrides })
  }

  /** OpenAPI 3.1, Reference Object: these two override those of what is referred to. */
  private overrides(node: JsonObject): JsonObject {
    if (this.version === '3.0') return {}
    const names = ['summary', 'description'].filter(name => typeof node[name] === 'string')
    return Object.fromEntries(names.map(name => [name, node[name]]))
  }

  /** A path item or an operation by reference, with what stands beside the reference. */
  private merged(kind: Kind, node: JsonObject, origin: Origin, target: Target, depth: number): unknown {
    const value = this.inPlace(kind, target, origin, depth)
    if (!isObject(value)) return value
    const beside = this.members(node, origin, depth, name => memberSlot(kind, name), '$ref')
    if (Object.keys(beside).length === 0) return value
    const overrides = this.overrides(node)
    for (const name of Object.keys(beside)) {
      if (!Object.hasOwn(value, name) || Object.hasOwn(overrides, name)) continue
      // OpenAPI leaves open which one counts. Of two `security` or `x-claims`, either choice might be the weaker.
      const message = `${JSON.stringify(name)} stands beside "$ref" and in what it leads to`
      const notes = [
        { message: 'holds the other one', location: { ...locationOf(member(target.origin, name)), key: true } },
      ]
      this.targets.fault('reference-conflict', message, 'remove one of them', member(origin, name), {
        notes,
        key: true,
      })
    }
    return this.derived(value, { ...value, ...beside })
  }

  private inPlace(slot: Slot, target: Target, site: Origin, depth: number): unknown {
    const key = `${typeof slot === 'string' ? slot : JSON.stringify(slot)} ${targetKey(target.origin)}`
    const known = this.inlined.get(key)
    if (known !== undefined) {
      this.size += known.size
      return known.value
    }
    if (this.open.has(key)) {
      refuseCircle(site, this.targets)
      return this.placed({}, site)
    }
    this.open.add(key)
    const before = this.size
    const value = this.build(slot, target.node, target.origin, depth + 1)
    this.open.delete(key)
    this.inlined.set(key, { value, size: this.size - before })
    return value
  }

  /** OpenAPI's `mapping` holds names of component schemas, and references that do not look like ones. */
  private discriminator(node: object, origin: Origin, depth: number): JsonObject {
    const built = this.members(node, origin, depth, () => undefined)
    const place = member(origin, 'mapping')
    if (isObject(built.mapping)) {
      const mapping: JsonObject = {}
      for (const [value, name] of Object.entries(built.mapping))
        mapping[value] = this.mapped(name, member(place, value))
      built.mapping = this.placed(mapping, place)
    }
    if ('defaultMapping' in built)
      built.defaultMapping = this.mapped(built.defaultMapping, member(origin, 'defaultMapping'))
    return built
  }

  private keepNames(written: JsonObject, built: JsonObject, discriminator: JsonObject): void {
    const mapping = isObject(discriminator.mapping) ? discriminator.mapping : {}
    const lost = lostNames(written, built, mapping)
    if (lost.length > 0) discriminator.mapping = this.derived(mapping, { ...mapping, ...Object.fromEntries(lost) })
  }

  private mapped(name: unknown, place: Origin): unknown {
    if (typeof name !== 'string') return name
    if (/^[A-Za-z0-9._-]+$/.test(name) && (this.names.isOwn(name) || !/\.(?:ya?ml|json)$/i.test(name))) return name
    return this.schemaTarget(this.targets.findAt(name, place), place)
  }

  private fits(origin: Origin, depth: number): boolean {
    this.size++
    if (depth <= 2 * DEEPEST && this.size <= LARGEST) return true
    if (!this.overflown) {
      this.overflown = true
      const deep = depth > 2 * DEEPEST
      const message = deep
        ? `with its references in place, the document nests deeper than ${2 * DEEPEST} levels`
        : `with its references in place, the document holds more than ${LARGEST.toLocaleString('en')} objects`
      this.targets.fault('document-oversized', message, 'refer to less, or to components', origin)
    }
    return false
  }

  private placed<T extends object>(node: T, origin: Origin): T {
    this.nodes.set(node, origin)
    return node
  }

  /** `node` was made from `from`, and was written where that was. */
  private derived<T extends object>(from: object, node: T): T {
    const origin = this.nodes.get(from)
    return origin === undefined ? node : this.placed(node, origin)
  }
}
