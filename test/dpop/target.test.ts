import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTarget } from '../../runtime/tokens/dpop-target.js'
import { issueCertificate } from '../http/certificates.js'
import { send } from '../http/request.js'
import { type Holder, holder, proof } from './proofs.js'
import { type Bench, bench, dpop, type Served, told } from './served.js'

const root = issueCertificate({ subject: 'Root', ca: true })
const server = issueCertificate({ subject: 'Server', issuer: root })

let setting: Bench
let ada: Holder
let token: string

beforeAll(async () => {
  setting = await bench('target')
  ada = await holder()
  token = await setting.bound(ada)
})

afterAll(() => setting.close())

const REFUSED = `401 invalid_dpop_proof: 'htu' of the DPoP proof is not the URL of the request`

async function ask(api: Served, path: string, htu: string, headers: Record<string, string> = {}): Promise<string> {
  return told(await api.ask(path, dpop(ada, { htu, token }, headers)))
}

/** All that a proxy, or somebody who pretends to be one, may say about where a request was sent. */
const SPOOFED = {
  Host: 'else.example',
  Forwarded: 'proto=https;host=else.example',
  'X-Forwarded-Host': 'else.example',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Port': '443',
  'X-Forwarded-Prefix': '/',
  'X-Original-URL': '/messages',
}

describe('without a base URL, htu', () => {
  let api: Served
  beforeAll(async () => {
    api = await setting.serve({ dpop: true })
  })

  test("is this end's address and port, or localhost", async () => {
    const { port } = new URL(api.origin)
    expect(await ask(api, '/messages', `http://127.0.0.1:${port}/messages`)).toBe('200')
    expect(await ask(api, '/messages', `http://localhost:${port}/messages`)).toBe('200')
    expect(await ask(api, '/messages', `HTTP://LOCALHOST:${port}/messages`)).toBe('200')
    for (const origin of ['https://127.0.0.1', 'http://127.0.0.2', 'http://[::1]', 'http://localhost.example']) {
      expect(await ask(api, '/messages', `${origin}:${port}/messages`), origin).toBe(REFUSED)
    }
    for (const origin of ['http://127.0.0.1', 'http://127.0.0.1:1', 'http://else.example']) {
      expect(await ask(api, '/messages', `${origin}/messages`), origin).toBe(REFUSED)
    }
    expect(api.decided.at(-1)).toMatchObject({
      reason: 'dpop.baseUrl is not set, and htu does not name this connection',
    })
  })
  test('is not moved by what the request says about itself', async () => {
    const spoofed = await setting.serve({
      dpop: true,
      before: (request, _response, next) => {
        request.app.set('trust proxy', true)
        next()
      },
    })
    const { port } = new URL(spoofed.origin)
    for (const elsewhere of ['http://else.example', 'https://else.example', `http://else.example:${port}`]) {
      expect(await ask(spoofed, '/messages', `${elsewhere}/messages`, SPOOFED), elsewhere).toBe(REFUSED)
      expect(
        await ask(spoofed, '/messages', `${elsewhere}/messages`, { ...SPOOFED, Host: new URL(elsewhere).host }),
      ).toBe(REFUSED)
    }
    // Nor is a good one spoilt.
    expect(await ask(spoofed, '/messages', `${spoofed.origin}/messages`, SPOOFED)).toBe('200')
  })
  test('an absolute target does not move it', async () => {
    expect(await ask(api, 'http://else.example/messages', 'http://else.example/messages')).toBe(REFUSED)
    expect(await ask(api, 'http://else.example/messages', `${api.origin}/messages`)).toBe('200')
  })
})

test('on a TLS server, htu may name what its certificate names, and its scheme is https', async () => {
  const api = await setting.serve({ dpop: true, tls: { key: server.key, cert: server.cert } })
  const over = (htu: string, headers = {}) =>
    // Node would look for the name in Host in the certificate.
    api.ask('/messages', { ...dpop(ada, { htu, token }, headers), tls: { rejectUnauthorized: false } }).then(told)
  const { port } = new URL(api.origin)
  expect(await over(`https://127.0.0.1:${port}/messages`)).toBe('200')
  for (const origin of [`http://127.0.0.1:${port}`, 'https://127.0.0.1', `https://else.example:${port}`]) {
    expect(await over(`${origin}/messages`, SPOOFED), origin).toBe(REFUSED)
  }
})

