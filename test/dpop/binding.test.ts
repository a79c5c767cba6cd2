import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { bearer, type PossessionOptions, type TokenType } from 'gatewright/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { possessionProver } from '../../runtime/tokens/possession.js'
import { type Issued, issueCertificate } from '../http/certificates.js'
import type { Asked } from '../http/request.js'
import { type Holder, holder, proof } from './proofs.js'
import { type Bench, bench, dpop, type Served, told } from './served.js'

const root = issueCertificate({ subject: 'Root', ca: true })
const server = issueCertificate({ subject: 'Server', issuer: root })
const client = issueCertificate({ subject: 'client', issuer: root })
const other = issueCertificate({ subject: 'client', issuer: root })
const selfSigned = issueCertificate({ subject: 'client' })

let setting: Bench
let ada: Holder
let eve: Holder

beforeAll(async () => {
  setting = await bench('binding')
  ada = await holder()
  eve = await holder()
})

afterAll(() => setting.close())

const bearing = (token: string, type = 'Bearer'): Asked => ({ headers: { Authorization: `${type} ${token}` } })
const invalid = (description: string) => `401 invalid_token: ${description}`
const NOT_PROVED = invalid('token is bound to a key, and its possession was not proved')
const NOT_BOUND = invalid('token is not bound to a DPoP key')
const DOWNGRADE = invalid('DPoP-bound token requires the DPoP authentication scheme, not Bearer')
const digest = ({ certificate }: Issued) => createHash('sha256').update(certificate.raw).digest('base64url')

describe('a token that is bound to a DPoP key', () => {
  test('is never taken as a bearer token, with a good proof or without, whether DPoP is on or off', async () => {
    const token = await setting.bound(ada)
    for (const options of [{ dpop: true }, {}, { dpop: false, certificates: true }] as const) {
      const api = await setting.serve(options)
      const withProof = { Authorization: `Bearer ${token}`, DPoP: proof(ada, { htu: `${api.origin}/messages`, token }) }
      expect(told(await api.ask('/messages', bearing(token)))).toBe(DOWNGRADE)
      expect(told(await api.ask('/messages', { headers: withProof }))).toBe(DOWNGRADE)
    }
  })
  test('is not taken in DPoP form where DPoP is off', async () => {
    const token = await setting.bound(ada)
    const api = await setting.serve()
    const answer = await api.ask('/messages', dpop(ada, { htu: `${api.origin}/messages`, token }))
    expect([answer.status, answer.headers['www-authenticate'], answer.text]).toEqual([401, 'Bearer', ''])
  })
  test('wants its own key', async () => {
    const api = await setting.serve({ dpop: true })
    const htu = `${api.origin}/messages`
    const token = await setting.bound(ada)
    const wrong = invalid('Invalid DPoP key binding')
    expect(told(await api.ask('/messages', dpop(eve, { htu, token })))).toBe(wrong)
    // The key of the one, signed by the other.
    const mixed = { ...eve, jwk: ada.jwk }
    expect(told(await api.ask('/messages', dpop(mixed, { htu, token })))).toBe(
      '401 invalid_dpop_proof: signature verification of the DPoP proof failed',
    )
    for (const jkt of [null, '', 7, [ada.jkt], { [ada.jkt]: true }, `${ada.jkt}=`, ada.jkt.slice(0, -1)]) {
      const odd = await setting.bound(undefined, { cnf: { jkt } })
      expect(told(await api.ask('/messages', dpop(ada, { htu, token: odd }))), String(jkt)).toBe(wrong)
    }
  })
})

describe('a token that is not', () => {
  test('is taken as a bearer token, and not in DPoP form', async () => {
    const api = await setting.serve({ dpop: true })
    const token = await setting.bound()
    expect(told(await api.ask('/messages', bearing(token)))).toBe('200')
    expect(told(await api.ask('/messages', dpop(ada, { htu: `${api.origin}/messages`, token })))).toBe(NOT_BOUND)
    expect(told(await api.ask('/messages', bearing(token, 'DPoP')))).toBe(NOT_BOUND)
    expect(told(await api.ask('/proof', dpop(ada, { htu: `${api.origin}/proof`, token })))).toBe(NOT_BOUND)
    expect((await api.ask('/proof', bearing(token))).status).toBe(401)
    expect((await api.ask('/optional', bearing(token))).status).toBe(401)
  })
  test('is refused where DPoP is required', async () => {
    const api = await setting.serve({ dpop: { required: true } })
    const token = await setting.bound()
    const answer = await api.ask('/messages', bearing(token))
    expect([answer.status, answer.text]).toEqual([401, ''])
    expect(answer.headers['www-authenticate']).toMatch(/^DPoP algs="[A-Za-z0-9 ]+"$/)
    expect(told(await api.ask('/messages', bearing(token, 'DPoP')))).toBe(NOT_BOUND)
    const bound = await setting.bound(ada)
    expect(told(await api.ask('/messages', dpop(ada, { htu: `${api.origin}/messages`, token: bound })))).toBe('200')
  })
})

