import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import { type Algorithm, isSymmetric, keyForm, SYMMETRIC_ALGORITHMS, type SymmetricAlgorithm } from './algorithms.js'

/**
 * Is this the signature (RFC 7515 section 5.2) of `input`? At once, without WebCrypto: going through its threads costs
 * more than the check does. `key` must be of the algorithm's own form, as the choice of a key sees to.
 */
export function signatureHolds(
  alg: Algorithm | SymmetricAlgorithm,
  key: KeyObject,
  input: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (isSymmetric(alg)) {
    const mac = createHmac(SYMMETRIC_ALGORITHMS[alg].hash, key).update(input).digest()
    return mac.length === signature.length && timingSafeEqual(mac, signature)
  }
  const { hash = null, padding, signatureBytes = modulusBytes(key) } = keyForm(alg)
  // RFC 8017 section 8.1.2, RFC 7518 section 3.4: OpenSSL takes a signature without its leading zeros as well.
  if (signature.length !== signatureBytes) return false
  const options =
    padding === undefined
      ? { key, dsaEncoding: 'ieee-p1363' as const }
      : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return verify(hash, input, options, signature)
}

function modulusBytes(key: KeyObject): number {
  return Math.ceil(Number(key.asymmetricKeyDetails?.modulusLength) / 8)
}
