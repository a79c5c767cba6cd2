import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { isObject } from '../../model/claims.js'
import { mapSubschemas } from '../../model/json-schema-keywords.js'
import { choiceBetween, isNull } from './alternatives.js'
import { checkedFormats } from './format.js'
import { component, listed } from './schemas.js'

export interface RequestSchemas {
  readonly schemas: ApiModel['schemas']
  /** The identifier under which the compiler knows a component. */
  readonly idOf: (name: string) => string
  /** The identifier under which it knows a schema that stands in several places of what is compiled. */
  readonly idOfInline: (schema: JsonSchema) => string
  /** Members of the other direction are not demanded. In requests they are refused, in responses not even looked at. */
  readonly direction: 'request' | 'response'
}

/** `schema` as requests or responses are held to it, in the form that is compiled. */
export function requestSchema(schema: JsonSchema, context: RequestSchemas): JsonSchema {
  return convert(schema, context, new Set())
}

/** @param outer members that are of the other direction by what stands around an `allOf`. */
function convert(schema: JsonSchema, context: RequestSchemas, outer: ReadonlySet<string>): JsonSchema {
  if (typeof schema === 'boolean') return schema
  const marker = context.direction === 'request' ? 'readOnly' : 'writeOnly'
  const foreign = new Set([...outer, ...markedMembers(marker, schema, context.schemas, new Set())])
  const { default: _default, readOnly: _readOnly, writeOnly: _writeOnly, discriminator: _hint, ...annotated } = schema
  const { contentMediaType: _contentMediaType, contentEncoding: _contentEncoding, ...kept } = annotated
  const { allOf, ...rest } = kept
  const result: { [keyword: string]: unknown } = mapSubschemas<JsonSchema>(rest, one => convert(one, context, NONE))
  if (Array.isArray(allOf)) result.allOf = allOf.map(one => convert(one, context, foreign))
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const [only, ...others] = listed(result, keyword)
    // One alternative is none: its own faults say more than that it does not fit.
    const isSole = only !== undefined && others.length === 0
    const condition = isSole ? only : chosenFaults(keyword, schema, context)
    if (condition === undefined) continue
    delete result[keyword]
    result.allOf = [...listed(result, 'allOf'), condition]
  }
  if (result.$ref !== undefined) result.$ref = context.idOf(component(context.schemas, result.$ref).name)
  if (typeof result.format === 'string') {
    const [first, ...others] = checkedFormats(result.format, result.type)
    if (first === undefined) delete result.format
    else result.format = first
    if (others.length > 0) result.allOf = [...listed(result, 'allOf'), ...others.map(format => ({ format }))]
  }
  if (Array.isArray(result.required)) {
    // OpenAPI (Schema Object, `readOnly`, `writeOnly`): `required` takes effect in the other direction only.
    result.required = result.required.filter(name => !foreign.has(name))
  }
  if (isObject(result.properties)) {
    // Of a request, they were left out before: one that is still there stands where the document contradicts itself.
    const [names, instead] =
      context.direction === 'response' ? [foreign, true] : [new Set(ownMarked(marker, schema, context.schemas)), false]
    const members = Object.entries(result.properties).map(([name, one]) => [name, names.has(name) ? instead : one])
    result.properties = Object.fromEntries(members)
  }
  return withTroublesApart(withoutNullBranches(result))
}

const MEMBERS = ['properties', 'patternProperties', 'additionalProperties']
const COMPOSITION = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas']
const ITEMS = ['prefixItems', 'items']

/**
 * Keywords over which ajv 8 trips, in an `allOf` of their own, where they mean the same. Its account of evaluated members
 * is undefined after a composition that failed, and its `patternProperties` use it. Where it may stop at the first fault
 * (`not`, `if`), it skips all that follows `prefixItems` if an array is shorter.
 */
function withTroublesApart(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema
  const others = Object.keys(schema).filter(keyword => keyword !== 'type' && !ITEMS.includes(keyword))
  const items = 'prefixItems' in schema && others.length > 0 ? ITEMS : []
  const members = 'patternProperties' in schema && COMPOSITION.some(keyword => keyword in schema) ? MEMBERS : []
  return apart(apart(schema, items), members)
}

