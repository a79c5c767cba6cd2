import { readComponentReference } from '../load/reference.js'
import type { JsonSchema } from './api-model.js'
import { isObject } from './claims.js'
import type { Schemas } from './schema-reach.js'

/** Schemas of real documents have some thousands at most. */
export const MOST_PARTS = 20_000

const LISTS = ['allOf', 'anyOf', 'oneOf']
const SINGLE = ['not', 'if', 'then', 'else']

/**
 * The components that are made of too many schemas for one and the same value: what they refer to is counted each time,
 * as whoever reads them meets it. Each that uses another twice doubles it, so that a short text can be more than any
 * program reads to its end.
 */
export function overgrown(schemas: Schemas): Set<string> {
  const counts = new Map<string, number>()
  const found = new Set<string>()
  const countOf = (name: string): number => {
    const known = counts.get(name)
    if (known !== undefined) return known
    // A circle is found, and refused, elsewhere.
    counts.set(name, 0)
    const count = partsOf(schemas[name])
    if (count > MOST_PARTS) found.add(name)
    // What refers to it has that fault, and no other.
    const counted = count > MOST_PARTS ? 1 : count
    counts.set(name, counted)
    return counted
  }
  const partsOf = (schema: JsonSchema | undefined): number => {
    if (!isObject(schema)) return 1
    const reference = typeof schema.$ref === 'string' ? readComponentReference(schema.$ref)?.name : undefined
    let count = 1 + (reference !== undefined && Object.hasOwn(schemas, reference) ? countOf(reference) : 0)
    for (const part of partsIn(schema)) count += partsOf(part)
    return count
  }
  for (const name of Object.keys(schemas)) countOf(name)
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
