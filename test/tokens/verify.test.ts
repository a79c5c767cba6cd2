import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  KeyObject,
  sign,
  type webcrypto,
} from 'node:crypto'
import { EncryptJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bearer } from '../../runtime/schemes/bearer.js'
import { DEFAULT_ALGORITHMS } from '../../runtime/tokens/algorithms.js'
import type { Verifier } from '../../runtime/verifier.js'
import {
  AUDIENCE,
  ask,
  encode,
  goodClaims,
  outcome,
  type ScriptedIssuer,
  scriptedIssuer,
  type TestKey,
  testKey,
} from './scripted-issuer.js'

// The times in the tables below are those of the file's loading.
vi.useFakeTimers({ toFake: ['Date'] })

let rsa: TestKey
let ec: TestKey
let issuer: ScriptedIssuer
let verifier: Verifier

beforeAll(async () => {
  rsa = await testKey('RS256', 'rsa')
  ec = await testKey('ES256', 'ec')
  issuer = await scriptedIssuer(rsa, ec)
  verifier = bearer({ issuer: issuer.issuer, audience: AUDIENCE })
})

afterAll(async () => {
  vi.useRealTimers()
  await issuer[Symbol.asyncDispose]()
})

const now = () => Math.floor(Date.now() / 1000)

/** Signs any text as header and payload, however wrong. */
function signedText(header: string, payload: string): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${signature(input)}`
}

function signature(input: string): string {
  return sign('sha256', Buffer.from(input), KeyObject.from(rsa.privateKey as webcrypto.CryptoKey)).toString('base64url')
}

const header = (members: object = {}) => JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid: 'rsa', ...members })
const payload = (members: object = {}) => JSON.stringify({ ...goodClaims(issuer.issuer), ...members })
const without = (name: string) => ({ [name]: undefined })

describe('a good token', () => {
  test('is granted with its claims and scopes', async () => {
    const claims = { ...goodClaims(issuer.issuer), roles: ['admin'] }
    expect(await ask(verifier, await issuer.sign(rsa, claims))).toEqual({
      granted: true,
      proof: claims,
      scopes: ['read:a', 'read:b'],
    })
  })

  test.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])('may have typ %s', async typ => {
    expect(await outcome(verifier, await issuer.sign(rsa, {}, { typ }))).toBe('granted')
  })

  test.each<[string, object]>([
    ['an audience among others', { aud: ['https://other.example', AUDIENCE] }],
    ['an exp within the tolerance', { exp: now() - 3 }],
    ['an nbf within the tolerance', { nbf: now() + 3 }],
    ['an iat within the tolerance', { iat: now() + 3 }],
    ['no sub', without('sub')],
    ['a nonce, when it says that it is an access token', { nonce: 'n' }],
  ])('may have %s', async (_, claims) => {
    expect(await outcome(verifier, await issuer.sign(rsa, claims))).toBe('granted')
  })

  test('may be signed with each of the asymmetric algorithms', async () => {
    for (const alg of DEFAULT_ALGORITHMS) {
      const key = await testKey(alg, `k-${alg}`)
      await using other = await scriptedIssuer(key)
      const own = bearer({ issuer: other.issuer, audience: AUDIENCE })
      expect([alg, await outcome(own, await other.sign(key))]).toEqual([alg, 'granted'])
    }
  })

  test("is told by Keycloak's typ and Cognito's token_use in spite of a nonce", async () => {
    expect(await outcome(verifier, await issuer.sign(rsa, { typ: 'Bearer', nonce: 'n' }, { typ: 'JWT' }))).toBe(
      'granted',
    )
    expect(await outcome(verifier, await issuer.sign(rsa, { token_use: 'access', nonce: 'n' }, { typ: 'JWT' }))).toBe(
      'granted',
    )
  })
})

describe('a bad claim', () => {
  const wrong: [string, object, string][] = [
    ['no iss', without('iss'), `missing required 'iss' claim`],
    ['no aud', without('aud'), `missing required 'aud' claim`],
    ['no exp', without('exp'), `missing required 'exp' claim`],
    ['no iat', without('iat'), `missing required 'iat' claim`],
    ['another issuer', { iss: 'https://other.example/' }, `unexpected 'iss' claim value`],
    ['an empty issuer', { iss: '' }, `unexpected 'iss' claim value`],
    ['a numeric issuer', { iss: 1 }, `unexpected 'iss' claim value`],
    ['a null issuer', { iss: null }, `unexpected 'iss' claim value`],
    ['another audience', { aud: 'https://other.example' }, `unexpected 'aud' claim value`],
    ['a longer audience', { aud: `${AUDIENCE}/` }, `unexpected 'aud' claim value`],
    ['an audience of another case', { aud: AUDIENCE.toUpperCase() }, `unexpected 'aud' claim value`],
    ['no audience in the list', { aud: [] }, `unexpected 'aud' claim value`],
    ['an audience that is an object', { aud: { 0: AUDIENCE } }, `unexpected 'aud' claim value`],
    ['an audience list with a number', { aud: [AUDIENCE, 1] }, `unexpected 'aud' claim value`],
    ['a nested audience list', { aud: [[AUDIENCE]] }, `unexpected 'aud' claim value`],
    ['exp in the past', { exp: now() - 60 }, `'exp' claim timestamp check failed`],
    ['exp at zero', { exp: 0 }, `'exp' claim timestamp check failed`],
    ['a negative exp', { exp: -1 }, `'exp' claim timestamp check failed`],
    ['exp as a string', { exp: `${now() + 3600}` }, `'exp' claim must be a number`],
    ['exp as null', { exp: null }, `'exp' claim must be a number`],
    ['exp as true', { exp: true }, `'exp' claim must be a number`],
    ['exp as a list', { exp: [now() + 3600] }, `'exp' claim must be a number`],
    ['nbf in the future', { nbf: now() + 60 }, `'nbf' claim timestamp check failed`],
    ['nbf as a string', { nbf: '0' }, `'nbf' claim must be a number`],
    ['nbf as a list', { nbf: [0] }, `'nbf' claim must be a number`],
    ['iat as a list', { iat: [0] }, `'iat' claim must be a number`],
    ['iat as null', { iat: null }, `'iat' claim must be a number`],
    ['exp as an object', { exp: {} }, `'exp' claim must be a number`],
    ['a number as audience', { aud: 1 }, `unexpected 'aud' claim value`],
    ['a null audience', { aud: null }, `unexpected 'aud' claim value`],
    ['nbf as null', { nbf: null }, `'nbf' claim must be a number`],
    ['iat in the future', { iat: now() + 60 }, `'iat' claim timestamp check failed (it should be in the past)`],
    ['iat as a string', { iat: `${now()}` }, `'iat' claim must be a number`],
    ['a numeric sub', { sub: 7 }, `'sub' claim must be a string`],
    ['a numeric jti', { jti: 7 }, `'jti' claim must be a string`],
    ['a list as jti', { jti: ['7'] }, `'jti' claim must be a string`],
    ['a null sub', { sub: null }, `'sub' claim must be a string`],
    ['a DPoP key', { cnf: { jkt: 'x' } }, 'DPoP-bound token requires the DPoP authentication scheme, not Bearer'],
    ['a certificate', { cnf: { 'x5t#S256': 'x' } }, 'token is bound to a key, and its possession was not proved'],
    ['an empty binding', { cnf: {} }, 'token is bound to a key, and its possession was not proved'],
    ['a null binding', { cnf: null }, 'token is bound to a key, and its possession was not proved'],
  ]

  test.each(wrong)('%s is refused', async (_, claims, description) => {
    expect(await outcome(verifier, await issuer.sign(rsa, claims))).toBe(`invalid_token: ${description}`)
  })

  test.each<[string, (issuer: string) => unknown]>([
    ['without its slash', iss => iss.slice(0, -1)],
    ['in capitals', iss => iss.toUpperCase()],
    ['with a path', iss => `${iss}x`],
    ['in a list', iss => [iss]],
  ])('the issuer %s is refused', async (_, iss) => {
    const token = await issuer.sign(rsa, { iss: iss(issuer.issuer) })
    expect(await outcome(verifier, token)).toBe(`invalid_token: unexpected 'iss' claim value`)
  })

  test('exp beyond the range of numbers is refused', async () => {
    const endless = payload({ exp: 0 }).replace('"exp":0', '"exp":1e999')
    expect(await outcome(verifier, signedText(header(), endless))).toBe(`invalid_token: 'exp' claim must be a number`)
  })

  test('of a member that is there twice, the last counts, for the check and for the handler', async () => {
    const twice = (name: string, first: unknown, last: unknown) =>
      payload({ [name]: first }).replace(/}$/, `,"${name}":${JSON.stringify(last)}}`)
    expect(await outcome(verifier, signedText(header(), twice('exp', now() + 60, 1)))).toMatch(/'exp'/)
    expect(await outcome(verifier, signedText(header(), twice('aud', AUDIENCE, 'x')))).toMatch(/'aud'/)
    expect(await outcome(verifier, signedText(header(), twice('iss', issuer.issuer, 'x')))).toMatch(/'iss'/)
    const granted = await ask(verifier, signedText(header(), twice('sub', 'root', 'user')))
    expect(granted).toMatchObject({ granted: true, proof: { sub: 'user' } })
    const none = signedText(header().replace(/}$/, ',"alg":"none"}'), payload())
    expect(await outcome(verifier, none)).toMatch(/'alg'/)
    const unsafe = signedText(header().replace('{', '{"alg":"none",'), payload())
    expect(await outcome(verifier, unsafe)).toBe('granted')
  })

  test('what every object inherits is no member of the token', async () => {
    const endless = await issuer.sign(rsa, { exp: undefined })
    const unsigned = signedText(header({ alg: undefined }), payload())
    await outcome(verifier, await issuer.sign(rsa))
    const polluted = Object.prototype as { exp?: unknown; alg?: unknown }
    try {
      polluted.exp = now() + 3600
      expect(await outcome(verifier, endless)).toBe(`invalid_token: missing required 'exp' claim`)
      polluted.alg = 'RS256'
      expect(await outcome(verifier, unsigned)).toBe(
        `invalid_token: JWS 'alg' (Algorithm) Header Parameter missing or invalid`,
      )
    } finally {
      delete polluted.exp
      delete polluted.alg
    }
  })
})

describe('a token of another kind', () => {
  const kinds: [string, object, object, string][] = [
    ['an ID token by nonce', { nonce: 'n' }, { typ: 'JWT' }, 'token is not an access token'],
    ['an ID token by at_hash', { at_hash: 'h' }, { typ: undefined }, 'token is not an access token'],
    ['an ID token by c_hash', { c_hash: 'h' }, { typ: 'JWT' }, 'token is not an access token'],
    ['an ID token by s_hash', { s_hash: 'h' }, { typ: 'JWT' }, 'token is not an access token'],
    ['an ID token by token_use', { token_use: 'id' }, {}, 'token is not an access token'],
    ['an ID token by its typ claim', { typ: 'ID' }, {}, 'token is not an access token'],
    ['a refresh token', { typ: 'Refresh' }, {}, 'token is not an access token'],
    ['an offline token', { typ: 'Offline' }, {}, 'token is not an access token'],
    ['a logout token by its typ claim', { typ: 'Logout' }, {}, 'token is not an access token'],
    ['a logout token by events', { events: {} }, { typ: 'JWT' }, 'token is not an access token'],
    ['a logout token by header', {}, { typ: 'logout+jwt' }, `unexpected 'typ' JWT header value`],
    ['a DPoP proof', {}, { typ: 'dpop+jwt' }, `unexpected 'typ' JWT header value`],
    ['a security event', {}, { typ: 'secevent+jwt' }, `unexpected 'typ' JWT header value`],
    ['an introspection answer', {}, { typ: 'token-introspection+jwt' }, `unexpected 'typ' JWT header value`],
    ['a typ that holds an allowed one', {}, { typ: 'xat+jwt' }, `unexpected 'typ' JWT header value`],
    ['a typ that continues an allowed one', {}, { typ: 'JWTx' }, `unexpected 'typ' JWT header value`],
    ['a typ with a line after it', {}, { typ: 'JWT\n' }, `unexpected 'typ' JWT header value`],
    ['an empty typ', {}, { typ: '' }, `unexpected 'typ' JWT header value`],
    ['a numeric typ', {}, { typ: 1 }, `unexpected 'typ' JWT header value`],
    ['a null typ', {}, { typ: null }, `unexpected 'typ' JWT header value`],
    ['a typ in a list', {}, { typ: ['JWT'] }, `unexpected 'typ' JWT header value`],
  ]
  test.each(kinds)('%s is refused', async (_, claims, members, description) => {
    const token = await issuer.sign(rsa, claims, members)
    expect(await outcome(verifier, token)).toBe(`invalid_token: ${description}`)
  })
})

describe('a bad header', () => {
  const NOT_ALLOWED = `'alg' (Algorithm) Header Parameter value not allowed`
  const SYMMETRIC = 'unsupported algorithm (symmetric algorithms are not supported)'
  const wrong: [string, object, string][] = [
    ['alg none', { alg: 'none' }, NOT_ALLOWED],
    ['alg NONE', { alg: 'NONE' }, NOT_ALLOWED],
    ['alg rs256', { alg: 'rs256' }, NOT_ALLOWED],
    ['alg ES256K', { alg: 'ES256K' }, NOT_ALLOWED],
    ['alg toString', { alg: 'toString' }, NOT_ALLOWED],
    ['alg HS256', { alg: 'HS256' }, SYMMETRIC],
    ['alg HS512', { alg: 'HS512' }, SYMMETRIC],
    ['an alg that holds another', { alg: 'XHS256' }, NOT_ALLOWED],
    ['an empty alg', { alg: '' }, `JWS 'alg' (Algorithm) Header Parameter missing or invalid`],
    ['no alg', { alg: undefined }, `JWS 'alg' (Algorithm) Header Parameter missing or invalid`],
    ['a list as alg', { alg: ['RS256'] }, `JWS 'alg' (Algorithm) Header Parameter missing or invalid`],
    ['an unknown extension', { crit: ['x'], x: 1 }, `'crit' (Critical) Header Parameter is not supported`],
    ['an empty crit', { crit: [] }, `'crit' (Critical) Header Parameter is not supported`],
    ['a critical exp', { crit: ['exp'], exp: 1 }, `'crit' (Critical) Header Parameter is not supported`],
    ['b64 declared critical', { crit: ['b64'], b64: false }, `'crit' (Critical) Header Parameter is not supported`],
    ['b64 false', { b64: false }, 'JWTs MUST NOT use unencoded payload'],
    ['a numeric kid', { kid: 1 }, `'kid' (Key ID) Header Parameter must be a string`],
    ['a kid that is a list', { kid: ['rsa'] }, `'kid' (Key ID) Header Parameter must be a string`],
    ['an unknown kid', { kid: 'other' }, 'no applicable key found in the JSON Web Key Set'],
    ['an empty kid', { kid: '' }, 'no applicable key found in the JSON Web Key Set'],
    ['a kid from the prototype', { kid: '__proto__' }, 'no applicable key found in the JSON Web Key Set'],
    ["another key's kid", { kid: 'ec' }, 'no applicable key found in the JSON Web Key Set'],
    ['an algorithm that another key has', { alg: 'ES256' }, 'no applicable key found in the JSON Web Key Set'],
    ['an algorithm that was not used', { alg: 'RS512' }, 'signature verification failed'],
    ['a padding that was not used', { alg: 'PS256' }, 'signature verification failed'],
  ]
  test.each(wrong)('%s is refused', async (_, members, description) => {
    expect(await outcome(verifier, signedText(header(members), payload()))).toBe(`invalid_token: ${description}`)
  })

  test('the public key as an HMAC secret is refused', async () => {
    const input = `${encode(header({ alg: 'HS256' }))}.${encode(payload())}`
    const secret = createPublicKey({ key: rsa.jwk as JsonWebKey, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    })
    const mac = createHmac('sha256', secret).update(input).digest('base64url')
    expect(await outcome(verifier, `${input}.${mac}`)).toBe(`invalid_token: ${SYMMETRIC}`)
  })

  test('a key, or the address of one, in the header is not used', async () => {
    const foreign = await testKey('RS256', 'foreign')
    await using attacker = await scriptedIssuer(foreign)
    const members = {
      jwk: foreign.jwk,
      jku: `${attacker.origin}/jwks`,
      x5u: `${attacker.origin}/x5u`,
      x5c: ['MIIB'],
    }
    for (const kid of ['rsa', 'foreign']) {
      const token = await attacker.sign(foreign, { iss: issuer.issuer }, { ...members, kid })
      expect(await outcome(verifier, token)).toMatch(
        /^invalid_token: (signature verification failed|no applicable key)/,
      )
    }
    expect(attacker.asked).toEqual([])
    // Its presence alone harms nobody.
    expect(await outcome(verifier, await issuer.sign(rsa, {}, members))).toBe('granted')
  })

  test('an algorithm that was not configured is refused', async () => {
    const strict = bearer({ issuer: issuer.issuer, audience: AUDIENCE, algorithms: ['ES256'] })
    expect(await outcome(strict, await issuer.sign(ec))).toBe('granted')
    expect(await outcome(strict, await issuer.sign(rsa))).toBe(`invalid_token: ${NOT_ALLOWED}`)
  })
})

describe('a bad form', () => {
  const HEADER = 'Invalid Token or Protected Header formatting'
  const CLAIMS = 'JWT Claims Set must be a top-level JSON object'
  const altered = (change: (token: string) => string) => async () => change(await issuer.sign(rsa))
  const wrong: [string, () => string | Promise<string>, string][] = [
    ['an empty token', () => '', HEADER],
    ['a word', () => 'opaque', HEADER],
    ['dots', () => '..', HEADER],
    ['a header that is a list', () => signedText('["RS256"]', payload()), HEADER],
    ['a header that is no JSON', () => signedText('{alg:RS256}', payload()), HEADER],
    ['a header behind a byte order mark', () => signedText(`\uFEFF${header()}`, payload()), HEADER],
    ['two parts', altered(token => token.slice(0, token.lastIndexOf('.'))), 'Invalid JWT'],
    ['four parts', altered(token => `${token}.`), 'Invalid JWT'],
    ['six parts', altered(token => `${token}.a.b.c`), 'Invalid JWT'],
    ['a space in front', altered(token => ` ${token}`), HEADER],
    ['a space behind', altered(token => `${token} `), 'Failed to base64url decode the signature'],
    ['padding', altered(token => `${token}==`), 'Failed to base64url decode the signature'],
    ['a trailing letter', altered(token => `${token}A`), 'signature verification failed'],
    ['no signature', altered(token => token.slice(0, token.lastIndexOf('.') + 1)), 'signature verification failed'],
    ['a shortened signature', altered(token => token.slice(0, -2)), 'signature verification failed'],
    ['a changed signature', altered(flipSignature), 'signature verification failed'],
    [
      'changed claims',
      altered(token => token.replace(/\.[^.]*\./, `.${encode(payload({ sub: 'root' }))}.`)),
      'signature verification failed',
    ],
    ['a payload that is a list', () => signedText(header(), '[]'), CLAIMS],
    ['a payload that is text', () => signedText(header(), '"{}"'), CLAIMS],
    ['a payload that is null', () => signedText(header(), 'null'), CLAIMS],
    ['an empty payload', () => signedText(header(), ''), CLAIMS],
    ['a payload behind a byte order mark', () => signedText(header(), `\uFEFF${payload()}`), CLAIMS],
    ['too long a token', () => issuer.sign(rsa, { fill: 'x'.repeat(16_384) }), 'token is too long'],
  ]
  test.each(wrong)('%s is refused', async (_, token, description) => {
    expect(await outcome(verifier, await token())).toBe(`invalid_token: ${description}`)
  })

  function flipSignature(token: string): string {
    const at = token.length - 20
    return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
  }

  test('16384 characters are not too many', async () => {
    const sized = (fill: number, more: string) => signedText(header({ more }), payload({ fill: 'x'.repeat(fill) }))
    const room = Math.floor(((16_384 - sized(0, '').length) * 3) / 4)
    // Three characters of base64url are no length that there is: the header makes up for it.
    const longest = ['', '1', '12', '123']
      .flatMap(more => [0, 1, 2, 3, 4].map(less => sized(room - less, more)))
      .find(one => one.length === 16_384)
    expect(longest).toBeTypeOf('string')
    expect(await outcome(verifier, longest as string)).toBe('granted')
  })

  test('b64 that says what is so anyway changes nothing', async () => {
    expect(await outcome(verifier, signedText(header({ b64: true }), payload()))).toBe('granted')
  })

  test('a payload that is no UTF-8 is refused', async () => {
    const bytes = Buffer.from(payload({ name: 'é' }), 'latin1').toString('base64url')
    const input = `${encode(header())}.${bytes}`
    expect(await outcome(verifier, `${input}.${signature(input)}`)).toBe(`invalid_token: ${CLAIMS}`)
  })

  test('a header that is no UTF-8 is refused', async () => {
    const bytes = Buffer.from(header({ name: 'é' }), 'latin1').toString('base64url')
    const input = `${bytes}.${encode(payload())}`
    expect(await outcome(verifier, `${input}.${signature(input)}`)).toBe(`invalid_token: ${HEADER}`)
  })

  test('another spelling of the same signature is refused', async () => {
    const token = await issuer.sign(rsa)
    // 256 bytes end in a character of which four bits are not used.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(token.at(-1) ?? '')
    const twin = token.slice(0, -1) + alphabet[last + 1]
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(token, 'base64url'))
    expect(await outcome(verifier, twin)).toBe('invalid_token: Failed to base64url decode the signature')
  })

  test('an encrypted token is refused', async () => {
    const token = await new EncryptJWT(goodClaims(issuer.issuer))
      .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM' })
      .encrypt(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)
    expect(await outcome(verifier, token)).toBe(
      'invalid_token: Only JWTs using Compact JWS serialization can be decoded',
    )
  })

  test('a token in a token is refused', async () => {
    const inner = await issuer.sign(rsa)
    expect(await outcome(verifier, signedText(header({ cty: 'JWT' }), inner))).toBe(`invalid_token: ${CLAIMS}`)
  })
})

test('no text of a token reaches a description, whatever it holds', async () => {
  const evil = 'evil"\\\r\n'
  const tokens = [
    evil,
    signedText(header({ alg: evil }), payload()),
    signedText(header({ typ: evil }), payload()),
    signedText(header({ kid: evil }), payload()),
    signedText(header({ crit: [evil], [evil]: 1 }), payload()),
    signedText(header(), payload({ iss: evil })),
    signedText(header(), payload({ aud: evil })),
    signedText(header(), payload({ typ: evil, cnf: { [evil]: evil } })),
  ]
  for (const token of tokens) {
    const verification = await ask(verifier, token)
    expect(verification.granted).toBe(false)
    // RFC 6750 section 3
    if (!verification.granted) expect(verification.description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
    expect(JSON.stringify(verification)).not.toContain('evil')
  }
})

test('the clock tolerance is what was configured', async () => {
  const strict = bearer({ issuer: issuer.issuer, audience: AUDIENCE, clockTolerance: 0 })
  const lax = bearer({ issuer: issuer.issuer, audience: AUDIENCE, clockTolerance: 60 })
  const token = await issuer.sign(rsa, { exp: now() - 30 })
  expect(await outcome(strict, token)).toBe(`invalid_token: 'exp' claim timestamp check failed`)
  expect(await outcome(lax, token)).toBe('granted')
})

test('scopes come from the claims that were configured', async () => {
  const auth0 = bearer({ issuer: issuer.issuer, audience: AUDIENCE, scopeClaims: ['permissions'] })
  const token = await issuer.sign(rsa, { permissions: ['read:c'] })
  expect(await ask(auth0, token)).toMatchObject({ scopes: ['read:c'] })
  expect(await ask(verifier, token)).toMatchObject({ scopes: ['read:a', 'read:b'] })
})
