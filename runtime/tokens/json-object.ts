/** What `JSON.parse` makes of an object: its own members, and nothing else, are what was sent. */
export interface JsonObject {
  readonly [name: string]: unknown
}

// A byte order mark is kept, so that JSON.parse refuses it: there is one spelling of a document, not two.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes → object; `undefined` when they are anything else. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own member `name`, or `undefined`, which JSON cannot say. */
export function member(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
