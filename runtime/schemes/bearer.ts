import { type Algorithm, DEFAULT_ALGORITHMS, isAlgorithm } from '../tokens/algorithms.js'
import { systemClock } from '../tokens/clock.js'
import { type Discovery, discoveryOfIssuer } from '../tokens/discovery.js'
import type { Fetch } from '../tokens/issuer-document.js'
import { issuerUrlFault } from '../tokens/issuer-url.js'
import { DEFAULT_KEY_SETTINGS, issuerKeys, type KeySettings } from '../tokens/keys.js'
import { DEFAULT_SCOPE_CLAIMS } from '../tokens/scopes-of.js'
import { type TokenRules, tokenVerifier } from '../tokens/verify.js'
import { ConfigurationError, type Token, type Verifier } from '../verifier.js'
import { numberOption, refuseUnknownOptions } from './options.js'
import {
  POSSESSION_OPTIONS,
  type PossessionOptions,
  type PossessionSettings,
  possessionSettings,
} from './possession-options.js'

/** How an issuer's keys are kept. All times in seconds. */
export interface KeyOptions {
  /** Keys older than this are fetched anew before they are used. Default 600, from 1 to 86400. */
  maxAge?: number
  /** Least time between two fetches because of an unknown `kid` or after a failed one. Default 30, from 1 to 3600. */
  cooldown?: number
  /** Time that one fetch may take, the discovery document included. Default 5, from 0.1 to 60. */
  timeout?: number
  /** How long beyond `maxAge` the last good keys serve while the issuer is out of reach. Default 3600, at most 604800. */
  staleFor?: number
}

/** Rules for access tokens of an issuer that is found elsewhere. */
export interface TokenOptions extends PossessionOptions {
  /** This API's identifier; `aud` must be it or contain it (RFC 9068 section 4). */
  audience: string
  /** Signature algorithms to accept. Default: all asymmetric ones of {@link Algorithm}; symmetric ones never are. */
  algorithms?: readonly Algorithm[]
  /** Accepted clock difference for `exp`, `nbf` and `iat`, in seconds. Default 5, at most 60. */
  clockTolerance?: number
  keys?: KeyOptions
  /**
   * Claims that hold scopes, as a space-separated string or an array; JSON Pointers reach nested ones. Default
   * `['scope', 'scp']`.
   */
  scopeClaims?: readonly string[]
  /** Used in place of the global `fetch` for the discovery document and the keys. */
  fetch?: Fetch
}

export interface BearerOptions extends TokenOptions {
  /** Issuer identifier; `iss` must equal it exactly, trailing slash included (RFC 9068 section 4). */
  issuer: string
}

/**
 * Verifies JWT access tokens from `Authorization: Bearer` (RFC 6750 section 2.1) with the issuer's published
 * keys: signature, `typ`, `iss`, `aud`, `exp`, `iat`, `nbf` (RFC 9068 section 4, RFC 8725 section 3). The keys are
 * fetched when the first token needs them.
 *
 * Does not check scopes or claims (the policy does). A token that is bound to a key (`cnf`) is accepted with the proof of
 * its possession only, where `dpop` or `certificates` say so; none is that can be told to be an ID token or a refresh
 * token.
 * @throws {ConfigurationError} at once, if `issuer` is no https URL (http on loopback), `audience` is empty, or an
 *   option is unknown or out of range. A bad token never throws: it becomes a denial with a {@link DenialCode}.
 * @typeParam Claims what the issuer puts into its tokens; taken from the document's `x-token` where it has one.
 * @example bearer({ issuer: 'https://issuer.example/', audience: 'https://api.example' })
 */
export function bearer<Claims extends Token = Token>(options: BearerOptions): Verifier<Claims> {
  refuseUnknownOptions('bearer()', options, ['issuer', ...TOKEN_OPTIONS])
  const { issuer, ...rest } = options
  const fault = typeof issuer === 'string' ? issuerUrlFault(issuer) : 'is required, as a string'
  if (fault !== undefined) {
    throw new ConfigurationError(
      `bearer(): 'issuer' ${fault}; write it as the issuer's tokens have it in 'iss', like https://issuer.example/`,
    )
  }
  // The document says what its tokens hold (`x-token`); it is not checked here.
  return discoveredBearer(discoveryOfIssuer(issuer), tokenSettings('bearer()', rest)) as Verifier<Claims>
}

