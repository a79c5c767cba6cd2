/** Characters that an escape makes literal in a regular expression with the `u` flag; no other may be escaped so. */
const SYNTAX = '^$\\.*+?()[]{}|/'

/**
 * `pattern` as a regular expression with the `u` flag, as JSON Schema reads it; `undefined` if it is none. Escapes that
 * stand for the character itself (`\_`, `\:`) are common in documents and fault under `u`: they are taken away.
 */
export function unicodePattern(pattern: string): string | undefined {
  if (compiles(pattern)) return pattern
  const plain = withoutIdleEscapes(pattern)
  return compiles(plain) ? plain : undefined
}

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}

function withoutIdleEscapes(pattern: string): string {
  let inClass = false
  return pattern.replace(/\\([\s\S])|[[\]]/g, (token, escaped: string | undefined) => {
    if (token === '[') inClass = true
    if (token === ']') inClass = false
    if (escaped === undefined || SYNTAX.includes(escaped) || /[\w\u0080-\uffff]/.test(escaped)) {
      return escaped === '_' ? '_' : token
    }
    // In a class, `\-` is a hyphen where `-` would be a range.
    return escaped === '-' && inClass ? token : escaped
  })
}