describe('challenges', () => {
  test('name both ways, and what is wrong on the one that was used', async () => {
    const api = await setting.serve({ dpop: { algorithms: ['ES256', 'Ed25519'] } })
    const challenges = async (path: string, asked: Asked = {}) => {
      const { rawHeaders } = await api.ask(path, asked)
      return rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'www-authenticate')
    }
    const algs = 'DPoP algs="ES256 Ed25519"'
    expect(await challenges('/messages')).toEqual(['Bearer', algs])
    expect(await challenges('/proof')).toEqual([algs])
    const token = await setting.bound(ada)
    expect(await challenges('/messages', bearing(token, 'DPoP'))).toEqual([
      'Bearer',
      `${algs}, error="invalid_dpop_proof", error_description="DPoP proof is missing"`,
    ])
    expect(await challenges('/messages', bearing(token))).toEqual([
      `Bearer error="invalid_token", error_description="DPoP-bound token requires the DPoP authentication scheme, not Bearer"`,
      algs,
    ])
    const asked = dpop(ada, { htu: `${api.origin}/scoped`, token })
    expect(await challenges('/scoped', asked)).toEqual([
      'Bearer',
      `${algs}, error="insufficient_scope", error_description="Insufficient scopes", scope="reader"`,
    ])
  })
  test('two credentials are one too many', async () => {
    const api = await setting.serve({ dpop: true })
    const token = await setting.bound(ada)
    const good = proof(ada, { htu: `${api.origin}/messages`, token })
    const twice = { Authorization: [`DPoP ${token}`, `Bearer ${token}`], DPoP: good }
    expect((await api.ask('/messages', { headers: twice })).status).toBe(400)
    const headers = { Authorization: `DPoP ${token}`, DPoP: good }
    expect((await api.ask(`/messages?access_token=${token}`, { headers })).status).toBe(400)
  })
})

describe('cnf', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['text', 'x'],
    ['a list', [{ jkt: 'x' }]],
    ['empty', {}],
    ['a key', { jwk: { kty: 'EC' } }],
    ['the name of a key', { kid: 'x' }],
    ['a method that nobody knows', { 'x5t#S512': 'x' }],
    ['the name of a prototype', JSON.parse('{"__proto__":{"jkt":"x"}}')],
  ])('that is %s refuses the token', async (_name, cnf) => {
    const api = await setting.serve({ dpop: true, certificates: true })
    expect(told(await api.ask('/messages', bearing(await setting.bound(undefined, { cnf }))))).toBe(NOT_PROVED)
  })
  test('with a method that nobody knows refuses it beside a good proof, too', async () => {
    const api = await setting.serve({ dpop: true })
    for (const more of [{ kid: 'x' }, { 'x5t#S256': digest(client) }, { jwk: ada.jwk }]) {
      const token = await setting.bound(undefined, { cnf: { jkt: ada.jkt, ...more } })
      expect(told(await api.ask('/messages', dpop(ada, { htu: `${api.origin}/messages`, token })))).toBe(NOT_PROVED)
    }
  })
})

