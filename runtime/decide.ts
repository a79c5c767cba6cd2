import type { IncomingMessage } from 'node:http'
import { BareObject } from './bare-object.js'
import { type Challenger, type Refusal, refusing } from './challenge.js'
import { type PathParameters, type UnmetClaim, unmetClaim } from './claims.js'
import type { Found, ReadCredential } from './credentials.js'
import { after, type Eventual, isPromised } from './eventual.js'
import type { ClaimDemands, ScopeDemand, StepUpDemand } from './policy.js'
import { scopesMet, scopesNamed } from './scopes.js'
import { stepUpFault } from './step-up.js'
import { thrownName } from './thrown.js'
import { systemClock } from './tokens/clock.js'
import {
  type AnyVerifier,
  type Credential,
  DENIAL_CODES,
  type Denial,
  deny,
  type Token,
  type Verification,
  type Verifier,
} from './verifier.js'

/** One scheme of an alternative, ready to be asked. */
export interface Requirement {
  readonly scheme: string
  /** A number of the scheme, among those of its policy. */
  readonly slot: number
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
  readonly stepUp?: StepUpDemand
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
  readonly token?: Token | undefined
  /** `DPoP-Nonce` of the answer. */
  readonly nonce?: string | undefined
}

/** `schemes` are those that would do, or the one whose credential was refused. */
export type Decision = Grant | ({ readonly granted: false; readonly schemes: readonly string[] } & Refusal)

/**
 * May this request pass? Alternatives are tried in the document's order, those only whose credentials were all sent;
 * each scheme is verified once at most. A refusal is that of the alternative that came closest. Decided at once unless
 * a verifier or a check has to wait for something. Rejects if `asked` throws, and never for a credential.
 */
export function decide(demands: Demands, asked: Asked): Eventual<Decision> {
  const found = findCredentials(demands, asked)
  const repeated = found.includes('repeated') && demands.alternatives.flat().find(one => found[one.slot] === 'repeated')
  if (repeated) {
    return refuse([repeated], { denial: deny('invalid_request'), challengers: repeated.challengers })
  }
  return tryFrom(0, undefined, { demands, asked, found, verified: [] })
}

type Refused = Extract<Decision, { readonly granted: false }>

/** One request's credentials, and what was found out about them, by the slots of their schemes. */
interface Inquiry {
  readonly demands: Demands
  readonly asked: Asked
  readonly found: readonly Found[]
  readonly verified: Verification<unknown>[]
}

/** @param closest the refusal of the alternatives before that came closest. */
function tryFrom(first: number, closest: Refused | undefined, inquiry: Inquiry): Eventual<Decision> {
  const { demands, found } = inquiry
  let nearest = closest
  for (let index = first; index < demands.alternatives.length; index++) {
    const alternative = demands.alternatives[index] as readonly Requirement[]
    // `every` of nothing would be true: what lets everybody in is `anonymous`, and nothing else.
    if (alternative.length === 0 || !alternative.every(one => typeof found[one.slot] === 'object')) continue
    const decision = judge(alternative, inquiry)
    if (isPromised(decision)) {
      const before = nearest
      return decision.then(one => (one.granted ? one : tryFrom(index + 1, closer(before, one), inquiry)))
    }
    if (decision.granted) return decision
    nearest = closer(nearest, decision)
  }
  if (nearest) return nearest
  // Anonymous is nobody's credential at all: one that was sent and is of no use is a refusal.
  if (demands.anonymous && found.every(one => one === 'nothing')) return { granted: true, auth: undefined }
  const wanted = demands.alternatives.flat()
  return refuse(wanted, {
    denial: deny('no_credentials'),
    challengers: wanted.flatMap(one => one.challengers),
  })
}

function closer(one: Refused | undefined, other: Refused): Refused {
  return !one || rank(other.denial) > rank(one.denial) ? other : one
}

function findCredentials({ alternatives }: Demands, { request, query }: Asked): Found[] {
  const found: Found[] = []
  for (const alternative of alternatives) {
    for (const { slot, read } of alternative) found[slot] ??= read(request, query)
  }
  return found
}

function judge(alternative: readonly Requirement[], inquiry: Inquiry): Eventual<Decision> {
  return after(verifyFrom(0, alternative, inquiry), refusal => refusal ?? judgeVerified(alternative, inquiry))
}

/** Verifies all schemes of an alternative; a refusal at the first whose credential is bad. */
function verifyFrom(
  first: number,
  alternative: readonly Requirement[],
  inquiry: Inquiry,
): Eventual<Decision | undefined> {
  const { verified, found } = inquiry
  for (let index = first; index < alternative.length; index++) {
    const requirement = alternative[index] as Requirement
    const { slot } = requirement
    const result = verified[slot] ?? verify(requirement, found[slot], inquiry.asked.request)
    if (isPromised(result)) {
      return result.then(settled => {
        verified[slot] = settled
        return verifyFrom(index, alternative, inquiry)
      })
    }
    verified[slot] = result
    if (!result.granted) return refuse([requirement], { denial: result, challengers: refusedBy(requirement, inquiry) })
  }
  return undefined
}

