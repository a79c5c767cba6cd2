import type { IncomingMessage } from 'node:http'
import type { ClientCertificate } from './client-certificate.js'

/**
 * The claims of a verified access token. Open to augmentation:
 * `declare module 'gatewright/runtime' { interface Token { tier: 'free' | 'premium' } }`.
 */
export interface Token {
  iss: string
  aud: string | string[]
  sub?: string
  scope?: string
  [claim: string]: unknown
}

/**
 * Scheme name → what its verifier returns, for schemes that are not tokens. Open to augmentation:
 * `declare module 'gatewright/runtime' { interface Principals { apiKey: Customer } }`.
 */
export interface Principals {
  [scheme: string]: unknown
}

/** How an access token is presented: the scheme of its `Authorization` (RFC 6750 section 2.1, RFC 9449 section 7.1). */
export type TokenType = 'Bearer' | 'DPoP'

/** A credential as it was sent, cut out of the request by the scheme of the document. */
export type Credential =
  | { readonly kind: 'bearer'; readonly token: string; readonly tokenType: TokenType }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'apiKey'; readonly key: string }
  /** `credentials` is what follows the name of another HTTP authentication scheme, as it was sent. */
  | { readonly kind: 'http'; readonly credentials: string }
  | ({ readonly kind: 'mutualTLS' } & ClientCertificate)

export type CredentialKind = Credential['kind']
export type CredentialOf<Kind extends CredentialKind> = Extract<Credential, { kind: Kind }>

/** By how close a refusal comes to a grant; what could not be found out may have been one. */
export const DENIAL_CODES = [
  'no_credentials',
  'invalid_request',
  'invalid_token',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'cross_site_request',
  'insufficient_scope',
  'claims_not_met',
  'insufficient_user_authentication',
  'unavailable',
] as const

/**
 * Why a request is refused; DESIGN: one row of the table of answers each.
 * - `no_credentials`: nothing usable was sent (401, bare challenge)
 * - `invalid_request`: credentials sent twice or in two ways (400)
 * - `invalid_token`: a credential is there and is bad (401)
 * - `insufficient_scope`: the credential is good, a scope is missing (403)
 * - `claims_not_met`: the token is good, a claim rule is not met (401, or 403 if so configured)
 * - `insufficient_user_authentication`: the token is good, its user's authentication too weak or too old (401)
 * - `cross_site_request`: a key in a cookie, sent along by a browser with another site's request (403)
 * - `invalid_dpop_proof`: the proof of possession is missing or bad (401)
 * - `use_dpop_nonce`: the proof must hold the nonce that comes with the answer (401)
 * - `unavailable`: the credential can be neither verified nor refuted now (503)
 */
export type DenialCode = (typeof DENIAL_CODES)[number]

/** A refusal is a value, never an exception. */
export interface Denial {
  readonly granted: false
  readonly code: DenialCode
  /** Goes to the caller as `error_description`. Never holds text of a credential. */
  readonly description?: string
  /** Goes to the decision hook only: what failed, for the operator. Never holds text of a credential. */
  readonly reason?: string
  /** Seconds, with `unavailable`. */
  readonly retryAfter?: number
  /** `DPoP-Nonce` of the answer (RFC 9449 section 9). */
  readonly nonce?: string
}

export interface Verified<Proof> {
  readonly granted: true
  /** A token's claims, or the principal that the user's function returned. */
  readonly proof: Proof
  /** The scopes that the credential carries. */
  readonly scopes: readonly string[]
  /** `DPoP-Nonce` of the answer, for the client's next proof (RFC 9449 section 8.2). */
  readonly nonce?: string
}

export type Verification<Proof> = Verified<Proof> | Denial

export function deny(code: DenialCode, details: Omit<Denial, 'granted' | 'code'> = {}): Denial {
  return { granted: false, code, ...details }
}

/** Verifies one kind of credential. `Verifier` alone is one of bearer tokens. */
export interface Verifier<Proof = Token, Kind extends CredentialKind = 'bearer'> {
  /** The kind of credential it verifies; `createRouter` throws when the document's scheme is of another kind. */
  readonly kind: Kind
  /** Bearer tokens: how they may be presented. Default: `['Bearer']`. */
  readonly tokenTypes?: readonly TokenType[]
  /** The `alg`s of DPoP proofs that are accepted, for challenges (RFC 9449 section 7.1). */
  readonly dpopAlgorithms?: readonly string[]
  /** Bearer tokens: the issuers whose tokens it accepts, as they are known now, for the resource's metadata (RFC 9728). */
  readonly issuers?: readonly string[]
  /** Bearer tokens: takes such as are bound to a client certificate (RFC 8705 section 3), for the resource's metadata. */
  readonly certificateBound?: boolean
  /** Resolves when all that it needs of others is there, such as an issuer's keys. Rejects with what is wrong. */
  ready?(): Promise<void>
  /** Must not throw for a bad credential; when it does throw, the request is refused. */
  verify(credential: CredentialOf<Kind>, request: IncomingMessage): Verification<Proof> | Promise<Verification<Proof>>
}

/** Verifies the credentials of an HTTP authentication scheme that is neither `bearer` nor `basic`. */
export interface HttpVerifier<Proof, Scheme extends string = string> extends Verifier<Proof, 'http'> {
  /** The scheme's name in lower case; `createRouter` throws when the document's is another one. */
  readonly scheme: Scheme
  /** A whole challenge for `WWW-Authenticate`, or a function that gives one for each refusal. */
  readonly challenge: string | (() => string)
}

/** Finds and verifies client certificates. */
export interface CertificateVerifier<Proof> extends Verifier<Proof, 'mutualTLS'> {
  /** The certificate of a request's client; `verify` must refuse one with a `fault`. Must not throw. */
  read(request: IncomingMessage): CredentialOf<'mutualTLS'> | 'nothing' | 'unusable' | 'repeated'
}

/** A verifier of whichever kind. */
export type AnyVerifier =
  | Verifier<unknown, 'bearer'>
  | Verifier<unknown, 'basic'>
  | Verifier<unknown, 'apiKey'>
  | HttpVerifier<unknown>
  | CertificateVerifier<unknown>

/**
 * Stands in for the verifier of a scheme of type `openIdConnect`, or `oauth2` with an `oauth2MetadataUrl`:
 * `createRouter` hands it that URL of the document's, and what is there says who the issuer is.
 */
export interface DiscoveredVerifier<Proof = Token> {
  readonly kind: 'openIdConnect'
  /** @throws {ConfigurationError} if `url` is no https URL (http on loopback) of a discovery or metadata document. */
  at(url: string): Verifier<Proof>
}

/** The programmer's mistake, thrown at start: it names the option or variable, and says how to mend it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}
