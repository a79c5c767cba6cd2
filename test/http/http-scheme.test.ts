import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { apiKey, basic, type HttpSchemeOptions, httpScheme } from 'gatewright/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generate } from '../../generator/index.js'
import { type Asked, send } from './request.js'

const folder = fileURLToPath(new URL('../out/http-scheme/', import.meta.url))

const responses = "responses: { '200': { description: Done, content: { application/json: {} } } }"
const DOCUMENT = `openapi: 3.1.0
info: { title: Schemes of HTTP, version: 1.0.0 }
paths:
  /digest: { get: { operationId: needsDigest, security: [{ digest: [] }], ${responses} } }
  /scoped: { get: { operationId: needsScope, security: [{ digest: [reader] }], ${responses} } }
  /both: { get: { operationId: needsBoth, security: [{ digest: [], key: [] }], ${responses} } }
  /either: { get: { operationId: needsEither, security: [{ login: [] }, { digest: [] }, { token: [] }], ${responses} } }
  /optional: { get: { operationId: readOptional, security: [{}, { digest: [] }], ${responses} } }
components:
  securitySchemes:
    digest: { type: http, scheme: DIGEST }
    token: { type: http, scheme: PrivateToken }
    login: { type: http, scheme: basic }
    key: { type: apiKey, in: query, name: key }
`

type User = { name: string }
let create: (handlers: object, options: object) => express.Router
const servers: Server[] = []
let handlerRuns = 0
const received: string[] = []

const schemes = (options: HttpSchemeOptions<User> = { challenge: 'Digest realm="api", qop="auth"' }) => ({
  digest: httpScheme(
    'Digest',
    async (credentials): Promise<User | undefined> => {
      received.push(credentials)
      if (credentials.includes('throws')) throw new Error('no database')
      const [, name] = /^username="([a-z]+)", response=good$/.exec(credentials) ?? []
      return name === undefined ? undefined : { name }
    },
    { scopes: ({ name }) => (name === 'ada' ? ['reader'] : []), ...options },
  ),
  token: httpScheme('PrivateToken', token => token === 'token="abc="' && { name: 'somebody' }),
  login: basic(name => name === 'ada' && { name }),
  key: apiKey(key => key === 'good' && { name: 'key' }),
})

