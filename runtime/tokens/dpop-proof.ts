import { createHash, type KeyObject } from 'node:crypto'
import { type Algorithm, isAlgorithm, keyForm } from './algorithms.js'
import { decode } from './compact.js'
import { repeatsMember } from './json-members.js'
import { isJsonObject, type JsonObject, member, parseJsonObject } from './json-object.js'
import { jwkSet } from './jwk-set.js'

/** A DPoP proof (RFC 9449 section 4.2), read but not verified. */
export interface UnverifiedProof {
  readonly alg: Algorithm
  /** Made of `jwk`; the signature must hold with it. */
  readonly key: KeyObject
  /** Of `jwk` (RFC 7638), to be compared with the `jkt` of the access token. */
  readonly thumbprint: string
  readonly claims: ProofClaims
  /** The claims set, with what is optional in it. */
  readonly all: JsonObject
}

export interface ProofClaims {
  readonly jti: string
  readonly htm: string
  readonly htu: string
  readonly ath: string
  /** Seconds. */
  readonly iat: number
}

/** Characters. With an RSA key of 4096 bits, a proof has some 2,000. */
const MAX_LENGTH = 8192
/** Characters; a UUID has 36. */
const MAX_JTI = 256

/**
 * Reads a proof as far as that can be done without checking its signature: form, `typ`, `alg`, the public key in it,
 * and the types of its claims (RFC 9449 section 4.3, checks 2 to 7 but for the signature).
 */
export function readProof(text: string, algorithms: readonly Algorithm[]): UnverifiedProof | { fault: string } {
  if (text.length > MAX_LENGTH) return { fault: 'DPoP proof is too long' }
  const parts = text.split('.', 4)
  const [encodedHeader = '', encodedClaims = '', signature = ''] = parts
  if (parts.length !== 3 || decode(signature) === undefined) return { fault: 'DPoP proof is no signed JWT' }
  const header = strictObject(encodedHeader)
  const all = strictObject(encodedClaims)
  if (header === undefined || all === undefined) return { fault: 'DPoP proof is no signed JWT' }

  if (member(header, 'typ') !== 'dpop+jwt') return { fault: `'typ' of the DPoP proof must be dpop+jwt` }
  const alg = member(header, 'alg')
  if (typeof alg !== 'string' || !isAlgorithm(alg) || !algorithms.includes(alg)) {
    return { fault: `'alg' of the DPoP proof is not accepted` }
  }
  // RFC 7515 section 4.1.11 and RFC 7797 section 7: nothing critical is understood here.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    return { fault: 'DPoP proof has an extension that is not supported' }
  }
  const jwk = member(header, 'jwk')
  const key = isJsonObject(jwk) ? jwkSet({ keys: [jwk] }, 'jwk').select(alg, undefined) : 'none'
  if (!isJsonObject(jwk) || key === 'none' || key === 'several') {
    return { fault: `'jwk' of the DPoP proof is no public key for its 'alg'` }
  }
  const claims = proofClaims(all)
  if (claims === undefined) return { fault: 'DPoP proof lacks a claim, or has a malformed one' }
  return { alg, key, thumbprint: thumbprintOf(jwk, alg), claims, all }
}

function strictObject(encoded: string): JsonObject | undefined {
  const bytes = decode(encoded)
  const object = bytes && parseJsonObject(bytes)
  return object === undefined || repeatsMember(Buffer.from(encoded, 'base64url').toString()) ? undefined : object
}

function proofClaims(all: JsonObject): ProofClaims | undefined {
  const [jti, htm, htu, ath, iat] = ['jti', 'htm', 'htu', 'ath', 'iat'].map(name => member(all, name))
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI) return undefined
  if (typeof htm !== 'string' || typeof htu !== 'string' || typeof ath !== 'string') return undefined
  return typeof iat === 'number' && Number.isFinite(iat) ? { jti, htm, htu, ath, iat } : undefined
}

/** In the order of RFC 7638 section 3.2. What else a JWK holds is no part of the key. */
const THUMBPRINT_MEMBERS = { RSA: ['e', 'kty', 'n'], EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'] } as const

function thumbprintOf(jwk: JsonObject, alg: Algorithm): string {
  const names = THUMBPRINT_MEMBERS[keyForm(alg).kty]
  const text = JSON.stringify(Object.fromEntries(names.map(name => [name, member(jwk, name)])))
  return createHash('sha256').update(text).digest('base64url')
}
