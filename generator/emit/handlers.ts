import type { ClaimDemands, ClaimRule, Policy, StepUpDemand } from '../../runtime/policy.js'
import type { ApiModel, Operation, Scheme } from '../model/api-model.js'
import { emitAt } from './failure.js'
import { header } from './header.js'
import { comment, literal, propertyName } from './literal.js'
import { WriteOnlyNames } from './replies/write-only.js'
import { bodyKind } from './validators/body-kind.js'
import { formMembers } from './validators/form-members.js'
import { ReadOnlyTable } from './validators/read-only.js'

/** `handlers.ts`: one handler per operation, with what its policy proves before it runs. */
export function emitHandlers(model: ApiModel): string {
  const schemes = new Map(model.schemes.map(scheme => [scheme.name, scheme]))
  const auth = new Map(model.operations.map(operation => [operation, authText(operation, schemes)]))
  const tables = { readOnly: new ReadOnlyTable(model.schemas), writeOnly: new WriteOnlyNames(model.schemas) }
  const lines = model.operations.flatMap(operation => {
    const { id, method, path, summary, deprecated } = operation
    const type = `paths[${literal(path)}][${literal(method)}]`
    const proved = auth.get(operation)
    const form = emitAt(operation.location, () => formText(operation, model, tables))
    const words = [comment(summary ?? ''), deprecated ? '@deprecated' : ''].filter(word => word !== '')
    return [
      ...(words.length > 0 ? [`/** ${words.join(' ')} */`] : []),
      `${id}: Handler<${[type, ...(proved !== undefined ? [proved] : form.length > 0 ? ['never'] : []), ...form].join(', ')}>`,
    ]
  })
  const runtime = [
    'Handler',
    ...(model.schemes.some(scheme => !scheme.token) ? ['Principals'] : []),
    ...(model.schemes.some(scheme => scheme.token) ? ['Token'] : []),
  ]
  const types = model.schemes.some(({ claims }) => claims !== undefined) ? 'components, paths' : 'paths'
  const imports =
    model.operations.length === 0
      ? ''
      : `import type { ${runtime.join(', ')} } from 'gatewright/runtime'\nimport type { ${types} } from './types.js'\n\n`
  return `${header(model.document)}${imports}/** One handler per operation. The second type is what its policy has proved, as \`auth\`, before it runs. */
export interface Handlers {
${lines.map(line => `  ${line}\n`).join('')}}
`
}

interface Tables {
  readonly readOnly: ReadOnlyTable
  readonly writeOnly: WriteOnlyNames
}

/** What the types of bodies do not say: which are streams, which are not accepted, what of them is a file or not sent. */
function formText({ requestBody, responses }: Operation, { schemas }: ApiModel, tables: Tables): string[] {
  const streams: string[] = []
  const refused: string[] = []
  const files: string[] = []
  let hasReadOnly = false
  for (const content of requestBody?.content ?? []) {
    const kind = bodyKind(content, schemas)
    if (kind === undefined) refused.push(literal(content.mediaType))
    else if (kind === 'stream') streams.push(literal(content.mediaType))
    else if (tables.readOnly.use(content.schema ?? true) !== undefined) hasReadOnly = true
    const form = kind === 'multipart' ? formMembers(content, schemas) : undefined
    for (const [name, member] of form?.members ?? []) if (member.as === 'file') files.push(literal(name))
    if (form?.others?.as === 'file') files.push('string')
  }
  const writeOnly = tables.writeOnly.of(responses).map(literal)
  const members = Object.entries({ streams, refused, files, writeOnly })
    .filter(([, types]) => types.length > 0)
    .map(([name, types]) => `${name}: ${[...new Set(types)].join(' | ')}`)
  if (hasReadOnly) members.push('readOnly: true')
  return members.length === 0 ? [] : [`{ ${members.join('; ')} }`]
}

/** The type of `auth`, or nothing for a public operation. */
function authText({ policy }: Operation, schemes: ReadonlyMap<string, Scheme>): string | undefined {
  if (policy.security.length === 0) return undefined
  const alternatives = policy.security.map(alternative => {
    const names = Object.keys(alternative)
    if (names.length === 0) return 'undefined'
    return `{ ${names.map(name => `${propertyName(name)}: ${proofText(schemes.get(name), name, policy)}`).join('; ')} }`
  })
  return [...new Set(alternatives)].join(' | ')
}

function proofText(scheme: Scheme | undefined, name: string, { claims, stepUp }: Policy): string {
  if (!scheme?.token) return `Principals[${literal(name)}]`
  return [tokenText(scheme), ...narrowedText(claims), ...authenticatedText(stepUp)].join(' & ')
}

/** The claims that a scheme's verifier proves, before any rule of the policy. */
export function tokenText({ claims }: Scheme): string {
  return claims === undefined ? 'Token' : `Token & components['schemas'][${literal(claims)}]`
}

/** What the claim rules say of the token's type: nothing where one of the alternatives says nothing. */
function narrowedText(claims: readonly ClaimDemands[] | undefined): string[] {
  if (!claims) return []
  const alternatives = claims.map(demands => {
    const members = Object.entries(demands).flatMap(([name, rule]) =>
      name === '$check' || name.startsWith('/') ? [] : [`${propertyName(name)}: ${claimType(rule as ClaimRule)}`],
    )
    return members.length === 0 ? undefined : `{ ${members.join('; ')} }`
  })
  if (alternatives.includes(undefined)) return []
  const distinct = [...new Set(alternatives)]
  return [distinct.length === 1 ? String(distinct[0]) : `(${distinct.join(' | ')})`]
}

/** What `x-step-up` says of the token's type. */
function authenticatedText(stepUp: StepUpDemand | undefined): string[] {
  if (!stepUp) return []
  const members = [
    ...(stepUp.acr ? [`acr: ${stepUp.acr.map(literal).join(' | ')}`] : []),
    ...(stepUp.maxAge !== undefined ? ['auth_time: number'] : []),
  ]
  return [`{ ${members.join('; ')} }`]
}

function claimType(rule: ClaimRule): string {
  if ('equals' in rule) return literal(rule.equals)
  if ('in' in rule) return [...new Set(rule.in.map(literal))].join(' | ')
  if ('includes' in rule || 'includesAny' in rule) return 'readonly unknown[]'
  if ('present' in rule) return 'NonNullable<unknown>'
  if ('param' in rule) return rule.type === 'integer' ? 'number' : 'string'
  return 'number'
}