async function serve(given: object = schemes()): Promise<string> {
  const echo = ({ auth }: { auth?: Record<string, User> }) => {
    handlerRuns++
    return { status: 200, body: Object.fromEntries(Object.entries(auth ?? {}).map(([key, one]) => [key, one.name])) }
  }
  const names = ['needsDigest', 'needsScope', 'needsBoth', 'needsEither', 'readOptional']
  const handlers = Object.fromEntries(names.map(name => [name, echo]))
  const server = createServer({ maxHeaderSize: 65_536 }, express().use(create(handlers, { schemes: given })))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answer(origin: string, path: string, how: Asked = {}) {
  const runs = handlerRuns
  const { status, headers, text } = await send(origin, path, how)
  expect(handlerRuns - runs, `handlers run by ${path}`).toBe(status < 400 ? 1 : 0)
  return [status, headers['www-authenticate'] ?? '', text] as const
}

const using = (Authorization: string): Asked => ({ headers: { Authorization } })
const granted = (auth: object) => [200, '', JSON.stringify(auth)]
const challenge = 'Digest realm="api", qop="auth"'
const invalid = '{"error":"invalid_token","error_description":"Invalid credentials"}'

let origin: string
beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}openapi.yaml`, DOCUMENT)
  const places = { document: `${folder}openapi.yaml`, out: `${folder}generated`, handlers: `${folder}handlers` }
  expect((await generate(places)).diagnostics).toEqual([])
  create = (await import(/* @vite-ignore */ `${folder}generated/router.ts`)).createRouter
  origin = await serve()
})

afterAll(() => {
  for (const one of servers) {
    one.closeAllConnections()
    one.close()
  }
})

describe('credentials of another HTTP authentication scheme', () => {
  test('go to the function as they were sent, whatever the case of the name', async () => {
    for (const name of ['Digest', 'DIGEST', 'digest']) {
      expect(await answer(origin, '/digest', using(`${name} username="ada", response=good`))).toEqual(
        granted({ digest: 'ada' }),
      )
    }
    expect((await answer(origin, '/digest', using('Digest  nonce="a, b" ,\tx=y,,')))[0]).toBe(401)
    expect(received.at(-1)).toBe('nonce="a, b" ,\tx=y,,')
  })
  test.each([
    ['nothing', undefined],
    ['the name alone', 'Digest'],
    ['the name and a space', 'Digest '],
    ['another name', 'Basic YWRhOg=='],
    ['a longer name', 'Digester username="ada", response=good'],
    ['a tab in place of the space', 'Digest\tusername="ada", response=good'],
    ['too much', `Digest ${'a'.repeat(16_385)}`],
  ])('%s is answered by the challenge', async (_name, text) => {
    const before = received.length
    const asked = text === undefined ? {} : using(text)
    expect(await answer(origin, '/digest', asked)).toEqual([401, challenge, ''])
    expect(received.length).toBe(before)
    expect((await answer(origin, '/optional', asked))[0]).toBe(text === undefined ? 200 : 401)
  })
  test('that are bad are refused, and so are those that nobody could check', async () => {
    for (const text of ['username="ada", response=bad', 'throws', 'x'.repeat(16_384)]) {
      const [status, ...more] = await answer(origin, '/digest', using(`Digest ${text}`))
      expect([status, more[0]]).toEqual([401, challenge])
      expect(JSON.parse(more[1])).toMatchObject({ error: 'invalid_token' })
      expect((await answer(origin, '/optional', using(`Digest ${text}`)))[0]).toBe(401)
    }
  })
  test('sent twice are refused', async () => {
    const field = ['Authorization', 'Digest username="ada", response=good']
    const [status, told] = await answer(origin, '/digest', { headers: ['Host', 'localhost', ...field, ...field] })
    expect([status, told]).toEqual([400, challenge])
  })
  test('have the scopes of their principal', async () => {
    expect((await answer(origin, '/scoped', using('Digest username="ada", response=good')))[0]).toBe(200)
    const [status, told, body] = await answer(origin, '/scoped', using('Digest username="bob", response=good'))
    expect([status, told, JSON.parse(body).error]).toEqual([403, challenge, 'insufficient_scope'])
  })
  test('together with a key, or in place of others', async () => {
    const good = using('Digest username="ada", response=good')
    expect(await answer(origin, '/both?key=good', good)).toEqual(granted({ digest: 'ada', key: 'key' }))
    expect(await answer(origin, '/both', good)).toEqual([401, `${challenge}, ApiKey`, ''])
    expect(await answer(origin, '/both?key=good')).toEqual([401, `${challenge}, ApiKey`, ''])
    expect(await answer(origin, '/either', good)).toEqual(granted({ digest: 'ada' }))
    expect(await answer(origin, '/either', using('Basic YWRhOng='))).toEqual(granted({ login: 'ada' }))
    expect(await answer(origin, '/either', using('PrivateToken token="abc="'))).toEqual(granted({ token: 'somebody' }))
    expect(await answer(origin, '/either', using('PrivateToken token="abd="'))).toEqual([401, 'PrivateToken', invalid])
    expect(await answer(origin, '/either')).toEqual([
      401,
      `Basic realm="login", charset="UTF-8", ${challenge}, PrivateToken`,
      '',
    ])
  })
})

describe('a challenge', () => {
  test('is made anew for each refusal', async () => {
    let count = 0
    const fresh = await serve(schemes({ challenge: () => `Digest nonce="${++count}"` }))
    expect(await answer(fresh, '/digest')).toEqual([401, 'Digest nonce="1"', ''])
    expect(await answer(fresh, '/digest', using('Digest x'))).toEqual([401, 'Digest nonce="2"', invalid])
    expect((await answer(fresh, '/digest', using('Digest username="ada", response=good')))[0]).toBe(200)
    expect(count).toBe(2)
  })
  test.each<[string, () => unknown]>([
    ['a text of another scheme', () => 'Bearer'],
    ['a text with a line end', () => 'Digest a="b"\r\nSet-Cookie: a=b'],
    ['no text', () => Promise.resolve('Digest')],
    ['a promise that is rejected', () => Promise.reject(new Error('no nonce'))],
    ['a function', () => () => 'Digest'],
    [
      'an exception',
      () => {
        throw new Error('no nonce')
      },
    ],
  ])('that is %s leaves the name', async (_name, made) => {
    const odd = await serve(schemes({ challenge: made as () => string }))
    expect(await answer(odd, '/digest')).toEqual([401, 'digest', ''])
    expect(await answer(odd, '/digest', using('Digest x'))).toEqual([401, 'digest', invalid])
  })
})

describe('at start', () => {
  const starting = (change: object) => () => create({}, { schemes: { ...schemes(), ...change } })
  const { digest, token, key } = schemes()
  test.each<[string, object, string]>([
    ['none', { digest: undefined }, `schemes.digest is missing: a verifier of http credentials, such as httpScheme('d`],
    ['one of another kind', { digest: key }, 'schemes.digest must verify http credentials'],
    ['one of another scheme', { digest: token }, 'schemes.digest verifies privatetoken credentials, and the document'],
    ['one that says no scheme', { digest: { ...digest, scheme: undefined } }, 'schemes.digest verifies undefined'],
    ['a challenge of another scheme', { digest: { ...digest, challenge: 'Bearer' } }, 'its challenge must begin with'],
    ['no challenge', { digest: { ...digest, challenge: undefined } }, 'its challenge must be a string'],
    ['one for a scheme that has its own', { login: digest }, 'schemes.login must verify basic credentials'],
  ])('%s is told', (_name, change, message) => {
    expect(starting(change)).toThrow(message)
  })

  const built = httpScheme as unknown as (...given: unknown[]) => unknown
  const verify = () => undefined
  test.each<[unknown[], string]>([
    [[], `httpScheme() wants the name of an HTTP authentication scheme, like 'Digest'`],
    [['Digest auth', verify], 'httpScheme() wants the name'],
    [['Bearer', verify], 'httpScheme() is not for Bearer: use bearer({ issuer, audience })'],
    [['BASIC', verify], 'httpScheme() is not for BASIC: use basic(findUser)'],
    [['DPoP', verify], 'httpScheme() is not for DPoP: use bearer({ issuer, audience, dpop: true })'],
    [['Digest'], 'httpScheme() wants a function (credentials, request) => principal'],
    [['Digest', verify, { realm: 'api' }], 'httpScheme() has no option "realm"'],
    [['Digest', verify, { challenge: 'Digest\nx' }], `httpScheme(): 'challenge' must be of visible ASCII`],
    [['Digest', verify, { challenge: 'Digestive' }], `httpScheme(): 'challenge' must begin with the scheme's name`],
    [['Digest', verify, { challenge: 7 }], `httpScheme(): 'challenge' must be a string or a function`],
    [['constructor', verify, { scopes: 7 }], `httpScheme(): 'scopes' must be a function`],
  ])('%j is refused', (given, message) => {
    expect(() => built(...given)).toThrow(message)
  })
})
