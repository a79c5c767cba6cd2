import { constants, KeyObject, sign, type webcrypto } from 'node:crypto'
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bearer } from '../../runtime/schemes/bearer.js'
import { DEFAULT_ALGORITHMS } from '../../runtime/tokens/algorithms.js'
import type { Verifier } from '../../runtime/verifier.js'
import { AUDIENCE, ask, type ScriptedIssuer, scriptedIssuer, type TestKey, testKey } from './scripted-issuer.js'

const RUNS = 600
const NOW = 1_800_000_000
const KIDS = ['rsa', 'ec', 'ed'] as const

let keys: Record<(typeof KIDS)[number] | 'foreign', TestKey>
let issuer: ScriptedIssuer
let verifier: Verifier

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 })
  keys = {
    rsa: await testKey('RS256', 'rsa'),
    ec: await testKey('ES256', 'ec'),
    ed: await testKey('EdDSA', 'ed'),
    foreign: await testKey('ES256', 'ec'),
  }
  issuer = await scriptedIssuer(keys.rsa, keys.ec, keys.ed)
  verifier = bearer({ issuer: issuer.issuer, audience: AUDIENCE })
})

afterAll(async () => {
  vi.useRealTimers()
  await issuer[Symbol.asyncDispose]()
})

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
  fc.tuple(fc.constantFrom('iss', 'aud', 'exp', 'iat', 'nbf', 'sub', 'cnf', 'nonce', '__proto__'), oddity),
  fc.tuple(fc.constant('aud'), fc.constantFrom([AUDIENCE], ['x', AUDIENCE], [AUDIENCE, 1], `${AUDIENCE} `)),
)
const textChange = fc.oneof(
  fc.record({ at: fc.nat(), insert: fc.constantFrom('A', '.', '=', '-', '\n', 'é', '') }),
  fc.record({ at: fc.nat(), replace: fc.constantFrom('A', 'B', '.', '_') }),
)

const mutation = fc.record({
  signer: fc.constantFrom(...KIDS, 'foreign' as const),
  header: fc.array(headerChange, { maxLength: 2 }),
  claims: fc.array(claimChange, { maxLength: 2 }),
  text: fc.option(textChange, { freq: 1 }),
})

type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never

function changed(good: object, changes: readonly Change[]): string {
  const entries = new Map<string, unknown>([...Object.entries(good), ...changes])
  const members = [...entries].filter(([, value]) => value !== undefined)
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
}

function tokenOf({ signer, header, claims, text }: Mutation): string {
  const key = keys[signer]
  const protectedHeader = changed({ alg: key.alg, typ: 'at+jwt', kid: key.jwk.kid }, header)
  const good = { iss: issuer.issuer, aud: AUDIENCE, sub: 'user', iat: NOW, exp: NOW + 60 }
  const input = `${base64url(protectedHeader)}.${base64url(changed(good, claims))}`
  const token = `${input}.${signature(JSON.parse(protectedHeader).alg, key, input)}`
  if (text === null) return token
  const at = text.at % (token.length + 1)
  return 'insert' in text
    ? token.slice(0, at) + text.insert + token.slice(at)
    : token.slice(0, at) + text.replace + token.slice(at + 1)
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** As the header says, where the key can do it: a forger signs as well as an issuer does. */
function signature(alg: unknown, { privateKey, jwk }: TestKey, input: string): string {
  const key = KeyObject.from(privateKey as webcrypto.CryptoKey)
  const data = Buffer.from(input)
  if (jwk.kty === 'OKP') return sign(null, data, key).toString('base64url')
  const hash = `sha${/(?:256|384|512)$/.exec(String(alg))?.[0] ?? 256}`
  const padding = String(alg).startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {}
  return sign(hash, data, { key, dsaEncoding: 'ieee-p1363', ...padding }).toString('base64url')
}

/** The rules that go beyond jose's. */
const STRICTER = [
  /^'crit' /,
  /^'kid' /,
  /^'sub' claim must be a string$/,
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

test("whatever jose's own jwtVerify refuses is refused", async () => {
  const jwks = createLocalJWKSet({ keys: issuer.keys })
  const options = {
    issuer: issuer.issuer,
    audience: AUDIENCE,
    algorithms: [...DEFAULT_ALGORITHMS],
    requiredClaims: ['iat', 'exp'],
    clockTolerance: 5,
  }
  const seen = { granted: 0, refusedByBoth: 0, refusedByUs: 0 }
  await fc.assert(
    fc.asyncProperty(mutation, async mutated => {
      const token = tokenOf(mutated)
      const oracle = await jwtVerify(token, jwks, options).then(
        ({ payload }) => payload,
        () => undefined,
      )
      const verification = await ask(verifier, token)
      if (verification.granted) {
        seen.granted++
        expect(verification.proof).toEqual(oracle)
        return
      }
      expect(verification.code).toBe('invalid_token')
      if (oracle === undefined) seen.refusedByBoth++
      else {
        seen.refusedByUs++
        expect(STRICTER.some(rule => rule.test(verification.description ?? ''))).toBe(true)
      }
    }),
    { numRuns: RUNS },
  )
  // Else the mutations would be too mild, or too wild, to say anything.
  expect(Math.min(seen.granted, seen.refusedByBoth, seen.refusedByUs)).toBeGreaterThan(RUNS / 100)
})
