import type { ApiModel, Scheme } from '../model/api-model.js'
import { tokenText } from './handlers.js'
import { header } from './header.js'
import { literal, propertyName } from './literal.js'

/** `router.ts`: one line per operation in which method, path, policy, validator and handler can be read. */
export function emitRouter(model: ApiModel): string {
  const { document, schemes, checks, operations, skipped } = model
  const members = [
    ...(schemes.length > 0
      ? [`schemes: ${typeText(schemes.map(one => `${propertyName(one.name)}: ${verifierText(one)}`))}`]
      : []),
    ...(checks.length > 0 ? [`checks: ${typeText(checks.map(name => `${propertyName(name)}: Check`))}`] : []),
  ]
  const runtime = [
    ...(checks.length > 0 ? ['type Check'] : []),
    'createGate',
    ...(schemes.some(one => one.scheme.type === 'openIdConnect') ? ['type DiscoveredVerifier'] : []),
    'type GateOptions',
    ...(schemes.some(one => !one.token) ? ['type Principals'] : []),
    'type Router',
    ...(schemes.some(one => one.claims !== undefined) ? ['type Token'] : []),
    ...(schemes.length > 0 ? ['type Verifier'] : []),
  ]
  const served = new Set(operations.map(one => one.path))
  const absent = [...new Set(skipped.map(one => one.path))].filter(path => !served.has(path))
  const lines = [
    ...operations.map(
      ({ id, method, path }) => `gate.${method}(${literal(path)}, policies.${id}, validators.${id}, handlers.${id})`,
    ),
    ...absent.map(path => `gate.absent(${literal(path)})`),
  ]
  const types = schemes.some(({ claims }) => claims !== undefined)
    ? "import type { components } from './types.js'\n"
    : ''
  const options = members.length === 0 ? 'options: RouterOptions = {}' : 'options: RouterOptions'
  return `${header(document)}import { ${runtime.join(', ')} } from 'gatewright/runtime'
import type { Handlers } from './handlers.js'
import { policies, securitySchemes } from './policies.js'
import { replies } from './replies.js'
${types}import { validators } from './validators.js'

/** What the document asks of you: a verifier per security scheme, a function per \`$check\`. */
${members.length === 0 ? 'export type RouterOptions = GateOptions' : `export interface RouterOptions extends GateOptions {\n${members.map(one => `  ${one}\n`).join('')}}`}

export function createRouter(handlers: Handlers, ${options}): Router {
  const gate = createGate(securitySchemes, policies, options, replies, () => import('./reply-validators.js'))
${lines.map(line => `  ${line}\n`).join('')}  return gate.router
}
`
}

function typeText(list: readonly string[]): string {
  return `{ ${list.join('; ')} }`
}

function verifierText(one: Scheme): string {
  const { name, scheme, token, claims } = one
  if (scheme.type === 'apiKey') return `Verifier<Principals[${literal(name)}], 'apiKey'>`
  if (!token) return `Verifier<Principals[${literal(name)}], 'basic'>`
  const proof = claims === undefined ? '' : `<${tokenText(one)}>`
  return scheme.type === 'openIdConnect' ? `Verifier${proof} | DiscoveredVerifier${proof}` : `Verifier${proof}`
}
