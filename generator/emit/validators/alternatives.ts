import { readComponentReference } from '../../load/reference.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { isObject } from '../../model/claims.js'
import { component, listed } from './schemas.js'
import { typesOf } from './text-schema.js'

type Schemas = ApiModel['schemas']
type ObjectSchema = Exclude<JsonSchema, boolean>

/** How a value tells which one of several alternatives it is meant for. */
export interface Choice {
  /** What a value says that is meant for the alternative at `index`. */
  readonly chosen: readonly { readonly index: number; readonly when: ObjectSchema }[]
  /** What every value says that is meant for one of them. */
  readonly any: ObjectSchema
  /** The alternative for all that say something else. */
  readonly otherwise?: number
}

/**
 * The choice between the alternatives of `anyOf` or `oneOf`: by the property that the `discriminator` names, by one that
 * has values of its own in each, or by their types. `undefined` if there is none. It serves to say what is wrong with a
 * value that fits none of them, and never decides whether it does: in OpenAPI, a discriminator is a hint.
 */
export function choiceBetween(
  alternatives: readonly JsonSchema[],
  discriminator: unknown,
  schemas: Schemas,
): Choice | undefined {
  if (alternatives.filter(one => !isNull(one)).length < 2) return undefined
  return (
    byDiscriminator(alternatives, discriminator, schemas) ??
    byProperty(alternatives, schemas) ??
    byType(alternatives, schemas)
  )
}

export function isNull(schema: JsonSchema): boolean {
  return typeof schema === 'object' && schema.type === 'null' && Object.keys(schema).length === 1
}

function byDiscriminator(
  alternatives: readonly JsonSchema[],
  discriminator: unknown,
  schemas: Schemas,
): Choice | undefined {
  if (!isObject(discriminator) || typeof discriminator.propertyName !== 'string') return undefined
  const { propertyName, defaultMapping } = discriminator
  const mapping = Object.entries(isObject(discriminator.mapping) ? discriminator.mapping : {})
  const values = alternatives.map(one => {
    const pinned = pinnedValues(one, propertyName, schemas)
    if (pinned) return pinned
    const name = referredName(one, schemas)
    const mapped = mapping.filter(([, target]) => name !== undefined && isNamed(target, name)).map(([value]) => value)
    return mapped.length > 0 || name === undefined ? mapped : [name]
  })
  const index = alternatives.findIndex(one => isNamed(defaultMapping, referredName(one, schemas)))
  const choice = byValues(propertyName, values, alternatives, schemas)
  return choice && index >= 0 ? { ...choice, otherwise: index } : choice
}

/** A mapping holds references to components, or their names. */
function isNamed(target: unknown, name: string | undefined): boolean {
  if (typeof target !== 'string' || name === undefined) return false
  return target === name || readComponentReference(target)?.name === name
}

function referredName(schema: JsonSchema, schemas: Schemas): string | undefined {
  return typeof schema === 'object' && schema.$ref !== undefined ? component(schemas, schema.$ref).name : undefined
}

function byProperty(alternatives: readonly JsonSchema[], schemas: Schemas): Choice | undefined {
  const [first] = alternatives.filter(one => !isNull(one))
  if (first === undefined) return undefined
  for (const name of requiredNames(first, schemas)) {
    const values = alternatives.map(one => pinnedValues(one, name, schemas) ?? [])
    if (alternatives.some((one, index) => !isNull(one) && values[index]?.length === 0)) continue
    if (areDistinct(values)) return byValues(name, values, alternatives, schemas)
  }
  return undefined
}

function areDistinct(values: readonly (readonly unknown[])[]): boolean {
  const all = values.flat().map(value => JSON.stringify(value))
  return new Set(all).size === all.length
}

function byValues(
  name: string,
  values: readonly (readonly unknown[])[],
  alternatives: readonly JsonSchema[],
  schemas: Schemas,
): Choice | undefined {
  const chosen = values.flatMap((some, index) =>
    some.length === 0 ? [] : { index, when: { type: 'object', ...says(name, some) } },
  )
  if (chosen.length === 0) return undefined
  const types = alternatives.flatMap(one => [...(typesOf(one, schemas, []) ?? ['object'])])
  const all = new Set(types)
  const known = says(name, [...new Set(values.flat())])
  // What is no object names nothing, but may be an alternative all the same.
  const onlyObjects = [...all].every(type => type === 'object' || type === 'null')
  return { chosen, any: onlyObjects ? { type: [...all], ...known } : known }
}

function says(name: string, values: readonly unknown[]): ObjectSchema {
  return { required: [name], properties: { [name]: { enum: values } } }
}

function byType(alternatives: readonly JsonSchema[], schemas: Schemas): Choice | undefined {
  // Where types say all, so does the fault that names them.
  if (alternatives.every(one => typeof one === 'object' && Object.keys(one).join() === 'type')) return undefined
  const types = alternatives.map(one => [...(typesOf(one, schemas, []) ?? [])])
  const all = types.flat()
  const distinct = new Set(all).size === all.length && !(all.includes('integer') && all.includes('number'))
  if (!distinct || types.some(some => some.length === 0)) return undefined
  return { chosen: types.map((type, index) => ({ index, when: { type } })), any: { type: all } }
}

/** The values that `name` must have; `undefined` if it may be absent, or have others. */
function pinnedValues(schema: JsonSchema, name: string, schemas: Schemas): readonly unknown[] | undefined {
  if (!requiredNames(schema, schemas).has(name)) return undefined
  for (const one of partsOf(schema, schemas)) {
    const { properties } = one
    const member = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
    if (!isObject(member)) continue
    for (const { const: value, enum: values } of partsOf(member, schemas)) {
      if (value !== undefined) return [value]
      if (Array.isArray(values)) return values
    }
  }
  return undefined
}

function requiredNames(schema: JsonSchema, schemas: Schemas): ReadonlySet<string> {
  const names: unknown[] = partsOf(schema, schemas).flatMap(({ required }) => (Array.isArray(required) ? required : []))
  return new Set(names.filter(name => typeof name === 'string'))
}

/** `schema` and all that a value must fit to fit it. */
function partsOf(schema: JsonSchema, schemas: Schemas, seen: readonly string[] = []): ObjectSchema[] {
  if (typeof schema === 'boolean') return []
  const parts = [schema, ...listed(schema, 'allOf').flatMap(one => partsOf(one, schemas, seen))]
  if (schema.$ref === undefined) return parts
  const target = component(schemas, schema.$ref)
  return seen.includes(target.name) ? parts : [...parts, ...partsOf(target.schema, schemas, [...seen, target.name])]
}
