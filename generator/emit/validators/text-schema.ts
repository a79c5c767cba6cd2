import type { TextSchema, TextType } from '../../../runtime/validator.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { component, listed } from './schemas.js'

type Schemas = ApiModel['schemas']
type Types = ReadonlySet<TextType | 'null'>
type ObjectSchema = Exclude<JsonSchema, boolean>

/** An object, lists in it, their items: what is nested otherwise has no spelling as text. */
const MAX_DEPTH = 3
/** In style `deepObject`: objects in objects, to four pairs of brackets and a list in them. */
const MAX_NESTED_DEPTH = 6
/** A schema that leads back to itself in many ways grows with each level. */
const MAX_NESTED_PARTS = 300

interface Reach {
  readonly schemas: Schemas
  /** Members are spelled in brackets: they can be objects, too. */
  readonly nested: boolean
  parts: number
}

/** How a text is read that `schema` is to fit. */
export function textSchema(schema: JsonSchema, schemas: Schemas): TextSchema {
  return read(schema, MAX_DEPTH, { schemas, nested: false, parts: 0 })
}

/** How one text is read that has no delimiters. */
export function scalarTextSchema(schema: JsonSchema, schemas: Schemas): TextSchema {
  return read(schema, 1, { schemas, nested: false, parts: 0 })
}

/** How names with brackets are read; `undefined` where the schema has too many members in members. */
export function nestedTextSchema(schema: JsonSchema, schemas: Schemas): TextSchema | undefined {
  const reach = { schemas, nested: true, parts: 0 }
  const text = read(schema, MAX_NESTED_DEPTH, reach)
  return reach.parts > MAX_NESTED_PARTS ? undefined : text
}

function read(schema: JsonSchema, depth: number, reach: Reach): TextSchema {
  reach.parts++
  if (reach.nested && reach.parts > MAX_NESTED_PARTS) return { type: [] }
  const open = reach.nested ? OPEN : STRING
  const types = [...(typesOf(schema, reach.schemas, []) ?? open)].filter(type => type !== 'null')
  const readable = types.filter(type => NEEDED_DEPTH[type] <= depth)
  const ordered = ORDER.filter(type => readable.includes(type) && !(type === 'integer' && readable.includes('number')))
  const [first, ...others] = ordered
  const type = first !== undefined && others.length === 0 ? first : ordered
  return {
    type,
    ...(ordered.includes('array') && itemsOf(schema, depth, reach)),
    ...(ordered.includes('object') && membersOf(schema, depth, reach)),
  }
}

const NEEDED_DEPTH = { string: 1, number: 1, integer: 1, boolean: 1, array: 2, object: MAX_DEPTH } as const
const ORDER: readonly TextType[] = ['string', 'number', 'integer', 'boolean', 'array', 'object']
const STRING: Types = new Set(['string'])
const OPEN: Types = new Set(['string', 'array', 'object'])

function itemsOf(schema: JsonSchema, depth: number, reach: Reach): Pick<TextSchema, 'items'> {
  const items = describedItems(schema, reach.schemas)
  return items === undefined ? {} : { items: read(items, reach.nested ? depth - 1 : 1, reach) }
}

/** What a schema says of an array's items. */
export function describedItems(schema: JsonSchema, schemas: Schemas): JsonSchema | undefined {
  return part(schema, schemas, [], one => {
    const prefix = Array.isArray(one.prefixItems) ? one.prefixItems : []
    const rest = one.items === undefined ? [] : [one.items as JsonSchema]
    return prefix.length > 0 ? { anyOf: [...prefix, ...rest] } : rest[0]
  })
}

function membersOf(
  schema: JsonSchema,
  depth: number,
  reach: Reach,
): Pick<TextSchema, 'properties' | 'additionalProperties'> {
  const { schemas, nested } = reach
  const { members, rest } = describedMembers(schema, schemas)
  const properties = members.map(([name, member]) => [name, read(member, depth - 1, reach)] as const)
  // An object that describes no member at all is a map.
  const others = rest ?? (properties.length === 0 ? true : undefined)
  // What stands in brackets is this object's, described or not.
  const isOpen = nested && others !== undefined && typesOf(others, schemas, []) === undefined
  return {
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(others !== undefined &&
      others !== false &&
      !isOpen && { additionalProperties: read(others, depth - 1, reach) }),
  }
}

/** What a schema says of an object's members: of each by its name, and of all others. */
export function describedMembers(
  schema: JsonSchema,
  schemas: Schemas,
): { readonly members: readonly (readonly [name: string, schema: JsonSchema])[]; readonly rest?: JsonSchema } {
  const members = [...memberNames(schema, schemas, [])].flatMap(name => {
    const member = part(schema, schemas, [], one => ownMember(one, name))
    return member === undefined ? [] : [[name, member] as const]
  })
  const rest = part(schema, schemas, [], one => one.additionalProperties as JsonSchema | undefined)
  return { members, ...(rest !== undefined && { rest }) }
}

