import type { ApiModel, Parameter, ResponseHeader } from '../model/api-model.js'
import { literal } from './literal.js'
import type { SchemaCompiler } from './validators/compile.js'
import { jsonLiteral, objectText } from './validators/json-literal.js'
import { contentKind, parameterSchema } from './validators/parameter-schema.js'

/** How the values of a header are read and checked; `undefined` where every text fits, or none can be read. */
export function headerText(header: ResponseHeader, model: ApiModel, compiler: SchemaCompiler): string | undefined {
  const { name, schema, explode = false, mediaType, location } = header
  if (schema === undefined) return undefined
  const media = mediaType === undefined ? {} : { mediaType }
  const parameter: Parameter = {
    name,
    in: 'header',
    required: false,
    style: 'simple',
    explode,
    schema,
    location,
    ...media,
  }
  const kind = contentKind(parameter)
  const place = [
    ['in', literal('header')],
    ['name', literal(name)],
  ] as const
  if (kind === 'json') return objectText([...place, ['content', literal(kind)], ['valid', compiler.use(schema)]])
  const { type, items, properties, additionalProperties } = parameterSchema(parameter, model)
  const valid = type.length === 0 ? undefined : compiler.useForText(schema)
  if (type.length === 0 || (valid === undefined && [type].flat().includes('string'))) return undefined
  return objectText([
    ...place,
    ['explode', explode ? 'true' : undefined],
    ['content', kind && literal(kind)],
    ['type', jsonLiteral(type)],
    ['items', items && jsonLiteral(items)],
    ['properties', properties && jsonLiteral(properties)],
    ['additionalProperties', additionalProperties && jsonLiteral(additionalProperties)],
    ['valid', valid],
  ])
}
