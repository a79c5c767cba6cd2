import { constants, createPrivateKey, KeyObject, randomUUID, sign, type webcrypto } from 'node:crypto'
import { types } from 'node:util'
import { ConfigurationError } from '../verifier.js'
import { ALGORITHMS, type Algorithm, isAlgorithm } from './algorithms.js'
import type { Clock } from './clock.js'
import { isJsonObject } from './json-object.js'

/** A client that proves itself with the secret that it shares with the authorization server. */
export interface SecretClient {
  id: string
  secret: string
  /** How the secret is sent: in `Authorization` (default) or in the form (RFC 6749 section 2.3.1). */
  method?: 'client_secret_basic' | 'client_secret_post'
}

/** A client that proves itself by `private_key_jwt` (RFC 7523 section 3): the server knows its public key. */
export interface KeyClient {
  id: string
  /** The private key: PEM (PKCS #8), a JWK, or a key of `node:crypto` or WebCrypto. RSA of 2048 bits or more. */
  key: string | KeyObject | webcrypto.CryptoKey | webcrypto.JsonWebKey
  /** Default: RS256 for an RSA key, that of the curve for another one. */
  algorithm?: Algorithm
  /** `kid`, where the server wants one. Default: that of a JWK. */
  keyId?: string
}

/** How this API authenticates at the authorization server. */
export type Client = SecretClient | KeyClient

/** Puts what proves the client into a request; what is signed is made anew for each. */
export interface ClientAuthentication {
  readonly id: string
  apply(form: URLSearchParams, headers: Record<string, string>): void
}

/** Longest life of an assertion, in seconds: it is used at once. */
const LIFETIME = 60
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** @throws {ConfigurationError} in words for `where`, unless `client` is complete and of one form. */
export function clientAuthentication(
  where: string,
  client: Client,
  issuer: string,
  clock: Clock,
): ClientAuthentication {
  if (!isJsonObject(client))
    throw new ConfigurationError(`${where}: 'client' is required: { id, secret } or { id, key }`)
  const given = Object.keys(client)
  if (typeof client.id !== 'string' || client.id === '') {
    throw new ConfigurationError(`${where}: 'client.id' is required, as a string`)
  }
  const bySecret = Object.hasOwn(client, 'secret')
  const known = bySecret ? ['id', 'secret', 'method'] : ['id', 'key', 'algorithm', 'keyId']
  const unknown = given.find(name => !known.includes(name))
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `${where}: 'client' is { id, secret, method } or { id, key, algorithm, keyId }, and not both: ${JSON.stringify(unknown)}`,
    )
  }
  return bySecret ? secretClient(where, client as SecretClient) : keyClient(where, client as KeyClient, issuer, clock)
}

function secretClient(
  where: string,
  { id, secret, method = 'client_secret_basic' }: SecretClient,
): ClientAuthentication {
  if (typeof secret !== 'string' || secret === '') {
    throw new ConfigurationError(`${where}: 'client.secret' must be a string, and not an empty one`)
  }
  if (method !== 'client_secret_basic' && method !== 'client_secret_post') {
    throw new ConfigurationError(`${where}: 'client.method' must be client_secret_basic or client_secret_post`)
  }
  const basic = `Basic ${Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64')}`
  return {
    id,
    apply(form, headers) {
      if (method === 'client_secret_basic') headers.authorization = basic
      else {
        form.set('client_id', id)
        form.set('client_secret', secret)
      }
    },
  }
}

/** RFC 6749 section 2.3.1 and appendix B: else a colon in the id, or a percent sign in the secret, is read as another. */
function formEncoded(text: string): string {
  return new URLSearchParams({ x: text }).toString().slice('x='.length)
}

function keyClient(where: string, client: KeyClient, issuer: string, clock: Clock): ClientAuthentication {
  const { id, keyId = isJsonObject(client.key) && 'kid' in client.key ? client.key.kid : undefined } = client
  if (keyId !== undefined && typeof keyId !== 'string') {
    throw new ConfigurationError(`${where}: 'client.keyId' must be a string`)
  }
  const key = privateKey(where, client.key)
  const algorithm = client.algorithm ?? algorithmOf(key)
  const fault = algorithm === undefined ? 'is of no known kind' : keyFault(key, algorithm)
  if (fault !== undefined || algorithm === undefined) throw new ConfigurationError(`${where}: 'client.key' ${fault}`)
  const header = encode({ alg: algorithm, ...(keyId !== undefined && { kid: keyId }) })
  return {
    id,
    apply(form) {
      const iat = Math.floor(clock())
      // The issuer, not the endpoint: an assertion for one server must not be good at another one.
      const claims = { iss: id, sub: id, aud: issuer, jti: randomUUID(), iat, exp: iat + LIFETIME }
      const input = `${header}.${encode(claims)}`
      form.set('client_id', id)
      form.set('client_assertion_type', ASSERTION_TYPE)
      form.set('client_assertion', `${input}.${signed(algorithm, key, input)}`)
    },
  }
}

function privateKey(where: string, key: unknown): KeyObject {
  try {
    const made = keyObject(key)
    if (made?.type === 'private') return made
  } catch {
    // What it says may hold a part of the key.
  }
  throw new ConfigurationError(
    `${where}: 'client.key' must be a private key: PEM (PKCS #8), a JWK, a KeyObject or a CryptoKey`,
  )
}

function keyObject(key: unknown): KeyObject | undefined {
  if (typeof key === 'string') return createPrivateKey(key)
  if (key instanceof KeyObject) return key
  if (types.isCryptoKey(key)) return KeyObject.from(key)
  return isJsonObject(key) ? createPrivateKey({ key: { ...key }, format: 'jwk' }) : undefined
}

const CURVES: { readonly [namedCurve: string]: Algorithm } = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Algorithm | undefined {
  if (asymmetricKeyType === 'rsa') return 'RS256'
  if (asymmetricKeyType === 'ed25519') return 'EdDSA'
  const curve = asymmetricKeyType === 'ec' ? asymmetricKeyDetails?.namedCurve : undefined
  return curve !== undefined && Object.hasOwn(CURVES, curve) ? CURVES[curve] : undefined
}

function keyFault(key: KeyObject, algorithm: string): string | undefined {
  if (!isAlgorithm(algorithm)) return `has an 'algorithm' that is none of ${Object.keys(ALGORITHMS).join(', ')}`
  const { kty } = ALGORITHMS[algorithm]
  const own = algorithmOf(key)
  const fits = kty === 'RSA' ? own === 'RS256' : kty === 'OKP' ? own === 'EdDSA' : own === algorithm
  if (!fits) return `is no key for ${algorithm}`
  // RFC 7518 section 3.3
  const isShort = kty === 'RSA' && !(Number(key.asymmetricKeyDetails?.modulusLength) >= 2048)
  return isShort ? 'has fewer than 2048 bits' : undefined
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function signed(algorithm: Algorithm, key: KeyObject, input: string): string {
  const { kty } = ALGORITHMS[algorithm]
  const digest = kty === 'OKP' ? null : `sha${algorithm.slice(2)}`
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const options = { key, dsaEncoding: 'ieee-p1363', ...(algorithm.startsWith('PS') && pss) } as const
  return sign(digest, Buffer.from(input), options).toString('base64url')
}
