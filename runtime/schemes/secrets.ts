import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ConfigurationError } from '../verifier.js'
import { refuseUnknownOptions } from './options.js'

export interface DigestOptions {
  /**
   * The secret key of HMAC-SHA-256, kept elsewhere than the digests; at least 32 bytes in UTF-8. Default: none, and
   * digests are plain SHA-256, which is enough for secrets that a machine made (128 random bits or more).
   */
  pepper?: string
}

/** Digest → whose secret it is. Digests are SHA-256, or HMAC-SHA-256, in 64 hexadecimal digits of lower case. */
export interface Digests<Principal> {
  readonly [digest: string]: Principal
}

const KEY_BYTES = 32

/**
 * For {@link apiKey}: whose key it is, by its digest, so that no key stands in code, configuration or a dump of memory.
 * Every digest is compared, in constant time: how long it takes says nothing of them.
 *
 * For some hundreds of keys; beyond, look the digest up in your database.
 * @throws {ConfigurationError} at once, if there is no digest, or one is malformed or has no principal.
 * @example apiKey(keysByDigest({ '9b71…': { customer: 'acme' } })) // printf %s "$KEY" | sha256sum
 */
export function keysByDigest<Principal>(
  digests: Digests<Principal>,
  options: DigestOptions = {},
): (key: string) => Principal | undefined {
  return digestMatcher('keysByDigest()', digests, options)
}

/**
 * For {@link basic}: whose name and password they are, by the digest of `name:password` (RFC 7617's user-pass, in UTF-8).
 * Otherwise like {@link keysByDigest}. For secrets that machines made: what people choose as passwords is found out
 * from such a digest, and belongs into a slow hash (scrypt, Argon2).
 * @throws {ConfigurationError} at once, if there is no digest, or one is malformed or has no principal.
 * @example basic(usersByDigest({ 'c41e…': { name: 'ci' } })) // printf %s "ci:$SECRET" | sha256sum
 */
export function usersByDigest<Principal>(
  digests: Digests<Principal>,
  options: DigestOptions = {},
): (username: string, password: string) => Principal | undefined {
  const match = digestMatcher('usersByDigest()', digests, options)
  // RFC 7617 section 2: a name holds no colon. One from elsewhere would move the border between the two.
  return (username, password) => (username.includes(':') ? undefined : match(`${username}:${password}`))
}

/**
 * Are two secrets the same? In constant time, whatever their lengths: both are compared as HMAC-SHA-256 under a key of
 * this process. An empty secret, or what is no text, is the same as nothing.
 * @example basic((name, password) => secretsEqual(password, process.env.CI_PASSWORD) && { name })
 */
export function secretsEqual(sent: string | undefined, kept: string | undefined): boolean {
  const same = timingSafeEqual(processDigest(sent), processDigest(kept))
  return same && typeof sent === 'string' && typeof kept === 'string' && kept !== ''
}

const processKey = randomBytes(KEY_BYTES)

function processDigest(secret: unknown): Buffer {
  return createHmac('sha256', processKey)
    .update(typeof secret === 'string' ? secret : '')
    .digest()
}

function digestMatcher<Principal>(
  where: string,
  digests: Digests<Principal>,
  options: DigestOptions,
): (secret: string) => Principal | undefined {
  refuseUnknownOptions(where, options, ['pepper'])
  const { pepper } = options
  if (pepper !== undefined && (typeof pepper !== 'string' || Buffer.byteLength(pepper) < KEY_BYTES)) {
    throw new ConfigurationError(`${where}: 'pepper' must be a secret text of ${KEY_BYTES} bytes or more`)
  }
  const known = entriesOf(where, digests)
  return secret => {
    const hash = pepper === undefined ? createHash('sha256') : createHmac('sha256', pepper)
    const digest = hash.update(secret).digest()
    let found: Principal | undefined
    // All of them, also after one was found: where it stands would show in the time.
    for (const one of known) if (timingSafeEqual(one.digest, digest)) found = one.principal
    return found
  }
}

function entriesOf<Principal>(where: string, digests: Digests<Principal>) {
  const entries = typeof digests === 'object' && digests !== null ? Object.entries(digests) : []
  if (entries.length === 0) throw new ConfigurationError(`${where} wants an object of digests, and has none`)
  return entries.map(([digest, principal], index) => {
    // Not shown: somebody may have written the secret itself there.
    if (!/^[0-9a-f]{64}$/.test(digest)) {
      throw new ConfigurationError(
        `${where}: member ${index + 1} is no SHA-256 digest in 64 hexadecimal digits of lower case`,
      )
    }
    if (!principal) throw new ConfigurationError(`${where}: ${digest} has no principal`)
    return { digest: Buffer.from(digest, 'hex'), principal }
  })
}
