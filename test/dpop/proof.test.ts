import { createHmac, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_ALGORITHMS } from '../../runtime/tokens/algorithms.js'
import { type Holder, holder, proof, type Wanted } from './proofs.js'
import { type Bench, bench, dpop, type Served, told } from './served.js'

let setting: Bench
let api: Served
let ada: Holder
let eve: Holder
let rsa: Holder
let weak: Holder
let token: string
let htu: string

beforeAll(async () => {
  setting = await bench('proof')
  api = await setting.serve({ dpop: true })
  ada = await holder()
  eve = await holder()
  rsa = await holder('RS256')
  weak = await holder('RS256', 1024)
  token = await setting.bound(ada)
  htu = `${api.origin}/messages`
})

afterAll(() => setting.close())

const asked = async (by: Holder, wanted: Partial<Wanted> = {}) =>
  told(await api.ask('/messages', dpop(by, { htu, token, ...wanted })))
const now = () => Math.floor(Date.now() / 1000)
const invalid = (description: string) => `401 invalid_dpop_proof: ${description}`

describe('a good proof', () => {
  test.each(DEFAULT_ALGORITHMS)('of %s lets the request pass', async algorithm => {
    const one = await holder(algorithm)
    expect(await asked(one, { token: await setting.bound(one) })).toBe('200')
  })
  test('lets it pass where the document asks for DPoP', async () => {
    const at = { htu: `${api.origin}/proof`, token }
    expect(told(await api.ask('/proof', dpop(ada, at)))).toBe('200')
    expect((await api.ask('/optional', dpop(ada, { ...at, htu: `${api.origin}/optional` }))).text).toBe('{"sub":"ada"}')
    expect((await api.ask('/optional')).text).toBe('{"sub":null}')
  })
  test('may have claims that nobody knows, and times that hold', async () => {
    expect(await asked(ada, { claims: { nonce: 'of another', exp: now() + 30, nbf: now(), more: [1] } })).toBe('200')
  })
  test('may have a kid, in the header and in the key: no key is looked for', async () => {
    expect(await asked(ada, { header: { kid: '../../etc/passwd', jwk: { ...ada.jwk, kid: 'other' } } })).toBe('200')
    const keyOfEve = { kid: eve.jkt, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' }
    expect(await asked(ada, { header: { ...keyOfEve, jwk: { ...ada.jwk, kid: eve.jkt } } })).toBe('200')
  })
})

describe('a bad proof', () => {
  test.each<[string, () => Partial<Wanted>, string]>([
    [
      'htm of another method',
      () => ({ claims: { htm: 'POST' } }),
      `'htm' of the DPoP proof is not the method of the request`,
    ],
    [
      'htm in another case',
      () => ({ claims: { htm: 'get' } }),
      `'htm' of the DPoP proof is not the method of the request`,
    ],
    ['an old iat', () => ({ claims: { iat: now() - 80 } }), `'iat' of the DPoP proof is too long ago`],
    ['an iat to come', () => ({ claims: { iat: now() + 20 } }), `'iat' of the DPoP proof is in the future`],
    [
      'an endless iat',
      () => ({ claimsText: text => text.replace(/"iat":\d+/, '"iat":1e999') }),
      'DPoP proof lacks a claim, or has a malformed one',
    ],
    ['an iat in milliseconds', () => ({ claims: { iat: Date.now() } }), `'iat' of the DPoP proof is in the future`],
    ['exp that is past', () => ({ claims: { exp: now() - 20 } }), 'DPoP proof is not valid now'],
    ['nbf to come', () => ({ claims: { nbf: now() + 20 } }), 'DPoP proof is not valid now'],
    ['exp that is no number', () => ({ claims: { exp: 'never' } }), 'DPoP proof is not valid now'],
    ['nbf that is no number', () => ({ claims: { nbf: null } }), 'DPoP proof is not valid now'],
    [
      'ath of another token',
      () => ({ claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } }),
      `'ath' of the DPoP proof is not the hash of the access token`,
    ],
    ['an empty jti', () => ({ claims: { jti: '' } }), 'DPoP proof lacks a claim, or has a malformed one'],
    ['a huge jti', () => ({ claims: { jti: 'j'.repeat(257) } }), 'DPoP proof lacks a claim, or has a malformed one'],
    ['another typ', () => ({ header: { typ: 'JWT' } }), `'typ' of the DPoP proof must be dpop+jwt`],
    ['typ in another case', () => ({ header: { typ: 'DPoP+JWT' } }), `'typ' of the DPoP proof must be dpop+jwt`],
    ['no typ', () => ({ header: { typ: undefined } }), `'typ' of the DPoP proof must be dpop+jwt`],
    [
      'alg none',
      () => ({ header: { alg: 'none' }, signature: () => Buffer.alloc(0) }),
      `'alg' of the DPoP proof is not accepted`,
    ],
    ['no alg', () => ({ header: { alg: undefined } }), `'alg' of the DPoP proof is not accepted`],
    ['an alg that is a list', () => ({ header: { alg: ['ES256'] } }), `'alg' of the DPoP proof is not accepted`],
    [
      'an alg called constructor',
      () => ({ header: { alg: 'constructor' } }),
      `'alg' of the DPoP proof is not accepted`,
    ],
    [
      'HMAC with the public key',
      () => ({
        header: { alg: 'HS256' },
        signature: input => createHmac('sha256', JSON.stringify(ada.jwk)).update(input).digest(),
      }),
      `'alg' of the DPoP proof is not accepted`,
    ],
    [
      'crit',
      () => ({ header: { crit: ['exp'], exp: now() + 30 } }),
      'DPoP proof has an extension that is not supported',
    ],
    ['an empty crit', () => ({ header: { crit: [] } }), 'DPoP proof has an extension that is not supported'],
    ['b64', () => ({ header: { b64: true } }), 'DPoP proof has an extension that is not supported'],
    ['no jwk', () => ({ header: { jwk: undefined } }), `'jwk' of the DPoP proof is no public key for its 'alg'`],
    [
      'a jwk that is text',
      () => ({ header: { jwk: JSON.stringify(ada.jwk) } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'a list of jwks',
      () => ({ header: { jwk: [ada.jwk] } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'the private key',
      () => ({ header: { jwk: ada.privateKey.export({ format: 'jwk' }) } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'an empty private part',
      () => ({ header: { jwk: { ...ada.jwk, d: '' } } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'a secret beside the key',
      () => ({ header: { jwk: { ...ada.jwk, k: 'AAAA' } } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'a symmetric key',
      () => ({ header: { jwk: { kty: 'oct', k: 'AAAA' } } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'a key of another form',
      () => ({ header: { jwk: rsa.jwk } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'an alg of another form',
      () => ({ header: { alg: 'ES384' } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'a key for encryption',
      () => ({ header: { jwk: { ...ada.jwk, use: 'enc' } } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'a point off the curve',
      () => ({ header: { jwk: { ...ada.jwk, y: ada.jwk.x } } }),
      `'jwk' of the DPoP proof is no public key for its 'alg'`,
    ],
    [
      'a signature by another key',
      () => ({
        signature: input => sign('sha256', Buffer.from(input), { key: eve.privateKey, dsaEncoding: 'ieee-p1363' }),
      }),
      'signature verification of the DPoP proof failed',
    ],
    [
      'a signature in DER',
      () => ({ signature: input => sign('sha256', Buffer.from(input), ada.privateKey) }),
      'signature verification of the DPoP proof failed',
    ],
    ['no signature', () => ({ signature: () => Buffer.alloc(0) }), 'signature verification of the DPoP proof failed'],
    [
      'htu twice',
      () => ({ claimsText: text => `${text.slice(0, -1)},"htu":${JSON.stringify(htu)}}` }),
      'DPoP proof is no signed JWT',
    ],
    [
      'htu twice, once by escapes',
      () => ({ claimsText: text => text.replace('{', '{"ht\\u0075":"https://else.example/",') }),
      'DPoP proof is no signed JWT',
    ],
    ['typ twice', () => ({ headerText: text => text.replace('{', '{"typ":"JWT",') }), 'DPoP proof is no signed JWT'],
    [
      'a member of the key twice',
      () => ({ headerText: text => text.replace('"kty"', '"kty":"oct","kty"') }),
      'DPoP proof is no signed JWT',
    ],
    ['claims that are a list', () => ({ claimsText: text => `[${text}]` }), 'DPoP proof is no signed JWT'],
    ['a header that is no JSON', () => ({ headerText: text => text.slice(1) }), 'DPoP proof is no signed JWT'],
    ['a byte order mark', () => ({ claimsText: text => `\ufeff${text}` }), 'DPoP proof is no signed JWT'],
    ['enormous claims', () => ({ claims: { more: 'x'.repeat(8192) } }), 'DPoP proof is too long'],
  ])('with %s is refused', async (_name, wanted, description) => {
    expect(await asked(ada, wanted())).toBe(invalid(description))
    // What is wrong is the proof, and not the setting.
    expect(await asked(ada)).toBe('200')
  })
  test.each(['jti', 'htm', 'htu', 'ath', 'iat'])('without %s, or with another type, is refused', async name => {
    for (const value of [undefined, null, true, [], {}, ['x'], name === 'iat' ? String(now()) : 7]) {
      expect(await asked(ada, { claims: { [name]: value } })).toBe(
        invalid('DPoP proof lacks a claim, or has a malformed one'),
      )
    }
  })
  test('with an RSA key under 2048 bits is refused, though the token is bound to it', async () => {
    expect(await asked(weak, { token: await setting.bound(weak) })).toBe(
      invalid(`'jwk' of the DPoP proof is no public key for its 'alg'`),
    )
  })
  test('in another spelling is refused', async () => {
    const good = () => proof(ada, { htu, token })
    const with_ = async (text: string | string[]) =>
      told(await api.ask('/messages', { headers: { Authorization: `DPoP ${token}`, DPoP: text } }))
    expect(await with_(good())).toBe('200')
    for (const text of [
      `${good()}=`,
      `${good()}.`,
      `${good()}..`,
      good().replace('.', ''),
      'x',
      '.',
      '..',
      '...',
      '{}',
    ]) {
      expect(await with_(text)).toBe(invalid('DPoP proof is no signed JWT'))
    }
    expect(await with_(`${good()}, ${good()}`)).toBe(invalid('DPoP proof is no signed JWT'))
    expect(await with_([good(), good()])).toBe(invalid('more than one DPoP proof'))
    expect(await with_(['', good()])).toBe(invalid('more than one DPoP proof'))
    expect(await with_('')).toBe(invalid('DPoP proof is no signed JWT'))
    // It differs in bits of the last character that no byte is made of.
    const text = good()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const twin = text.slice(0, -1) + alphabet[alphabet.indexOf(text.slice(-1)) ^ 1]
    expect(Buffer.from(twin, 'base64url').equals(Buffer.from(text, 'base64url'))).toBe(true)
    expect(await with_(twin)).toBe(invalid('DPoP proof is no signed JWT'))
  })
  test('elsewhere than in its header is none', async () => {
    const headers = { Authorization: `DPoP ${token}` }
    const path = `/messages?dpop=${proof(ada, { htu, token })}&DPoP=${proof(ada, { htu, token })}`
    expect(told(await api.ask(path, { headers }))).toBe(invalid('DPoP proof is missing'))
    const body = new URLSearchParams({ dpop: proof(ada, { htu, token, htm: 'POST' }) }).toString()
    const form = { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(told(await api.ask('/messages', { method: 'POST', headers: form, body }))).toBe(
      invalid('DPoP proof is missing'),
    )
  })
  test('only of the algorithms that are configured is taken', async () => {
    const narrow = await setting.serve({ dpop: { algorithms: ['ES256'] } })
    const one = { htu: `${narrow.origin}/messages`, token }
    expect(told(await narrow.ask('/messages', dpop(ada, one)))).toBe('200')
    const answer = await narrow.ask('/messages', dpop(rsa, { ...one, token: await setting.bound(rsa) }))
    expect(told(answer)).toBe(invalid(`'alg' of the DPoP proof is not accepted`))
    expect(answer.headers['www-authenticate']).toContain('DPoP algs="ES256", error="invalid_dpop_proof"')
  })
})
