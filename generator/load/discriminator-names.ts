import type { JsonObject } from './document.js'
import { componentReference, decoded, readReference } from './reference.js'
import { isObject } from './targets.js'

/**
 * Without a mapping, a discriminator means schemas by the names that references say. What a mapping has to add where
 * the schemas have got other names.
 * @param written the schema before its references were followed. @param built the same afterwards.
 */
export function lostNames(written: JsonObject, built: JsonObject, mapping: JsonObject): [name: string, ref: string][] {
  const mapped = Object.values(mapping)
  return ['oneOf', 'anyOf'].flatMap(keyword => {
    const [before, after] = [written[keyword], built[keyword]]
    if (!Array.isArray(before) || !Array.isArray(after)) return []
    return after.flatMap((one, index): [string, string][] => {
      const name = isObject(before[index]) ? impliedName(before[index].$ref) : undefined
      const ref = isObject(one) ? one.$ref : undefined
      if (name === undefined || typeof ref !== 'string' || ref === componentReference('schemas', name)) return []
      const known = Object.hasOwn(mapping, name) || mapped.includes(ref) || mapped.includes(impliedName(ref))
      return known ? [] : [[name, ref]]
    })
  })
}

/** What a reference says that it leads to: the last segment, or the file. An anchor is no name of a schema. */
function impliedName(ref: unknown): string | undefined {
  const reference = typeof ref === 'string' ? readReference(ref) : undefined
  if (typeof reference !== 'object' || 'anchor' in reference.fragment) return undefined
  const file = decoded(reference.uri) ?? ''
  const fileName = file === '' ? undefined : file.replace(/^.*\//s, '').replace(/\.(?:ya?ml|json)$/i, '')
  return reference.fragment.segments.at(-1) ?? fileName
}
