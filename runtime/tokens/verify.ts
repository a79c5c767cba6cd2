import type { KeyObject } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type CredentialOf, type Denial, deny, type Token, type Verification } from '../verifier.js'
import type { Algorithm, SymmetricAlgorithm } from './algorithms.js'
import { type CacheLimits, digestOf, tokenCache } from './cache.js'
import { type ClaimsRules, claimsFault, timeFault } from './claims-set.js'
import type { Clock } from './clock.js'
import { ALGORITHM_NOT_ALLOWED, readCompact, type UnverifiedToken } from './compact.js'
import { jsonCopy, jsonWeight } from './json-copy.js'
import type { JsonObject } from './json-object.js'
import type { IssuerKeys, KeyAnswer, KeyQuery } from './keys.js'
import type { ProvePossession } from './possession.js'
import { scopesOf } from './scopes-of.js'
import { signatureHolds } from './signature.js'

/** What an access token must meet besides its issuer and signature. */
export interface TokenRules extends ClaimsRules {
  readonly algorithms: readonly (Algorithm | SymmetricAlgorithm)[]
  readonly scopeClaims: readonly string[]
}

/** An issuer whose tokens are accepted, under its own rules. */
export interface TrustedIssuer {
  /** What `iss` may be. More than one only until the issuer's metadata says which. */
  readonly names: readonly string[]
  readonly rules: TokenRules
  readonly keys: IssuerKeys
}

export interface TokenVerifierSettings {
  readonly cache: CacheLimits | false
  readonly provePossession: ProvePossession
}

/** A token that is refused is a denial; nothing is ever thrown. */
export type VerifyToken = (
  presented: CredentialOf<'bearer'>,
  request: IncomingMessage,
) => Verification<Token> | Promise<Verification<Token>>

/** What is known of a token whose signature and claims are good. */
interface GoodToken extends KeyQuery {
  readonly granted: true
  readonly issuer: TrustedIssuer
  readonly key: KeyObject
  readonly claims: JsonObject
  readonly scopes: readonly string[]
  /** Kept for later requests as well, which must not see what the handler of this one does to the claims. */
  readonly kept: boolean
}

/** Characters. No access token is that long; more is refused unread, so that it costs nothing. */
const MAX_LENGTH = 16 * 1024

const never = () => false

/**
 * Verifies JWT access tokens under the rules of RFC 9068 section 4 and RFC 8725. The issuer is chosen by `iss`, before
 * anything is fetched. At once where the issuer need not be asked.
 */
export function tokenVerifier(
  issuers: readonly TrustedIssuer[],
  { cache: limits, provePossession }: TokenVerifierSettings,
  clock: Clock,
): VerifyToken {
  const byName = new Map<unknown, TrustedIssuer>(issuers.flatMap(one => one.names.map(name => [name, one])))
  const algorithms = [...new Set(issuers.flatMap(one => one.rules.algorithms))]
  const cache = limits === false ? undefined : tokenCache<GoodToken>(limits)
  // Whole seconds, as the claims are: a fraction must not make an early token good.
  const now = () => Math.floor(clock())

  function check(token: string): GoodToken | Denial | Promise<GoodToken | Denial> {
    if (token.length > MAX_LENGTH) return refuse('token is too long')
    const digest = cache && digestOf(token)
    if (digest === undefined) return checkAnew(token)
    const kept = cache?.get(digest)
    if (kept !== undefined) {
      if (stillGood(kept)) return kept
      cache?.delete(digest)
    }
    return checkAnew(token, digest)
  }

  /**
   * Its key must be what would be found for it now, which it is not when it was withdrawn or replaced, when the keys
   * are too old, or when they must be waited for. Whatever is amiss, the token is verified as if it had never been.
   */
  function stillGood({ issuer, iss, alg, kid, key, claims }: GoodToken): boolean {
    const answer = issuer.keys.find({ iss, alg, kid }, never)
    return 'key' in answer && answer.key === key && timeFault(claims, issuer.rules.clockTolerance, now()) === undefined
  }

  function checkAnew(token: string, digest?: string): GoodToken | Denial | Promise<GoodToken | Denial> {
    const unverified = readCompact(token, algorithms)
    if ('fault' in unverified) return refuse(unverified.fault)
    const { alg, kid, header, claims } = unverified
    if (!Object.hasOwn(claims, 'iss')) return refuse(`missing required 'iss' claim`)
    const issuer = byName.get(claims.iss)
    if (issuer === undefined) return refuse(`unexpected 'iss' claim value`)
    if (!issuer.rules.algorithms.includes(alg)) return refuse(ALGORITHM_NOT_ALLOWED)

    const query = { iss: claims.iss as string, alg, kid }
    const answer = issuer.keys.find(query, () => claimsFault(header, claims, issuer.rules, now()) === undefined)
    const conclude = (found: KeyAnswer) => judge(unverified, query, issuer, found, digest)
    return answer instanceof Promise ? answer.then(conclude) : conclude(answer)
  }

  function judge(
    { header, claims, input, signature }: UnverifiedToken,
    query: KeyQuery,
    issuer: TrustedIssuer,
    { key, denial }: KeyAnswer,
    digest: string | undefined,
  ): GoodToken | Denial {
    if (denial !== undefined) return denial
    const { iss, alg, kid } = query
    if (!signatureHolds(alg, key, input, signature)) return refuse('signature verification failed')
    const fault = claimsFault(header, claims, issuer.rules, now())
    if (fault !== undefined) return refuse(fault)
    const scopes = scopesOf(claims, issuer.rules.scopeClaims)
    // Spread, `query` would take longer to copy than its claims took to read.
    const good: GoodToken = { iss, alg, kid, granted: true, issuer, key, claims, scopes, kept: false }
    if (cache === undefined || digest === undefined || !cache.admits(digest)) return good
    const weight = jsonWeight(claims)
    if (weight < Number.POSITIVE_INFINITY) {
      const copy = { ...good, claims: jsonCopy(claims), scopes: [...scopes], kept: true }
      cache.set(digest, copy, ENTRY_WEIGHT + weight + jsonWeight(scopes))
    }
    return good
  }

  function prove(
    checked: GoodToken | Denial,
    presented: CredentialOf<'bearer'>,
    request: IncomingMessage,
  ): Verification<Token> | Promise<Verification<Token>> {
    if (!checked.granted) return checked
    const { kept } = checked
    // `iss` is a string by the choice of the issuer, `aud` and `sub` are what Token says by claimsFault.
    const claims = (kept ? jsonCopy(checked.claims) : checked.claims) as Token
    const scopes = kept ? [...checked.scopes] : checked.scopes
    const conclude = (possession: Awaited<ReturnType<ProvePossession>>): Verification<Token> => {
      if (!possession.granted) return possession
      const { nonce } = possession
      return { granted: true, proof: claims, scopes, ...(nonce !== undefined && { nonce }) }
    }
    const possession = provePossession(claims, presented, request)
    return possession instanceof Promise ? possession.then(conclude) : conclude(possession)
  }

  return (presented, request) => {
    try {
      const checked = check(presented.token)
      const result =
        checked instanceof Promise
          ? checked.then(one => prove(one, presented, request))
          : prove(checked, presented, request)
      return result instanceof Promise ? result.catch(broken) : result
    } catch {
      return broken()
    }
  }
}

/** What an entry weighs beside its claims: its digest, its place in the map, its own members. */
const ENTRY_WEIGHT = 400

function refuse(description: string): Denial {
  return deny('invalid_token', { description })
}

function broken(): Denial {
  return deny('invalid_token', { description: 'Invalid token', reason: 'the token could not be verified' })
}
