import { kindOf, parseMediaType } from '../../../runtime/media-types.js'
import type { TextSchema } from '../../../runtime/validator.js'
import type { ApiModel, Parameter } from '../../model/api-model.js'
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

/** How the text of a parameter that is no JSON is read; of type `[]` where it cannot be. */
export function parameterSchema(parameter: Parameter, { schemas }: Pick<ApiModel, 'schemas'>): TextSchema {
  const { style, schema } = parameter
  switch (contentKind(parameter)) {
    case undefined:
      return style === 'deepObject' ? (nestedTextSchema(schema, schemas) ?? UNREADABLE) : textSchema(schema, schemas)
    case 'form':
      return textSchema(schema, schemas)
    default:
      return scalarTextSchema(schema, schemas)
  }
}

const UNREADABLE: TextSchema = { type: [] }
