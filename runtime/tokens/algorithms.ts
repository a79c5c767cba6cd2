/** The asymmetric signature algorithms of JOSE (RFC 7518, 8037, 9864) that may be trusted, and the keys they want. */
export const ALGORITHMS = {
  RS256: { kty: 'RSA', hash: 'sha256' },
  RS384: { kty: 'RSA', hash: 'sha384' },
  RS512: { kty: 'RSA', hash: 'sha512' },
  PS256: { kty: 'RSA', hash: 'sha256', padding: 'PSS' },
  PS384: { kty: 'RSA', hash: 'sha384', padding: 'PSS' },
  PS512: { kty: 'RSA', hash: 'sha512', padding: 'PSS' },
  ES256: { kty: 'EC', crv: 'P-256', hash: 'sha256', signatureBytes: 64 },
  ES384: { kty: 'EC', crv: 'P-384', hash: 'sha384', signatureBytes: 96 },
  ES512: { kty: 'EC', crv: 'P-521', hash: 'sha512', signatureBytes: 132 },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', signatureBytes: 64 },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', signatureBytes: 64 },
} as const satisfies Record<string, KeyForm>

/** HMAC (RFC 7518 section 3.2): only where a secret was configured, of at least as many bytes as the hash has. */
export const SYMMETRIC_ALGORITHMS = {
  HS256: { hash: 'sha256', minBytes: 32 },
  HS384: { hash: 'sha384', minBytes: 48 },
  HS512: { hash: 'sha512', minBytes: 64 },
} as const

/** The `alg` of a token's protected header, one of those that are verified with a public key. */
export type Algorithm = keyof typeof ALGORITHMS

/** The `alg` of a token that is verified with a secret. */
export type SymmetricAlgorithm = keyof typeof SYMMETRIC_ALGORITHMS

export interface KeyForm {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly crv?: 'P-256' | 'P-384' | 'P-521' | 'Ed25519'
  /** Absent where the algorithm brings its own. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512'
  readonly padding?: 'PSS'
  /** Absent where the key's size decides. */
  readonly signatureBytes?: number
}

export const DEFAULT_ALGORITHMS: readonly Algorithm[] = Object.freeze(Object.keys(ALGORITHMS).filter(isAlgorithm))

export function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(ALGORITHMS, name)
}

export function isSymmetric(name: string): name is SymmetricAlgorithm {
  return Object.hasOwn(SYMMETRIC_ALGORITHMS, name)
}

export function keyForm(algorithm: Algorithm): KeyForm {
  return ALGORITHMS[algorithm]
}
