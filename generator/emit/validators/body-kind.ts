import { isRange, kindOf, parseMediaType } from '../../../runtime/media-types.js'
import type { BodyContent } from '../../../runtime/validator.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { component } from './schemas.js'
import { textSchema } from './text-schema.js'

/**
 * How a body of a documented media type is read; a range is read as the request's own type says, unless it holds bytes.
 * `undefined` where nothing can hold such a body to its schema (XML under an object's schema): it is not accepted then,
 * or it would be the way around the schemas of the other types.
 */
export function bodyKind(
  mediaType: string,
  schema: JsonSchema,
  schemas: ApiModel['schemas'],
): BodyContent['as'] | undefined {
  const range = parseMediaType(mediaType)
  if (!range) return undefined
  const kind = kindOf(range)
  if (kind !== 'stream') return kind
  if (isBytes(schema, schemas, [])) return 'stream'
  if (isRange(range)) return 'sent'
  return textSchema(schema, schemas).type === 'string' ? 'stream' : undefined
}

function isBytes(schema: JsonSchema, schemas: ApiModel['schemas'], seen: readonly string[]): boolean {
  if (typeof schema === 'boolean') return schema
  if (schema.$ref !== undefined) {
    const { name, schema: target } = component(schemas, schema.$ref)
    return !seen.includes(name) && isBytes(target, schemas, [...seen, name])
  }
  return Object.keys(schema).length === 0 || schema.format === 'binary'
}
