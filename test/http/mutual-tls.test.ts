import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect, TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { apiKey, type Decided, type MutualTlsOptions, mutualTls } from 'gatewright/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generate } from '../../generator/index.js'
import { type Issued, issueCertificate } from './certificates.js'
import { type Asked, send } from './request.js'

const folder = fileURLToPath(new URL('../out/mutual-tls/', import.meta.url))

const responses = "responses: { '200': { description: Done, content: { application/json: {} } } }"
const DOCUMENT = `openapi: 3.1.0
info: { title: Mutual TLS, version: 1.0.0 }
paths:
  /certificate: { get: { operationId: needsCertificate, security: [{ partner: [] }], ${responses} } }
  /scoped: { get: { operationId: needsScope, security: [{ partner: [reader] }], ${responses} } }
  /twice: { get: { operationId: needsTwo, security: [{ partner: [], staff: [] }], ${responses} } }
  /both: { get: { operationId: needsBoth, security: [{ partner: [], key: [] }], ${responses} } }
  /either: { get: { operationId: needsEither, security: [{ partner: [] }, { key: [] }], ${responses} } }
  /optional: { get: { operationId: readOptional, security: [{}, { partner: [] }], ${responses} } }
components:
  securitySchemes:
    partner: { type: mutualTLS }
    staff: { type: mutualTLS }
    key: { type: apiKey, in: header, name: X-Key }
`

const root = issueCertificate({ subject: 'Root', ca: true })
const server = issueCertificate({ subject: 'Server', issuer: root })
const ada = issueCertificate({ subject: 'ada', issuer: root })
const poor = issueCertificate({ subject: 'poor', issuer: root })
const unknown = issueCertificate({ subject: 'unknown', issuer: root })
const expired = issueCertificate({ subject: 'ada', issuer: root, from: -7200, to: -60 })
const early = issueCertificate({ subject: 'ada', issuer: root, from: 60 })
/** Names the same issuer, and was signed by another key. */
const forged = issueCertificate({ subject: 'ada', issuer: issueCertificate({ subject: 'Root', ca: true }) })
const selfSigned = issueCertificate({ subject: 'ada' })
const large = issueCertificate({ subject: 'ada', issuer: root, padding: 1200 })
const middle = issueCertificate({ subject: 'Middle', issuer: root, ca: true })

let create: (handlers: object, options: object) => express.Router
const servers: Server[] = []
const decided: Decided[] = []
let handlerRuns = 0
let asked = 0
let chains: string[][] = []
let reused: boolean | undefined

function application(options: MutualTlsOptions<{ name: string }>): RequestListener {
  const echo = ({ auth }: { auth?: Record<string, { name: string }> }) => {
    handlerRuns++
    return { status: 200, body: Object.fromEntries(Object.entries(auth ?? {}).map(([key, one]) => [key, one.name])) }
  }
  const names = ['needsCertificate', 'needsScope', 'needsTwo', 'needsBoth', 'needsEither', 'readOptional']
  const welcome = (names: readonly string[]) =>
    mutualTls<{ name: string }>((certificate, _request, chain) => {
      asked++
      chains.push(chain.map(one => one.subject))
      const name = certificate.subject.replace(/^CN=/, '')
      return names.includes(name) && { name }
    }, options)
  const schemes = {
    partner: welcome(['ada', 'poor']),
    staff: welcome(['ada', 'Server']),
    key: apiKey(key => key === 'good' && { name: 'key' }),
  }
  const handlers = Object.fromEntries(names.map(name => [name, echo]))
  const onDecision = (one: Decided, { socket }: express.Request) => {
    decided.push(one)
    reused = socket instanceof TLSSocket ? socket.isSessionReused() : undefined
  }
  return express().use(create(handlers, { schemes, onDecision }))
}

const scopes = ({ name }: { name: string }) => (name === 'ada' ? ['reader'] : [])

async function listen(one: Server): Promise<string> {
  servers.push(one)
  one.listen(0, '127.0.0.1')
  await once(one, 'listening')
  return `127.0.0.1:${(one.address() as AddressInfo).port}`
}

async function serveTls(options: MutualTlsOptions<{ name: string }> = {}, tls: object = {}): Promise<string> {
  const settings = { key: server.key, cert: server.cert, ca: root.cert, requestCert: true, rejectUnauthorized: false }
  return `https://${await listen(createTlsServer({ ...settings, ...tls }, application({ scopes, ...options })))}`
}

async function servePlain(options: MutualTlsOptions<{ name: string }> = {}): Promise<string> {
  // Node's own limit is for all headers together, and may be raised as here.
  return `http://${await listen(createServer({ maxHeaderSize: 262_144 }, application({ scopes, ...options })))}`
}

