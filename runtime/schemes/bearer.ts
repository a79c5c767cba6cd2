import type { Algorithm, SymmetricAlgorithm } from '../tokens/algorithms.js'
import { systemClock } from '../tokens/clock.js'
import { type Discovery, discoveryOfIssuer } from '../tokens/discovery.js'
import type { Fetch } from '../tokens/issuer-document.js'
import { issuerUrlFault } from '../tokens/issuer-url.js'
import { issuerKeys, secretKey } from '../tokens/keys.js'
import { type TrustedIssuer, tokenVerifier } from '../tokens/verify.js'
import { ConfigurationError, type Token, type Verifier } from '../verifier.js'
import { refuseUnknownOptions } from './options.js'
import type { PossessionOptions } from './possession-options.js'
import {
  ISSUER_OPTIONS,
  type IssuerSettings,
  issuerSettings,
  secretSettings,
  TOKEN_OPTIONS,
  VERIFIER_OPTIONS,
  type VerifierSettings,
  verifierSettings,
} from './token-options.js'

/** How an issuer's keys are kept. All times in seconds. */
export interface KeyOptions {
  /** Keys older than this are fetched anew before they are used. Default 600, from 1 to 86400. */
  maxAge?: number
  /**
   * Least time between two fetches because of an unknown `kid`, and after a failed one, where it is doubled with each
   * further failure, up to four times, and up to a quarter is added by chance. Default 30, from 1 to 3600.
   */
  cooldown?: number
  /** Time that one fetch may take, the discovery document included. Default 5, from 0.1 to 60. */
  timeout?: number
  /** How long beyond `maxAge` the last good keys serve while the issuer is out of reach. Default 3600, at most 604800. */
  staleFor?: number
}

/** How many verified tokens are remembered. */
export interface CacheOptions {
  /** Default 10000, from 1 to 1000000. */
  maxEntries?: number
  /** Bytes of memory, about. Default 16777216 (16 MiB), from 1 to 1073741824. */
  maxBytes?: number
}

/** Rules for access tokens of an issuer that is found elsewhere. */
export interface TokenOptions extends PossessionOptions {
  /** This API's identifier, or several; `aud` must be one of them or contain one (RFC 9068 section 4). */
  audience: string | readonly string[]
  /** Signature algorithms to accept. Default: all asymmetric ones of {@link Algorithm}. */
  algorithms?: readonly (Algorithm | SymmetricAlgorithm)[]
  /** Clients whose tokens are accepted: `azp` and `client_id` must be among them, both where both are there. */
  clients?: readonly string[]
  /** Accepted clock difference for `exp`, `nbf` and `iat`, in seconds. Default 5, at most 60. */
  clockTolerance?: number
  keys?: KeyOptions
  /**
   * Claims that hold scopes, as a space-separated string or an array; JSON Pointers reach nested ones. Default
   * `['scope', 'scp']`.
   */
  scopeClaims?: readonly string[]
  /**
   * Verified tokens that came twice are remembered until they expire or their key is withdrawn, so that their signature is
   * checked no more; `false`: none is. Each request gets its own copy of the claims.
   */
  cache?: CacheOptions | false
  /** Used in place of the global `fetch` for the discovery document and the keys. */
  fetch?: Fetch
}

export interface BearerOptions extends TokenOptions {
  /** Issuer identifier; `iss` must equal it exactly, trailing slash included (RFC 9068 section 4). */
  issuer: string
  /**
   * The secret that the issuer signs with (HMAC), at least 32 bytes, or UTF-8 text of as many. The issuer is asked for
   * nothing then, and may be any text; no public key is accepted beside it. `algorithms` may be HS256 (the default),
   * HS384 and HS512, which want 48 and 64 bytes.
   */
  secret?: string | Uint8Array
}

/** One of several issuers, with all the rules for its tokens. */
export type IssuerOptions = Pick<BearerOptions, 'issuer' | 'secret' | (typeof ISSUER_OPTIONS)[number]>

/** Several issuers, each with its own keys; the other options are for all of them. */
export interface IssuersOptions extends Omit<TokenOptions, (typeof ISSUER_OPTIONS)[number]> {
  /** A token's `iss` chooses among them by exact match, before anything is fetched. */
  issuers: readonly IssuerOptions[]
}

