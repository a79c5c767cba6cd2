import { constants, KeyObject, sign, type webcrypto } from 'node:crypto'
import fc from 'fast-check'
import { createLocalJWKSet, exportJWK, type JWK, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bearer } from '../../runtime/schemes/bearer.js'
import { DEFAULT_ALGORITHMS } from '../../runtime/tokens/algorithms.js'
import type { Verifier } from '../../runtime/verifier.js'
import { AUDIENCE, ask, type TestKey, testKey } from './scripted-issuer.js'

/** `TOKEN_MUTATIONS=100000 npx vitest run test/tokens/differential.test.ts` */
const RUNS = Number(process.env.TOKEN_MUTATIONS ?? 3000)
const NOW = 1_800_000_000
const KIDS = ['rsa', 'pss', 'ec', 'ed'] as const

type Signer = (typeof KIDS)[number] | 'foreign' | 'short'
let keys: Record<Signer, TestKey>

/** Key sets that differ from the good one in ways that must matter, each the set of an issuer of its own. */
const sets: [name: string, (good: JWK[]) => JWK[]][] = [
  ['good', good => good],
  ['other', good => [{ ...keys.foreign.jwk, kid: 'ec' }, ...good.slice(0, 1)]],
  ['nameless', good => good.map(({ kid: _, ...jwk }) => jwk)],
  ['twins', good => [...good, { ...keys.foreign.jwk, kid: 'ec' }]],
  ['encryption', good => good.map(jwk => ({ ...jwk, use: 'enc' }))],
  ['other-alg', good => good.map(jwk => ({ ...jwk, alg: jwk.kty === 'RSA' ? 'PS384' : 'ES512' }))],
  ['short', good => [...good.slice(2), keys.short.jwk]],
]
const issuers: { iss: string; verifier: Verifier; jwks: ReturnType<typeof createLocalJWKSet> }[] = []

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 })
  keys = {
    rsa: await testKey('RS256', 'rsa'),
    pss: await testKey('PS256', 'pss'),
    ec: await testKey('ES256', 'ec'),
    ed: await testKey('EdDSA', 'ed'),
    foreign: await testKey('ES256', 'ec'),
    short: await shortKey(),
  }
  for (const [name, changed] of sets) {
    const iss = `https://${name}.example/`
    const set = { keys: changed(KIDS.map(kid => keys[kid].jwk)) }
    const fetch = async (url: unknown) =>
      Response.json(String(url).endsWith('/jwks') ? set : { issuer: iss, jwks_uri: `${iss}jwks` })
    const verifier = bearer({ issuer: iss, audience: AUDIENCE, fetch: fetch as typeof globalThis.fetch })
    issuers.push({ iss, verifier, jwks: createLocalJWKSet(set) })
  }
})

afterAll(() => {
  vi.useRealTimers()
})

/** A key that jose would not make: RSA with 1024 bits. */
async function shortKey(): Promise<TestKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  )
  return { alg: 'RS256', privateKey, jwk: { ...(await exportJWK(publicKey)), kid: 'rsa' } }
}

/** A member to set, or to leave out where the value is `undefined`. */
type Change = readonly [string, unknown]