const shown = (one?: Issued): Asked => ({ tls: { ca: root.cert, ...(one && { key: one.key, cert: one.cert }) } })
const byteSequence = (bytes: Uint8Array) => `:${Buffer.from(bytes).toString('base64')}:`
const encoded = ({ certificate }: Issued) => byteSequence(certificate.raw)

/** Status, challenge and body, once it is sure that no handler ran behind a refusal. */
async function answer(origin: string, path: string, how: Asked = {}) {
  const runs = handlerRuns
  const { status, headers, text } = await send(origin, path, how)
  expect(handlerRuns - runs, `handlers run by ${path}`).toBe(status < 400 ? 1 : 0)
  return [status, headers['www-authenticate'] ?? '', text] as const
}

const granted = (auth: object) => [200, '', JSON.stringify(auth)]
const challenged = [401, 'ClientCertificate', '']
const refused = [
  401,
  'ClientCertificate error="invalid_token", error_description="Invalid credentials"',
  '{"error":"invalid_token","error_description":"Invalid credentials"}',
]

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}openapi.yaml`, DOCUMENT)
  const places = { document: `${folder}openapi.yaml`, out: `${folder}generated`, handlers: `${folder}handlers` }
  expect((await generate(places)).diagnostics).toEqual([])
  create = (await import(/* @vite-ignore */ `${folder}generated/router.ts`)).createRouter
})

afterAll(() => {
  for (const one of servers) {
    one.closeAllConnections()
    one.close()
  }
})

describe('on a TLS server', () => {
  let origin: string
  beforeAll(async () => {
    origin = await serveTls()
  })

  test('a certificate of the CA, known to the function, passes', async () => {
    expect(await answer(origin, '/certificate', shown(ada))).toEqual(granted({ partner: 'ada' }))
  })
  test('none is answered by a challenge', async () => {
    expect(await answer(origin, '/certificate', shown())).toEqual(challenged)
  })
  test.each<[string, Issued, string]>([
    ['expired', expired, 'the TLS server refuses the certificate: CERT_HAS_EXPIRED'],
    ['not valid yet', early, 'the TLS server refuses the certificate: CERT_NOT_YET_VALID'],
    ['self-signed', selfSigned, 'the TLS server refuses the certificate: DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['forged', forged, 'the TLS server refuses the certificate: CERT_SIGNATURE_FAILURE'],
  ])('one that is %s is refused without asking', async (_name, one, reason) => {
    const before = asked
    expect(await answer(origin, '/certificate', shown(one))).toEqual(refused)
    expect(decided.at(-1)).toMatchObject({ granted: false, status: 401, code: 'invalid_token', reason })
    expect(asked).toBe(before)
  })
  test('one that nobody knows is refused', async () => {
    expect(await answer(origin, '/certificate', shown(unknown))).toEqual(refused)
  })
  test('scopes are those of the principal', async () => {
    expect(await answer(origin, '/scoped', shown(ada))).toEqual(granted({ partner: 'ada' }))
    const [status, challenge] = await answer(origin, '/scoped', shown(poor))
    expect([status, challenge]).toEqual([
      403,
      'ClientCertificate error="insufficient_scope", error_description="Insufficient scopes", scope="reader"',
    ])
  })
  test('two schemes may want the same certificate', async () => {
    expect(await answer(origin, '/twice', shown(ada))).toEqual(granted({ partner: 'ada', staff: 'ada' }))
    expect(await answer(origin, '/twice', shown(poor))).toEqual(refused)
  })
  test('together with a key, or in its place', async () => {
    const key = { headers: { 'X-Key': 'good' } }
    expect(await answer(origin, '/both', { ...shown(ada), ...key })).toEqual(granted({ partner: 'ada', key: 'key' }))
    expect(await answer(origin, '/both', shown(ada))).toEqual([401, 'ClientCertificate, ApiKey', ''])
    expect(await answer(origin, '/both', { ...shown(), ...key })).toEqual([401, 'ClientCertificate, ApiKey', ''])
    expect(await answer(origin, '/either', { ...shown(), ...key })).toEqual(granted({ key: 'key' }))
    expect(await answer(origin, '/either', { ...shown(selfSigned), ...key })).toEqual(granted({ key: 'key' }))
    expect(await answer(origin, '/either', shown(ada))).toEqual(granted({ partner: 'ada' }))
  })
  test('optional: nobody passes, a bad certificate does not', async () => {
    expect(await answer(origin, '/optional', shown())).toEqual(granted({}))
    expect(await answer(origin, '/optional', shown(ada))).toEqual(granted({ partner: 'ada' }))
    for (const one of [selfSigned, unknown, expired, forged]) {
      expect(await answer(origin, '/optional', shown(one))).toEqual(refused)
    }
  })
  test('a header is no certificate', async () => {
    const headers = { 'Client-Cert': encoded(ada), 'X-Forwarded-For': '127.0.0.1' }
    expect(await answer(origin, '/certificate', { ...shown(), headers })).toEqual(challenged)
    expect(await answer(origin, '/certificate', { ...shown(unknown), headers })).toEqual(refused)
    expect(await answer(origin, '/optional', { ...shown(), headers })).toEqual(granted({}))
  })
  test('a server that asks for none has none', async () => {
    const silent = await serveTls({}, { requestCert: false })
    expect(await answer(silent, '/certificate', shown(ada))).toEqual(challenged)
  })
})

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s that is resumed', version => {
  let origin: string
  beforeAll(async () => {
    origin = await serveTls({}, { minVersion: version, maxVersion: version })
  })

  test.each<[string, Issued | undefined, unknown]>([
    ['with a good certificate', ada, granted({ partner: 'ada' })],
    ['with a bad one', selfSigned, refused],
    ['without one', undefined, challenged],
  ])('%s is what it was', async (_name, one, wanted) => {
    const session = await sessionWith(origin, one)
    // The second connection shows no certificate of its own.
    expect(await answer(origin, '/certificate', { tls: { ca: root.cert, session } })).toEqual(wanted)
    expect(reused).toBe(true)
  })
})

/** A first connection, with one request, and the session that the server gave for it. */
async function sessionWith(origin: string, one: Issued | undefined): Promise<Buffer> {
  const { port } = new URL(origin)
  const { tls } = shown(one)
  const socket = connect({ ...tls, host: '127.0.0.1', port: Number(port) })
  let session: Buffer | undefined
  socket.on('session', given => {
    session = given
  })
  await once(socket, 'secureConnect')
  socket.end('GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  socket.resume()
  await once(socket, 'close')
  if (session === undefined) throw new Error('no session was given')
  return session
}

describe('behind a proxy', () => {
  let trusting: string
  let wary: string
  beforeAll(async () => {
    trusting = await servePlain({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] })
    wary = await servePlain({ trustedProxies: ['10.0.0.0/8', '::1'] })
  })
  const forwarding = (...values: readonly string[]): Asked => ({
    headers: ['Host', 'localhost', ...values.flatMap(value => ['Client-Cert', value])],
  })

  test('that is trusted, what it forwards counts', async () => {
    expect(await answer(trusting, '/certificate', forwarding(encoded(ada)))).toEqual(granted({ partner: 'ada' }))
    expect(await answer(trusting, '/certificate', forwarding(encoded(unknown)))).toEqual(refused)
    expect(await answer(trusting, '/certificate', forwarding(encoded(large)))).toEqual(granted({ partner: 'ada' }))
    expect(await answer(trusting, '/certificate')).toEqual(challenged)
    expect(await answer(trusting, '/optional')).toEqual(granted({}))
    expect(await answer(trusting, '/optional', forwarding(encoded(unknown)))).toEqual(refused)
  })
  test('that is not, it is as if nothing had been sent', async () => {
    for (const headers of [
      { 'Client-Cert': encoded(ada) },
      { 'Client-Cert': encoded(ada), 'X-Forwarded-For': '10.0.0.1', 'X-Real-IP': '10.0.0.1' },
      { 'Client-Cert': encoded(ada), Forwarded: 'for=10.0.0.1;by=10.0.0.1' },
    ]) {
      expect(await answer(wary, '/certificate', { headers })).toEqual(challenged)
      expect(await answer(wary, '/optional', { headers })).toEqual(granted({}))
    }
    expect(await answer(await servePlain(), '/certificate', forwarding(encoded(ada)))).toEqual(challenged)
  })
  test('what is not valid now is refused, whatever the proxy thought of it', async () => {
    for (const one of [expired, early]) {
      expect(await answer(trusting, '/certificate', forwarding(encoded(one)))).toEqual(refused)
      expect(decided.at(-1)).toMatchObject({ reason: 'the certificate is not valid yet, or no longer' })
    }
    const patient = await servePlain({ trustedProxies: ['127.0.0.1'], clockTolerance: 60 })
    const late = issueCertificate({ subject: 'ada', issuer: root, to: -30 })
    expect(await answer(patient, '/certificate', forwarding(encoded(late)))).toEqual(granted({ partner: 'ada' }))
    expect(await answer(trusting, '/certificate', forwarding(encoded(late)))).toEqual(refused)
  })
  test('two certificates are credentials sent twice', async () => {
    const twice = [
      400,
      'ClientCertificate error="invalid_request", error_description="Credentials were sent more than once"',
      '{"error":"invalid_request","error_description":"Credentials were sent more than once"}',
    ]
    expect(await answer(trusting, '/certificate', forwarding(encoded(ada), encoded(ada)))).toEqual(twice)
    expect(await answer(trusting, '/optional', forwarding(encoded(ada), 'x'))).toEqual(twice)
    expect(await answer(trusting, '/certificate', forwarding(`${encoded(ada)}, ${encoded(unknown)}`))).toEqual(twice)
  })
  const { raw, publicKey } = ada.certificate
  test.each<[string, string]>([
    ['empty', ''],
    ['no byte sequence', raw.toString('base64')],
    ['open', encoded(ada).slice(0, -1)],
    ['PEM', ada.cert.replaceAll('\n', ' ')],
    ['PEM in base64', byteSequence(Buffer.from(ada.cert))],
    ['cut short', byteSequence(raw.subarray(0, -1))],
    ['followed by something', byteSequence(Buffer.concat([raw, Buffer.of(0)]))],
    ['two in one', byteSequence(Buffer.concat([raw, raw]))],
    ['something else', byteSequence(publicKey.export({ type: 'spki', format: 'der' }))],
    ['no bytes', '::'],
    ['with parameters', `${encoded(ada)};verified`],
    ['base64url', encoded(ada).replaceAll('+', '-').replaceAll('/', '_').replace(/.:$/, '-:')],
    ['with a space inside', encoded(ada).replace(/^(.{20})/, '$1 ')],
    ['too long', encoded(issueCertificate({ subject: 'ada', issuer: root, padding: 13_000 }))],
  ])('%s is not read, and nobody', async (_name, value) => {
    expect(await answer(trusting, '/certificate', forwarding(value))).toEqual(challenged)
    expect(await answer(trusting, '/optional', forwarding(value))).toEqual(challenged)
  })
  test('the chain comes along, in its order', async () => {
    const chain = `${encoded(middle)}, ${encoded(root)}`
    const headers = { 'Client-Cert': encoded(ada), 'Client-Cert-Chain': chain }
    chains = []
    expect(await answer(trusting, '/certificate', { headers })).toEqual(granted({ partner: 'ada' }))
    const fields = ['Client-Cert-Chain', encoded(middle), 'client-cert-chain', encoded(root)]
    const split = { headers: ['Host', 'localhost', 'Client-Cert', encoded(ada), ...fields] }
    expect(await answer(trusting, '/certificate', split)).toEqual(granted({ partner: 'ada' }))
    expect(chains).toEqual([
      ['CN=Middle', 'CN=Root'],
      ['CN=Middle', 'CN=Root'],
    ])
    const long = Array.from({ length: 40 }, () => encoded(large)).join()
    for (const bad of [long, `${chain},`, `${chain}, x`, ':AAAA:', `${encoded(middle)} ${encoded(root)}`]) {
      expect(await answer(trusting, '/certificate', { headers: { ...headers, 'Client-Cert-Chain': bad } })).toEqual(
        challenged,
      )
    }
    expect(await answer(trusting, '/optional', { headers: { 'Client-Cert-Chain': chain } })).toEqual(challenged)
  })
  test("over TLS, the proxy's own certificate is nobody's", async () => {
    const origin = await serveTls({ trustedProxies: ['127.0.0.1'] })
    expect(await answer(origin, '/certificate', shown(ada))).toEqual(challenged)
    expect(await answer(origin, '/optional', shown(ada))).toEqual(granted({}))
    const both = { ...shown(ada), headers: { 'Client-Cert': encoded(poor) } }
    expect(await answer(origin, '/certificate', both)).toEqual(granted({ partner: 'poor' }))
  })
})

describe('at start', () => {
  const partner = mutualTls(() => ({ name: 'ada' }))
  const key = apiKey(() => undefined)
  const starting = (change: object) => () => create({}, { schemes: { partner, staff: partner, key, ...change } })

  test('a verifier that is missing, of another kind, or finds no certificates is told', () => {
    expect(starting({ partner: undefined })).toThrow(
      'schemes.partner is missing: a verifier of mutualTLS credentials, such as mutualTls(findUserByCertificate)',
    )
    expect(starting({ partner: key })).toThrow('schemes.partner must verify mutualTLS credentials')
    expect(starting({ key: partner })).toThrow('schemes.key must verify apiKey credentials')
    expect(starting({ partner: { kind: 'mutualTLS', verify: partner.verify } })).toThrow(
      'schemes.partner must find certificates as well, such as mutualTls(findUserByCertificate)',
    )
  })
})
