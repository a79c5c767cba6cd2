/** Names, decoded, with their values, still encoded. */
export type Members = ReadonlyMap<string, readonly string[]>

export type Decode = (text: string) => string | undefined

/** `name=value` pairs. One whose name cannot be decoded is left out. */
export function splitMembers(text: string, delimiter: string, decodeName: Decode): Members {
  const members = new Map<string, string[]>()
  if (text === '') return members
  for (const member of text.split(delimiter)) {
    if (member === '') continue
    const equals = member.indexOf('=')
    const name = decodeName(equals < 0 ? member : member.slice(0, equals))
    if (name === undefined) continue
    const value = equals < 0 ? '' : member.slice(equals + 1)
    const values = members.get(name)
    if (values) values.push(value)
    else members.set(name, [value])
  }
  return members
}

/** `application/x-www-form-urlencoded`: `+` is a space. `undefined` if a percent-encoding is malformed. */
export function decodeForm(text: string): string | undefined {
  return decodePercent(text.includes('+') ? text.replaceAll('+', ' ') : text)
}

export function decodePercent(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** RFC 6265 section 4.1.1: a cookie's value may stand in quotes. */
export function unquoteCookie(text: string): string {
  return text.trim().replace(/^"(.*)"$/s, '$1')
}