/**
 * Verifies JWT access tokens from `Authorization: Bearer` (RFC 6750 section 2.1) with the issuer's published
 * keys: signature, `typ`, `iss`, `aud`, `exp`, `iat`, `nbf` (RFC 9068 section 4, RFC 8725 section 3). The keys are
 * fetched when the first token needs them, or by `ready()`.
 *
 * Does not check scopes or claims (the policy does), nor whether the issuer has revoked a token since. A token that is
 * bound to a key (`cnf`) is accepted with the proof of its possession only, where `dpop` or `certificates` say so; none
 * is that can be told to be an ID token or a refresh token.
 * @throws {ConfigurationError} at once, if `issuer` is no https URL (http on loopback), `audience` is empty, or an
 *   option is unknown or out of range. A bad token never throws: it becomes a denial with a {@link DenialCode}.
 * @typeParam Claims what the issuer puts into its tokens; taken from the document's `x-token` where it has one.
 * @example bearer({ issuer: 'https://issuer.example/', audience: 'https://api.example' })
 * @example bearer({ issuers: [{ issuer: 'https://a.example/', audience }, { issuer: 'https://b.example/', audience }] })
 */
export function bearer<Claims extends Token = Token>(options: BearerOptions | IssuersOptions): Verifier<Claims> {
  const several = typeof options === 'object' && options !== null && 'issuers' in options
  // The document says what its tokens hold (`x-token`); it is not checked here.
  return (several ? bearerOfSeveral(options) : bearerOfOne(options)) as Verifier<Claims>
}

function bearerOfOne(options: BearerOptions): Verifier {
  refuseUnknownOptions('bearer()', options, ['issuer', 'secret', ...TOKEN_OPTIONS])
  const settings = verifierSettings('bearer()', options)
  return verifierOf([trustedIssuer('bearer()', options, settings.fetch)], settings)
}

function bearerOfSeveral(options: IssuersOptions): Verifier {
  refuseUnknownOptions(`bearer() with 'issuers'`, options, ['issuers', ...VERIFIER_OPTIONS])
  const { issuers } = options
  if (!Array.isArray(issuers) || issuers.length === 0) {
    throw new ConfigurationError(`bearer(): 'issuers' must be a list of one or more of { issuer, audience, … }`)
  }
  const settings = verifierSettings('bearer()', options)
  const trusted = issuers.map((one: IssuerOptions, at) => {
    const where = `bearer(): issuers[${at}]`
    refuseUnknownOptions(where, one, ['issuer', 'secret', ...ISSUER_OPTIONS])
    return trustedIssuer(where, one, settings.fetch)
  })
  const names = trusted.flatMap(one => one.names)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new ConfigurationError(`bearer(): 'issuers' names ${JSON.stringify(twice)} twice`)
  return verifierOf(trusted, settings)
}

function trustedIssuer(where: string, options: IssuerOptions, fetch: Fetch): TrustedIssuer {
  const { issuer } = options
  // Even if it is undefined, as a variable of the environment may be: it was meant to be there.
  if ('secret' in options) {
    if (typeof issuer !== 'string' || issuer === '') {
      throw new ConfigurationError(`${where}: 'issuer' is required, as the issuer's tokens have it in 'iss'`)
    }
    const { secret, rules } = secretSettings(where, options)
    return { names: [issuer], rules, keys: secretKey(secret) }
  }
  const fault = typeof issuer === 'string' ? issuerUrlFault(issuer) : 'is required, as a string'
  if (fault !== undefined) {
    throw new ConfigurationError(
      `${where}: 'issuer' ${fault}; write it as the issuer's tokens have it in 'iss', like https://issuer.example/`,
    )
  }
  return discoveredIssuer(discoveryOfIssuer(issuer), issuerSettings(where, options), fetch)
}

function discoveredIssuer(discovery: Discovery, { rules, keys }: IssuerSettings, fetch: Fetch): TrustedIssuer {
  return { names: discovery.issuers, rules, keys: issuerKeys(discovery, keys, fetch, systemClock) }
}

function verifierOf(issuers: readonly TrustedIssuer[], settings: VerifierSettings): Verifier {
  const { presentation } = settings
  return {
    kind: 'bearer',
    ...presentation,
    get issuers() {
      return issuers.flatMap(one => one.keys.issuer() ?? [])
    },
    verify: tokenVerifier(issuers, settings, systemClock),
    async ready() {
      const outcomes = await Promise.allSettled(issuers.map(one => one.keys.ready(one.rules.algorithms)))
      const faults = outcomes.flatMap(one => (one.status === 'rejected' ? [String(one.reason?.message)] : []))
      if (faults.length > 0) throw new Error(`tokens cannot be verified: ${faults.join('; ')}`)
    },
  }
}

/** @internal A verifier of the tokens of an issuer whose discovery document is known. */
export function discoveredBearer(discovery: Discovery, settings: IssuerSettings & VerifierSettings): Verifier {
  return verifierOf([discoveredIssuer(discovery, settings, settings.fetch)], settings)
}
