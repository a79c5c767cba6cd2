import { type Algorithm, isAlgorithm } from '../tokens/algorithms.js'
import { type Client, clientAuthentication } from '../tokens/client-authentication.js'
import { systemClock } from '../tokens/clock.js'
import { discoveryOfIssuer } from '../tokens/discovery.js'
import { endpointFinder } from '../tokens/endpoint.js'
import { introspectingVerifier } from '../tokens/introspecting-verifier.js'
import { introspection as introspectionAt } from '../tokens/introspection.js'
import type { Fetch } from '../tokens/issuer-document.js'
import { issuerKeys } from '../tokens/keys.js'
import { signedAnswerReader } from '../tokens/signed-introspection.js'
import { ConfigurationError, type Token, type Verifier } from '../verifier.js'
import { demandUrl, numberOption, refuseUnknownOptions } from './options.js'
import { POSSESSION_OPTIONS, type PossessionOptions } from './possession-options.js'
import { issuerSettings, verifierSettings } from './token-options.js'

export interface IntrospectionOptions extends PossessionOptions {
  /**
   * Issuer identifier of the authorization server. Where an answer has `iss`, it must equal it exactly; the metadata
   * that name the endpoint must as well (RFC 8414).
   */
  issuer: string
  /** The introspection endpoint, for a server without metadata. Default: `introspection_endpoint` of its metadata. */
  endpoint?: string
  /** How this API authenticates at the server (RFC 7662 section 2.1). */
  client: Client
  /**
   * This API's identifier, or several; the answer's `aud` must be one of them or contain it. An answer without `aud` is
   * refused: the token may be for any API of the issuer's. `false` says that the server itself answers `active` for this
   * API's tokens only, by the client that asks (RFC 7662 section 4); then `aud` is not looked at, and `token_type` is
   * required.
   */
  audience: string | readonly string[] | false
  /** Accepted clock difference for `exp`, `nbf` and `iat`, in seconds. Default 5, at most 60. */
  clockTolerance?: number
  /** As in {@link TokenOptions}. */
  scopeClaims?: readonly string[]
  /**
   * Demand answers that the issuer signed with its published keys (RFC 9701), by one of `algorithms` (default: all
   * asymmetric ones); plain ones are then refused. Default `false`.
   */
  signed?: boolean | { algorithms?: readonly Algorithm[] }
  /** Remember what the server said of active tokens; a revoked one goes on as long. Default `false`. */
  cache?: false | IntrospectionCacheOptions
  /** Seconds that one question may take, discovery included. Default 5, from 0.1 to 60. */
  timeout?: number
  /** Used in place of the global `fetch`. */
  fetch?: Fetch
}

export interface IntrospectionCacheOptions {
  /** Seconds, never beyond the token's `exp`. Default 10, from 1 to 60. */
  maxAge?: number
  /** Default 1000, at most 100000; an answer takes 16 KiB at most. */
  maxEntries?: number
}

const OPTIONS = ['issuer', 'endpoint', 'client', 'audience', 'clockTolerance', 'scopeClaims', 'signed', 'cache']
const ALL_OPTIONS = [...OPTIONS, ...POSSESSION_OPTIONS, 'timeout', 'fetch']

/**
 * Verifies access tokens from `Authorization: Bearer`, of whatever form, by asking their authorization server about each
 * (RFC 7662): `active` must be `true`; `token_type`, `iss`, `aud`, `exp`, `iat`, `nbf`, `sub` are held to the rules of
 * {@link bearer} where the answer has them, `aud` always. A token that is bound to a key (`cnf`) is accepted with the
 * proof of its possession only, where `dpop` or `certificates` say so.
 *
 * One question at a time for each token, 64 in all; while the server is out of reach, requests are answered with 503 at
 * once. Nothing is remembered between requests unless `cache` says so. Does not check scopes or claims (the policy does).
 * @throws {ConfigurationError} at once, if an option is missing, unknown or out of range. A bad token never throws.
 * @typeParam Claims what the server says of its tokens; taken from the document's `x-token` where it has one.
 * @example introspection({ issuer: 'https://issuer.example/', client: { id, secret }, audience: 'https://api.example' })
 */
