/** A piece of a path segment: literal text (percent-decoded) or the name of a parameter. */
export type PathPart = { readonly literal: string } | { readonly param: string }

/** What stands between two slashes of a path template. */
export type PathSegment = readonly PathPart[]

/** Why a path template cannot be routed. */
export type PathFault =
  | 'no-leading-slash'
  | 'query-or-fragment'
  | 'braces'
  | 'adjacent-params'
  | 'repeated-param'
  | 'encoding'

/**
 * Reads a path template of OpenAPI: `/users/{id}.json`. The generator and the router both read it here, so that what
 * was checked is what is served.
 */
export function parsePath(path: string): { segments: readonly PathSegment[] } | { fault: PathFault } {
  if (!path.startsWith('/')) return { fault: 'no-leading-slash' }
  const names = new Set<string>()
  const segments: PathSegment[] = []
  for (const text of path.slice(1).split('/')) {
    const parts: PathPart[] = []
    // Braces are read first: a parameter's name may hold anything but braces and slashes.
    for (const piece of text.split(/(\{[^{}]*\})/)) {
      if (piece === '') continue
      const name = piece.startsWith('{') && piece.endsWith('}') ? piece.slice(1, -1) : undefined
      if (name === undefined) {
        if (/[{}]/.test(piece)) return { fault: 'braces' }
        if (/[?#]/.test(piece)) return { fault: 'query-or-fragment' }
        const literal = decode(piece)
        if (literal === undefined) return { fault: 'encoding' }
        parts.push({ literal })
      } else {
        if (name === '') return { fault: 'braces' }
        if (names.has(name)) return { fault: 'repeated-param' }
        const before = parts.at(-1)
        if (before && 'param' in before) return { fault: 'adjacent-params' }
        names.add(name)
        parts.push({ param: name })
      }
    }
    segments.push(parts.length === 0 ? [{ literal: '' }] : parts)
  }
  return { segments }
}

/** The names of a template's parameters, in order. */
export function paramNames(segments: readonly PathSegment[]): string[] {
  return segments.flatMap(segment => segment.flatMap(part => ('param' in part ? [part.param] : [])))
}

/** The literal text of a segment without parameters. */
export function literalOf(segment: PathSegment): string | undefined {
  const [first] = segment
  return segment.length === 1 && first && 'literal' in first ? first.literal : undefined
}

/** Is the whole segment one parameter? */
export function isParam(segment: PathSegment): boolean {
  const [first] = segment
  return segment.length === 1 && first !== undefined && 'param' in first
}

/** Percent-decodes once; `undefined` where the encoding is malformed. */
export function decode(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/**
 * The values of the parameters of `segment` in the decoded `text`, in order, none of them empty; `undefined` when it
 * does not match. Each value ends where the literal after it first occurs, the last literal stands at the end.
 */
export function matchSegment(segment: PathSegment, text: string): string[] | undefined {
  const values: string[] = []
  let at = 0
  for (let index = 0; index < segment.length; index++) {
    const part = segment[index] as PathPart
    if ('literal' in part) {
      // Only a literal at the start comes here: one behind a parameter is consumed with it.
      if (!text.startsWith(part.literal, at)) return undefined
      at += part.literal.length
      continue
    }
    const after = segment[index + 1]
    if (after === undefined) {
      if (at >= text.length) return undefined
      values.push(text.slice(at))
      return values
    }
    const literal = (after as { literal: string }).literal
    const last = index + 2 === segment.length
    const end = last ? text.length - literal.length : text.indexOf(literal, at + 1)
    if (end <= at || (last && !text.endsWith(literal))) return undefined
    values.push(text.slice(at, end))
    at = end + literal.length
    index++
  }
  return at === text.length ? values : undefined
}

/** `/users/{id}` as Express writes it: `/users/:id`; a name that is no identifier is quoted, as its syntax asks. */
export function expressPath(segments: readonly PathSegment[]): string {
  const part = (one: PathPart) => {
    if ('literal' in one) return one.literal.replace(/[\\{}()[\]?+!*:]/g, '\\$&')
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(one.param) ? `:${one.param}` : `:${JSON.stringify(one.param)}`
  }
  return segments.map(segment => `/${segment.map(part).join('')}`).join('')
}

/** The path and the query of a request target: origin form, or absolute form (RFC 9112 section 3.2). */
export function splitTarget(target: string): { path: string; query: string } {
  const local = target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const mark = local.indexOf('?')
  return mark < 0 ? { path: local, query: '' } : { path: local.slice(0, mark), query: local.slice(mark + 1) }
}
