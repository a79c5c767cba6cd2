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

/** The `$ref` of a component: a URI fragment, in which a name may need escapes. */
export function componentReference(section: string, name: string): string {
  const escaped = escapeSegment(name)
  // A lone surrogate has no percent encoding; left bare, it is read back as it is.
  if (/\p{Surrogate}/u.test(escaped)) return `#/components/${section}/${escaped.replaceAll('%', '%25')}`
  return `#/components/${section}/${encodeURI(escaped).replaceAll('#', '%23').replaceAll('?', '%3F')}`
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
