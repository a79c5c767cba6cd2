/** A media type or range (RFC 9110 section 8.3.1), names in lower case. */
export interface MediaRange {
  readonly type: string
  readonly subtype: string
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const TYPE = new RegExp(`^[ \\t]*(${TOKEN})/(${TOKEN})[ \\t]*(?=;|$)`)
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?[ \\t]*(?=;|$)`, 'y')

/** `undefined` if it is malformed. */
export function parseMediaType(text: string): MediaRange | undefined {
  const match = TYPE.exec(text)
  if (!match) return undefined
  const [start, type = '', subtype = ''] = match
  const parameters = new Map<string, string>()
  PARAMETER.lastIndex = start.length
  let position = start.length
  while (position < text.length) {
    const parameter = PARAMETER.exec(text)
    if (!parameter) return undefined
    const [, name, token, quoted] = parameter
    if (name !== undefined) parameters.set(name.toLowerCase(), token ?? (quoted ?? '').replace(/\\(.)/g, '$1'))
    position = PARAMETER.lastIndex
  }
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters }
}

/**
 * How closely `range` names `sent`: 0 not at all, more the closer. A parameter of the range must have been sent, except
 * `charset`, which says how a text travels and not what it is.
 */
export function specificity(range: MediaRange, sent: MediaRange): number {
  let named = 0
  for (const [name, value] of range.parameters) {
    if (name === 'charset') continue
    if (sent.parameters.get(name)?.toLowerCase() !== value.toLowerCase()) return 0
    named++
  }
  const closeness = closenessOf(range, sent)
  return closeness === 0 ? 0 : closeness + named
}

function closenessOf(range: MediaRange, sent: MediaRange): number {
  if (range.type === '*') return range.subtype === '*' ? 1 : 0
  if (range.type !== sent.type) return 0
  if (range.subtype === '*') return 100
  // `application/*+json` is no range of RFC 9110, but documents use it.
  if (range.subtype.startsWith('*+')) return sent.subtype.endsWith(range.subtype.slice(1)) ? 200 : 0
  return range.subtype === sent.subtype ? 300 : 0
}

export function isRange({ type, subtype }: MediaRange): boolean {
  return type === '*' || subtype === '*'
}

export type BodyKind = 'json' | 'form' | 'text' | 'stream'

/** How a body of that type is read. */
export function kindOf({ type, subtype }: MediaRange): BodyKind {
  if (subtype === 'json' || subtype.endsWith('+json')) return 'json'
  if (type === 'application' && subtype === 'x-www-form-urlencoded') return 'form'
  return type === 'text' ? 'text' : 'stream'
}
