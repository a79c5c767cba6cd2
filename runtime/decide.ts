import type { IncomingMessage } from 'node:http'
import { type Challenger, type Refusal, refusing } from './challenge.js'
import { type PathParameters, type RunCheck, type UnmetClaim, unmetClaim } from './claims.js'
import type { Found, ReadCredential } from './credentials.js'
import type { ClaimDemands, ScopeDemand } from './policy.js'
import { scopesMet, scopesNamed } from './scopes.js'
import {
  type AnyVerifier,
  type Credential,
  type Denial,
  deny,
  type Token,
  type Verification,
  type Verifier,
} from './verifier.js'

/** One scheme of an alternative, ready to be asked. */
export interface Requirement {
  readonly scheme: string
  readonly read: ReadCredential
  readonly verifier: AnyVerifier
  readonly scopes: ScopeDemand
  readonly challengers: readonly Challenger[]
}

/** A policy, compiled: the alternatives without `{}`, which `anonymous` stands for. */
export interface Demands {
  readonly alternatives: readonly (readonly Requirement[])[]
  readonly anonymous: boolean
  readonly claims?: readonly ClaimDemands[]
}

/** What a request brings to the decision, beside its credentials. */
export interface Asked {
  readonly request: IncomingMessage
  /** The raw query string, without `?`. */
  readonly query: string
  readonly params: PathParameters
  readonly runCheck: (name: string, token: Token) => unknown
  readonly claimsStatus: 401 | 403
  /** Name the claim that failed to the caller. */
  readonly nameClaims: boolean
}

export interface Grant {
  readonly granted: true
  /** A member per scheme of the alternative that was met; `undefined` for an anonymous caller. */
  readonly auth: Readonly<Record<string, unknown>> | undefined
  /** The claims of the token among them. */
  readonly token?: Token
  /** `DPoP-Nonce` of the answer. */
  readonly nonce?: string
}

export type Decision = Grant | ({ readonly granted: false } & Refusal)

/**
 * May this request pass? Alternatives are tried in the document's order, those only whose credentials were all sent;
 * each scheme is verified once at most. A refusal is that of the alternative that came closest.
 */
export async function decide(demands: Demands, asked: Asked): Promise<Decision> {
  const found = findCredentials(demands, asked)
  const repeated = demands.alternatives.flat().find(one => found.get(one.scheme) === 'repeated')
  if (repeated) return refuse({ denial: deny('invalid_request'), challengers: repeated.challengers })

  const verified = new Map<string, Verification<unknown>>()
  let closest: Refusal | undefined
  for (const alternative of demands.alternatives) {
    if (!alternative.every(one => typeof found.get(one.scheme) === 'object')) continue
    const decision = await judge(alternative, found, verified, demands.claims, asked)
    if (decision.granted) return decision
    if (!closest || rank(decision.denial) > rank(closest.denial)) closest = decision
  }
  if (closest) return refuse(closest)
  // Anonymous is nobody's credential at all: one that was sent and is of no use is a refusal.
  if (demands.anonymous && [...found.values()].every(one => one === 'nothing'))
    return { granted: true, auth: undefined }
  return refuse({
    denial: deny('no_credentials'),
    challengers: demands.alternatives.flat().flatMap(one => one.challengers),
  })
}

function findCredentials({ alternatives }: Demands, { request, query }: Asked): Map<string, Found> {
  const found = new Map<string, Found>()
  for (const alternative of alternatives) {
    for (const { scheme, read } of alternative) if (!found.has(scheme)) found.set(scheme, read(request, query))
  }
  return found
}