function ownMember(schema: ObjectSchema, name: string): JsonSchema | undefined {
  const properties = (schema.properties ?? {}) as { readonly [name: string]: JsonSchema }
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}

/** What `schema` says of a part of a value, gathered from all the schemas that it is made of. */
function part(
  schema: JsonSchema,
  schemas: Schemas,
  seen: readonly string[],
  pick: (schema: ObjectSchema) => JsonSchema | undefined,
): JsonSchema | undefined {
  if (typeof schema === 'boolean') return undefined
  const all = [pick(schema)]
  for (const one of listed(schema, 'allOf')) all.push(part(one, schemas, seen, pick))
  const target = follow(schema, schemas, seen)
  if (target) all.push(part(target.schema, schemas, target.seen, pick))
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = listed(schema, keyword).map(one => part(one, schemas, seen, pick))
    const some = branches.filter(one => one !== undefined)
    if (some.length > 0) all.push({ anyOf: some })
  }
  const found = all.filter(one => one !== undefined)
  return found.length > 1 ? { allOf: found } : found[0]
}

function memberNames(schema: JsonSchema, schemas: Schemas, seen: readonly string[]): Set<string> {
  if (typeof schema === 'boolean') return new Set()
  const names = new Set(Object.keys((schema.properties ?? {}) as object))
  const target = follow(schema, schemas, seen)
  const others = [...listed(schema, 'allOf'), ...listed(schema, 'anyOf'), ...listed(schema, 'oneOf')]
  const more = others.map(one => memberNames(one, schemas, seen))
  if (target) more.push(memberNames(target.schema, schemas, target.seen))
  for (const name of more.flatMap(set => [...set])) names.add(name)
  return names
}

/** The types that a value may have; `undefined` if the schema leaves that open. */
export function typesOf(schema: JsonSchema, schemas: Schemas, seen: readonly string[]): Types | undefined {
  if (typeof schema === 'boolean') return schema ? undefined : new Set()
  const demands = [declaredTypes(schema), valueTypes(schema)]
  for (const one of listed(schema, 'allOf')) demands.push(typesOf(one, schemas, seen))
  const target = follow(schema, schemas, seen)
  if (target) demands.push(typesOf(target.schema, schemas, target.seen))
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = listed(schema, keyword)
    if (branches.length > 0) demands.push(union(branches.map(one => typesOf(one, schemas, seen))))
  }
  const known = demands.filter(one => one !== undefined)
  return known.length > 0 ? known.reduce(intersection) : impliedTypes(schema)
}

function declaredTypes({ type }: ObjectSchema): Types | undefined {
  return type === undefined ? undefined : new Set([type].flat() as (TextType | 'null')[])
}

function valueTypes(schema: ObjectSchema): Types | undefined {
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (!Array.isArray(values)) return undefined
  return new Set(
    values.map(value => {
      if (value === null) return 'null'
      if (Array.isArray(value)) return 'array'
      if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
      return typeof value as 'string' | 'boolean' | 'object'
    }),
  )
}

const IMPLIED: readonly (readonly [TextType, readonly string[]])[] = [
  ['number', ['multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']],
  ['string', ['minLength', 'maxLength', 'pattern']],
  ['array', ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains']],
  ['object', ['properties', 'additionalProperties', 'patternProperties', 'required', 'minProperties', 'maxProperties']],
]

/** Where no type is written, a text is read as what the constraints are about: read as anything else, it evades them. */
function impliedTypes(schema: ObjectSchema): Types | undefined {
  const types = IMPLIED.filter(([, keywords]) => keywords.some(keyword => keyword in schema)).map(([type]) => type)
  return types.length > 0 ? new Set(types) : undefined
}

function union(all: readonly (Types | undefined)[]): Types | undefined {
  const types = new Set<TextType | 'null'>()
  for (const one of all) {
    if (one === undefined) return undefined
    for (const type of one) types.add(type)
  }
  return types
}

function intersection(a: Types, b: Types): Types {
  const both = [...a].filter(type => b.has(type) || (type === 'integer' && b.has('number')))
  return new Set(a.has('number') && b.has('integer') ? [...both, 'integer'] : both)
}

function follow(schema: ObjectSchema, schemas: Schemas, seen: readonly string[]) {
  if (schema.$ref === undefined) return undefined
  const target = component(schemas, schema.$ref)
  return seen.includes(target.name) ? undefined : { schema: target.schema, seen: [...seen, target.name] }
}
