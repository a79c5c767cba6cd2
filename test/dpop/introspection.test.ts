import { createHash } from 'node:crypto'
import { introspection, type PossessionOptions } from 'gatewright/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Issued, issueCertificate } from '../http/certificates.js'
import { active, answering, type ScriptedServer, scriptedServer } from '../introspection/scripted-server.js'
import { type Holder, holder } from './proofs.js'
import { type Bench, bench, dpop, type Serving, told } from './served.js'

/** Tokens that their authorization server is asked about, and says to be bound to a key. */
const token = 'opaque'
const root = issueCertificate({ subject: 'Root', ca: true })
const own = issueCertificate({ subject: 'Server', issuer: root })
const [client, other] = ['client', 'client'].map(subject => issueCertificate({ subject, issuer: root })) as [
  Issued,
  Issued,
]
const tls = { key: own.key, cert: own.cert, ca: root.cert, requestCert: true, rejectUnauthorized: false }

let setting: Bench
let server: ScriptedServer
let ada: Holder
let eve: Holder

beforeAll(async () => {
  setting = await bench('introspection')
  server = await scriptedServer()
  ada = await holder()
  eve = await holder()
})
afterAll(async () => {
  await setting.close()
  await server[Symbol.asyncDispose]()
})
beforeEach(() => saying({}))

const saying = (members: object) => {
  server.answer = answering(active(server.issuer, { scope: 'reader', ...members }))
}
const asking = (serving: Serving, more: object = {}) =>
  setting.serve({
    ...serving,
    by: (possession: PossessionOptions) => introspection({ ...server.options, ...possession, ...more }),
  })
const asBearer = (one?: Issued) => ({
  headers: { Authorization: `Bearer ${token}` },
  ...(one && { tls: { ca: root.cert, key: one.key, cert: one.cert } }),
})
const thumbprint = ({ certificate }: Issued) => createHash('sha256').update(certificate.raw).digest('base64url')

const NOT_BEARER = '401 invalid_token: DPoP-bound token requires the DPoP authentication scheme, not Bearer'
const NOT_PROVED = '401 invalid_token: token is bound to a key, and its possession was not proved'
const NOT_BOUND = '401 invalid_token: token is not bound to a DPoP key'

describe('bound to a DPoP key', () => {
  test.each(['/messages', '/proof'])('it passes with its proof, once, and in no other way (%s)', async path => {
    saying({ token_type: 'DPoP', cnf: { jkt: ada.jkt } })
    const api = await asking({ dpop: true })
    const htu = api.origin + path
    const asked = dpop(ada, { htu, token })
    expect(told(await api.ask(path, asked))).toBe('200')
    expect(told(await api.ask(path, asked))).toBe('401 invalid_dpop_proof: DPoP proof was used before')
    expect(told(await api.ask(path, dpop(eve, { htu, token })))).toMatch(/^401/)
    expect(told(await api.ask(path, dpop(ada, { htu, token, claims: { ath: undefined } })))).toMatch(/^401/)
    expect(told(await api.ask(path, { headers: { Authorization: `DPoP ${token}` } }))).toMatch(/^401/)
    expect(told(await api.ask(path, asBearer()))).toMatch(/^401/)
  })

  // A server that does not know of DPoP says `Bearer`, or nothing.
  test.each(['DPoP', 'Bearer', undefined])('it is refused as a bearer token, type %s or not', async token_type => {
    saying({ token_type, cnf: { jkt: ada.jkt } })
    for (const options of [{}, { dpop: true }, { dpop: { required: true } }, { certificates: true }]) {
      expect(told(await (await asking(options)).ask('/messages', asBearer()))).toMatch(/^401/)
    }
    expect(told(await (await asking({})).ask('/messages', asBearer()))).toBe(NOT_BEARER)
  })

  test('its proof is asked for on every request, though the answer is remembered', async () => {
    saying({ token_type: 'DPoP', cnf: { jkt: ada.jkt } })
    const api = await asking({ dpop: { nonces: true } }, { cache: { maxAge: 60 } })
    const htu = `${api.origin}/messages`
    const before = server.questions.length
    const { headers } = await api.ask('/messages', dpop(ada, { htu, token }))
    const nonce = headers['dpop-nonce']
    expect(nonce).toEqual(expect.any(String))
    const asked = dpop(ada, { htu, token, claims: { nonce } })
    expect(told(await api.ask('/messages', asked))).toBe('200')
    expect(told(await api.ask('/messages', asked))).toMatch(/used before$/)
    expect(told(await api.ask('/messages', dpop(eve, { htu, token, claims: { nonce } })))).toMatch(/^401/)
    expect(told(await api.ask('/messages', asBearer()))).toBe(NOT_BEARER)
    expect(server.questions.length - before).toBe(1)
  })
})

describe('bound to a client certificate', () => {
  beforeEach(() => saying({ cnf: { 'x5t#S256': thumbprint(client) } }))
  test('it passes with that certificate only', async () => {
    const api = await asking({ certificates: true, tls })
    expect(told(await api.ask('/messages', asBearer(client)))).toBe('200')
    expect(told(await api.ask('/messages', asBearer(other)))).toMatch(/another client certificate$/)
    const without = { ...asBearer(), tls: { ca: root.cert } }
    expect(told(await api.ask('/messages', without))).toMatch(/that it is bound to$/)
  })
  test('it is refused where the options do not say so', async () => {
    expect(told(await (await asking({ tls })).ask('/messages', asBearer(client)))).toBe(NOT_PROVED)
    expect(told(await (await asking({ tls, dpop: true })).ask('/messages', asBearer(client)))).toBe(NOT_PROVED)
  })
  test('and to a DPoP key, it wants both', async () => {
    saying({ cnf: { 'x5t#S256': thumbprint(client), jkt: ada.jkt }, token_type: 'DPoP' })
    const asked = (origin: string, by: Holder, one: Issued) => ({
      ...dpop(by, { htu: `${origin}/messages`, token }),
      tls: { ca: root.cert, key: one.key, cert: one.cert },
    })
    const api = await asking({ certificates: true, dpop: true, tls })
    expect(told(await api.ask('/messages', asked(api.origin, ada, client)))).toBe('200')
    expect(told(await api.ask('/messages', asked(api.origin, ada, other)))).toMatch(/^401/)
    expect(told(await api.ask('/messages', asked(api.origin, eve, client)))).toMatch(/^401/)
    const half = await asking({ dpop: true, tls })
    expect(told(await half.ask('/messages', asked(half.origin, ada, client)))).toBe(NOT_PROVED)
  })
})

test('bound to what nobody knows, or to nothing that can be read, it is refused', async () => {
  const api = await asking({ certificates: true, dpop: true, tls })
  for (const cnf of [{}, { jwk: ada.jwk }, { kid: 'k1' }, null, 'jkt', [ada.jkt]]) {
    saying({ cnf })
    expect(told(await api.ask('/messages', asBearer(client)))).toBe(NOT_PROVED)
  }
})

test('bound to nothing, it is a bearer token and no other, unless DPoP is required', async () => {
  const asked = (origin: string) => dpop(ada, { htu: `${origin}/messages`, token })
  const api = await asking({ dpop: true })
  expect(told(await api.ask('/messages', asBearer()))).toBe('200')
  expect(told(await api.ask('/messages', asked(api.origin)))).toBe(NOT_BOUND)
  const strict = await asking({ dpop: { required: true } })
  expect(told(await strict.ask('/messages', asBearer()))).toMatch(/^401/)
  saying({ token_type: 'DPoP' })
  expect(told(await strict.ask('/messages', asked(strict.origin)))).toBe(NOT_BOUND)
})
