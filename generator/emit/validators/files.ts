import { kindOf, parseMediaType } from '../../../runtime/media-types.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { mapSubschemas } from '../../model/json-schema-keywords.js'
import { component, listed } from './schemas.js'

type Schemas = ApiModel['schemas']
type ObjectSchema = Exclude<JsonSchema, boolean>

/** What a member of a form can be: a file, a list of files, text, what has no spelling as text, or whatever is sent. */
export type PartKind = 'file' | 'files' | 'text' | 'json' | 'open'

/** Media types that say of a string that it is no text. */
export function isBinaryType(mediaType: unknown): boolean {
  const range = typeof mediaType === 'string' ? parseMediaType(mediaType) : undefined
  return range !== undefined && kindOf(range) === 'stream' && !/(?:^|\+)xml$/.test(range.subtype)
}

/** OpenAPI 3.0 says `format: binary`; from 3.1 on, a string is binary by a `contentMediaType` without a `contentEncoding`. */
export function isBinary(schema: JsonSchema): boolean {
  if (typeof schema === 'boolean') return false
  const { type = 'string', format, contentMediaType, contentEncoding } = schema
  const types = [type].flat().filter(one => one !== 'null')
  if (types.length !== 1 || types[0] !== 'string') return false
  return format === 'binary' || (contentEncoding === undefined && isBinaryType(contentMediaType))
}

const OF_FILES = [
  'type',
  'format',
  'contentMediaType',
  'contentEncoding',
  'minLength',
  'maxLength',
  'default',
  'readOnly',
  'writeOnly',
]

/** Octets that a binary string may have; `undefined` if its schema says more of it than that. */
export function octetsOf(schema: JsonSchema): { readonly min?: number; readonly max?: number } | undefined {
  if (typeof schema === 'boolean') return schema ? {} : undefined
  if (!Object.keys(schema).every(keyword => OF_FILES.includes(keyword))) return undefined
  const { minLength, maxLength } = schema
  return {
    ...(typeof minLength === 'number' && { min: minLength }),
    ...(typeof maxLength === 'number' && { max: maxLength }),
  }
}

/** All that a member can be by its schema. @param bytes its `encoding` says that what is a string is bytes. */
export function partKinds(
  schema: JsonSchema,
  schemas: Schemas,
  bytes: boolean,
  seen: readonly string[] = [],
): ReadonlySet<PartKind> {
  if (typeof schema === 'boolean') return new Set(schema ? [bytes ? 'file' : 'open'] : [])
  const kinds = new Set<PartKind>(ownKinds(schema, schemas, bytes, seen))
  const demands = listed(schema, 'allOf').map(one => partKinds(one, schemas, bytes, seen))
  if (schema.$ref !== undefined) {
    const { name, schema: target } = component(schemas, schema.$ref)
    if (!seen.includes(name)) demands.push(partKinds(target, schemas, bytes, [...seen, name]))
  }
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = listed(schema, keyword).filter(one => !isNull(one))
    if (branches.length > 0) {
      demands.push(new Set(branches.flatMap(one => [...partKinds(one, schemas, bytes, seen)])))
    }
  }
  for (const kind of demands.flatMap(demand => [...demand])) kinds.add(kind)
  if (kinds.size > 1) kinds.delete('open')
  // Of several that all hold, one may say merely that it is a string.
  const isOne = demands.length > 0 && listed(schema, 'anyOf').length + listed(schema, 'oneOf').length === 0
  if (isOne && kinds.has('file')) kinds.delete('text')
  if (kinds.size === 0) kinds.add(bytes ? 'file' : 'open')
  return kinds
}

function ownKinds(schema: ObjectSchema, schemas: Schemas, bytes: boolean, seen: readonly string[]): PartKind[] {
  if (isBinary(schema)) return ['file']
  const types = new Set([schema.type ?? impliedType(schema)].flat())
  return [...types].flatMap((type): PartKind[] => {
    if (type === undefined || type === 'null') return []
    if (type === 'object') return ['json']
    if (type !== 'array') return [bytes && type === 'string' ? 'file' : 'text']
    const items = partKinds((schema.items ?? true) as JsonSchema, schemas, bytes, seen)
    const lists: PartKind[] = []
    if (items.has('file')) lists.push('files')
    if (items.has('json') || items.has('files') || schema.prefixItems !== undefined) lists.push('json')
    if (items.has('text') || items.has('open')) lists.push('text')
    return lists
  })
}

