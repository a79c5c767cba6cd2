import { type Algorithm, isAlgorithm, isSymmetric, type SymmetricAlgorithm } from './algorithms.js'
import { type JsonObject, member, parseJsonObject } from './json-object.js'

/** A token in compact form, read but not verified. */
export interface UnverifiedToken {
  readonly alg: Algorithm | SymmetricAlgorithm
  readonly kid: string | undefined
  readonly header: JsonObject
  readonly claims: JsonObject
  /** What was signed (RFC 7515 section 5.2). */
  readonly input: Uint8Array
  readonly signature: Uint8Array
}

/** Why it was refused, as an `error_description`. */
export interface Unreadable {
  readonly fault: string
}

export const ALGORITHM_NOT_ALLOWED = `'alg' (Algorithm) Header Parameter value not allowed`

// Without the `u` flag, so that no letter outside ASCII folds into one of these.
const ACCESS_TOKEN_TYPE = /^(?:jwt|(?:application\/)?at\+jwt)$/i

/**
 * Reads a JWT (RFC 7519) as far as that can be done without a key, under the rules of RFC 8725: an allowed `alg`, a
 * `typ` that an access token may have, no extension that must be understood. Any key or address of a key
 * that the header carries (`jwk`, `jku`, `x5c`, `x5u`) is not looked at. How long the text is, is the caller's to check.
 */
export function readCompact(
  token: string,
  algorithms: readonly (Algorithm | SymmetricAlgorithm)[],
): UnverifiedToken | Unreadable {
  const parts = token.split('.', 6)
  const [encodedHeader = '', encodedClaims = '', encodedSignature = ''] = parts
  const header = parseJsonObject(decode(encodedHeader) ?? new Uint8Array())
  if (header === undefined) return { fault: 'Invalid Token or Protected Header formatting' }

  const alg = member(header, 'alg')
  if (typeof alg !== 'string' || alg === '') {
    return { fault: `JWS 'alg' (Algorithm) Header Parameter missing or invalid` }
  }
  if (/^HS\d/.test(alg) && !algorithms.some(isSymmetric))
    return { fault: 'unsupported algorithm (symmetric algorithms are not supported)' }
  if (parts.length === 5) return { fault: 'Only JWTs using Compact JWS serialization can be decoded' }
  if (parts.length !== 3) return { fault: 'Invalid JWT' }
  if (!(isAlgorithm(alg) || isSymmetric(alg)) || !algorithms.includes(alg)) return { fault: ALGORITHM_NOT_ALLOWED }

  const typ = member(header, 'typ')
  if (typ !== undefined && !(typeof typ === 'string' && ACCESS_TOKEN_TYPE.test(typ))) {
    return { fault: `unexpected 'typ' JWT header value` }
  }
  // RFC 7515 section 4.1.11: what is critical and not understood refuses the token, and nothing is understood here.
  if (Object.hasOwn(header, 'crit')) return { fault: `'crit' (Critical) Header Parameter is not supported` }
  // RFC 7797 section 7: a JWT's payload is always encoded.
  if (Object.hasOwn(header, 'b64') && header.b64 !== true) return { fault: 'JWTs MUST NOT use unencoded payload' }
  const kid = member(header, 'kid')
  if (kid !== undefined && typeof kid !== 'string') return { fault: `'kid' (Key ID) Header Parameter must be a string` }

  const claims = parseJsonObject(decode(encodedClaims) ?? new Uint8Array())
  if (claims === undefined) return { fault: 'JWT Claims Set must be a top-level JSON object' }
  const signature = decode(encodedSignature)
  if (signature === undefined) return { fault: 'Failed to base64url decode the signature' }
  // ASCII, since both parts could be decoded.
  const input = Buffer.from(token.slice(0, encodedHeader.length + 1 + encodedClaims.length), 'latin1')
  return { alg, kid, header, claims, input, signature }
}

/** `undefined` unless the text is the one base64url spelling of its bytes: a token has one form, not several. */
export function decode(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined
  // Only the last character may hold bits that are not used, or be one too many.
  const rest = text.slice(text.length - (text.length % 4))
  return Buffer.from(rest, 'base64url').toString('base64url') === rest ? Buffer.from(text, 'base64url') : undefined
}
