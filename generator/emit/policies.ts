import type {
  CheckRule,
  ClaimDemands,
  ClaimRule,
  ScopeDemand,
  SecurityScheme,
  StepUpDemand,
} from '../../runtime/policy.js'
import type { ApiModel, Operation } from '../model/api-model.js'
import { methodName } from '../model/methods.js'
import { header } from './header.js'
import { comment, literal, literals, propertyName } from './literal.js'

/** `policies.ts`: the page that a security reviewer reads. */
export function emitPolicies(model: ApiModel): string {
  const { document, schemes, operations } = model
  return `${header(document)}import type { Policies, SecuritySchemes } from 'gatewright/runtime'

/** Where the credentials of each scheme travel. */
export const securitySchemes = ${block(schemes.map(({ name, scheme }) => `${propertyName(name)}: ${schemeText(scheme)},`))} as const satisfies SecuritySchemes

/** Who may call what: alternatives (OR) of schemes with their scopes (AND), and demands on the token's claims. */
export const policies = ${block(operations.map(operationText))} as const satisfies Policies
`
}

function block(lines: readonly string[]): string {
  return lines.length === 0 ? '{}' : `{\n${lines.map(line => `  ${line}\n`).join('')}}`
}

function operationText({ id, method, path, policy }: Operation): string {
  const alternatives = policy.security.map(alternative => {
    const members = Object.entries(alternative).map(([name, demand]) => `${propertyName(name)}: ${scopesText(demand)}`)
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
  })
  const claims = policy.claims ? `, claims: [${policy.claims.map(demandsText).join(', ')}]` : ''
  const stepUp = policy.stepUp ? `, stepUp: ${stepUpText(policy.stepUp)}` : ''
  return `/** ${comment(`${methodName(method)} ${path}`)} */\n  ${id}: { security: [${alternatives.join(', ')}]${claims}${stepUp} },`
}

function stepUpText({ acr, maxAge }: StepUpDemand): string {
  const members = [
    ...(acr !== undefined ? [`acr: ${literals(acr)}`] : []),
    ...(maxAge !== undefined ? [`maxAge: ${literal(maxAge)}`] : []),
  ]
  return `{ ${members.join(', ')} }`
}

function scopesText(demand: ScopeDemand): string {
  return 'anyOf' in demand ? `{ anyOf: ${literals(demand.anyOf)} }` : literals(demand)
}

function demandsText(demands: ClaimDemands): string {
  const members = Object.entries(demands).map(([name, rule]) => `${propertyName(name)}: ${ruleText(rule)}`)
  return `{ ${members.join(', ')} }`
}

function ruleText(rule: ClaimRule | CheckRule): string {
  if (typeof rule === 'string') return literal(rule)
  const members = Object.entries(rule).map(
    ([key, value]) => `${key}: ${Array.isArray(value) ? literals(value) : literal(value)}`,
  )
  return `{ ${members.join(', ')} }`
}

function schemeText(scheme: SecurityScheme): string {
  const members = Object.entries(scheme).map(([key, value]) => `${key}: ${literal(value)}`)
  return `{ ${members.join(', ')} }`
}