/** @internal Options that were checked, with defaults filled in. */
export interface TokenSettings extends Omit<TokenRules, 'provePossession'>, PossessionSettings {
  readonly keys: KeySettings
  readonly fetch: Fetch
}

/** @internal */
export function discoveredBearer(discovery: Discovery, settings: TokenSettings): Verifier {
  const keys = issuerKeys(discovery, settings.keys, settings.fetch, systemClock)
  const verifyToken = tokenVerifier(settings, keys, systemClock)
  const { tokenTypes, dpopAlgorithms } = settings
  return {
    kind: 'bearer',
    verify: verifyToken,
    ...(tokenTypes && { tokenTypes }),
    ...(dpopAlgorithms && { dpopAlgorithms }),
  }
}

/** @internal */
export const TOKEN_OPTIONS = [
  'audience',
  'algorithms',
  'clockTolerance',
  'keys',
  'scopeClaims',
  'fetch',
  ...POSSESSION_OPTIONS,
] as const

/** @internal @throws {ConfigurationError} */
export function tokenSettings(where: string, options: TokenOptions): TokenSettings {
  const { audience, algorithms, clockTolerance, keys, scopeClaims, fetch } = options
  if (typeof audience !== 'string' || audience.trim() === '') {
    throw new ConfigurationError(
      `${where}: 'audience' is required, as a string: this API's identifier, which its tokens have in 'aud'`,
    )
  }
  if (fetch !== undefined && typeof fetch !== 'function') {
    throw new ConfigurationError(`${where}: 'fetch' must be a function like the global fetch`)
  }
  return {
    audience,
    algorithms: algorithmList(where, algorithms),
    clockTolerance: numberOption(where, 'clockTolerance', clockTolerance, { otherwise: 5, min: 0, max: 60 }),
    scopeClaims: claimNames(where, scopeClaims),
    keys: keySettings(where, keys),
    ...possessionSettings(where, options),
    // Looked up at each use, so that what replaces the global one later (instrumentation) is used.
    fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
  }
}

function algorithmList(where: string, algorithms: readonly Algorithm[] | undefined): readonly Algorithm[] {
  if (algorithms === undefined) return DEFAULT_ALGORITHMS
  if (Array.isArray(algorithms) && algorithms.length > 0 && algorithms.every(isAlgorithm)) return [...algorithms]
  throw new ConfigurationError(
    `${where}: 'algorithms' must be a list of one or more of ${DEFAULT_ALGORITHMS.join(', ')}`,
  )
}

function claimNames(where: string, names: readonly string[] | undefined): readonly string[] {
  if (names === undefined) return DEFAULT_SCOPE_CLAIMS
  if (Array.isArray(names) && names.length > 0 && names.every(one => typeof one === 'string' && one !== '')) {
    return [...names]
  }
  throw new ConfigurationError(`${where}: 'scopeClaims' must be a list of one or more names of claims`)
}

function keySettings(where: string, keys: KeyOptions | undefined): KeySettings {
  if (keys === undefined) return DEFAULT_KEY_SETTINGS
  refuseUnknownOptions(`${where}: 'keys'`, keys, Object.keys(DEFAULT_KEY_SETTINGS))
  const { maxAge, cooldown, timeout, staleFor } = DEFAULT_KEY_SETTINGS
  return {
    maxAge: numberOption(where, 'keys.maxAge', keys.maxAge, { otherwise: maxAge, min: 1, max: 86_400 }),
    cooldown: numberOption(where, 'keys.cooldown', keys.cooldown, { otherwise: cooldown, min: 1, max: 3600 }),
    timeout: numberOption(where, 'keys.timeout', keys.timeout, { otherwise: timeout, min: 0.1, max: 60 }),
    staleFor: numberOption(where, 'keys.staleFor', keys.staleFor, { otherwise: staleFor, min: 0, max: 604_800 }),
  }
}
