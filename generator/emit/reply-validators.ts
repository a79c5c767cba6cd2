import type { ApiModel, Response } from '../model/api-model.js'
import { emitAt } from './failure.js'
import { header } from './header.js'
import { literal, literals, propertyName } from './literal.js'
import { headerText } from './reply-headers.js'
import { SchemaCompiler } from './validators/compile.js'
import { objectText } from './validators/json-literal.js'

/** `reply-validators.ts`: a line per operation, and below it the schemas that replies reach, compiled. */
export function emitReplyValidators(model: ApiModel): string {
  const compiler = new SchemaCompiler(model, 'response')
  const lists: HeaderLists = new Map()
  const lines = model.operations.map(({ id, responses }) => {
    const checks = responses.flatMap(
      one => emitAt(one.location, () => responseText(one, { model, compiler, lists })) ?? [],
    )
    return `  ${propertyName(id)}: ${checks.length === 0 ? '{}' : `{ ${checks.join(', ')} }`},\n`
  })
  const constants = [...lists].map(([list, name]) => `const ${name} = ${list}\n`)
  const code = compiler.code()
  const imports = ['type ReplyChecks', ...(code.includes('schemaFunctions') ? ['schemaFunctions'] : [])]
  return `${header(model.document)}// @ts-nocheck: the schemas below are compiled to plain JavaScript.
import { ${imports.join(', ')} } from 'gatewright/runtime'

${constants.join('')}/** Operation → status → what its replies are checked by. Loaded where replies are checked, and nowhere else. */
export const replyValidators: ReplyChecks = {
${lines.join('')}}
${code === '' ? '' : `\n${code}\n`}`
}

/** Code of a list of headers → the constant that holds it: many replies share one. */
type HeaderLists = Map<string, string>

interface Emission {
  readonly model: ApiModel
  readonly compiler: SchemaCompiler
  readonly lists: HeaderLists
}

function responseText({ status, headers, content = [] }: Response, emission: Emission): string | undefined {
  const { model, compiler, lists } = emission
  const required = headers.filter(one => one.required).map(one => one.name)
  const types = content.map(({ mediaType, schema = true }) => [mediaType, compiler.use(schema)] as const)
  const values = headers.flatMap(one => headerText(one, model, compiler) ?? [])
  const list = `[${values.join(', ')}]`
  if (values.length > 0 && !lists.has(list)) lists.set(list, `headers${lists.size}`)
  const text = objectText([
    ['headers', required.length > 0 ? literals(required) : undefined],
    ['values', lists.get(list)],
    ['content', types.some(([, code]) => code !== undefined) ? objectText(types) : undefined],
  ])
  return text === '{}' ? undefined : `${literal(status)}: ${text}`
}