async function judge(
  alternative: readonly Requirement[],
  found: ReadonlyMap<string, Found>,
  verified: Map<string, Verification<unknown>>,
  claims: readonly ClaimDemands[] | undefined,
  asked: Asked,
): Promise<Decision> {
  const auth: Record<string, unknown> = Object.create(null)
  const holders: { readonly requirement: Requirement; readonly scopes: readonly string[] }[] = []
  let token: Token | undefined
  let nonce: string | undefined
  for (const requirement of alternative) {
    const result = verified.get(requirement.scheme) ?? (await verify(requirement, found, asked.request))
    verified.set(requirement.scheme, result)
    if (!result.granted) return refuse({ denial: result, challengers: refusedBy(requirement, found) })
    nonce ??= result.nonce
    auth[requirement.scheme] = result.proof
    holders.push({ requirement, scopes: result.scopes })
    if (requirement.verifier.kind === 'bearer') token = result.proof as Token
  }
  for (const { requirement, scopes } of holders) {
    if (scopesMet(requirement.scopes, scopes)) continue
    return refuse({
      denial: deny('insufficient_scope'),
      challengers: refusedBy(requirement, found),
      scopes: scopesNamed(requirement.scopes),
    })
  }
  if (claims) {
    const runCheck: RunCheck = name => (token ? asked.runCheck(name, token) : false)
    const unmet = token
      ? await unmetClaim(claims, token, asked.params, runCheck)
      : { reason: 'no token whose claims could be asked' }
    if (unmet) return refuseClaims(alternative, found, unmet, asked)
  }
  return { granted: true, auth, ...(token && { token }), ...(nonce !== undefined && { nonce }) }
}

async function verify(
  { scheme, verifier }: Requirement,
  found: ReadonlyMap<string, Found>,
  request: IncomingMessage,
): Promise<Verification<unknown>> {
  const credential = found.get(scheme)
  // The readers give each scheme a credential of its own kind; without this line a mix-up would be somebody's pass.
  if (typeof credential !== 'object' || credential.kind !== verifier.kind) return deny('no_credentials')
  try {
    const result = await (verifier as Verifier<unknown, Credential['kind']>).verify(credential as never, request)
    // `granted` of a verifier written by hand may be anything: only `true` is a grant.
    if (result?.granted === true) return { ...result, scopes: Array.isArray(result.scopes) ? result.scopes : [] }
    return result?.granted === false
      ? result
      : deny('invalid_token', { reason: `verifier of ${scheme} gave no result` })
  } catch (error) {
    return deny('invalid_token', { reason: `verifier of ${scheme} threw: ${String(error)}` })
  }
}

function refusedBy({ scheme, challengers }: Requirement, found: ReadonlyMap<string, Found>): readonly Challenger[] {
  const credential = found.get(scheme)
  return refusing(
    challengers,
    typeof credential === 'object' && credential.kind === 'bearer' ? credential.tokenType : undefined,
  )
}

function refuseClaims(
  alternative: readonly Requirement[],
  found: ReadonlyMap<string, Found>,
  unmet: UnmetClaim,
  asked: Asked,
): Decision {
  const holder = alternative.find(one => one.verifier.kind === 'bearer') ?? alternative[0]
  const description = unmet.message ?? (asked.nameClaims ? named(unmet) : undefined)
  return refuse({
    denial: deny('claims_not_met', { reason: unmet.reason, ...(description !== undefined && { description }) }),
    challengers: holder ? refusedBy(holder, found) : [],
    claimsStatus: asked.claimsStatus,
    ...(holder && { scopes: scopesNamed(holder.scopes) }),
  })
}

function named({ claim, found }: UnmetClaim): string | undefined {
  if (claim === undefined) return undefined
  return found ? `Unexpected '${claim}' value` : `Missing '${claim}' claim`
}

function refuse(refusal: Refusal): Decision {
  return { granted: false, ...refusal }
}

/** How close a refusal came to a grant; what could not be found out may have been one. */
const CLOSENESS: readonly Denial['code'][] = [
  'no_credentials',
  'invalid_request',
  'invalid_token',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'insufficient_scope',
  'claims_not_met',
  'insufficient_user_authentication',
  'unavailable',
]

function rank({ code }: Denial): number {
  return CLOSENESS.indexOf(code)
}
