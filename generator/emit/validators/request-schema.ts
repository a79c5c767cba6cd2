import { fullFormats } from 'ajv-formats/dist/formats.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { mapSubschemas } from '../../model/json-schema-keywords.js'
import { component, listed } from './schemas.js'

export interface RequestSchemas {
  readonly schemas: ApiModel['schemas']
  /** The identifier under which the compiler knows a component. */
  readonly idOf: (name: string) => string
}

/** `schema` as requests are held to it, in the form that is compiled. */
export function requestSchema(schema: JsonSchema, context: RequestSchemas): JsonSchema {
  return convert(schema, context, new Set())
}

/** @param outer members that are `readOnly` by what stands around an `allOf`. */
function convert(schema: JsonSchema, context: RequestSchemas, outer: ReadonlySet<string>): JsonSchema {
  if (typeof schema === 'boolean') return schema
  const readOnly = new Set([...outer, ...readOnlyMembers(schema, context.schemas, new Set())])
  const { default: _default, readOnly: _readOnly, writeOnly: _writeOnly, ...annotated } = schema
  const { contentMediaType: _contentMediaType, contentEncoding: _contentEncoding, ...kept } = annotated
  const { allOf, ...rest } = kept
  const result: { [keyword: string]: unknown } = mapSubschemas<JsonSchema>(rest, one => convert(one, context, NONE))
  // They were left out before; one that is still there stands where the document contradicts itself.
  if (isMap(result.properties))
    result.properties = withoutMembers(result.properties, ownReadOnly(schema, context.schemas))
  if (Array.isArray(allOf)) result.allOf = allOf.map(one => convert(one, context, readOnly))
  if (result.$ref !== undefined) result.$ref = context.idOf(component(context.schemas, result.$ref).name)
  if (typeof result.format === 'string' && !constrains(result.format)) delete result.format
  if (Array.isArray(result.required)) {
    // OpenAPI (Schema Object, `readOnly`): `required` takes effect on the response only.
    result.required = result.required.filter(name => !readOnly.has(name))
  }
  return withPatternsApart(withoutNullBranches(result))
}

const MEMBERS = ['properties', 'patternProperties', 'additionalProperties']
const COMPOSITION = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas']

/**
 * ajv 8's account of evaluated members is undefined after a composition that failed, and its `patternProperties` trip
 * over that. In an `allOf` of their own, these keywords mean the same.
 */
function withPatternsApart(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean' || !('patternProperties' in schema)) return schema
  if (!COMPOSITION.some(keyword => keyword in schema)) return schema
  const entries = Object.entries(schema)
  const members = Object.fromEntries(entries.filter(([keyword]) => MEMBERS.includes(keyword)))
  const rest = Object.fromEntries(entries.filter(([keyword]) => !MEMBERS.includes(keyword)))
  return { ...rest, allOf: [...listed(rest, 'allOf'), members] }
}

/** A format that is not known is an annotation. The table's own members only: a document may write `constructor`. */
function constrains(format: string): boolean {
  return Object.hasOwn(fullFormats, format) && !['float', 'double', 'password', 'binary'].includes(format)
}

const NONE: ReadonlySet<string> = new Set()

function readOnlyMembers(schema: JsonSchema, schemas: ApiModel['schemas'], seen: Set<string>): string[] {
  if (typeof schema === 'boolean') return []
  const own = ownReadOnly(schema, schemas)
  const parts = [...listed(schema, 'allOf'), ...target(schema, schemas, seen)]
  return [...own, ...parts.flatMap(part => readOnlyMembers(part, schemas, seen))]
}

function ownReadOnly(schema: Exclude<JsonSchema, boolean>, schemas: ApiModel['schemas']): string[] {
  return Object.entries((schema.properties ?? {}) as { [name: string]: JsonSchema })
    .filter(([, member]) => isReadOnly(member, schemas, new Set()))
    .map(([name]) => name)
}

function withoutMembers(members: { readonly [name: string]: unknown }, names: readonly string[]) {
  return Object.fromEntries(Object.entries(members).map(([name, one]) => [name, names.includes(name) ? false : one]))
}

function isMap(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null
}

function isReadOnly(schema: JsonSchema, schemas: ApiModel['schemas'], seen: Set<string>): boolean {
  if (typeof schema === 'boolean') return false
  if (schema.readOnly === true) return true
  return [...listed(schema, 'allOf'), ...target(schema, schemas, seen)].some(part => isReadOnly(part, schemas, seen))
}

/** What `schema` refers to, once: schemas may refer to each other in circles. */
function target(schema: JsonSchema, schemas: ApiModel['schemas'], seen: Set<string>): JsonSchema[] {
  if (typeof schema === 'boolean' || schema.$ref === undefined) return []
  const { name, schema: found } = component(schemas, schema.$ref)
  if (seen.has(name)) return []
  seen.add(name)
  return [found]
}

/**
 * `anyOf: [X, { type: 'null' }]` as a condition, which means the same: where it fails, the faults are those of `X`, and
 * not that neither branch fits.
 */
function withoutNullBranches(schema: { readonly [keyword: string]: unknown }): JsonSchema {
  const conditions: JsonSchema[] = []
  let rest = schema
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = listed(schema, keyword)
    const [other, ...others] = branches.filter(branch => !isNull(branch))
    if (branches.length !== 2 || other === undefined || others.length > 0) continue
    // Exactly one of both: `null` fits the other branch, too, or it does not.
    const then = keyword === 'oneOf' ? { not: other } : true
    conditions.push({ if: { type: 'null' }, then, else: other })
    rest = Object.fromEntries(Object.entries(rest).filter(([name]) => name !== keyword))
  }
  return conditions.length === 0 ? schema : { ...rest, allOf: [...listed(rest, 'allOf'), ...conditions] }
}

function isNull(schema: JsonSchema): boolean {
  return typeof schema === 'object' && schema.type === 'null' && Object.keys(schema).length === 1
}
