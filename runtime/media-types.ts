/** A media type or range (RFC 9110 section 8.3.1), names in lower case. */
export interface MediaRange {
  readonly type: string
  readonly subtype: string
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const TYPE = new RegExp(`^[ \\t]*(${TOKEN})/(${TOKEN})[ \\t]*(?=;|$)`)
// Each run of spaces can be matched in one way only: a caller may send thousands of them.
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(${TOKEN}|"(?:[^"\\\\]|\\\\.)*")[ \\t]*)?(?=;|$)`, 'y')

/** `undefined` if it is malformed, or has a parameter twice. */
export function parseMediaType(text: string): MediaRange | undefined {
  const match = TYPE.exec(text)
  if (!match) return undefined
  const [start, type = '', subtype = ''] = match
  const parameters = parseParameters(text.slice(start.length), /\\(.)/g)
  return parameters && { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters }
}

/**
 * `; name=value` as often as it stands there, names in lower case; `undefined` if that is malformed, or one is there twice.
 * @param escapes what a backslash in quotes escapes. Default: quotes and backslashes only, as browsers write file names.
 */
export function parseParameters(text: string, escapes = /\\(["\\])/g): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>()
  PARAMETER.lastIndex = 0
  for (let position = 0; position < text.length; position = PARAMETER.lastIndex) {
    const parameter = PARAMETER.exec(text)
    if (!parameter) return undefined
    const [, written, value] = parameter
    if (written === undefined || value === undefined) continue
    const name = written.toLowerCase()
    // Two readers of one header must not choose differently.
    if (parameters.has(name)) return undefined
    parameters.set(name, value.startsWith('"') ? value.slice(1, -1).replace(escapes, '$1') : value)
  }
  return parameters
}

/** They say how a body travels, and not what it is. */
const OF_TRANSFER = ['charset', 'boundary']

/**
 * How closely `range` names `sent`: 0 not at all, more the closer. A parameter of the range must have been sent, except
 * `charset` and `boundary`.
 */
export function specificity(range: MediaRange, sent: MediaRange): number {
  let named = 0
  for (const [name, value] of range.parameters) {
    if (OF_TRANSFER.includes(name)) continue
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

export type BodyKind = 'json' | 'form' | 'multipart' | 'text' | 'stream'

/** How a body of that type is read. */
export function kindOf({ type, subtype }: MediaRange): BodyKind {
  if (subtype === 'json' || subtype.endsWith('+json')) return 'json'
  if (type === 'application' && subtype === 'x-www-form-urlencoded') return 'form'
  if (type === 'multipart' && subtype === 'form-data') return 'multipart'
  return type === 'text' ? 'text' : 'stream'
}
