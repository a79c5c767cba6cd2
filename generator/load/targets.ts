import type { Note, Report } from '../diagnostics/diagnostic.js'
import { nearest } from '../diagnostics/suggestion.js'
import type { JsonObject, ResolvedDocument } from './document.js'
import type { SourceFile, SourceFiles } from './files.js'
import { createIdentifiers, type Identifiers, type Resource } from './identifiers.js'
import { locationOf, member, type Origin, segmentsOf } from './origins.js'
import { pointerText } from './pointer.js'
import { isAbsolute, type Reference, type ReferenceFault, readReference, resolveUri } from './reference.js'
import { isRemote } from './remote-url.js'

/** What a reference leads to, in the file as it was read. */
export interface Target {
  readonly node: unknown
  readonly origin: Origin
}

export interface Targets {
  /** What the `$ref` of the object at `site` leads to. Reports why it leads nowhere, once for each place. */
  find(ref: unknown, site: Origin): Target | undefined
  /** The same for a reference that is the value at `place`. */
  findAt(ref: unknown, place: Origin): Target | undefined
  /** The one schema that `$dynamicRef` at `place` can mean, however it is reached; undefined where there may be more. */
  findDynamic(ref: string, place: Origin): Target | undefined
  /** What a file holds that was opened, as it was read. */
  value(file: string): unknown
  text(file: string): string
  /** Reports an error, or a warning, once for each place. */
  fault(code: string, message: string, help: string, place: Origin, more?: FaultDetails): void
}

/** References that lead through more references than this are a maze, if not a circle. */
const MOST_HOPS = 100

export interface FaultDetails {
  readonly notes?: readonly Note[]
  /** The fault is in the member's name. */
  readonly key?: true
  readonly severity?: 'warning'
}

interface Hops {
  count: number
}

