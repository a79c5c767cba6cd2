import type { JsonPrimitive } from '../../../runtime/policy.js'
import { componentReference, readComponentReference } from '../../load/reference.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { isObject } from '../../model/claims.js'
import { isMarked } from '../validators/request-schema.js'
import { component, listed } from '../validators/schemas.js'

/** Schemas of which one at least is meant for a value, and by what values for others are told. */
export type Branches = readonly Branch[]

export interface Branch {
  readonly schema: JsonSchema
  readonly has: readonly string[]
  readonly is: { readonly [member: string]: readonly JsonPrimitive[] }
}

type Schemas = ApiModel['schemas']
type ObjectSchema = Exclude<JsonSchema, boolean>

/** The groups of branches of a schema: `oneOf` and `anyOf`, and what holds under a condition. */
export function branchesOf(schema: ObjectSchema, schemas: Schemas): Branches[] {
  const { if: condition, then, else: otherwise } = schema
  const groups = (['oneOf', 'anyOf'] as const).map(keyword =>
    listed(schema, keyword).map(one => branch(one, schemas, discriminatorOf(schema, one, schemas))),
  )
  if (condition !== undefined && (then !== undefined || otherwise !== undefined)) {
    const fits: JsonSchema = { allOf: [condition, then ?? true] }
    groups.push([branch(fits, schemas), { ...plain((otherwise ?? true) as JsonSchema) }])
  }
  for (const [name, one] of Object.entries(isObject(schema.dependentSchemas) ? schema.dependentSchemas : {})) {
    groups.push([{ ...plain(one as JsonSchema), has: [name] }, plain(true)])
  }
  return groups.filter(group => group.length > 0)
}

/**
 * Component → the schemas that its `discriminator` leads to where it is not part of a `oneOf`: those that extend it by
 * `allOf`. A reply that is documented as the one may be any of them (OpenAPI, Discriminator Object).
 */
export function heirsOf(schemas: Schemas): ReadonlyMap<string, Branches> {
  const children = new Map<string, string[]>()
  for (const [name, schema] of Object.entries(schemas)) {
    for (const parent of listed(schema, 'allOf').flatMap(one => targetOf(one, schemas) ?? [])) {
      children.set(parent, [...(children.get(parent) ?? []), name])
    }
  }
  const found = new Map<string, Branches>()
  for (const [name, schema] of Object.entries(schemas)) {
    const discriminator = readDiscriminator(schema)
    if (!discriminator || listed(schema, 'oneOf').length > 0 || listed(schema, 'anyOf').length > 0) continue
    const { propertyName, mapping } = discriminator
    const mapped = Object.values(mapping).flatMap(one => named(one, schemas) ?? [])
    const heirs = [...new Set([...mapped, ...descendants(name, children)])].filter(one => one !== name)
    if (heirs.length === 0) continue
    const branches = heirs.map(heir => {
      const values = valuesFor(heir, mapping, schemas)
      return {
        schema: { $ref: componentReference('schemas', heir) },
        has: [propertyName],
        is: { [propertyName]: values },
      }
    })
    const own = { ...plain(true), is: { [propertyName]: valuesFor(name, mapping, schemas) } }
    found.set(name, [...branches, own])
  }
  return found
}

function descendants(name: string, children: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>()
  const waiting = [name]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const child of children.get(next) ?? []) {
      if (found.has(child)) continue
      found.add(child)
      waiting.push(child)
    }
  }
  return found
}

interface Discriminator {
  readonly propertyName: string
  readonly mapping: { readonly [value: string]: string }
}

function readDiscriminator(schema: JsonSchema): Discriminator | undefined {
  if (!isObject(schema) || !isObject(schema.discriminator)) return undefined
  const { propertyName, mapping } = schema.discriminator
  if (typeof propertyName !== 'string') return undefined
  const entries = Object.entries(isObject(mapping) ? mapping : {})
  return {
    propertyName,
    mapping: Object.fromEntries(entries.flatMap(([value, to]) => (typeof to === 'string' ? [[value, to]] : []))),
  }
}

/** What the discriminator of `owner` demands of a value that is meant for this branch. */
function discriminatorOf(owner: ObjectSchema, one: JsonSchema, schemas: Schemas): Branch['is'] {
  const discriminator = readDiscriminator(owner)
  const target = targetOf(one, schemas)
  if (!discriminator || target === undefined) return {}
  return { [discriminator.propertyName]: valuesFor(target, discriminator.mapping, schemas) }
}

/** OpenAPI (Discriminator Object): a schema that no mapping names is meant by its own name. */
function valuesFor(name: string, mapping: Discriminator['mapping'], schemas: Schemas): string[] {
  const values = Object.entries(mapping).flatMap(([value, to]) => (named(to, schemas) === name ? value : []))
  return Object.hasOwn(mapping, name) ? values : [...values, name]
}

/** The component that a mapping names, by its name or by reference. */
function named(to: string, schemas: Schemas): string | undefined {
  if (Object.hasOwn(schemas, to)) return to
  const { section, name } = readComponentReference(to) ?? {}
  return section === 'schemas' ? name : undefined
}

function targetOf(schema: JsonSchema, schemas: Schemas): string | undefined {
  return isObject(schema) && schema.$ref !== undefined ? component(schemas, schema.$ref).name : undefined
}

function plain(schema: JsonSchema): Branch {
  return { schema, has: [], is: {} }
}

function branch(schema: JsonSchema, schemas: Schemas, discriminator: Branch['is'] = {}): Branch {
  const has = new Set<string>()
  const is: { [member: string]: readonly JsonPrimitive[] } = {}
  for (const part of partsOf(schema, schemas, [])) {
    const properties = Object.entries(isObject(part.properties) ? (part.properties as Schemas) : {})
    const sent = properties.filter(([, one]) => !isMarked('writeOnly', one, schemas))
    for (const name of Array.isArray(part.required) ? part.required.map(String) : []) {
      if (sent.some(([other]) => other === name) || !properties.some(([other]) => other === name)) has.add(name)
    }
    for (const [name, one] of sent) {
      const values = scalarsOf(one, schemas)
      if (values) is[name] ??= values
    }
  }
  return { schema, has: [...has], is: { ...is, ...discriminator } }
}

/** The schemas that all hold for one value. */
function partsOf(schema: JsonSchema, schemas: Schemas, trail: readonly string[]): ObjectSchema[] {
  if (typeof schema === 'boolean') return []
  const target = targetOf(schema, schemas)
  const followed = target === undefined || trail.includes(target) ? [] : [schemas[target] ?? true]
  const within = target === undefined ? trail : [...trail, target]
  return [schema, ...[...followed, ...listed(schema, 'allOf')].flatMap(one => partsOf(one, schemas, within))]
}

/** The values that a schema lists, if they are all scalars. */
function scalarsOf(schema: JsonSchema, schemas: Schemas): readonly JsonPrimitive[] | undefined {
  for (const part of partsOf(schema, schemas, [])) {
    const values: unknown = 'const' in part ? [part.const] : part.enum
    if (Array.isArray(values) && values.every(isScalar)) return values
  }
  return undefined
}

function isScalar(value: unknown): value is JsonPrimitive {
  return value === null || (typeof value !== 'object' && value !== undefined)
}
