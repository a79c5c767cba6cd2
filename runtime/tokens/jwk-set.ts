import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { type Algorithm, type KeyForm, keyForm } from './algorithms.js'
import { IssuerFault } from './issuer-document.js'
import { isJsonObject, type JsonObject, member } from './json-object.js'

/** A JWK Set (RFC 7517 section 5) of which only public keys for signatures can be had. */
export interface JwkSet {
  /**
   * The one key for a token's `alg` and `kid`. Without a `kid` a key is found only if no other fits.
   */
  select(alg: Algorithm, kid: string | undefined): KeyObject | 'none' | 'several'
}

interface Member {
  readonly jwk: JsonObject
  /** Made once, at first use: making a key for each request costs more than checking a signature. */
  key?: KeyObject | undefined
  unusable?: boolean
}

const MIN_RSA_BITS = 2048
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']
const PUBLIC_MEMBERS = { RSA: ['kty', 'n', 'e'], EC: ['kty', 'crv', 'x', 'y'], OKP: ['kty', 'crv', 'x'] } as const

/** @throws {IssuerFault} if the document is no JWK Set. Members that are not understood are passed over (section 5). */
export function jwkSet(document: JsonObject, url: string): JwkSet {
  const keys = member(document, 'keys')
  if (!Array.isArray(keys)) throw new IssuerFault(`${url} has no 'keys' that is a list`)
  const members: readonly Member[] = keys
    .filter(isJsonObject)
    .filter(isForSignatures)
    .map(jwk => ({ jwk }))
  const byKid = new Map<unknown, Member[]>()
  for (const one of members) {
    const kid = member(one.jwk, 'kid')
    const sameKid = byKid.get(kid)
    if (sameKid === undefined) byKid.set(kid, [one])
    else sameKid.push(one)
  }

  return {
    select(alg, kid) {
      const candidates = kid === undefined ? members : (byKid.get(kid) ?? [])
      const fitting: KeyObject[] = []
      for (const candidate of candidates) {
        const key = fits(candidate.jwk, alg) ? keyOf(candidate, keyForm(alg)) : undefined
        if (key !== undefined) fitting.push(key)
        if (fitting.length > 1) return 'several'
      }
      return fitting[0] ?? 'none'
    },
  }
}

/** A key that is published with its private part proves nothing; one for encryption must not check signatures. */
function isForSignatures(jwk: JsonObject): boolean {
  const use = member(jwk, 'use')
  const operations = member(jwk, 'key_ops')
  return (
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify'))) &&
    !PRIVATE_MEMBERS.some(name => Object.hasOwn(jwk, name))
  )
}

// The key's own type decides, never the token's word alone (RFC 8725 section 3.1).
function fits(jwk: JsonObject, alg: Algorithm): boolean {
  const { kty, crv } = keyForm(alg)
  const declared = member(jwk, 'alg')
  return (
    member(jwk, 'kty') === kty &&
    (crv === undefined || member(jwk, 'crv') === crv) &&
    (declared === undefined || declared === alg)
  )
}

function keyOf(candidate: Member, { kty }: KeyForm): KeyObject | undefined {
  if (candidate.key === undefined && candidate.unusable !== true) {
    candidate.key = publicKey(candidate.jwk, PUBLIC_MEMBERS[kty])
    candidate.unusable = candidate.key === undefined
  }
  return candidate.key
}

function publicKey(jwk: JsonObject, names: readonly string[]): KeyObject | undefined {
  const key: JsonWebKey = Object.fromEntries(names.map(name => [name, member(jwk, name)]))
  try {
    const made = createPublicKey({ key, format: 'jwk' })
    const bits = made.asymmetricKeyDetails?.modulusLength
    // RFC 7518 section 3.3
    return made.asymmetricKeyType === 'rsa' && (bits === undefined || bits < MIN_RSA_BITS) ? undefined : made
  } catch {
    return undefined
  }
}