function apart(schema: { readonly [keyword: string]: unknown }, keywords: readonly string[]) {
  if (keywords.length === 0) return schema
  const entries = Object.entries(schema)
  const own = Object.fromEntries(entries.filter(([keyword]) => keywords.includes(keyword)))
  const rest = Object.fromEntries(entries.filter(([keyword]) => !keywords.includes(keyword)))
  return { ...rest, allOf: [...listed(rest, 'allOf'), own] }
}

const NONE: ReadonlySet<string> = new Set()

type Marker = 'readOnly' | 'writeOnly'

function markedMembers(keyword: Marker, schema: JsonSchema, schemas: ApiModel['schemas'], seen: Set<string>): string[] {
  if (typeof schema === 'boolean') return []
  const own = ownMarked(keyword, schema, schemas)
  const parts = [...listed(schema, 'allOf'), ...target(schema, schemas, seen)]
  return [...own, ...parts.flatMap(part => markedMembers(keyword, part, schemas, seen))]
}

function ownMarked(keyword: Marker, schema: Exclude<JsonSchema, boolean>, schemas: ApiModel['schemas']): string[] {
  return Object.entries((schema.properties ?? {}) as { [name: string]: JsonSchema })
    .filter(([, member]) => isMarked(keyword, member, schemas))
    .map(([name]) => name)
}

/** Is a member of this schema `readOnly`, or `writeOnly`? */
export function isMarked(
  keyword: Marker,
  schema: JsonSchema,
  schemas: ApiModel['schemas'],
  seen: Set<string> = new Set(),
): boolean {
  if (typeof schema === 'boolean') return false
  if (schema[keyword] === true) return true
  const parts = [...listed(schema, 'allOf'), ...target(schema, schemas, seen)]
  return parts.some(part => isMarked(keyword, part, schemas, seen))
}

/** What `schema` refers to, once: schemas may refer to each other in circles. */
function target(schema: JsonSchema, schemas: ApiModel['schemas'], seen: Set<string>): JsonSchema[] {
  if (typeof schema === 'boolean' || schema.$ref === undefined) return []
  const { name, schema: found } = component(schemas, schema.$ref)
  if (seen.has(name)) return []
  seen.add(name)
  return [found]
}

/** ajv's own words for alternatives say what is wrong with each of them. This keyword fits nothing, and says why. */
export const MISFIT = 'misfit'

const REASONS = {
  anyOf: 'fits none of the alternatives',
  oneOf: 'does not fit exactly one of the alternatives',
} as const

/**
 * `anyOf` or `oneOf` as a condition, which means the same: where it fails, the faults are those of the one alternative
 * that the value is meant for. `undefined` if a value does not tell which.
 */
function chosenFaults(keyword: 'anyOf' | 'oneOf', schema: JsonSchema, context: RequestSchemas): JsonSchema | undefined {
  const alternatives = listed(schema, keyword)
  const hint = typeof schema === 'object' ? schema.discriminator : undefined
  const choice = choiceBetween(alternatives, hint, context.schemas)
  if (!choice) return undefined
  const branches = alternatives.map(one => shared(one, context))
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
  const faults = choice.chosen.map(({ index, when }) => ({ if: when, then: branches[index] ?? false }))
  const others = choice.otherwise === undefined ? undefined : branches[choice.otherwise]
  return {
    if: { [keyword]: branches },
    else: {
      allOf: [
        ...faults,
        others === undefined ? choice.any : { if: choice.any, else: others },
        { [MISFIT]: REASONS[keyword] },
      ],
    },
  }
}

/** What is written once however often it is used. */
function shared(schema: JsonSchema, context: RequestSchemas): JsonSchema {
  if (typeof schema === 'boolean' || isNull(schema)) return schema
  const [keyword, ...others] = Object.keys(schema)
  const isSmall = others.length === 0 && (keyword === '$ref' || keyword === 'type')
  return isSmall ? convert(schema, context, NONE) : { $ref: context.idOfInline(schema) }
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
