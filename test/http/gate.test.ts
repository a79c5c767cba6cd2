import type { IncomingMessage } from 'node:http'
import express from 'express'
import { apiKey, basic, createGate, listener, type Policies, type SecuritySchemes } from 'gatewright/runtime'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { crossSiteFault } from '../../runtime/cross-site.js'
import { explanationOf } from '../../runtime/explain.js'
import { listeners } from './emitted.js'
import { send } from './request.js'

const { listen, close } = listeners()
afterAll(close)

const PUBLIC = { security: [] }
const done = () => ({ status: 200, body: {} }) as never
const KEY: SecuritySchemes = { key: { type: 'apiKey', in: 'header', name: 'X-Key' } }

describe('a gate that is not what the generator emits', () => {
  test.each<[string, string, RegExp]>([
    ['without a slash', 'users', /^users cannot be routed: no-leading-slash$/],
    ['with a query', '/a?b', /cannot be routed: query-or-fragment/],
    ['with a brace alone', '/a/{id', /cannot be routed: braces/],
  ])('has no path %s', (_, path, message) => {
    const policies = { one: { ...PUBLIC } }
    expect(() => createGate({}, policies, {}).get(path, policies.one, {}, done)).toThrow(message)
  })

  test('has no operation twice, by whatever names of parameters', () => {
    const policies = { one: { ...PUBLIC }, two: { ...PUBLIC } }
    const gate = createGate({}, policies, {})
    gate.get('/users/{id}', policies.one, {}, done)
    expect(() => gate.get('/users/{name}', policies.two, {}, done)).toThrow('GET /users/{name} is there twice')
  })

  test('demands no scheme that is not defined, nor one by the name of a member of every object', () => {
    for (const scheme of ['none', 'constructor']) {
      const policies: Policies = { one: { security: [{ [scheme]: [] }] } }
      expect(() => createGate(KEY, policies, {})).toThrow(
        `the policies demand the security scheme ${scheme}, which the document does not define`,
      )
    }
  })

  test('has replies of each operation, or of none', () => {
    const policies = { one: { ...PUBLIC } }
    expect(() => createGate({}, policies, {}, {}).get('/one', policies.one, {}, done)).toThrow(
      'one: its replies are not among the document',
    )
  })

  test('checks replies by what is documented where there are no schemas to check by', async () => {
    const policies = { one: { ...PUBLIC } }
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const gate = createGate({}, policies, { responses: 'check', onReplyFault: () => {} }, { one: { '200': {} } })
    let status = 200
    gate.get('/one', policies.one, {}, (() => ({ status })) as never)
    const origin = await listen(express().use(gate.router))
    expect((await send(origin, '/one')).status).toBe(200)
    status = 201
    expect((await send(origin, '/one')).status).toBe(500)
    warn.mockRestore()
  })
})

test('ready() tells what was thrown, be it no error', async () => {
  const policies = { one: { security: [{ key: [] }] } }
  const verifier = { ...apiKey(() => undefined), ready: () => Promise.reject('no directory') }
  const gate = createGate(KEY, policies, { schemes: { key: verifier } })
  gate.get('/one', policies.one, {}, done)
  await expect(gate.router.ready()).rejects.toThrow('not ready: key: no directory')
})

test('what is added to the router gets what no operation takes', async () => {
  const policies = { one: { security: [{ key: [] }] } }
  const gate = createGate(KEY, policies, { schemes: { key: apiKey(() => undefined) } })
  gate.get('/one', policies.one, {}, done)
  const { router } = gate
  router.get('/two', (_req, res) => void res.send('own'))
  router.get('/one', (_req, res) => void res.send('unguarded'))
  const origin = await listen(express().use(router))
  expect((await send(origin, '/two')).text).toBe('own')
  expect((await send(origin, '/one')).status).toBe(401)
})

test('a listener writes what a handler throws to the console unless told otherwise', async () => {
  const policies = { one: { ...PUBLIC } }
  const gate = createGate({}, policies, {})
  gate.get('/one', policies.one, {}, () => {
    throw new Error('broken')
  })
  const error = vi.spyOn(console, 'error').mockReturnValue()
  const answer = await send(await listen(listener(gate.router)), '/one')
  expect([answer.status, error.mock.calls]).toEqual([500, [[new Error('broken')]]])
  expect(answer.text).not.toContain('broken')
  error.mockRestore()
})

