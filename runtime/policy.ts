/** A JSON value without members: what a claim is compared with. */
export type JsonPrimitive = string | number | boolean | null

/** The scopes that one security requirement demands: a list means all of them, `anyOf` at least one. */
export type ScopeDemand = readonly string[] | { readonly anyOf: readonly string[] }

/** Schemes that must all be met (AND), each with the scopes it demands. `{}` lets anonymous callers in. */
export interface SecurityAlternative {
  readonly [scheme: string]: ScopeDemand
}

interface WithMessage {
  /** Shown to the token's holder instead of the general `error_description`. */
  readonly message?: string
}

/** One demand on one claim. A claim is found among the token's own members only, and never coerced. */
export type ClaimRule =
  | ({ readonly equals: JsonPrimitive } & WithMessage)
  | ({ readonly in: readonly JsonPrimitive[] } & WithMessage)
  | ({ readonly includes: readonly JsonPrimitive[] } & WithMessage)
  | ({ readonly includesAny: readonly JsonPrimitive[] } & WithMessage)
  | ({ readonly present: true } & WithMessage)
  | ({ readonly min: number; readonly max?: number } & WithMessage)
  | ({ readonly max: number } & WithMessage)
  | ({ readonly param: string; readonly type?: 'integer' } & WithMessage)

/** The name of a function that the user supplies as `checks`. */
export type CheckRule = string | { readonly name: string; readonly message?: string }

/**
 * Demands on one token (AND): claim name, or JSON Pointer into a nested claim (`/realm_access/roles`), to rule.
 * `$check` names a function of the user's and holds a {@link CheckRule}.
 */
export interface ClaimDemands {
  readonly [claim: string]: ClaimRule | CheckRule
}

/** How and when the token's user authenticated (RFC 9470): one of the two, or both. A demand of neither is never met. */
export interface StepUpDemand {
  /** The token's `acr` is one of these. */
  readonly acr?: readonly string[]
  /** The token's `auth_time` is no longer ago, in seconds. */
  readonly maxAge?: number
}

/** What one operation demands, after inheritance. `security` is OR over AND, as in OpenAPI; `[]` is public. */
export interface Policy {
  readonly security: readonly SecurityAlternative[]
  /** OR over AND: one of these must hold for the token. */
  readonly claims?: readonly ClaimDemands[]
  readonly stepUp?: StepUpDemand
}

/** Operation → policy. */
export interface Policies {
  readonly [operation: string]: Policy
}

/** Where a scheme's credentials travel: the part of OpenAPI's Security Scheme Object that enforcement needs. */
export type SecurityScheme =
  /** The name of the HTTP authentication scheme in lower case. */
  | { readonly type: 'http'; readonly scheme: string }
  | { readonly type: 'apiKey'; readonly in: 'header' | 'query' | 'cookie'; readonly name: string }
  /** The URL of the authorization server's metadata (RFC 8414); OpenAPI 3.2 has it. */
  | { readonly type: 'oauth2'; readonly oauth2MetadataUrl?: string }
  | { readonly type: 'openIdConnect'; readonly openIdConnectUrl: string }
  | { readonly type: 'mutualTLS' }

/** Scheme name → scheme, as in the document's `components.securitySchemes`. */
export interface SecuritySchemes {
  readonly [scheme: string]: SecurityScheme
}