test("a name in the server's certificate is its own, and no other", async () => {
  const named = issueCertificate({ subject: 'Server', issuer: root, hosts: ['api.example', '*.apis.example'] })
  const api = await setting.serve({ dpop: true, tls: { key: named.key, cert: named.cert } })
  const { port } = new URL(api.origin)
  const over = (host: string) =>
    api
      .ask('/messages', {
        ...dpop(ada, { htu: `https://${host}:${port}/messages`, token }, { Host: host }),
        tls: { ca: root.cert, servername: host },
      })
      .then(told)
  expect(await over('api.example')).toBe('200')
  expect(await over('one.apis.example')).toBe('200')
  for (const host of ['else.example', 'api.example.else.example', 'apis.example', 'xapi.example']) {
    const refused = await send(api.origin, '/messages', {
      ...dpop(ada, { htu: `https://${host}:${port}/messages`, token }, { Host: host }),
      tls: { rejectUnauthorized: false, servername: host },
    })
    expect(told(refused), host).toBe(REFUSED)
  }
})

describe('with a base URL, htu', () => {
  test('is that URL with the path of the request, wherever the router is mounted', async () => {
    const api = await setting.serve({ dpop: { baseUrl: 'https://api.example/public/' }, mount: '/v1' })
    expect(await ask(api, '/v1/messages', 'https://api.example/public/v1/messages')).toBe('200')
    expect(await ask(api, '/v1/messages?a=b', 'https://api.example/public/v1/messages')).toBe('200')
    for (const htu of [
      'https://api.example/public/messages',
      'https://api.example/v1/messages',
      'https://api.example/messages',
      'https://api.example/public/v1/messages/',
      'https://api.example/public//v1/messages',
      'https://api.example/Public/v1/messages',
      'http://api.example/public/v1/messages',
      'https://api.example:8443/public/v1/messages',
      'https://api.example.else.example/public/v1/messages',
      `${api.origin}/v1/messages`,
      `${api.origin}/public/v1/messages`,
    ]) {
      expect(await ask(api, '/v1/messages', htu, { ...SPOOFED, Host: new URL(htu).host }), htu).toBe(REFUSED)
    }
  })
  test('may be one of several', async () => {
    const api = await setting.serve({ dpop: { baseUrl: ['https://api.example', 'https://api.eu.example/x'] } })
    expect(await ask(api, '/messages', 'https://api.example/messages')).toBe('200')
    expect(await ask(api, '/messages', 'https://api.eu.example/x/messages')).toBe('200')
    expect(await ask(api, '/messages', 'https://api.example/x/messages')).toBe(REFUSED)
  })
  test('is not what a middleware made of the path', async () => {
    const api = await setting.serve({
      dpop: { baseUrl: 'https://api.example' },
      before: (request, _response, next) => {
        request.url = request.url.replace('/internal', '')
        next()
      },
    })
    expect(await ask(api, '/internal/messages', 'https://api.example/internal/messages')).toBe('200')
    expect(await ask(api, '/internal/messages', 'https://api.example/messages')).toBe(REFUSED)
  })

  describe('is compared after normalisation:', () => {
    let api: Served
    beforeAll(async () => {
      api = await setting.serve({ dpop: { baseUrl: 'https://api.example' } })
    })
    test.each([
      ['scheme and host in another case', '/messages', 'HTTPS://API.Example/messages'],
      ['the default port', '/messages', 'https://api.example:443/messages'],
      ['query and fragment', '/messages?page=2', 'https://api.example/messages?page=3#top'],
      ['hexadecimal digits in another case', '/messages/a%2fb', 'https://api.example/messages/a%2Fb'],
      ['unreserved characters that were encoded', '/messages/%61%7e', 'https://api.example/messages/a~'],
      ['dot segments', '/messages/1', 'https://api.example/x/../messages/./1'],
    ])('%s', async (_name, path, htu) => {
      expect(await ask(api, path, htu)).toBe('200')
    })
    test.each([
      ['another path', '/messages/1', 'https://api.example/messages/2'],
      ['a path in another case', '/messages/a', 'https://api.example/messages/A'],
      ['a slash at the end', '/messages/1', 'https://api.example/messages/1/'],
      ['a slash that was encoded', '/messages/a%2Fb', 'https://api.example/messages/a/b'],
      ['an encoding that was encoded', '/messages/%2561', 'https://api.example/messages/%61'],
      ['dot segments that are in the request', '/messages/%2e%2e', 'https://api.example/'],
      ['dot segments that are in both', '/messages/%2e%2e', 'https://api.example/messages/%2e%2e'],
      ['a backslash', '/messages/1', 'https://api.example\\messages/1'],
      ['a backslash in the path', '/messages/1', 'https://api.example/messages\\1'],
      ['credentials', '/messages/1', 'https://ada@api.example/messages/1'],
      ['another host behind what looks like this one', '/messages/1', 'https://api.example@else.example/messages/1'],
      ['white space', '/messages/1', ' https://api.example/messages/1'],
      ['a tab', '/messages/1', 'https://api.example/mess\tages/1'],
      ['letters outside ASCII', '/messages/1', 'https://ａpi.example/messages/1'],
      ['one slash', '/messages/1', 'https:/api.example/messages/1'],
      ['three slashes', '/messages/1', 'https:///api.example/messages/1'],
      ['no scheme', '/messages/1', '//api.example/messages/1'],
      ['a path alone', '/messages/1', '/messages/1'],
      ['a host that is none', '/messages/1', 'https://[api.example/messages/1'],
      ['nothing', '/messages/1', ''],
    ])('%s is another URL', async (_name, path, htu) => {
      expect(await ask(api, path, htu)).toBe(REFUSED)
    })
  })
})