const oddity = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom(0, -1, 1e300, NOW, NOW - 5, NOW - 6, NOW + 5, NOW + 6, NOW + 0.5, `${NOW}`, '', [], {}),
)
const headerChange: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.constant('alg'), fc.constantFrom(...DEFAULT_ALGORITHMS, 'none', 'HS256', 'ES256K', undefined, null, 1)),
  fc.tuple(fc.constant('kid'), fc.oneof(fc.constantFrom<unknown>(...KIDS, 'other', undefined), oddity)),
  fc.tuple(fc.constant('typ'), fc.oneof(fc.constantFrom('JWT', 'at+jwt', 'dpop+jwt', undefined), oddity)),
  fc.tuple(fc.constant('crit'), fc.oneof(fc.constantFrom(['b64'], ['x'], ['exp']), oddity)),
  fc.tuple(fc.constantFrom('b64', 'x', 'jwk', 'jku', 'exp', '__proto__'), oddity),
)
const claimChange: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.constantFrom('iss', 'aud', 'exp', 'iat', 'nbf', 'sub', 'jti', 'cnf', 'nonce', '__proto__'), oddity),
  fc.tuple(fc.constant('aud'), fc.constantFrom([AUDIENCE], ['x', AUDIENCE], [AUDIENCE, 1], `${AUDIENCE} `)),
)
/** How the bytes of the signature, and their spelling, are altered. */
const signatureChange = fc.oneof(
  fc.record({ flip: fc.nat() }),
  fc.record({ keep: fc.integer({ min: 0, max: 300 }) }),
  fc.record({ fill: fc.constantFrom(0, 255) }),
  fc.constantFrom({ prepend: [0] }, { append: [0] }, { append: [1, 2] }, { der: true }, { swap: true }, { salt: 0 }),
)
const textChange = fc.oneof(
  fc.record({ at: fc.nat(), insert: fc.constantFrom('A', '.', '=', '-', '\n', ' ', 'é', '\u0141', '') }),
  fc.record({ at: fc.nat(), replace: fc.constantFrom('A', 'B', '.', '_', '+', '/') }),
  fc.record({ parts: fc.array(fc.nat({ max: 2 }), { maxLength: 6 }) }),
  // The last character of a part has bits that are not used: another spelling of the same bytes.
  fc.record({ spell: fc.nat({ max: 2 }) }),
)

const mutation = fc.record({
  signer: fc.constantFrom<Signer>(...KIDS, 'foreign', 'short'),
  set: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: sets.length - 1 }) }),
  header: fc.array(headerChange, { maxLength: 2 }),
  claims: fc.array(claimChange, { maxLength: 2 }),
  signature: fc.option(signatureChange, { freq: 1 }),
  text: fc.option(textChange, { freq: 1 }),
  /** Seconds after which the token comes again, and may be remembered. */
  later: fc.constantFrom(0, 59, 64, 65, 66),
})
type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never

interface Altered {
  readonly flip?: number | undefined
  readonly keep?: number | undefined
  readonly fill?: number | undefined
  readonly prepend?: readonly number[] | undefined
  readonly append?: readonly number[] | undefined
  readonly swap?: boolean | undefined
}

function changed(good: object, changes: readonly Change[]): string {
  const entries = new Map<string, unknown>([...Object.entries(good), ...changes])
  const members = [...entries].filter(([, value]) => value !== undefined)
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
}

function tokenOf({ signer, set, header, claims, signature, text }: Mutation): string {
  const key = keys[signer]
  const protectedHeader = changed({ alg: key.alg, typ: 'at+jwt', kid: key.jwk.kid }, header)
  const good = { iss: issuers[set]?.iss, aud: AUDIENCE, sub: 'user', iat: NOW, exp: NOW + 60 }
  const input = `${base64url(protectedHeader)}.${base64url(changed(good, claims))}`
  const bytes = altered(signed(JSON.parse(protectedHeader).alg, key, input, signature ?? {}), signature ?? {})
  const token = `${input}.${bytes.toString('base64url')}`
  return text === null ? token : rewritten(token, text)
}

function rewritten(token: string, text: NonNullable<Mutation['text']>): string {
  const parts = token.split('.')
  if ('parts' in text) return text.parts.map(at => parts[at]).join('.')
  if ('spell' in text) return parts.map((part, at) => (at === text.spell ? respelled(part) : part)).join('.')
  const at = text.at % (token.length + 1)
  return 'insert' in text
    ? token.slice(0, at) + text.insert + token.slice(at)
    : token.slice(0, at) + text.replace + token.slice(at + 1)
}

