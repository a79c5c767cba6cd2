/** Characters that an escape makes literal in a regular expression with the `u` flag; no other may be escaped so. */
const SYNTAX = '^$\\.*+?()[]{}|/'

const ATOM = '(?:\\\\[\\s\\S]|[^\\]\\\\])'
/** An escape, a class, a count, and what means itself only where it stands alone. */
const TOKEN = new RegExp(`\\\\[\\s\\S]|\\[\\^?(${ATOM}*)\\]|\\{\\d+(?:,\\d*)?\\}|[\\]{}]`, 'g')
const RANGE = new RegExp(`(${ATOM})-(${ATOM})(-(?!$))?|${ATOM}`, 'g')

/**
 * `pattern` as a regular expression with the `u` flag, as JSON Schema reads it; `undefined` if it is none.
 *
 * Documents are full of patterns that only do without the flag (ECMA-262, annex B.1.2): escapes that stand for the
 * character itself (`\_`, `\:`), a hyphen next to a class in a class (`[\w-.]`), braces that count nothing. They are
 * written out. Where annex B hardly means what the author does (`{10, 15}`, `\Z`, `[\d-a-z]`), it is no pattern.
 */
export function unicodePattern(pattern: string): string | undefined {
  if (compiles(pattern, 'u')) return pattern
  if (!compiles(pattern)) return undefined
  const plain = writtenOut(pattern)
  return compiles(plain, 'u') ? plain : undefined
}

function compiles(pattern: string, flags?: string): boolean {
  try {
    new RegExp(pattern, flags)
    return true
  } catch {
    return false
  }
}

/** What is not clear stays as it is, and so no pattern with the flag. */
function writtenOut(pattern: string): string {
  return pattern.replace(TOKEN, (token, inside: string | undefined, at: number) => {
    if (token.startsWith('\\')) return withoutIdleEscape(token)
    if (inside !== undefined) return `${token.slice(0, -1 - inside.length)}${classOf(inside)}]`
    if (token.length > 1) return token
    return token === '{' && /^\{[\s\d]*(?:,[\s\d]*)?\}/.test(pattern.slice(at)) ? token : `\\${token}`
  })
}

function classOf(inside: string): string {
  return inside.replace(RANGE, (token, from: string | undefined, to: string | undefined, more: string | undefined) => {
    if (from === undefined || to === undefined) return inClass(token)
    const isRange = !isSet(from) && !isSet(to)
    if (!isRange && more !== undefined) return token
    return `${inClass(from)}${isRange ? '-' : '\\-'}${inClass(to)}${more ?? ''}`
  })
}

function isSet(atom: string): boolean {
  return /^\\[wWdDsS]$/.test(atom)
}

/** There, `\-` is a hyphen where `-` would be a range. */
function inClass(atom: string): string {
  return atom === '\\-' ? atom : withoutIdleEscape(atom)
}

function withoutIdleEscape(atom: string): string {
  const [, escaped] = /^\\([\s\S])$/.exec(atom) ?? []
  if (escaped === '_') return escaped
  return escaped === undefined || SYNTAX.includes(escaped) || /[\w\u0080-\uffff]/.test(escaped) ? atom : escaped
}
