import { escapeSegment, pointerSegments } from './pointer.js'

/** A `$ref` taken apart (RFC 3986, RFC 6901). */
export interface Reference {
  /** What stands before `#`, as written; `''` within the schema resource or file. */
  readonly uri: string
  /** What its fragment says: a JSON Pointer, or the name of an anchor. */
  readonly fragment: { readonly segments: readonly string[] } | { readonly anchor: string }
}

export type ReferenceFault = 'encoding' | 'backslash'

export function readReference(text: string): Reference | ReferenceFault {
  const hash = text.indexOf('#')
  const uri = hash === -1 ? text : text.slice(0, hash)
  if (uri.includes('\\')) return 'backslash'
  const fragment = decoded(hash === -1 ? '' : text.slice(hash + 1))
  const path = decoded(uri)
  if (fragment === undefined || path === undefined || path.includes('\0')) return 'encoding'
  const isPointer = fragment === '' || fragment.startsWith('/')
  return { uri, fragment: isPointer ? { segments: pointerSegments(fragment) } : { anchor: fragment } }
}

/** Does it name its scheme, or at least a host: `https://host/path`, `urn:x`, `//host/path` (RFC 3986 section 4.2)? */
export function isAbsolute(uri: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(uri) || uri.startsWith('//')
}

/** `uri` as it is meant where `base` is the base (RFC 3986 section 5); undefined where that makes no URI. */
export function resolveUri(uri: string, base: string): string | undefined {
  try {
    const url = new URL(uri, base)
    url.hash = ''
    return url.href
  } catch {
    return undefined
  }
}

/** The `$ref` of a component. Names are left readable; only a percent sign would be read as an escape. */
export function componentReference(section: string, name: string): string {
  return `#/components/${section}/${escapeSegment(name).replaceAll('%', '%25')}`
}

/** What {@link componentReference} put in: the one kind of reference that a resolved document holds. */
export function readComponentReference(ref: string): { readonly section: string; readonly name: string } | undefined {
  const reference = readReference(ref)
  if (typeof reference !== 'object' || reference.uri !== '' || 'anchor' in reference.fragment) return undefined
  const [components, section, name, ...rest] = reference.fragment.segments
  const isComponent = components === 'components' && rest.length === 0
  return isComponent && section !== undefined && name !== undefined ? { section, name } : undefined
}

/** Percent-decoded; undefined where the encoding is malformed. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
