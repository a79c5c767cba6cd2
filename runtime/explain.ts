import type { Decision, Demands } from './decide.js'
import type { Decided } from './gate-options.js'
import { scopesNamed } from './scopes.js'

/** The most characters of an explanation: a header must stay one. */
const MAX_LENGTH = 1000

/** Why a request was refused, in visible ASCII: what was decided, and what the operation demands. */
export function explanationOf(decided: Decided, decision: Decision, demands: Demands): string {
  if (decided.granted || decision.granted) return ''
  const { operation, status, code, schemes, reason } = decided
  const parts = [
    `${operation}: ${status} ${code}`,
    ...(schemes.length > 0 && code !== 'no_credentials' ? [`of ${schemes.join(', ')}`] : []),
    ...(reason === undefined ? [] : [reason]),
    ...(code === 'insufficient_scope' && decision.scopes ? [`it lacks one of: ${decision.scopes.join(' ')}`] : []),
    `demanded: ${demandsText(demands)}`,
  ]
  return parts
    .join('; ')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, MAX_LENGTH)
}

function demandsText({ alternatives, anonymous, claims, stepUp }: Demands): string {
  const ways = alternatives.map(alternative =>
    alternative
      .map(({ scheme, scopes }) => {
        const named = scopesNamed(scopes)
        return named.length > 0 ? `${scheme} (${named.join(' ')})` : scheme
      })
      .join(' and '),
  )
  const all = [...ways, ...(anonymous ? ['nothing at all'] : [])].join(', or ')
  return `${all}${claims ? ', and x-claims' : ''}${stepUp ? ', and x-step-up' : ''}`
}
