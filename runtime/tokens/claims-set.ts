import { type JsonObject, member } from './json-object.js'

/** What the claims of an access token must be, beside its issuer's own. */
export interface ClaimsRules {
  /** One of these must be among the token's. */
  readonly audience: readonly string[]
  /** Seconds. */
  readonly clockTolerance: number
  /** The clients that may have got the token; absent: any. */
  readonly clients?: readonly string[]
}

const CHECK_FAILED = 'claim timestamp check failed'

/**
 * What is wrong with the claims of an access token (RFC 9068 section 4), as an `error_description`, or `undefined`.
 * `iss` is not checked here: it chose the key. `now` in seconds.
 */
export function claimsFault(
  header: JsonObject,
  claims: JsonObject,
  rules: ClaimsRules,
  now: number,
): string | undefined {
  return (
    missing(claims) ??
    (audienceHolds(member(claims, 'aud'), rules.audience) ? undefined : `unexpected 'aud' claim value`) ??
    timeFault(claims, rules.clockTolerance, now) ??
    textFault(claims) ??
    clientFault(claims, rules.clients) ??
    kindFault(header, claims)
  )
}

function missing(claims: JsonObject): string | undefined {
  const name = ['iss', 'aud', 'exp', 'iat'].find(one => !Object.hasOwn(claims, one))
  return name === undefined ? undefined : `missing required '${name}' claim`
}

function audienceHolds(aud: unknown, audience: readonly string[]): boolean {
  if (typeof aud === 'string') return audience.includes(aud)
  return Array.isArray(aud) && aud.every(one => typeof one === 'string') && audience.some(one => aud.includes(one))
}

/** What time has done to the claims: `now` and the tolerance in seconds. */
export function timeFault(claims: JsonObject, clockTolerance: number, now: number): string | undefined {
  const iat = member(claims, 'iat')
  const nbf = member(claims, 'nbf')
  const exp = member(claims, 'exp')
  // JSON's 1e999 is Infinity here: a token that never expires.
  if (!isNumericDate(iat)) return `'iat' claim must be a number`
  if (nbf !== undefined) {
    if (!isNumericDate(nbf)) return `'nbf' claim must be a number`
    if (nbf > now + clockTolerance) return `'nbf' ${CHECK_FAILED}`
  }
  if (!isNumericDate(exp)) return `'exp' claim must be a number`
  if (exp <= now - clockTolerance) return `'exp' ${CHECK_FAILED}`
  if (iat > now + clockTolerance) return `'iat' ${CHECK_FAILED} (it should be in the past)`
  return undefined
}

function isNumericDate(value: unknown): value is number {
  return Number.isFinite(value)
}

/** RFC 7519 section 4.1. */
function textFault(claims: JsonObject): string | undefined {
  const name = ['sub', 'jti'].find(one => !['undefined', 'string'].includes(typeof member(claims, one)))
  return name === undefined ? undefined : `'${name}' claim must be a string`
}

/** `azp` is OpenID Connect's and many issuers' name for it, `client_id` RFC 9068's; where both are there, both count. */
function clientFault(claims: JsonObject, clients: readonly string[] | undefined): string | undefined {
  if (clients === undefined) return undefined
  const named = ['azp', 'client_id'].filter(name => Object.hasOwn(claims, name))
  if (named.length === 0) return `missing required 'client_id' claim`
  const other = named.find(name => !clients.some(one => one === claims[name]))
  return other === undefined ? undefined : `unexpected '${other}' claim value`
}

const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash']

/**
 * Tells tokens of other kinds by what issuers in the field put into them: OpenID Connect's ID tokens and logout
 * tokens, Cognito's `token_use`, and the `typ` claim of Keycloak.
 */
function kindFault(header: JsonObject, claims: JsonObject): string | undefined {
  const typ = lowerCase(member(claims, 'typ'))
  const use = lowerCase(member(claims, 'token_use'))
  const declaredAccess = lowerCase(member(header, 'typ')).endsWith('at+jwt') || typ === 'bearer' || use === 'access'
  const other =
    ['id', 'refresh', 'offline', 'logout'].includes(typ) ||
    ['id', 'refresh'].includes(use) ||
    (!declaredAccess && [...ID_TOKEN_CLAIMS, 'events'].some(name => Object.hasOwn(claims, name)))
  return other ? 'token is not an access token' : undefined
}

function lowerCase(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : ''
}
