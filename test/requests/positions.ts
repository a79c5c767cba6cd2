import { listOf, resolved, type Schema, type SchemaObject, type SchemaRoot } from './document-schema.js'
import { isNull, type Judge } from './judge.js'
import type { Path } from './values.js'

/** A place in a value, and what is demanded there. */
export interface Position {
  readonly path: Path
  readonly value: unknown
  readonly demands: readonly Demand[]
}

export interface Demand {
  readonly schema: SchemaObject
  /** It is one of several alternatives, or stands below one: what is wrong may be that none fits. */
  readonly isAlternative: boolean
}

interface Site {
  readonly root: SchemaRoot
  readonly judge: Judge
}

/** All places in a value that fits a schema; of a list, the last item. */
export function positionsIn(value: unknown, root: SchemaRoot, judge: Judge): Position[] {
  return positions([], value, [{ schema: root, isAlternative: false }], { root, judge })
}

interface Written {
  readonly schema: Schema
  readonly isAlternative: boolean
}

function positions(path: Path, value: unknown, written: readonly Written[], site: Site): Position[] {
  const demands = written.flatMap(one => demandsOf(one, value, site))
  const inner = innerOf(value).flatMap(([key, member]) =>
    positions(
      [...path, key],
      member,
      demands.flatMap(({ schema, isAlternative }) =>
        schemasOf(key, schema).map(one => ({ schema: one, isAlternative })),
      ),
      site,
    ),
  )
  return [{ path, value, demands }, ...inner]
}

function innerOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return value.length > 0 ? [[value.length - 1, value.at(-1)]] : []
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** A schema with all that it is made of, as far as it concerns this value. */
function demandsOf({ schema, isAlternative }: Written, value: unknown, site: Site): Demand[] {
  const own = resolved(schema, site.root)
  const all = listOf(own.allOf).map(one => ({ schema: one, isAlternative }))
  const chosen = [listOf(own.anyOf), listOf(own.oneOf)].flatMap(alternatives => {
    const others = alternatives.filter(one => !isNull(one))
    const [only, ...more] = others
    if (only !== undefined && more.length === 0) return value === null ? [] : [{ schema: only, isAlternative }]
    const fitting = others.find(one => site.judge.fits(site.root, one, value))
    return fitting === undefined ? [] : [{ schema: fitting, isAlternative: true }]
  })
  return [{ schema: own, isAlternative }, ...[...all, ...chosen].flatMap(one => demandsOf(one, value, site))]
}

function schemasOf(key: string | number, { items, properties, patternProperties, additionalProperties }: SchemaObject) {
  if (typeof key === 'number') return schemaIn(items)
  const own = schemaIn(memberOf(properties, key))
  const matching = Object.entries(patternProperties ?? {}).flatMap(([pattern, one]) =>
    new RegExp(pattern, 'u').test(key) ? schemaIn(one) : [],
  )
  const described = [...own, ...matching]
  return described.length > 0 ? described : schemaIn(additionalProperties)
}

function memberOf(properties: unknown, name: string): unknown {
  return Object.hasOwn(Object(properties), name) ? Reflect.get(Object(properties), name) : undefined
}

function schemaIn(value: unknown): Schema[] {
  if (typeof value === 'boolean') return [value]
  return typeof value === 'object' && value !== null ? [{ ...value }] : []
}
