import type { ApiModel, MediaType, Operation, Parameter } from '../model/api-model.js'
import { DEFAULT_STYLES, explodes, isDescribedElsewhere } from '../model/parameter-styles.js'
import { emitAt } from './failure.js'
import { header } from './header.js'
import { literal, literals, propertyName } from './literal.js'
import { bodyKind, bytesOf } from './validators/body-kind.js'
import { SchemaCompiler } from './validators/compile.js'
import { type FormMembers, formMembers, type WrittenMember } from './validators/form-members.js'
import { jsonLiteral, objectText } from './validators/json-literal.js'
import { contentKind, defaultOf, parameterSchema } from './validators/parameter-schema.js'
import { ReadOnlyTable } from './validators/read-only.js'
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
    operation =>
      `  ${propertyName(operation.id)}: ${emitAt(operation.location, () => operationText(operation, emission))},\n`,
  )
  const texts = [...emission.texts].map(([code, name]) => `const ${name} = ${code}\n`)
  texts.push(...emission.readOnly.lines())
  const code = emission.compiler.code()
  const imports = ['type OperationValidator', ...(code.includes('schemaFunctions') ? ['schemaFunctions'] : [])]
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
    .filter(one => !isDescribedElsewhere(one))
    .map(parameter => emitAt(parameter.location, () => parameterText(parameter, operation, emission)))
  const content = requestBody?.content.flatMap(one => emitAt(one.location, () => contentText(one, emission)))
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

function parameterText(parameter: Parameter, siblings: Siblings, emission: Emission): string {
  const { in: place, name, required, schema } = parameter
  const { compiler, model } = emission
  const written = defaultOf(schema, model.schemas)
  // One that does not fit its own schema would break the handler's types: it is no default.
  const value = written !== undefined && compiler.fits(schema, written) ? written : undefined
  const isJson = contentKind(parameter) === 'json'
  return objectText([
    ['in', literal(place)],
    ['name', literal(name)],
    ['required', required ? 'true' : undefined],
    ['allowEmptyValue', parameter.allowEmptyValue ? 'true' : undefined],
    ...(isJson ? [['content', literal('json')] as const] : textMembers(parameter, siblings, model)),
    ['default', value === undefined || required ? undefined : jsonLiteral(value)],
    ['valid', isJson ? compiler.use(schema) : compiler.useForText(schema)],
  ])
}

/** What the parameters of a query or of cookies share their names with. */
type Siblings = Pick<Operation, 'parameters' | 'policy'>

function textMembers(
  parameter: Parameter,
  siblings: Siblings,
  model: ApiModel,
): readonly (readonly [string, string | undefined])[] {
  const { in: place, style, explode } = parameter
  const content = contentKind(parameter)
  const text = parameterSchema(parameter, model)
  const { type, items, properties, additionalProperties } = text
  const isMember = (place === 'query' || place === 'cookie') && content === undefined && style !== 'deepObject'
  const takesOthers = content === 'form' || (isMember && explode && type.includes('object'))
  return [
    ['style', content !== undefined || style === DEFAULT_STYLES[place] ? undefined : literal(style)],
    ['explode', content !== undefined || explode === explodes(style) ? undefined : String(explode)],
    ['content', content && literal(content)],
    ['type', jsonLiteral(type)],
    ['items', items && jsonLiteral(items)],
    ['properties', properties && jsonLiteral(properties)],
    ['additionalProperties', additionalProperties && jsonLiteral(additionalProperties)],
    ['except', takesOthers ? literals(othersThan(parameter, siblings, model)) : undefined],
  ]
}

/** The names in the parameter's place that belong to other parameters, or to credentials. */
function othersThan(parameter: Parameter, { parameters, policy }: Siblings, { schemes }: ApiModel): string[] {
  const place = parameter.in === 'querystring' ? 'query' : parameter.in
  const others = parameters
    .filter(one => one !== parameter && one.in === place)
    .flatMap(({ name, style, mediaType }) =>
      style === 'deepObject' && mediaType === undefined ? [name, `${name}[`] : [name],
    )
  const demanded = new Set(policy.security.flatMap(alternative => Object.keys(alternative)))
  const credentials = schemes.flatMap(({ name, scheme }) =>
    demanded.has(name) && scheme.type === 'apiKey' && scheme.in === place ? scheme.name : [],
  )
  return [...new Set([...others, ...credentials])]
}

function contentText(content: MediaType, emission: Emission): string[] {
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
      ['members', form && form.members.length > 0 ? membersText(form, emission) : undefined],
      ['others', form?.others && memberText(form.others, form, emission)],
      ['size', size && Object.keys(size).length > 0 ? jsonLiteral(size) : undefined],
      ['readOnly', as === 'stream' ? undefined : emission.readOnly.use(schema)],
      ['valid', as === 'stream' ? undefined : compiler.use(form?.schema ?? schema)],
    ]),
  ]
}

function membersText(form: FormMembers, emission: Emission): string {
  return objectText(form.members.map(([name, member]) => [name, memberText(member, form, emission)]))
}

function memberText(member: WrittenMember, { parameters }: FormMembers, emission: Emission): string {
  const { headers, parameter, ...rest } = member
  // No credential travels in a form.
  const siblings = { parameters, policy: { security: [] } }
  const { model, texts } = emission
  return objectText([
    ...Object.entries(rest).map(([name, value]) => [name, jsonLiteral(value)] as const),
    ['parameter', parameter && textName(styleText(parameter, siblings, model), texts)],
    ['headers', headers && `[${headers.map(one => parameterText(one, siblings, emission)).join(', ')}]`],
  ])
}

function styleText(parameter: Parameter, siblings: Siblings, model: ApiModel): string {
  const { in: place, name } = parameter
  return objectText([['in', literal(place)], ['name', literal(name)], ...textMembers(parameter, siblings, model)])
}

const PLAIN_TEXT = jsonLiteral({ type: 'string' })

function textName(text: string, texts: Map<string, string>): string {
  if (text.length <= 40) return text
  const name = texts.get(text) ?? `text${texts.size}`
  texts.set(text, name)
  return name
}
