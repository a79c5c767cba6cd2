import { readComponentReference } from '../load/reference.js'
import type { JsonSchema } from './api-model.js'
import { isObject } from './claims.js'
import { inOrderOfUse } from './schema-circles.js'
import type { Schemas } from './schema-reach.js'

/** Schemas of real documents have some thousands at most. */
export const MOST_PARTS = 20_000

/** Schemas within schemas for one and the same value. Real documents have a dozen; what reads them calls itself at each. */
export const DEEPEST_PARTS = 200

const LISTS = ['allOf', 'anyOf', 'oneOf']
const SINGLE = ['not', 'if', 'then', 'else']

export type Overgrowth = 'parts' | 'depth'

interface Extent {
  readonly count: number
  readonly depth: number
}

/**
 * The components that are made of too many schemas for one and the same value, or of too many within each other: what
 * they refer to is counted each time, as whoever reads them meets it. Each that uses another twice doubles it, so that a
 * short text can be more than any program reads to its end.
 */
export function overgrown(schemas: Schemas): Map<string, Overgrowth> {
  const extents = new Map<string, Extent>()
  const found = new Map<string, Overgrowth>()
  const extentOf = (schema: JsonSchema | undefined): Extent => {
    if (!isObject(schema)) return { count: 1, depth: 1 }
    const reference = typeof schema.$ref === 'string' ? readComponentReference(schema.$ref)?.name : undefined
    // What is not known yet leads back to here: a circle is found, and refused, elsewhere.
    const target = reference === undefined ? undefined : extents.get(reference)
    const parts = partsIn(schema).map(extentOf)
    let { count, depth } = target ?? { count: 0, depth: 0 }
    for (const part of parts) {
      count += part.count
      depth = Math.max(depth, part.depth)
    }
    return { count: count + 1, depth: depth + 1 }
  }
  for (const name of inOrderOfUse(schemas)) {
    const extent = extentOf(schemas[name])
    const tooMuch = extent.count > MOST_PARTS ? 'parts' : extent.depth > DEEPEST_PARTS ? 'depth' : undefined
    if (tooMuch) found.set(name, tooMuch)
    // What refers to it has that fault, and no other.
    extents.set(name, tooMuch ? { count: 1, depth: 1 } : extent)
  }
  return found
}

function partsIn(schema: { readonly [keyword: string]: unknown }): JsonSchema[] {
  const own = (keyword: string) => (Object.hasOwn(schema, keyword) ? schema[keyword] : undefined)
  const lists = LISTS.flatMap(keyword => {
    const list = own(keyword)
    return Array.isArray(list) ? list : []
  })
  const dependent = own('dependentSchemas')
  const others = isObject(dependent) ? Object.values(dependent) : []
  return [...lists, ...SINGLE.map(own).filter(one => one !== undefined), ...others] as JsonSchema[]
}