test('the method is that of the request, HEAD included', async () => {
  const api = await setting.serve({ dpop: true })
  const htu = `${api.origin}/messages`
  expect(told(await api.ask('/messages', dpop(ada, { htu, token, htm: 'POST' })))).toBe('200')
  expect(told(await api.ask('/messages', dpop(ada, { htu, token, htm: 'HEAD' })))).toBe('200')
  const headers = { Authorization: `DPoP ${token}`, DPoP: proof(ada, { htu, token, htm: 'GET' }) }
  expect((await api.ask('/messages', { method: 'HEAD', headers })).status).toBe(401)
  const override = { ...headers, DPoP: proof(ada, { htu, token, htm: 'GET' }), 'X-HTTP-Method-Override': 'GET' }
  expect((await api.ask('/messages', { method: 'POST', headers: override })).status).toBe(401)
})

test.each([
  ['127.0.0.1', 'http://localhost:3000/a', true],
  ['127.0.0.53', 'http://localhost:3000/a', true],
  ['::1', 'http://localhost:3000/a', true],
  ['::1', 'http://[::1]:3000/a', true],
  ['::ffff:127.0.0.1', 'http://127.0.0.1:3000/a', true],
  ['::ffff:10.0.0.7', 'http://10.0.0.7:3000/a', true],
  ['2001:db8::7', 'http://[2001:DB8:0::7]:3000/a', true],
  ['10.0.0.7', 'http://localhost:3000/a', false],
  ['2001:db8::7', 'http://localhost:3000/a', false],
  ['10.0.0.7', 'http://10.0.0.8:3000/a', false],
  ['fe80::1%eth0', 'http://[fe80::1]:3000/a', false],
  [undefined, 'http://localhost:3000/a', false],
])('a connection to %s: %s', (localAddress, htu, expected) => {
  const request = { url: '/a', socket: { localAddress, localPort: 3000 } } as unknown as IncomingMessage
  expect(isTarget(htu, request, undefined)).toBe(expected)
})
