import type { Note, Report } from '../diagnostics/diagnostic.js'
import { nearest } from '../diagnostics/suggestion.js'
import type { JsonObject } from './document.js'
import type { SourceFile, SourceFiles } from './files.js'
import { locationOf, member, type Origin, segmentsOf } from './origins.js'
import { pointerText } from './pointer.js'
import { type Reference, readReference } from './reference.js'

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

export function createTargets(entry: SourceFile, files: SourceFiles, report: Report): Targets {
  const opened = new Map<string, unknown>([[entry.path, entry.value]])
  const reported = new Set<string>()

  const fault: Targets['fault'] = (code, message, help, place, { notes, key, severity } = {}) => {
    const location = { ...locationOf(place), ...(key === undefined ? {} : { key }) }
    // The same place may be walked twice: as a part of one thing, and as the target of another reference.
    const id = `${code} ${location.file}#${location.pointer}`
    if (reported.has(id)) return
    reported.add(id)
    report({ code, severity: severity ?? 'error', message, help, location, ...(notes === undefined ? {} : { notes }) })
  }

  const fileOf = (text: string, path: string, place: Origin): string | undefined => {
    const result = files.open(path, place.file)
    if ('file' in result) {
      opened.set(result.file.path, result.file.value)
      return result.file.path
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
    }
    return undefined
  }

  const walk = (text: string, file: string, segments: readonly string[], place: Origin, hops: Hops) => {
    let at: Target = { node: opened.get(file), origin: { file, key: '' } }
    for (const segment of segments) {
      let { node, origin } = at
      while (isObject(node) && !Object.hasOwn(node, segment) && typeof node.$ref === 'string') {
        const next = lookUp(node.$ref, member(origin, '$ref'), hops)
        if (next === undefined) return undefined
        node = next.node
        origin = next.origin
      }
      if (typeof node !== 'object' || node === null || !Object.hasOwn(node, segment)) {
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
    if (reference === 'remote') {
      const help = 'save the file beside the document, and refer to it by its path'
      fault('reference-remote', `the reference ${quoted} goes over the network`, help, place)
    } else if (reference === 'anchor') {
      const help = 'refer to it by its place: "#/components/schemas/NAME"'
      fault('reference-unsupported', `the reference ${quoted} names an anchor`, help, place)
    } else if (reference === 'malformed') {
      const message = `the reference ${quoted} is no URI reference: its percent encoding is malformed`
      fault('reference-malformed', message, 'write "%25" where a percent sign is meant', place)
    } else {
      return resolve(ref, reference, place, hops)
    }
    return undefined
  }

  const resolve = (text: string, reference: Reference, place: Origin, hops: Hops): Target | undefined => {
    const { path, segments } = reference
    if (path === undefined) {
      const identified = segments[0] === 'components' ? undefined : identifiedAbove(opened.get(place.file), place)
      if (identified !== undefined) {
        const message = `the reference ${JSON.stringify(text)} stands below an "$id", which changes what it means`
        const notes = [{ message: 'is the "$id"', location: locationOf(identified) }]
        fault('reference-unsupported', message, 'remove the "$id"', place, { notes })
        return undefined
      }
      return walk(text, place.file, segments, place, hops)
    }
    if (isObject(entry.value) && Object.hasOwn(entry.value, '$self')) {
      const message = `the reference ${JSON.stringify(text)} depends on "$self", which names another place than the file's`
      fault('reference-unsupported', message, 'remove "$self" from the document', place)
      return undefined
    }
    const file = fileOf(text, path, place)
    return file === undefined ? undefined : walk(text, file, segments, place, hops)
  }

  return {
    find: (ref, site) => lookUp(ref, member(site, '$ref'), { count: 0 }),
    findAt: (ref, place) => lookUp(ref, place, { count: 0 }),
    fault,
  }
}

/** The `$id` inside the file under which `place` stands. One at the file's root changes no fragment. */
function identifiedAbove(root: unknown, place: Origin): Origin | undefined {
  let node = root
  let origin: Origin = { file: place.file, key: '' }
  for (const segment of segmentsOf(place)) {
    if (typeof node !== 'object' || node === null) return undefined
    if (node !== root && isObject(node) && typeof node.$id === 'string') return member(origin, '$id')
    node = Reflect.get(node, segment)
    origin = member(origin, segment)
  }
  return undefined
}
