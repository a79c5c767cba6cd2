import { ownClaim } from './claims.js'
import type { StepUpDemand } from './policy.js'

/** How far `auth_time` may lie ahead of this machine's clock, in seconds. */
const CLOCK_TOLERANCE = 5

/**
 * What keeps a token from showing that its user authenticated as demanded (RFC 9470 section 4), for the operator;
 * `undefined` when it shows that. A claim that is missing, or is not what OpenID Connect says it is, shows nothing.
 * @param claims of a verified token: `acr` and `auth_time` of OpenID Connect Core section 2.
 * @param now seconds since 1970.
 */
export function stepUpFault({ acr, maxAge }: StepUpDemand, claims: object, now: number): string | undefined {
  if (acr === undefined && maxAge === undefined) return 'the policy demands a step-up and does not say which'
  return (
    (acr === undefined ? undefined : acrFault(acr, claims)) ??
    (maxAge === undefined ? undefined : ageFault(maxAge, claims, now))
  )
}

function acrFault(acr: readonly string[], claims: object): string | undefined {
  const claim = ownClaim(claims, 'acr')
  if (!claim.found) return `the token has no 'acr'`
  return typeof claim.value === 'string' && acr.includes(claim.value) ? undefined : `'acr' is none of those demanded`
}

function ageFault(maxAge: number, claims: object, now: number): string | undefined {
  const claim = ownClaim(claims, 'auth_time')
  if (!claim.found) return `the token has no 'auth_time'`
  const { value } = claim
  if (typeof value !== 'number' || !Number.isFinite(value)) return `'auth_time' is no number`
  if (value > now + CLOCK_TOLERANCE) return `'auth_time' is in the future`
  return now - value <= maxAge ? undefined : `'auth_time' is longer ago than demanded`
}