describe('a token that is bound to a client certificate', () => {
  const tls = { key: server.key, cert: server.cert, ca: root.cert, requestCert: true, rejectUnauthorized: false }
  const with_ = (asked: Asked, one?: Issued): Asked => ({
    ...asked,
    tls: { ca: root.cert, ...(one && { key: one.key, cert: one.cert }) },
  })
  const boundTo = (one: Issued, more: object = {}) =>
    setting.bound(undefined, { cnf: { 'x5t#S256': digest(one), ...more } })
  const MISSING = invalid('token requires the client certificate that it is bound to')
  const ANOTHER = invalid('token is bound to another client certificate')

  test('is taken with that certificate on a TLS connection, and no other', async () => {
    const api = await setting.serve({ certificates: true, tls })
    const token = bearing(await boundTo(client))
    expect(told(await api.ask('/messages', with_(token, client)))).toBe('200')
    expect(told(await api.ask('/messages', with_(token, other)))).toBe(ANOTHER)
    expect(told(await api.ask('/messages', with_(token)))).toBe(MISSING)
    // The token names it; who signed it does not matter (RFC 8705 section 2.2).
    expect(told(await api.ask('/messages', with_(bearing(await boundTo(selfSigned)), selfSigned)))).toBe('200')
    for (const value of [null, '', [digest(client)], `${digest(client)}=`, digest(client).toLowerCase()]) {
      const odd = bearing(await setting.bound(undefined, { cnf: { 'x5t#S256': value } }))
      expect(told(await api.ask('/messages', with_(odd, client))), String(value)).toBe(ANOTHER)
    }
  })
  test('is refused where the option is absent', async () => {
    const api = await setting.serve({ tls, dpop: true })
    expect(told(await api.ask('/messages', with_(bearing(await boundTo(client)), client)))).toBe(NOT_PROVED)
  })
  test('is taken with what a trusted proxy forwards, and nobody else', async () => {
    const trusting = await setting.serve({ certificates: { trustedProxies: ['127.0.0.1'] } })
    const trustless = await setting.serve({ certificates: { trustedProxies: ['192.0.2.7'] } })
    const token = await boundTo(client)
    const forwarded = (...certificates: Issued[]): Asked => ({
      headers: [
        ...['Host', 'api.example', 'Authorization', `Bearer ${token}`],
        ...certificates.flatMap(one => ['Client-Cert', `:${one.certificate.raw.toString('base64')}:`]),
      ],
    })
    const ask = (api: Served, ...certificates: Issued[]) => api.ask('/messages', forwarded(...certificates)).then(told)
    expect(await ask(trusting, client)).toBe('200')
    expect(await ask(trusting, other)).toBe(ANOTHER)
    expect(await ask(trusting)).toBe(MISSING)
    expect(await ask(trusting, other, client)).toBe(MISSING)
    expect(await ask(trustless, client)).toBe(MISSING)
    expect(await ask(await setting.serve({ certificates: true }), client)).toBe(MISSING)
  })
  test('and to a DPoP key, wants both proofs', async () => {
    const api = await setting.serve({ certificates: true, dpop: true, tls })
    const token = await boundTo(client, { jkt: ada.jkt })
    const asked = () => dpop(ada, { htu: `${api.origin}/messages`, token })
    expect(told(await api.ask('/messages', with_(asked(), client)))).toBe('200')
    expect(told(await api.ask('/messages', with_(asked(), other)))).toBe(ANOTHER)
    expect(told(await api.ask('/messages', with_(asked())))).toBe(MISSING)
    expect(told(await api.ask('/messages', with_(bearing(token, 'DPoP'), client)))).toBe(
      '401 invalid_dpop_proof: DPoP proof is missing',
    )
    expect(told(await api.ask('/messages', with_(bearing(token), client)))).toBe(DOWNGRADE)
    // A certificate is no DPoP key.
    expect(told(await api.ask('/messages', with_(bearing(await boundTo(client), 'DPoP'), client)))).toBe(NOT_BOUND)
  })
})

describe('a verifier that is asked directly', () => {
  const request = { rawHeaders: [], headers: {}, socket: {} } as unknown as IncomingMessage
  const ask = async (options: PossessionOptions, token: string, tokenType: TokenType) => {
    const { issuer, audience } = setting.issuer
    return bearer({ issuer, audience, ...options }).verify({ kind: 'bearer', token, tokenType }, request)
  }
  test('takes no DPoP where it is off, and nothing else where it is required', async () => {
    const bound = await setting.bound(ada)
    for (const options of [{}, { certificates: true }]) {
      expect(await ask(options, bound, 'DPoP')).toMatchObject({ granted: false, code: 'invalid_token' })
    }
    expect(await ask({ dpop: { required: true } }, await setting.bound(), 'Bearer')).toMatchObject({ granted: false })
    expect(await ask({ dpop: true }, await setting.bound(), 'Bearer')).toMatchObject({ granted: true })
    const both = await setting.bound(undefined, { cnf: { jkt: ada.jkt, 'x5t#S256': digest(client) } })
    expect(await ask({ certificates: true }, both, 'DPoP')).toMatchObject({ granted: false, code: 'invalid_token' })
  })
})

test('a token is held to the key that it is bound to, whatever else a verifier could prove', async () => {
  const asked: string[] = []
  const prove = possessionProver({
    dpop: async () => {
      asked.push('dpop')
      return { granted: true }
    },
    certificate: () => {
      asked.push('certificate')
      return undefined
    },
  })
  const request = {} as IncomingMessage
  const presented = (tokenType: 'Bearer' | 'DPoP') => ({ kind: 'bearer', token: 't', tokenType }) as const
  const claims = (cnf: object) => ({ iss: 'i', aud: 'a', cnf }) as never
  expect(await prove(claims({ jkt: 'k' }), presented('DPoP'), request)).toMatchObject({ granted: true })
  expect(asked.splice(0)).toEqual(['dpop'])
  expect(await prove(claims({ 'x5t#S256': 'c' }), presented('Bearer'), request)).toMatchObject({ granted: true })
  expect(asked.splice(0)).toEqual(['certificate'])
  expect(await prove(claims({ jkt: 'k', 'x5t#S256': 'c' }), presented('DPoP'), request)).toMatchObject({
    granted: true,
  })
  expect(asked.splice(0)).toEqual(['certificate', 'dpop'])
})
