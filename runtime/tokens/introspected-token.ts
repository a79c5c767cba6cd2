import type { TokenType } from '../verifier.js'
import { claimsFault } from './claims-set.js'
import { type JsonObject, member } from './json-object.js'

/** What a token must be that its authorization server calls active. */
export interface IntrospectedTokenRules {
  readonly issuer: string
  /** `false`: the server answers for this API's tokens only. */
  readonly audience: readonly string[] | false
  /** Seconds. */
  readonly clockTolerance: number
}

/**
 * What is wrong with an active token, as an `error_description`, or `undefined`: what the answer says of it is held to
 * the rules for the claims of a JWT, except that all but `aud` may be left unsaid (RFC 7662 section 2.2). `now` in
 * seconds.
 */
export function introspectedTokenFault(
  answer: JsonObject,
  tokenType: TokenType,
  { issuer, audience, clockTolerance }: IntrospectedTokenRules,
  now: number,
): string | undefined {
  if (member(answer, 'iss') !== undefined && answer.iss !== issuer) return `unexpected 'iss' claim value`
  const typeFault = tokenTypeFault(member(answer, 'token_type'), tokenType, audience === false)
  if (typeFault !== undefined) return typeFault
  if (/^refresh/i.test(String(member(answer, 'token_use')))) return 'token is not an access token'
  const unsaid = { iss: issuer, iat: now, exp: now + 1 }
  const header = Object.hasOwn(answer, 'token_type') ? { typ: 'at+jwt' } : {}
  if (audience === false) {
    return claimsFault(header, { ...unsaid, ...answer, aud: issuer }, { audience: [issuer], clockTolerance }, now)
  }
  return claimsFault(header, { ...unsaid, ...answer }, { audience, clockTolerance }, now)
}

/** RFC 7662 section 2.2, RFC 6749 section 5.1: in any case of letters. */
function tokenTypeFault(type: unknown, presentedAs: TokenType, required: boolean): string | undefined {
  // Where nothing says whom the token is for, this alone tells an access token from a refresh token.
  if (type === undefined) return required ? 'token is of an unknown type' : undefined
  if (typeof type !== 'string') return 'token is of an unknown type'
  const name = type.toLowerCase()
  if (name === presentedAs.toLowerCase()) return undefined
  if (name === 'dpop') return 'DPoP-bound token requires the DPoP authentication scheme, not Bearer'
  return name === 'bearer' ? 'token is not bound to a DPoP key' : 'token is not an access token'
}
