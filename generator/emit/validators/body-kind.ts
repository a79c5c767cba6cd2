import { isRange, kindOf, parseMediaType } from '../../../runtime/media-types.js'
import type { BodyContent } from '../../../runtime/validator.js'
import type { ApiModel, JsonSchema, MediaType } from '../../model/api-model.js'
import { isBinary, octetsOf } from './files.js'
import { formMembers } from './form-members.js'
import { component } from './schemas.js'
import { textSchema } from './text-schema.js'

/**
 * How a body of a documented media type is read; a range is read as the request's own type says, unless it holds bytes.
 * `undefined` where nothing can hold such a body to its schema (XML under an object's schema): it is not accepted then,
 * or it would be the way around the schemas of the other types.
 */
export function bodyKind(content: MediaType, schemas: ApiModel['schemas']): BodyContent['as'] | undefined {
  const { mediaType, schema = true } = content
  const range = parseMediaType(mediaType)
  if (!range) return undefined
  const kind = kindOf(range)
  if (kind === 'json') return kind
  const bytes = bytesOf(schema, schemas)
  if (kind === 'form') return isEmpty(schema) || formMembers(content, schemas) ? kind : undefined
  if (kind === 'multipart') return bytes ? 'stream' : formMembers(content, schemas) && kind
  if (kind === 'text') return SCALARS.some(type => typesOf(schema, schemas).includes(type)) ? kind : undefined
  if (!isRange(range)) return bytes && 'stream'
  if (isBytes(schema, schemas)) return bytes && 'stream'
  return range.type === 'multipart' ? undefined : 'sent'
}

const SCALARS: readonly string[] = ['string', 'number', 'integer', 'boolean']

export function typesOf(schema: JsonSchema, schemas: ApiModel['schemas']): readonly string[] {
  return [textSchema(schema, schemas).type].flat()
}

/** Octets that a stream of bytes may have; `undefined` if the schema is of something else, or says more of them. */
export function bytesOf(
  schema: JsonSchema,
  schemas: ApiModel['schemas'],
): { readonly min?: number; readonly max?: number } | undefined {
  const target = followed(schema, schemas, [])
  if (isEmpty(target)) return {}
  if (isBinary(target)) return octetsOf(target)
  if (typeof target === 'boolean' || target.type !== 'string') return undefined
  // Base64 has as many octets as characters. Of any other text, only whether it is one is left unchecked.
  if (BASE64.includes(target.format) || target.contentEncoding !== undefined) return octetsOf(target)
  const isPlain = target.format === undefined && target.minLength === undefined && target.maxLength === undefined
  return isPlain ? octetsOf(target) : undefined
}

const BASE64: readonly unknown[] = ['byte', 'base64', 'base64url']

function isBytes(schema: JsonSchema, schemas: ApiModel['schemas']): boolean {
  const target = followed(schema, schemas, [])
  return isEmpty(target) || isBinary(target)
}

function isEmpty(schema: JsonSchema): boolean {
  return typeof schema === 'boolean' ? schema : Object.keys(schema).length === 0
}

function followed(schema: JsonSchema, schemas: ApiModel['schemas'], seen: readonly string[]): JsonSchema {
  if (typeof schema === 'boolean' || schema.$ref === undefined || Object.keys(schema).length > 1) return schema
  const { name, schema: target } = component(schemas, schema.$ref)
  return seen.includes(name) ? false : followed(target, schemas, [...seen, name])
}
