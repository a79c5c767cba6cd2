import {
  type Algorithm,
  DEFAULT_ALGORITHMS,
  isSymmetric,
  SYMMETRIC_ALGORITHMS,
  type SymmetricAlgorithm,
} from '../tokens/algorithms.js'
import { type CacheLimits, DEFAULT_CACHE_LIMITS } from '../tokens/cache.js'
import type { Fetch } from '../tokens/issuer-document.js'
import { DEFAULT_KEY_SETTINGS, type KeySettings } from '../tokens/keys.js'
import { DEFAULT_SCOPE_CLAIMS } from '../tokens/scopes-of.js'
import type { TokenRules, TokenVerifierSettings } from '../tokens/verify.js'
import { ConfigurationError } from '../verifier.js'
import type { CacheOptions, IssuerOptions, KeyOptions, TokenOptions } from './bearer.js'
import { numberOption, refuseUnknownOptions } from './options.js'
import { POSSESSION_OPTIONS, type PossessionSettings, possessionSettings } from './possession-options.js'

/** Options that are rules for the tokens of one issuer. */
export const ISSUER_OPTIONS = ['audience', 'algorithms', 'clients', 'clockTolerance', 'keys', 'scopeClaims'] as const

/** Options that one verifier has, however many issuers. */
export const VERIFIER_OPTIONS = [...POSSESSION_OPTIONS, 'cache', 'fetch'] as const

export const TOKEN_OPTIONS = [...ISSUER_OPTIONS, ...VERIFIER_OPTIONS] as const

/** Options that were checked, with defaults filled in. */
export interface VerifierSettings extends TokenVerifierSettings, PossessionSettings {
  readonly fetch: Fetch
}

type RuleOptions = Pick<TokenOptions, (typeof ISSUER_OPTIONS)[number]>

export interface IssuerSettings {
  readonly rules: TokenRules
  readonly keys: KeySettings
}

/** @throws {ConfigurationError} */
export function verifierSettings(
  where: string,
  options: Pick<TokenOptions, (typeof VERIFIER_OPTIONS)[number]>,
): VerifierSettings {
  const { cache, fetch } = options
  if (fetch !== undefined && typeof fetch !== 'function') {
    throw new ConfigurationError(`${where}: 'fetch' must be a function like the global fetch`)
  }
  return {
    ...possessionSettings(where, options),
    cache: cache === false ? false : cacheLimits(where, cache),
    // Looked up at each use, so that what replaces the global one later (instrumentation) is used.
    fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
  }
}

function cacheLimits(where: string, cache: CacheOptions | undefined): CacheLimits {
  if (cache === undefined) return DEFAULT_CACHE_LIMITS
  refuseUnknownOptions(`${where}: 'cache'`, cache, Object.keys(DEFAULT_CACHE_LIMITS))
  const { maxEntries, maxBytes } = DEFAULT_CACHE_LIMITS
  return {
    maxEntries: countOption(where, 'cache.maxEntries', cache.maxEntries, { otherwise: maxEntries, max: 1_000_000 }),
    maxBytes: countOption(where, 'cache.maxBytes', cache.maxBytes, { otherwise: maxBytes, max: 1_073_741_824 }),
  }
}

function countOption(
  where: string,
  name: string,
  value: unknown,
  { otherwise, max }: { readonly otherwise: number; readonly max: number },
): number {
  if (value === undefined) return otherwise
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new ConfigurationError(`${where}: '${name}' must be a whole number from 1 to ${max}`)
}

/** Rules for the tokens of an issuer with published keys. @throws {ConfigurationError} */
export function issuerSettings(where: string, options: RuleOptions): IssuerSettings {
  const known = DEFAULT_ALGORITHMS
  const algorithms = algorithmList(where, options.algorithms, { known, otherwise: known })
  return { rules: tokenRules(where, options, algorithms), keys: keySettings(where, options.keys) }
}

/** Rules for the tokens of an issuer that shares a secret with this API. @throws {ConfigurationError} */
export function secretSettings(
  where: string,
  options: IssuerOptions,
): { readonly rules: TokenRules; readonly secret: Uint8Array } {
  const { secret, keys } = options
  if (keys !== undefined) throw new ConfigurationError(`${where}: 'keys' is for published keys, not for a 'secret'`)
  const known = Object.keys(SYMMETRIC_ALGORITHMS).filter(isSymmetric)
  const algorithms = algorithmList(where, options.algorithms, { known, otherwise: ['HS256'] })
  const wanted = Math.max(...algorithms.map(one => SYMMETRIC_ALGORITHMS[one].minBytes))
  const bytes = typeof secret === 'string' || secret instanceof Uint8Array ? Buffer.from(secret) : Buffer.alloc(0)
  // RFC 7518 section 3.2
  if (bytes.length < wanted) {
    throw new ConfigurationError(`${where}: 'secret' must be text or bytes, at least ${wanted} of them`)
  }
  // What everybody may know is no secret: HMAC with a public key is how keys are confused (RFC 8725 section 2.1).
  if (bytes.includes('-----BEGIN ')) throw new ConfigurationError(`${where}: 'secret' is a key or certificate in PEM`)
  return { rules: tokenRules(where, options, algorithms), secret: bytes }
}

function tokenRules(where: string, options: RuleOptions, algorithms: TokenRules['algorithms']): TokenRules {
  const { audience, clients, clockTolerance, scopeClaims } = options
  const audiences = typeof audience === 'string' ? [audience] : audience
  if (!isTextList(audiences)) {
    throw new ConfigurationError(
      `${where}: 'audience' is required, as a string or a list: this API's identifier, which its tokens have in 'aud'`,
    )
  }
  return {
    audience: [...audiences],
    algorithms,
    clockTolerance: numberOption(where, 'clockTolerance', clockTolerance, { otherwise: 5, min: 0, max: 60 }),
    scopeClaims:
      scopeClaims === undefined ? DEFAULT_SCOPE_CLAIMS : textList(where, 'scopeClaims', scopeClaims, 'names of claims'),
    ...(clients !== undefined && { clients: textList(where, 'clients', clients, 'client identifiers') }),
  }
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every(one => typeof one === 'string' && one.trim() !== '')
}

function textList(where: string, name: string, value: unknown, what: string): readonly string[] {
  if (isTextList(value)) return [...value]
  throw new ConfigurationError(`${where}: '${name}' must be a list of one or more ${what}`)
}

function algorithmList<Name extends Algorithm | SymmetricAlgorithm>(
  where: string,
  algorithms: readonly string[] | undefined,
  { known, otherwise }: { readonly known: readonly Name[]; readonly otherwise: readonly Name[] },
): readonly Name[] {
  if (algorithms === undefined) return otherwise
  const isKnown = (name: string): name is Name => known.some(one => one === name)
  if (Array.isArray(algorithms) && algorithms.length > 0 && algorithms.every(isKnown)) return [...algorithms]
  throw new ConfigurationError(`${where}: 'algorithms' must be a list of one or more of ${known.join(', ')}`)
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