function impliedType(schema: ObjectSchema): string | undefined {
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (Array.isArray(values)) return values.some(one => typeof one === 'object' && one !== null) ? 'object' : 'string'
  if (OBJECT.some(keyword => keyword in schema)) return 'object'
  if ('items' in schema || 'prefixItems' in schema) return 'array'
  return TEXT.some(keyword => keyword in schema) ? 'string' : undefined
}

const OBJECT = ['properties', 'additionalProperties', 'patternProperties', 'required', 'minProperties', 'maxProperties']
const TEXT = ['pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'multipleOf', 'format']

function isNull(schema: JsonSchema): boolean {
  return typeof schema === 'object' && schema.type === 'null'
}

/** What stands for a file where a body is validated. No other part gets there: what is a file is read as nothing else. */
function fileSchema({ min, max }: { readonly min?: number; readonly max?: number }): JsonSchema {
  const size = { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) }
  return { type: 'object', required: ['size'], properties: { size: Object.keys(size).length > 0 ? size : true } }
}

/** Where a body may be composed of schemas that all speak of the same value. */
const COMPOSITION = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', '$defs']

/**
 * The schema of a multipart body with files in the place of binary strings; the schema itself where it has none, so that
 * what it refers to is compiled once. `undefined` if it says of a file what cannot be checked.
 * @param bytes the members that are bytes by their `encoding`.
 */
export function withFiles(schema: JsonSchema, schemas: Schemas, bytes: ReadonlySet<string>): JsonSchema | undefined {
  let checkable = true

  const ofBody = (one: JsonSchema, seen: readonly string[]): JsonSchema =>
    inside(one, seen, ofBody, (keyword, name, member) => {
      if (keyword === 'properties') return ofMember(member, bytes.has(name ?? ''), [])
      return keyword === 'additionalProperties' ? ofMember(member, false, []) : member
    })

  const ofMember = (one: JsonSchema, asBytes: boolean, seen: readonly string[]): JsonSchema => {
    if (isFile(one, asBytes)) {
      const octets = octetsOf(one)
      if (octets === undefined) checkable = false
      return fileSchema(octets ?? {})
    }
    const mapped = inside(
      one,
      seen,
      (part, path) => ofMember(part, asBytes, path),
      (keyword, _name, item) => (keyword === 'items' ? ofMember(item, asBytes, seen) : item),
    )
    // Two files are never told to be the same.
    if (mapped !== one && typeof one === 'object' && one.uniqueItems === true) checkable = false
    return mapped
  }

  /** Maps what `schema` is composed of, and the schemas of its parts. */
  function inside(
    one: JsonSchema,
    seen: readonly string[],
    compose: (part: JsonSchema, seen: readonly string[]) => JsonSchema,
    part: (keyword: string, name: string | undefined, schema: JsonSchema) => JsonSchema,
  ): JsonSchema {
    if (typeof one === 'boolean') return one
    const { $ref, ...rest } = one
    const entries = Object.entries(rest).map(([keyword, value]): [string, unknown] => {
      const only = { [keyword]: value }
      if (COMPOSITION.includes(keyword))
        return [keyword, mapSubschemas<JsonSchema>(only, sub => compose(sub, seen))[keyword]]
      if (keyword === 'properties') {
        const members = Object.entries(value as { [name: string]: JsonSchema })
        return [keyword, Object.fromEntries(members.map(([name, sub]) => [name, part(keyword, name, sub)]))]
      }
      return [keyword, mapSubschemas<JsonSchema>(only, sub => part(keyword, undefined, sub))[keyword]]
    })
    const mapped = Object.fromEntries(entries)
    let target: JsonSchema | undefined
    if ($ref !== undefined) {
      const { name, schema: found } = component(schemas, $ref)
      const changed = seen.includes(name) ? found : compose(found, [...seen, name])
      if (!isSame(changed, found)) target = changed
    }
    if (target !== undefined) return { ...mapped, allOf: [...listed(mapped, 'allOf'), target] }
    return isSame(mapped, rest) ? one : { ...mapped, ...($ref !== undefined && { $ref }) }
  }

  const result = ofBody(schema, [])
  return checkable ? result : undefined
}

function isFile(schema: JsonSchema, asBytes: boolean): boolean {
  if (typeof schema === 'boolean') return schema && asBytes
  if (isBinary(schema)) return true
  if (!asBytes) return false
  const types = [schema.type ?? []].flat().filter(one => one !== 'null')
  return types.length === 0 ? Object.keys(schema).length === 0 : types.every(one => one === 'string')
}

function isSame(a: JsonSchema, b: JsonSchema): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
