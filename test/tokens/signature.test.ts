import { constants, generateKeyPairSync, type KeyObject, type SignKeyObjectInput, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Algorithm, DEFAULT_ALGORITHMS, keyForm } from '../../runtime/tokens/algorithms.js'
import { signatureHolds } from '../../runtime/tokens/signature.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const curves = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }
const input = Buffer.from('header.claims')

function pair(alg: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  const { kty, crv } = keyForm(alg)
  if (kty === 'RSA') return rsa
  if (crv === undefined || crv === 'Ed25519') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('ec', { namedCurve: curves[crv] })
}

function signed(alg: Algorithm, key: KeyObject, more: Partial<SignKeyObjectInput> = {}): Buffer {
  const { hash = null, padding } = keyForm(alg)
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return sign(hash, input, { key, dsaEncoding: 'ieee-p1363', ...(padding === 'PSS' ? pss : {}), ...more })
}

describe.each(DEFAULT_ALGORITHMS)('%s', alg => {
  const { publicKey, privateKey } = pair(alg)
  const good = signed(alg, privateKey)

  test('holds for what was signed with its key, and for nothing else', () => {
    expect(signatureHolds(alg, publicKey, input, good)).toBe(true)
    expect(signatureHolds(alg, publicKey, Buffer.from('header.claimz'), good)).toBe(false)
    const other = keyForm(alg).kty === 'RSA' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : pair(alg)
    expect(signatureHolds(alg, other.publicKey, input, good)).toBe(false)
  })

  test('holds for its exact length', () => {
    const zero = Buffer.alloc(1)
    for (const bytes of [Buffer.alloc(0), good.subarray(1), good.subarray(0, -1), Buffer.concat([good, zero])]) {
      expect(signatureHolds(alg, publicKey, input, bytes)).toBe(false)
    }
    expect(signatureHolds(alg, publicKey, input, Buffer.concat([zero, good]))).toBe(false)
    expect(signatureHolds(alg, publicKey, input, Buffer.alloc(good.length))).toBe(false)
  })
})

test.each(['RS256', 'PS256'] as const)('%s: a leading zero may not be left out', alg => {
  for (let n = 0; ; n++) {
    const text = Buffer.from(`header.${n}`)
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    const signature = sign('sha256', text, { key: rsa.privateKey, ...(alg === 'PS256' ? pss : {}) })
    if (signature[0] !== 0) continue
    expect(signatureHolds(alg, rsa.publicKey, text, signature)).toBe(true)
    expect(signatureHolds(alg, rsa.publicKey, text, signature.subarray(1))).toBe(false)
    return
  }
})

test.each(['PS256', 'PS384', 'PS512'] as const)('%s: the salt is as long as the digest', alg => {
  for (const saltLength of [0, 20, constants.RSA_PSS_SALTLEN_MAX_SIGN]) {
    const signature = signed(alg, rsa.privateKey, { saltLength })
    expect(signatureHolds(alg, rsa.publicKey, input, signature)).toBe(false)
  }
})

test.each(['ES256', 'ES384', 'ES512'] as const)('%s: the signature is two numbers, not DER', alg => {
  const { publicKey, privateKey } = pair(alg)
  const der = signed(alg, privateKey, { dsaEncoding: 'der' })
  expect(signatureHolds(alg, publicKey, input, der)).toBe(false)
})

test('neither padding of RSA is taken for the other', () => {
  expect(signatureHolds('PS256', rsa.publicKey, input, signed('RS256', rsa.privateKey))).toBe(false)
  expect(signatureHolds('RS256', rsa.publicKey, input, signed('PS256', rsa.privateKey))).toBe(false)
})
