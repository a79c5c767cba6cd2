import { pathToFileURL } from 'node:url'
import { member, type Origin, segmentsOf } from './origins.js'
import { pointerText } from './pointer.js'
import { resolveUri } from './reference.js'
import { isObject, type Target } from './targets.js'

/** A schema or document that has a URI of its own: what its references are relative to. */
export interface Resource {
  readonly root: Target
  /** Absolute. */
  readonly base: string
  /** The base is one that `$id` or `$self` gave, not the place of the file. */
  readonly identified: boolean
}

export interface Identifiers {
  /** The resource in which `place` stands. */
  resourceAt(place: Origin): Resource
  /** The resources of `file` that are called `uri`: one, unless the file gives the name twice. */
  named(uri: string, file: string): readonly Target[]
  /** What `$anchor` and `$dynamicAnchor` call `name` in the resource whose root this is. */
  anchored(name: string, root: Target): readonly Target[]
  /** What `$dynamicAnchor` calls `name` in any of these files. */
  dynamic(name: string, files: Iterable<string>): readonly Target[]
}

interface Index {
  readonly resources: Map<string, Target[]>
  readonly anchors: Map<string, Target[]>
  readonly dynamicAnchors: Map<string, Target[]>
}

/** Members that hold data, in which `$id` is a word like any other. */
const DATA = new Set(['example', 'examples', 'default', 'enum', 'const', 'value'])

/** Members whose members are names, not keywords. */
const MAPS = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
  'schemas',
  'responses',
  'parameters',
])

/**
 * What `$id`, `$anchor` and `$dynamicAnchor` (JSON Schema 2020-12, section 8.2) and `$self` (OpenAPI 3.2) name.
 * @param read the value of a file that was opened.
 * @param mentions may the text of a file hold such keywords? Most hold none, and are not searched.
 */
export function createIdentifiers(read: (file: string) => unknown, mentions: (file: string) => boolean): Identifiers {
  const indexes = new Map<string, Index>()
  const indexOf = (file: string): Index => {
    const known = indexes.get(file)
    if (known !== undefined) return known
    const index: Index = { resources: new Map(), anchors: new Map(), dynamicAnchors: new Map() }
    indexes.set(file, index)
    if (mentions(file)) {
      const root = { node: read(file), origin: { file, key: '' } }
      collect(root, { root, base: fileUri(file), identified: false }, index, false)
    }
    return index
  }
  return {
    resourceAt(place) {
      const { file } = place
      let at: Target = { node: read(file), origin: { file, key: '' } }
      let resource: Resource = { root: at, base: fileUri(file), identified: false }
      if (!mentions(file)) return resource
      for (const segment of segmentsOf(place)) {
        resource = resourceOf(at, resource)
        if (typeof at.node !== 'object' || at.node === null) break
        at = { node: Reflect.get(at.node, segment), origin: member(at.origin, segment) }
      }
      return resource
    },
    named: (uri, file) => indexOf(file).resources.get(uri) ?? [],
    anchored: (name, root) => indexOf(root.origin.file).anchors.get(anchorKey(name, root)) ?? [],
    dynamic: (name, files) => [...files].flatMap(file => indexOf(file).dynamicAnchors.get(name) ?? []),
  }
}

/** The resource that starts at `target`, or else the one around it. */
function resourceOf(target: Target, around: Resource): Resource {
  const { node, origin } = target
  if (!isObject(node)) return around
  const name = node.$id ?? (origin.parent === undefined ? node.$self : undefined)
  // Up to draft 7, an `$id` that is a fragment is an anchor.
  if (typeof name !== 'string' || name.startsWith('#')) return around
  const base = resolveUri(name, around.base)
  return base === undefined ? around : { root: target, base, identified: true }
}

function collect(target: Target, around: Resource, index: Index, isMap: boolean): void {
  const { node, origin } = target
  if (Array.isArray(node)) {
    for (const [key, value] of node.entries()) {
      collect({ node: value, origin: member(origin, key) }, around, index, false)
    }
    return
  }
  if (!isObject(node)) return
  const resource = isMap ? around : resourceOf(target, around)
  if (!isMap) {
    if (resource !== around) add(index.resources, resource.base, target)
    const { $id, $anchor, $dynamicAnchor } = node
    if (typeof $id === 'string' && $id.startsWith('#'))
      add(index.anchors, anchorKey($id.slice(1), resource.root), target)
    for (const name of [$anchor, $dynamicAnchor]) {
      if (typeof name === 'string') add(index.anchors, anchorKey(name, resource.root), target)
    }
    if (typeof $dynamicAnchor === 'string') add(index.dynamicAnchors, $dynamicAnchor, target)
  }
  for (const [name, value] of Object.entries(node)) {
    if (!isMap && (DATA.has(name) || name.startsWith('x-'))) continue
    collect({ node: value, origin: member(origin, name) }, resource, index, !isMap && MAPS.has(name))
  }
}

function anchorKey(name: string, root: Target): string {
  return `${pointerText(segmentsOf(root.origin))}#${name}`
}

function add(map: Map<string, Target[]>, key: string, target: Target): void {
  const listed = map.get(key)
  // One object may be named twice: `$anchor` and `$dynamicAnchor` of the same name.
  if (listed === undefined) map.set(key, [target])
  else if (!listed.some(({ node }) => node === target.node)) listed.push(target)
}

function fileUri(file: string): string {
  return /^https?:/.test(file) ? file : pathToFileURL(file).href
}