function respelled(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return part.slice(0, -1) + (alphabet[alphabet.indexOf(part.at(-1) ?? '') ^ 1] ?? '')
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** As the header says, where the key can do it: a forger signs as well as an issuer does. */
function signed(alg: unknown, { privateKey, jwk }: TestKey, input: string, form: object): Buffer {
  const key = KeyObject.from(privateKey as webcrypto.CryptoKey)
  const data = Buffer.from(input)
  if (jwk.kty === 'OKP') return sign(null, data, key)
  const wanted = /(?:256|384|512)$/.exec(String(alg))?.[0] ?? 256
  const saltLength = 'salt' in form ? 0 : constants.RSA_PSS_SALTLEN_DIGEST
  const padding =
    jwk.kty === 'RSA' && String(alg).startsWith('PS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : {}
  // A key of 1024 bits has no room for the salt of SHA-512.
  const hash = `sha${jwk.n !== undefined && jwk.n.length < 300 ? 256 : wanted}`
  return sign(hash, data, { key, dsaEncoding: 'der' in form ? 'der' : 'ieee-p1363', ...padding })
}

function altered(bytes: Buffer, { flip, keep, fill, prepend = [], append = [], swap }: Altered): Buffer {
  if (flip !== undefined)
    bytes.writeUInt8(bytes.readUInt8(flip % bytes.length) ^ (1 << (flip % 8)), flip % bytes.length)
  if (fill !== undefined) bytes.fill(fill)
  const half = bytes.length / 2
  const turned = swap ? Buffer.concat([bytes.subarray(half), bytes.subarray(0, half)]) : bytes
  return Buffer.concat([Buffer.from(prepend), turned.subarray(0, keep), Buffer.from(append)])
}

/** The rules that go beyond jose's. */
const STRICTER = [
  /^'crit' /,
  /^'kid' /,
  /^'(?:sub|jti)' claim must be a string$/,
  /^'iat' /,
  /^token is bound to a key/,
  /^DPoP-bound token/,
  /^token is not an access token$/,
  /^unexpected 'typ' JWT header value$/,
  /^unexpected 'aud' claim value$/,
  /^JWTs MUST NOT use unencoded payload$/,
  /^Invalid Token or Protected Header formatting$/,
  /^JWT Claims Set must be a top-level JSON object$/,
  /^Failed to base64url decode the signature$/,
]

test("whatever jose's own jwtVerify refuses is refused, when it comes first and when it comes again", async () => {
  const seen = { granted: 0, grantedAgain: 0, refusedByBoth: 0, refusedByUs: 0, expired: 0 }
  const compare = async ({ set }: Mutation, token: string) => {
    const { iss, verifier, jwks } = issuers[set] as (typeof issuers)[number]
    const options = {
      issuer: iss,
      audience: AUDIENCE,
      algorithms: [...DEFAULT_ALGORITHMS],
      requiredClaims: ['iat', 'exp'],
      clockTolerance: 5,
    }
    const oracle = await jwtVerify(token, jwks, options).then(
      ({ payload }) => payload,
      () => undefined,
    )
    const verification = await ask(verifier, token)
    if (verification.granted) {
      expect(verification.proof).toEqual(oracle)
      return 'granted'
    }
    expect(verification.code).toBe('invalid_token')
    if (oracle === undefined) return 'refusedByBoth'
    expect(STRICTER.filter(rule => rule.test(verification.description ?? ''))).not.toEqual([])
    return 'refusedByUs'
  }
  await fc.assert(
    fc.asyncProperty(mutation, async mutated => {
      vi.setSystemTime(NOW * 1000)
      const token = tokenOf(mutated)
      const first = await compare(mutated, token)
      seen[first]++
      // From its second time on, a token is remembered.
      if (first === 'granted') expect(await compare(mutated, token)).toBe(first)
      vi.setSystemTime((NOW + mutated.later) * 1000)
      const again = await compare(mutated, token)
      if (first === 'granted') seen[again === 'granted' ? 'grantedAgain' : 'expired']++
    }),
    { numRuns: RUNS },
  )
  // Else the mutations would be too mild, or too wild, to say anything.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(RUNS / 200)
}, 3_600_000)