export function targetKey(origin: Origin): string {
  return `${origin.file}#${pointerText(segmentsOf(origin))}`
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function createTargets(
  entry: SourceFile,
  files: SourceFiles,
  version: ResolvedDocument['version'],
  report: Report,
): Targets {
  const opened = new Map<string, unknown>([[entry.path, entry.value]])
  const reported = new Set<string>()
  const identifiers = identifiersOf(opened, files, version)

  const fault: Targets['fault'] = (code, message, help, place, { notes, key, severity } = {}) => {
    const location = { ...locationOf(place), ...(key === undefined ? {} : { key }) }
    // The same place may be walked twice: as a part of one thing, and as the target of another reference.
    const id = `${code} ${location.file}#${location.pointer}`
    if (reported.has(id)) return
    reported.add(id)
    report({ code, severity: severity ?? 'error', message, help, location, ...(notes === undefined ? {} : { notes }) })
  }

  const fileOf = (text: string, uri: string, place: Origin): SourceFile | undefined => {
    const result = files.open(uri, place.file)
    if ('file' in result) {
      opened.set(result.file.path, result.file.value)
      return result.file
    }
    const quoted = JSON.stringify(text)
    if (result.failure === 'outside') {
      const help = 'name a folder that holds all files of the document: --root DIR'
      fault('reference-outside-root', `the reference ${quoted} leaves the root folder`, help, place)
    } else if (result.failure === 'missing') {
      const help = 'create the file, or correct the path'
      fault('reference-dangling', `the reference ${quoted} names a file that does not exist`, help, place)
    } else if (result.failure === 'unreadable') {
      const message = `the file of the reference ${quoted} cannot be read: ${result.reason}`
      fault('file-unreadable', message, 'make it a readable file in UTF-8', place)
    } else if (result.failure === 'remote') {
      fault(result.code, `the reference ${quoted} ${result.reason}`, result.help, place)
    }
    return undefined
  }

  const walk = (text: string, start: Target, segments: readonly string[], place: Origin, hops: Hops) => {
    let at = start
    for (const segment of segments) {
      let { node, origin } = at
      while (isObject(node) && !Object.hasOwn(node, segment) && typeof node.$ref === 'string') {
        const next = lookUp(node.$ref, member(origin, '$ref'), hops)
        if (next === undefined) return undefined
        node = next.node
        origin = next.origin
      }
      if (typeof node !== 'object' || node === null || !hasMember(node, segment)) {
        dangling(text, node, origin, segment, place)
        return undefined
      }
      at = { node: Reflect.get(node, segment), origin: member(origin, segment) }
    }
    return at
  }

  const dangling = (text: string, node: unknown, origin: Origin, segment: string, place: Origin) => {
    const names = isObject(node) ? Object.keys(node) : []
    const like = nearest(segment, names)
    const help =
      like === undefined ? 'define it, or correct the reference' : `write ${JSON.stringify(like)}, or define it`
    const holder = origin.parent === undefined ? '' : ` in "#${pointerText(segmentsOf(origin))}"`
    const message = `has no member ${JSON.stringify(segment)}${holder}`
    const note = { message, location: { ...locationOf(origin), key: true } }
    fault('reference-dangling', `the reference ${JSON.stringify(text)} leads to nothing`, help, place, {
      notes: [note],
    })
  }

  const lookUp = (ref: unknown, place: Origin, hops: Hops): Target | undefined => {
    if (typeof ref !== 'string') {
      fault('reference-malformed', 'a reference must be a string', 'write where it leads, as a string', place)
      return undefined
    }
    const quoted = JSON.stringify(ref)
    if (++hops.count > MOST_HOPS) {
      const message = `the reference ${quoted} leads through more than ${MOST_HOPS} others, or in a circle`
      fault('reference-cycle', message, 'let it lead to the thing itself', place)
      return undefined
    }
    const reference = readReference(ref)
    if (typeof reference === 'object') return resolve(ref, reference, place, hops)
    const { reason, help } = REFERENCE_FAULTS[reference]
    fault('reference-malformed', `the reference ${quoted} is no URI reference: ${reason}`, help, place)
    return undefined
  }

  const resolve = (text: string, { uri, fragment }: Reference, place: Origin, hops: Hops): Target | undefined => {
    const resource = identifiers.resourceAt(place)
    const root = uri === '' ? ownRoot(resource, fragment, place) : rootOf(text, uri, resource, place)
    if (root === undefined) return undefined
    if ('segments' in fragment) return walk(text, root, fragment.segments, place, hops)
    const quoted = JSON.stringify(fragment.anchor)
    return only(identifiers.anchored(fragment.anchor, root), text, place, {
      none: `names the anchor ${quoted}, which is not there`,
      several: `names the anchor ${quoted}, which stands there more than once`,
      help: `give one schema "$anchor": ${quoted}, or refer to it by its place: "#/components/schemas/NAME"`,
    })
  }

  /** OpenAPI's components are the document's also below an `$id`, where people mean them. */
  const ownRoot = ({ root }: Resource, fragment: Reference['fragment'], place: Origin): Target => {
    const components = 'segments' in fragment && fragment.segments[0] === 'components'
    return components ? { node: opened.get(place.file), origin: { file: place.file, key: '' } } : root
  }

  /** What `uri` means in `resource`: a schema or document that calls itself so, or else a file. */
  const rootOf = (text: string, uri: string, { base, identified }: Resource, place: Origin): Target | undefined => {
    const absolute = resolveUri(uri, base)
    if (absolute !== undefined) {
      const named = new Set([place.file, entry.path].flatMap(file => identifiers.named(absolute, file)))
      if (named.size > 0) {
        return only([...named], text, place, {
          none: 'leads to nothing',
          several: `leads to ${JSON.stringify(absolute)}, as more than one "$id" or "$self" calls itself`,
          help: 'give each a URI of its own',
        })
      }
    }
    // Files keep their places to each other when a set of them is copied from where `$id` and `$self` say it is.
    const isElsewhere = isRemote(place.file) || isAbsolute(uri)
    if (isElsewhere && absolute === undefined) {
      const message = `the reference ${JSON.stringify(text)} is no URL: its host or port is malformed`
      fault('reference-malformed', message, 'write the whole URL, without variables', place)
      return undefined
    }
    const file = fileOf(text, isElsewhere ? (absolute ?? uri) : uri, place)
    if (file === undefined) return undefined
    const root: Target = { node: file.value, origin: { file: file.path, key: '' } }
    if (!identified || isElsewhere || absolute === undefined) return root
    const other = identifiers.resourceAt(member(root.origin, ''))
    if (!other.identified || withoutExtension(other.base) === withoutExtension(absolute)) return root
    const message = `the reference ${JSON.stringify(text)} means ${JSON.stringify(absolute)}, and the file in that place calls itself ${JSON.stringify(other.base)}`
    fault('reference-unsupported', message, 'let "$id" or "$self" of both files agree, or remove them', place)
    return undefined
  }

  const only = (
    found: readonly Target[],
    text: string,
    place: Origin,
    { none, several, help }: { none: string; several: string; help: string },
  ): Target | undefined => {
    const [first, second] = found
    if (first !== undefined && second === undefined) return first
    const quoted = JSON.stringify(text)
    if (first === undefined) fault('reference-dangling', `the reference ${quoted} ${none}`, help, place)
    else fault('reference-unsupported', `the reference ${quoted} ${several}`, help, place)
    return undefined
  }

  return {
    find: (ref, site) => lookUp(ref, member(site, '$ref'), { count: 0 }),
    findAt: (ref, place) => lookUp(ref, place, { count: 0 }),
    findDynamic(ref, place) {
      const reference = readReference(ref)
      if (typeof reference !== 'object') return undefined
      const { fragment } = reference
      // JSON Schema 2020-12, section 8.2.3.2: without a dynamic anchor at its end, it is `$ref`.
      if ('segments' in fragment) return lookUp(ref, place, { count: 0 })
      const dynamic = identifiers.dynamic(fragment.anchor, opened.keys())
      const found = dynamic.length <= 1 ? lookUp(ref, place, { count: 0 }) : undefined
      return dynamic.length === 0 || dynamic[0]?.node === found?.node ? found : undefined
    },
    value: file => opened.get(file),
    text: file => files.sources.text(file) ?? '',
    fault,
  }
}

const REFERENCE_FAULTS: { readonly [fault in ReferenceFault]: { readonly reason: string; readonly help: string } } = {
  encoding: { reason: 'its percent encoding is malformed', help: 'write "%25" where a percent sign is meant' },
  backslash: {
    reason: 'it holds a backslash',
    help: 'write "/" between folders, also on Windows; "%5C" where a backslash is part of a name',
  },
}

/** Schemas have identifiers from OpenAPI 3.1 on; before, `$id` was no keyword. */
function identifiersOf(
  opened: ReadonlyMap<string, unknown>,
  { sources }: SourceFiles,
  version: ResolvedDocument['version'],
): Identifiers {
  const mentions = (file: string) => {
    return version !== '3.0' && /\$(?:id|self|anchor|dynamicAnchor)\b/.test(sources.text(file) ?? '')
  }
  const known = new Map<string, boolean>()
  return createIdentifiers(
    file => opened.get(file),
    file => {
      const answer = known.get(file) ?? mentions(file)
      known.set(file, answer)
      return answer
    },
  )
}

/** RFC 6901 section 4: of a list, an index without leading zeros; its length is no member. */
function hasMember(node: object, segment: string): boolean {
  return Object.hasOwn(node, segment) && !(Array.isArray(node) && segment === 'length')
}

function withoutExtension(uri: string): string {
  return uri.replace(/\.(?:ya?ml|json)$/i, '')
}
