import { constants, createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'

/** Who holds a DPoP key. */
export interface Holder {
  readonly alg: string
  readonly privateKey: KeyObject
  readonly jwk: JWK
  readonly jkt: string
}

export async function holder(alg = 'ES256', bits = 2048): Promise<Holder> {
  const { publicKey, privateKey } = keyPair(alg, bits)
  const jwk = publicKey.export({ format: 'jwk' }) as JWK
  return { alg, privateKey, jwk, jkt: await calculateJwkThumbprint(jwk) }
}

function keyPair(alg: string, modulusLength: number): { publicKey: KeyObject; privateKey: KeyObject } {
  if (/^[RP]S/.test(alg)) return generateKeyPairSync('rsa', { modulusLength })
  if (alg.startsWith('Ed')) return generateKeyPairSync('ed25519')
  return generateKeyPairSync('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg] ?? 'P-256' })
}

export interface Wanted {
  readonly htu: string
  readonly token: string
  readonly htm?: string
  /** Beside, or in place of, what a good proof holds; `undefined` leaves a member out. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  /** Changes the JSON texts before they are signed. */
  readonly headerText?: (text: string) => string
  readonly claimsText?: (text: string) => string
  /** Signs in place of the holder's key. */
  readonly signature?: (input: string) => Buffer
}

/** A proof whose every part can be wrong, signed after that. */
export function proof(by: Holder, wanted: Wanted): string {
  const { htu, token, htm = 'GET', claims = {}, header = {} } = wanted
  const same = (text: string) => text
  const { headerText = same, claimsText = same, signature = input => signed(by, input) } = wanted
  const ath = createHash('sha256').update(token).digest('base64url')
  const iat = Math.floor(Date.now() / 1000)
  const parts = [
    headerText(JSON.stringify({ typ: 'dpop+jwt', alg: by.alg, jwk: by.jwk, ...header })),
    claimsText(JSON.stringify({ jti: randomUUID(), htm, htu, iat, ath, ...claims })),
  ]
  const input = parts.map(one => Buffer.from(one).toString('base64url')).join('.')
  return `${input}.${signature(input).toString('base64url')}`
}

function signed({ alg, privateKey: key }: Holder, input: string): Buffer {
  const data = Buffer.from(input)
  if (alg.startsWith('Ed')) return sign(null, data, key)
  const hash = `sha${alg.slice(2)}`
  if (alg.startsWith('ES')) return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  if (alg.startsWith('RS')) return sign(hash, data, key)
  return sign(hash, data, {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  })
}
