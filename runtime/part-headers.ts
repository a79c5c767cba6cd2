import { TextDecoder } from 'node:util'
import { type MediaRange, parseMediaType, parseParameters } from './media-types.js'

/** The headers of one part of a multipart body: lower-case names with their values, as bytes in Latin 1. */
export type RawHeaders = { readonly [name: string]: readonly string[] }

/** What the headers of a part of `multipart/form-data` say (RFC 7578 section 4). */
export interface PartHeaders {
  /** The member that it is. */
  readonly name: string
  /** As the client calls the file, without folders. Empty for a file that was not chosen in a browser's form. */
  readonly filename?: string
  /** Absent if the part does not say. */
  readonly mediaType?: { readonly text: string; readonly range: MediaRange }
  /** All of them, decoded. */
  readonly all: { readonly [name: string]: string }
  /** Names and values in turn, as they were sent: `all` joins those of one name. */
  readonly fields: readonly string[]
}

/** `undefined` if they are malformed, name a header twice that counts once, or code the part in a way that is no longer in use. */
export function readPartHeaders(raw: RawHeaders): PartHeaders | undefined {
  const all: Record<string, string> = Object.create(null)
  for (const [name, values] of Object.entries(raw)) {
    const [value, ...more] = values.map(utf8)
    if (value === undefined || more.includes(undefined)) return undefined
    // Of those that are read here, none can be a list: sent twice, it is malformed.
    all[name] = [value, ...more].join(', ')
  }
  const [, disposition] = /^[ \t]*form-data[ \t]*(;.*)?$/is.exec(all['content-disposition'] ?? '') ?? []
  const parameters = parseParameters(disposition ?? '')
  const name = parameters?.get('name')
  if (name === undefined) return undefined
  // RFC 7578 section 4.7: deprecated. What it codes would reach the handler undecoded.
  const coding = all['content-transfer-encoding'] ?? 'binary'
  if (!/^[ \t]*(?:7bit|8bit|binary)[ \t]*$/i.test(coding)) return undefined
  const filename = parameters?.get('filename')
  const text = all['content-type']
  const range = text === undefined ? undefined : parseMediaType(text)
  if (text !== undefined && range === undefined) return undefined
  return {
    name,
    all,
    fields: Object.entries(raw).flatMap(([field, values]) => values.flatMap(value => [field, value])),
    ...(filename !== undefined && { filename: baseName(filename) }),
    ...(text !== undefined && range !== undefined && { mediaType: { text: text.trim(), range } }),
  }
}

function utf8(latin1: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return undefined
  }
}

/** RFC 7578 section 4.2: what looks like a path is none here. */
function baseName(filename: string): string {
  const name = filename.replace(/^.*[/\\]/s, '').replace(/\p{Cc}/gu, '')
  return name === '.' || name === '..' ? '' : name
}