/** Scopes and claims, of credentials that are all good. */
function judgeVerified(alternative: readonly Requirement[], inquiry: Inquiry): Eventual<Decision> {
  const { asked, verified, demands } = inquiry
  const auth = new BareObject<unknown>()
  let token: Token | undefined
  let nonce: string | undefined
  for (const requirement of alternative) {
    const result = verified[requirement.slot]
    // None is missing, or an alternative would be met that was not: asked again where it decides.
    if (!result?.granted) {
      return refuse([requirement], { denial: deny('no_credentials'), challengers: requirement.challengers })
    }
    if (!scopesMet(requirement.scopes, result.scopes)) {
      return refuse([requirement], {
        denial: deny('insufficient_scope'),
        challengers: refusedBy(requirement, inquiry),
        scopes: scopesNamed(requirement.scopes),
      })
    }
    auth[requirement.scheme] = result.proof
    nonce ??= result.nonce
    if (requirement.verifier.kind === 'bearer') token = result.proof as Token
  }
  const grant: Grant = { granted: true, auth, token, nonce }
  if (!demands.claims) return demands.stepUp ? stepUp(demands.stepUp, alternative, grant, inquiry) : grant
  const unmet = token ? unmetOf(demands.claims, token, asked) : { reason: 'no token whose claims could be asked' }
  return after(unmet, fault => {
    if (fault) return refuseClaims(alternative, fault, inquiry)
    return demands.stepUp ? stepUp(demands.stepUp, alternative, grant, inquiry) : grant
  })
}

function unmetOf(claims: readonly ClaimDemands[], token: Token, { params, runCheck }: Asked) {
  return unmetClaim(claims, token, params, name => runCheck(name, token))
}

/** RFC 9470 section 3: the challenge names what would do. */
function stepUp(demand: StepUpDemand, alternative: readonly Requirement[], grant: Grant, inquiry: Inquiry): Decision {
  const reason = grant.token
    ? stepUpFault(demand, grant.token, systemClock())
    : 'no token that says how its user authenticated'
  if (reason === undefined) return grant
  const holder = holderOf(alternative)
  return refuse([holder], {
    denial: deny('insufficient_user_authentication', { reason }),
    challengers: refusedBy(holder, inquiry),
    stepUp: demand,
  })
}

/** Whose credential is the token; an alternative without requirements is met by nobody. */
function holderOf(alternative: readonly Requirement[]): Requirement {
  return alternative.find(one => one.verifier.kind === 'bearer') ?? (alternative[0] as Requirement)
}

function verify(
  { scheme, verifier }: Requirement,
  credential: Found | undefined,
  request: IncomingMessage,
): Eventual<Verification<unknown>> {
  // The readers give each scheme a credential of its own kind; without this line a mix-up would be somebody's pass.
  if (typeof credential !== 'object' || credential.kind !== verifier.kind) return deny('no_credentials')
  const threw = (error: unknown) =>
    deny('invalid_token', { reason: `verifier of ${scheme} threw ${thrownName(error)}` })
  try {
    const result = (verifier as Verifier<unknown, Credential['kind']>).verify(credential as never, request)
    return isPromised(result)
      ? Promise.resolve(result).then(settled => sound(settled, scheme), threw)
      : sound(result, scheme)
  } catch (error) {
    return threw(error)
  }
}

/** `granted` of a verifier written by hand may be anything: only `true` is a grant. */
function sound(result: Verification<unknown>, scheme: string): Verification<unknown> {
  if (result?.granted === true) return Array.isArray(result.scopes) ? result : { ...result, scopes: [] }
  return result?.granted === false ? result : deny('invalid_token', { reason: `verifier of ${scheme} gave no result` })
}

function refusedBy({ slot, challengers }: Requirement, { found }: Inquiry): readonly Challenger[] {
  const credential = found[slot]
  return refusing(
    challengers,
    typeof credential === 'object' && credential.kind === 'bearer' ? credential.tokenType : undefined,
  )
}

function refuseClaims(alternative: readonly Requirement[], unmet: UnmetClaim, inquiry: Inquiry): Decision {
  const { asked } = inquiry
  const holder = holderOf(alternative)
  const description = unmet.message ?? (asked.nameClaims ? named(unmet) : undefined)
  return refuse([holder], {
    denial: deny('claims_not_met', { reason: unmet.reason, ...(description !== undefined && { description }) }),
    challengers: refusedBy(holder, inquiry),
    claimsStatus: asked.claimsStatus,
    scopes: scopesNamed(holder.scopes),
  })
}

function named({ claim, found }: UnmetClaim): string | undefined {
  if (claim === undefined) return undefined
  return found ? `Unexpected '${claim}' value` : `Missing '${claim}' claim`
}

function refuse(by: readonly Requirement[], refusal: Refusal): Refused {
  return { granted: false, schemes: [...new Set(by.map(one => one.scheme))], ...refusal }
}

function rank({ code }: Denial): number {
  return DENIAL_CODES.indexOf(code)
}
