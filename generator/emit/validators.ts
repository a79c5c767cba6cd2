import type { ApiModel, JsonSchema, MediaType, Operation, Parameter } from '../model/api-model.js'
import { header } from './header.js'
import { literal, literals, propertyName } from './literal.js'
import { bodyKind, bytesOf } from './validators/body-kind.js'
import { SchemaCompiler } from './validators/compile.js'
import { formMembers, type WrittenMember } from './validators/form-members.js'
import { jsonLiteral, objectText } from './validators/json-literal.js'
import { ReadOnlyTable } from './validators/read-only.js'
import { component, listed } from './validators/schemas.js'
import { textSchema } from './validators/text-schema.js'

/** `validators.ts`: a line per operation, and below it the schemas that requests reach, compiled. */
export function emitValidators(model: ApiModel): string {
  const emission: Emission = {
    model,
    compiler: new SchemaCompiler(model),
    readOnly: new ReadOnlyTable(model.schemas),
    texts: new Map(),
  }
  const lines = model.operations.map(
    operation => `  ${propertyName(operation.id)}: ${operationText(operation, emission)},\n`,
  )
  const texts = [...emission.texts].map(([code, name]) => `const ${name} = ${code}\n`)
  texts.push(...emission.readOnly.lines())
  const code = emission.compiler.code()
  const imports = ['type OperationValidator', ...(code.includes('schemaFunctions.') ? ['schemaFunctions'] : [])]
  return `${header(model.document)}// @ts-nocheck: the schemas below are compiled to plain JavaScript.
import { ${imports.join(', ')} } from 'gatewright/runtime'

${texts.length > 0 ? `${texts.join('')}\n` : ''}export const validators: Record<${namesText(model)}, OperationValidator> = {
${lines.join('')}}
${code === '' ? '' : `\n${code}\n`}`
}

interface Emission {
  readonly model: ApiModel
  readonly compiler: SchemaCompiler
  readonly readOnly: ReadOnlyTable
  /** Code of a text schema with members → the name of the constant that holds it: several operations may share one. */
  readonly texts: Map<string, string>
}

function namesText({ operations }: ApiModel): string {
  return operations.length === 0 ? 'never' : operations.map(({ id }) => `\n  | ${literal(id)}`).join('')
}

function operationText(operation: Operation, emission: Emission): string {
  const { parameters, requestBody } = operation
  const shapes = parameters
    .filter(({ in: place, name }) => place !== 'header' || !IGNORED_HEADERS.includes(name.toLowerCase()))
    .map(parameter => parameterText(parameter, operation, emission))
  const content = requestBody?.content.flatMap(one => contentText(one, operation, emission))
  const body =
    content &&
    objectText([
      ['required', requestBody?.required ? 'true' : undefined],
      ['content', `[${content.join(', ')}]`],
    ])
  return objectText([
    ['parameters', shapes.length > 0 ? `[${shapes.join(', ')}]` : undefined],
    ['body', body],
  ])
}

/** OpenAPI (Parameter Object): header parameters of these names are described elsewhere. */
const IGNORED_HEADERS = ['accept', 'content-type', 'authorization']

function parameterText(parameter: Parameter, operation: Operation, emission: Emission): string {
  const { in: place, name, required, explode, schema } = parameter
  const { schemas } = emission.model
  const { type, items, properties, additionalProperties } = textSchema(schema, schemas)
  const isMember = place === 'query' || place === 'cookie'
  const takesOthers = isMember && explode && type.includes('object')
  const written = defaultOf(schema, schemas, [])
  // One that does not fit its own schema would break the handler's types: it is no default.
  const value = written !== undefined && emission.compiler.fits(schema, written) ? written : undefined
  return objectText([
    ['in', literal(place)],
    ['name', literal(name)],
    ['required', required ? 'true' : undefined],
    ['explode', explode === isMember ? undefined : String(explode)],
    ['type', jsonLiteral(type)],
    ['items', items && jsonLiteral(items)],
    ['properties', properties && jsonLiteral(properties)],
    ['additionalProperties', additionalProperties && jsonLiteral(additionalProperties)],
    ['except', takesOthers ? literals(othersThan(parameter, operation, emission.model)) : undefined],
    ['default', value === undefined || required ? undefined : jsonLiteral(value)],
    ['valid', emission.compiler.useForText(schema)],
  ])
}

/** The names in the parameter's place that belong to other parameters, or to credentials. */
function othersThan(parameter: Parameter, { parameters, policy }: Operation, { schemes }: ApiModel): string[] {
  const others = parameters.filter(one => one !== parameter && one.in === parameter.in).map(({ name }) => name)
  const demanded = new Set(policy.security.flatMap(alternative => Object.keys(alternative)))
  const credentials = schemes.flatMap(({ name, scheme }) =>
    demanded.has(name) && scheme.type === 'apiKey' && scheme.in === parameter.in ? scheme.name : [],
  )
  return [...new Set([...others, ...credentials])]
}

function defaultOf(schema: JsonSchema, schemas: ApiModel['schemas'], seen: readonly string[]): unknown {
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

function contentText(content: MediaType, operation: Operation, emission: Emission): string[] {
  const { mediaType, schema = true } = content
  const { model, compiler, texts } = emission
  const as = bodyKind(content, model.schemas)
  if (as === undefined) return []
  const form = as === 'form' || as === 'multipart' ? formMembers(content, model.schemas) : undefined
  const size = as === 'stream' ? bytesOf(schema, model.schemas) : undefined
  const readsText = as !== 'json' && as !== 'stream'
  const text = readsText ? jsonLiteral(textSchema(schema, model.schemas)) : undefined
  const isPlain = as === 'text' && text === PLAIN_TEXT
  return [
    objectText([
      ['mediaType', literal(mediaType)],
      ['as', literal(as)],
      ['text', text === undefined || isPlain ? undefined : textName(text, texts)],
      ['members', form && form.members.length > 0 ? objectText(form.members.map(memberEntry)) : undefined],
      ['others', form?.others && memberText(form.others, operation, emission)],
      ['size', size && Object.keys(size).length > 0 ? jsonLiteral(size) : undefined],
      ['readOnly', as === 'stream' ? undefined : emission.readOnly.use(schema)],
      ['valid', as === 'stream' ? undefined : compiler.use(form?.schema ?? schema)],
    ]),
  ]

  function memberEntry([name, member]: readonly [string, WrittenMember]): readonly [string, string] {
    return [name, memberText(member, operation, emission)]
  }
}

function memberText({ headers, ...member }: WrittenMember, operation: Operation, emission: Emission): string {
  return objectText([
    ...Object.entries(member).map(([name, value]) => [name, jsonLiteral(value)] as const),
    ['headers', headers && `[${headers.map(one => parameterText(one, operation, emission)).join(', ')}]`],
  ])
}

const PLAIN_TEXT = jsonLiteral({ type: 'string' })

function textName(text: string, texts: Map<string, string>): string {
  if (text.length <= 40) return text
  const name = texts.get(text) ?? `text${texts.size}`
  texts.set(text, name)
  return name
}
