/** The asymmetric signature algorithms of JOSE (RFC 7518, 8037, 9864) that may be trusted, and the keys they want. */
export const ALGORITHMS = {
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
} as const satisfies Record<string, KeyForm>

/** The `alg` of a token's protected header, one of those that are verified with a public key. */
export type Algorithm = keyof typeof ALGORITHMS

export interface KeyForm {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly crv?: 'P-256' | 'P-384' | 'P-521' | 'Ed25519'
}

export const DEFAULT_ALGORITHMS: readonly Algorithm[] = Object.freeze(Object.keys(ALGORITHMS).filter(isAlgorithm))

export function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(ALGORITHMS, name)
}

export function keyForm(algorithm: Algorithm): KeyForm {
  return ALGORITHMS[algorithm]
}
