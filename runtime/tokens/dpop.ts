import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { compactVerify } from 'jose/jws/compact/verify'
import { headerValues } from '../credentials.js'
import { thrownName } from '../thrown.js'
import { type Denial, deny } from '../verifier.js'
import type { Algorithm } from './algorithms.js'
import type { Clock } from './clock.js'
import type { Nonces } from './dpop-nonce.js'
import { readProof, type UnverifiedProof } from './dpop-proof.js'
import { type BaseUrl, isTarget } from './dpop-target.js'
import { member } from './json-object.js'
import type { Possession } from './possession.js'
import type { ReplayStore } from './replay-store.js'

/** Is the key of this thumbprint (`jkt`) in the hands of whoever sent the request? */
export type ProveDpop = (jkt: unknown, token: string, request: IncomingMessage) => Promise<Possession | Denial>

export interface DpopRules {
  readonly algorithms: readonly Algorithm[]
  /** Absent: `htu` must name the connection's own end. */
  readonly baseUrls?: readonly BaseUrl[]
  /** Seconds. */
  readonly maxAge: number
  /** Seconds. */
  readonly clockTolerance: number
  /** Absent: none are demanded. */
  readonly nonces?: Nonces
  readonly replayStore: ReplayStore
}

/** Checks DPoP proofs (RFC 9449 section 4.3), the use of each for the first time included (section 11.1). */
export function dpopProver(rules: DpopRules, clock: Clock): ProveDpop {
  const { nonces } = rules
  const invalid = (description: string, reason?: string) =>
    deny('invalid_dpop_proof', { description, ...(reason && { reason }), ...(nonces && { nonce: nonces.current() }) })

  return async (jkt, token, request) => {
    const [field, ...more] = headerValues(request, 'dpop')
    if (field === undefined) return invalid('DPoP proof is missing')
    // Of two, one may be what somebody else put there: which one is meant is not to be guessed.
    if (more.length > 0) return invalid('more than one DPoP proof')
    const proof = readProof(field, rules.algorithms)
    if ('fault' in proof) return invalid(proof.fault)
    if (proof.thumbprint !== jkt) return deny('invalid_token', { description: 'Invalid DPoP key binding' })
    if (!(await signatureHolds(field, proof))) return invalid('signature verification of the DPoP proof failed')

    const { claims, all } = proof
    // RFC 9110 section 9.1: methods are case-sensitive.
    if (claims.htm !== request.method) return invalid(`'htm' of the DPoP proof is not the method of the request`)
    if (!isTarget(claims.htu, request, rules.baseUrls)) {
      const hint = rules.baseUrls ? undefined : 'dpop.baseUrl is not set, and htu does not name this connection'
      return invalid(`'htu' of the DPoP proof is not the URL of the request`, hint)
    }
    if (claims.ath !== sha256(token)) return invalid(`'ath' of the DPoP proof is not the hash of the access token`)

    const nonce = member(all, 'nonce')
    if (nonces && !(typeof nonce === 'string' && nonces.isGood(nonce))) {
      return deny('use_dpop_nonce', { nonce: nonces.current() })
    }
    const now = clock()
    const fault = timeFault(proof, rules, now)
    if (fault !== undefined) return invalid(fault)
    const fresh = nonces?.current()
    return useOnce(request, proof, rules, now, {
      granted: true,
      ...(fresh !== undefined && fresh !== nonce && { nonce: fresh }),
    })
  }

  async function useOnce(
    request: IncomingMessage,
    { thumbprint, claims }: UnverifiedProof,
    { maxAge, clockTolerance, replayStore }: DpopRules,
    now: number,
    possession: Possession,
  ): Promise<Possession | Denial> {
    // Under the key of the proof: what others call their proofs is their own business.
    const key = sha256(JSON.stringify([thumbprint, claims.jti]))
    // The tolerance once more, for the clock of another replica.
    const lifetime = claims.iat + maxAge + 2 * clockTolerance - now
    try {
      // Anything but `true` of a store written by hand is no first use.
      const first = (await firstUse(request, key, lifetime, replayStore)) === true
      return first ? possession : invalid('DPoP proof was used before')
    } catch (error) {
      return deny('unavailable', { reason: `replay store: ${thrownName(error)}` })
    }
  }
}

async function signatureHolds(text: string, { alg, key }: UnverifiedProof): Promise<boolean> {
  return compactVerify(text, key, { algorithms: [alg] }).then(
    () => true,
    () => false,
  )
}

function timeFault({ claims, all }: UnverifiedProof, rules: DpopRules, now: number): string | undefined {
  const { maxAge, clockTolerance } = rules
  if (claims.iat > now + clockTolerance) return `'iat' of the DPoP proof is in the future`
  if (claims.iat < now - maxAge - clockTolerance) return `'iat' of the DPoP proof is too long ago`
  // RFC 7519 section 4.1.4 and 4.1.5, should they be there.
  const exp = Object.hasOwn(all, 'exp') ? all.exp : Number.POSITIVE_INFINITY
  const nbf = Object.hasOwn(all, 'nbf') ? all.nbf : 0
  const current = typeof exp === 'number' && exp > now - clockTolerance
  return current && typeof nbf === 'number' && nbf <= now + clockTolerance ? undefined : 'DPoP proof is not valid now'
}

/** What was found out about the proofs of a request: two schemes of one policy may ask for the same. */
const uses = new WeakMap<IncomingMessage, Map<string, Promise<boolean>>>()

function firstUse(request: IncomingMessage, key: string, lifetime: number, store: ReplayStore): Promise<boolean> {
  const known = uses.get(request) ?? new Map<string, Promise<boolean>>()
  uses.set(request, known)
  const asked = known.get(key) ?? Promise.resolve(store.remember(key, lifetime))
  known.set(key, asked)
  return asked
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
