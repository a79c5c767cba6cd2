import { escapeSegment, pointerSegments } from './pointer.js'

/** A `$ref` taken apart (RFC 3986, RFC 6901). */
export interface Reference {
  /** As a file system takes it, relative to the file in which the reference stands; absent within that file. */
  readonly path?: string
  readonly segments: readonly string[]
}

export type ReferenceFault = 'remote' | 'anchor' | 'malformed'

export function readReference(text: string): Reference | ReferenceFault {
  const hash = text.indexOf('#')
  const file = hash === -1 ? text : text.slice(0, hash)
  const pointer = decode(hash === -1 ? '' : text.slice(hash + 1))
  // RFC 3986 section 4.2: `//host/path` has an authority, and takes the scheme of its base.
  if (/^[a-z][a-z0-9+.-]*:/i.test(file) || /^[/\\]{2}/.test(file)) return 'remote'
  const path = decode(file)
  if (pointer === undefined || path === undefined || path.includes('\0')) return 'malformed'
  if (pointer !== '' && !pointer.startsWith('/')) return 'anchor'
  return { ...(path === '' ? {} : { path }), segments: pointerSegments(pointer) }
}

/** The `$ref` of a component. Names are left readable; only a percent sign would be read as an escape. */
export function componentReference(section: string, name: string): string {
  return `#/components/${section}/${escapeSegment(name).replaceAll('%', '%25')}`
}

/** What {@link componentReference} put in: the one kind of reference that a resolved document holds. */
export function readComponentReference(ref: string): { readonly section: string; readonly name: string } | undefined {
  const reference = readReference(ref)
  if (typeof reference !== 'object' || reference.path !== undefined) return undefined
  const [components, section, name, ...rest] = reference.segments
  const isComponent = components === 'components' && rest.length === 0
  return isComponent && section !== undefined && name !== undefined ? { section, name } : undefined
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