describe('an explanation', () => {
  test('names every way in, be it none, and what is demanded beside it', async () => {
    const policies: Policies = {
      one: { security: [{}, { key: ['read'] }], claims: [{ name: { equals: 'x' } }], stepUp: { maxAge: 60 } },
    }
    const gate = createGate(KEY, policies, { schemes: { key: apiKey(() => undefined) }, explain: 'header' })
    gate.get('/one', policies.one as never, {}, done)
    const origin = await listen(express().use(gate.router))
    const { headers } = await send(origin, '/one', { headers: { 'X-Key': 'bad' } })
    expect(headers['gatewright-explain']).toMatch(
      /^one: 401 invalid_token; of key; .*demanded: key \(read\), or nothing at all, and x-claims, and x-step-up$/,
    )
    // What is let in is not explained.
    expect((await send(origin, '/one')).headers).not.toHaveProperty('gatewright-explain')
    const granted = { operation: 'one', method: 'GET', path: '/one', granted: true, schemes: [] } as const
    const decision = { granted: true, auth: undefined } as const
    expect(explanationOf(granted, decision, { alternatives: [], anonymous: true })).toBe('')
  })
})

describe('a request of another site', () => {
  const fault = crossSiteFault({})

  test('is one where Host is no host, though Origin repeats it', () => {
    const rawHeaders = ['Host', 'a:port', 'Origin', 'http://a:port']
    expect(fault({ method: 'POST', rawHeaders, socket: {} } as unknown as IncomingMessage)).toBe(
      "Origin is not this API's own",
    )
  })

  test('is looked for where the method is not known', () => {
    const rawHeaders = ['Sec-Fetch-Site', 'cross-site']
    expect(fault({ rawHeaders, socket: {} } as unknown as IncomingMessage)).toMatch('Sec-Fetch-Site')
  })
})

describe('a credential', () => {
  const schemes: SecuritySchemes = {
    login: { type: 'http', scheme: 'basic' },
    session: { type: 'apiKey', in: 'cookie', name: 'session' },
  }
  const policies: Policies = { login: { security: [{ login: [] }] }, session: { security: [{ session: [] }] } }
  const seen: string[] = []

  async function serving() {
    const login = basic((username, password) => {
      seen.push(`${username}:${password}`)
      return { name: username }
    })
    const session = apiKey(key => {
      seen.push(key)
      return { name: key }
    })
    const gate = createGate(schemes, policies, { schemes: { login, session } })
    gate.get('/login', policies.login as never, {}, done)
    gate.get('/session', policies.session as never, {}, done)
    return listen(express().use(gate.router))
  }

  test.each<[string, string, string, string[]]>([
    ['Basic', '/login', `Basic ${btoa('user:pass')}`, ['user:pass']],
    ['without padding', '/login', `Basic ${btoa('user:pass1').replace(/=+$/, '')}`, ['user:pass1']],
    ['with characters that are no base64', '/login', `Basic ${btoa('user:pass')}!!`, []],
    ['in the alphabet of URLs', '/login', `Basic ${Buffer.from('us?r:>>>???').toString('base64url')}`, []],
    ['that ends in stray bits', '/login', 'Basic dXNlcjpwYXNzMR==', []],
    ['that is not UTF-8', '/login', `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`, []],
    ['in a cookie', '/session', 'session=abc', ['abc']],
    ['in a cookie with quotes', '/session', 'session="abc"', ['abc']],
    ['in a cookie with one quote', '/session', 'session="', ['"']],
    ['in a cookie with a quote at its start', '/session', 'session="abc', ['"abc']],
    ['in a cookie with a quote at its end', '/session', 'session=abc"', ['abc"']],
    ['in a cookie, encoded', '/session', 'session=a%20b', ['a b']],
    ['in a cookie, encoded wrong', '/session', 'session=a%zzb', ['a%zzb']],
  ])('%s', async (_, path, text, expected) => {
    seen.length = 0
    const headers = path === '/login' ? { Authorization: text } : { Cookie: text }
    const { status } = await send(await serving(), path, { headers })
    expect([status, seen]).toEqual([expected.length > 0 ? 200 : 401, expected])
  })
})
