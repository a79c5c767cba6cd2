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
  /** Is there a key with which a token of one of these algorithms could be verified? */
  serves(algorithms: readonly Algorithm[]): boolean
  /** The keys made so far, by what makes them up. */
  readonly made: MadeKeys
}

type MadeKeys = Map<string, KeyObject | 'unusable'>

interface Member {
  readonly jwk: JsonObject
  /** Made once, at first use: making a key for each request costs more than checking a signature. */
  key?: KeyObject | 'unusable'
}

const MIN_RSA_BITS = 2048
/** Each is looked at where a token names no key, or the same as all; no issuer has that many. */
const MAX_KEYS = 1000
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']
const PUBLIC_MEMBERS = { RSA: ['kty', 'n', 'e'], EC: ['kty', 'crv', 'x', 'y'], OKP: ['kty', 'crv', 'x'] } as const

/**
 * Members that are not understood are passed over (section 5). A key that `earlier` had made is the same object here,
 * so that what was verified with it stays so.
 * @throws {IssuerFault} if the document is no JWK Set.
 */
export function jwkSet(document: JsonObject, url: string, earlier: MadeKeys = new Map()): JwkSet {
  const keys = member(document, 'keys')
  if (!Array.isArray(keys)) throw new IssuerFault(`${url} has no 'keys' that is a list`)
  if (keys.length > MAX_KEYS) throw new IssuerFault(`${url} has more than ${MAX_KEYS} keys`)
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
  const made: MadeKeys = new Map()

  function keyOf(candidate: Member, { kty }: KeyForm): KeyObject | 'unusable' {
    if (candidate.key === undefined) {
      const parts = PUBLIC_MEMBERS[kty].map(name => [name, member(candidate.jwk, name)] as const)
      const id = JSON.stringify(parts)
      candidate.key = earlier.get(id) ?? publicKey(Object.fromEntries(parts))
      made.set(id, candidate.key)
    }
    return candidate.key
  }

  const usable = (candidate: Member, alg: Algorithm) =>
    fits(candidate.jwk, alg) ? keyOf(candidate, keyForm(alg)) : 'unusable'

  return {
    made,
    select(alg, kid) {
      const candidates = kid === undefined ? members : (byKid.get(kid) ?? [])
      let found: KeyObject | undefined
      for (const candidate of candidates) {
        const key = usable(candidate, alg)
        if (key === 'unusable') continue
        if (found !== undefined) return 'several'
        found = key
      }
      return found ?? 'none'
    },
    serves: algorithms => members.some(one => algorithms.some(alg => usable(one, alg) !== 'unusable')),
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

function publicKey(key: JsonWebKey): KeyObject | 'unusable' {
  try {
    const made = createPublicKey({ key, format: 'jwk' })
    const bits = made.asymmetricKeyDetails?.modulusLength
    // RFC 7518 section 3.3
    return made.asymmetricKeyType === 'rsa' && (bits === undefined || bits < MIN_RSA_BITS) ? 'unusable' : made
  } catch {
    return 'unusable'
  }
}