export function introspection<Claims extends Token = Token>(options: IntrospectionOptions): Verifier<Claims> {
  const where = 'introspection()'
  refuseUnknownOptions(where, options, ALL_OPTIONS)
  const { issuer, endpoint } = options
  demandUrl(where, 'issuer', issuer)
  if (endpoint !== undefined) demandUrl(where, 'endpoint', endpoint)
  const audience = audiences(where, options.audience)
  const algorithms = signedAlgorithms(where, options.signed)
  const timeout = numberOption(where, 'timeout', options.timeout, { otherwise: 5, min: 0.1, max: 60 })
  // What both kinds of verifier have is read by the same rules; the audience is read above.
  const { rules, keys } = issuerSettings(where, {
    audience: issuer,
    ...(algorithms && { algorithms }),
    ...(options.clockTolerance !== undefined && { clockTolerance: options.clockTolerance }),
    ...(options.scopeClaims !== undefined && { scopeClaims: options.scopeClaims }),
  })
  const { clockTolerance, scopeClaims } = rules
  const { dpop = false, certificates = false } = options
  const { fetch, provePossession, presentation } = verifierSettings(where, {
    dpop,
    certificates,
    ...(options.fetch !== undefined && { fetch: options.fetch }),
  })
  const client = clientAuthentication(where, options.client, issuer, systemClock)
  const discovery = discoveryOfIssuer(issuer)
  const readSigned =
    algorithms &&
    signedAnswerReader(
      { issuer, audience: [client.id, ...(audience || [])], algorithms, clockTolerance },
      issuerKeys(discovery, keys, fetch, systemClock),
      systemClock,
    )
  const verifier = introspectingVerifier(
    {
      introspect: introspectionAt({
        findEndpoint:
          endpoint === undefined
            ? endpointFinder(discovery, 'introspection_endpoint', systemClock)
            : () => Promise.resolve(endpoint),
        client,
        fetch,
        ...(readSigned && { readSigned }),
      }),
      issuer,
      audience,
      clockTolerance,
      scopeClaims,
      provePossession,
      cache: cacheSettings(where, options.cache),
      timeout,
    },
    systemClock,
  )
  // The document says what its tokens hold (`x-token`); it is not checked here.
  return { kind: 'bearer', issuers: [issuer], ...presentation, ...verifier } as Verifier<Claims>
}

function audiences(where: string, audience: unknown): readonly string[] | false {
  if (audience === false) return false
  const list: unknown[] = Array.isArray(audience) ? audience : [audience]
  if (list.length > 0 && list.every((one): one is string => typeof one === 'string' && one.trim() !== '')) return list
  throw new ConfigurationError(
    `${where}: 'audience' is required: this API's identifier, which the server's answers have in 'aud', or a list, or false`,
  )
}

function signedAlgorithms(where: string, signed: IntrospectionOptions['signed']): readonly Algorithm[] | undefined {
  if (signed === undefined || signed === false) return undefined
  const options = signed === true ? {} : signed
  refuseUnknownOptions(`${where}: 'signed'`, options, ['algorithms'])
  return issuerSettings(`${where}: 'signed'`, { audience: 'any', ...options }).rules.algorithms.filter(isAlgorithm)
}

function cacheSettings(where: string, cache: IntrospectionOptions['cache']) {
  if (cache === undefined || cache === false) return false
  refuseUnknownOptions(`${where}: 'cache'`, cache, ['maxAge', 'maxEntries'])
  const { maxEntries = 1000 } = cache
  if (!Number.isInteger(maxEntries) || maxEntries < 1 || maxEntries > 100_000) {
    throw new ConfigurationError(`${where}: 'cache.maxEntries' must be a whole number from 1 to 100000`)
  }
  return { maxAge: numberOption(where, 'cache.maxAge', cache.maxAge, { otherwise: 10, min: 1, max: 60 }), maxEntries }
}
