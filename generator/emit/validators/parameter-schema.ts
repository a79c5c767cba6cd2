import { isRange, kindOf, parseMediaType } from '../../../runtime/media-types.js'
import type { TextSchema } from '../../../runtime/validator.js'
import type { ApiModel, JsonSchema, Parameter } from '../../model/api-model.js'
import { component, listed } from './schemas.js'
import { nestedTextSchema, scalarTextSchema, textSchema } from './text-schema.js'

/**
 * How a parameter is read that has a media type in place of a style: JSON, a form where it is the whole query, and
 * anything else as a text, of which the schema can say no more.
 */
export function contentKind({ in: place, mediaType }: Parameter): 'json' | 'form' | 'text' | undefined {
  if (mediaType === undefined) return undefined
  const range = parseMediaType(mediaType)
  const kind = range && kindOf(range)
  if (kind === 'json' || (kind === 'form' && place === 'querystring')) return kind
  return 'text'
}

/** How the text of a parameter that is no JSON is read; of type `[]` where its schema cannot be read from it. */
export function parameterSchema(parameter: Parameter, { schemas }: Pick<ApiModel, 'schemas'>): TextSchema {
  const { style, schema, mediaType = '' } = parameter
  switch (contentKind(parameter)) {
    case undefined:
      if (style === 'deepObject') return composite(nestedTextSchema(schema, schemas))
      // OpenAPI (Style Values): these two are for lists and objects.
      if (style === 'spaceDelimited' || style === 'pipeDelimited') return composite(textSchema(schema, schemas))
      return textSchema(schema, schemas)
    case 'form':
      return textSchema({ allOf: [schema, { type: 'object' }] }, schemas)
    default: {
      const text = scalarTextSchema(schema, schemas)
      const range = parseMediaType(mediaType)
      // Of a type that is not known here, a string is all that can be said.
      return range && !isRange(range) && (range.type === 'text' || text.type === 'string') ? text : UNREADABLE
    }
  }
}

function composite(text = UNREADABLE): TextSchema {
  return text.type.includes('array') || text.type.includes('object') ? text : UNREADABLE
}

const UNREADABLE: TextSchema = { type: [] }

/** The default that a schema, or one that it is made of, gives. */
export function defaultOf(schema: JsonSchema, schemas: ApiModel['schemas'], seen: readonly string[] = []): unknown {
  if (typeof schema === 'boolean') return undefined
  if (schema.default !== undefined) return schema.default
  const inherited = listed(schema, 'allOf').map(one => [one, seen] as const)
  if (schema.$ref !== undefined) {
    const target = component(schemas, schema.$ref)
    if (!seen.includes(target.name)) inherited.unshift([target.schema, [...seen, target.name]])
  }
  for (const [one, path] of inherited) {
    const value = defaultOf(one, schemas, path)
    if (value !== undefined) return value
  }
  return undefined
}
