import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type LocalClaims, type LocalIssuer, startLocalIssuer } from 'gatewright/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Answer, type Asked, send } from '../http/request.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const AUDIENCE = 'https://quickstart.example'
const ROUTES = ['public', 'private', 'messages', 'feed', 'admin/edit', 'admin', 'editor', 'premium'].map(
  one => `/api/${one}`,
)

let issuer: LocalIssuer
let foreign: LocalIssuer
let generated: Served
let written: Served

interface Served {
  readonly origin: string
  readonly process: ChildProcess
  readonly output: () => string
}

async function start(script: string, environment: NodeJS.ProcessEnv, ready = true): Promise<Served> {
  const port = await freePort()
  const {
    AUTH0_DOMAIN: _domain,
    AUTH0_AUDIENCE: _audience,
    ISSUER_BASE_URL: _url,
    AUDIENCE: _legacy,
    ...others
  } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: root,
    env: { ...others, PORT: String(port), ...environment },
  })
  let output = ''
  child.stdout.on('data', text => {
    output += text
  })
  child.stderr.on('data', text => {
    output += text
  })
  if (ready) await vi.waitUntil(() => output.includes('API server running at'), { timeout: 30_000 })
  return { origin: `http://127.0.0.1:${port}`, process: child, output: () => output }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

beforeAll(async () => {
  issuer = await startLocalIssuer({ audience: AUDIENCE })
  foreign = await startLocalIssuer({ audience: AUDIENCE })
  const environment = { AUTH0_DOMAIN: issuer.issuer, AUTH0_AUDIENCE: AUDIENCE }
  generated = await start('start.ts', environment)
  written = await start('examples/quickstart/start.ts', environment)
})

afterAll(async () => {
  generated.process.kill()
  written.process.kill()
  await issuer.close()
  await foreign.close()
})

/** What both must have alike: without the clock's traces, that is the date, and the tag of a body that holds the time. */
function comparable({ status, rawHeaders, text }: Answer, path: string) {
  const timed = status === 200 && /^\/api\/(public|private)\b/.test(path)
  const fields = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name !== 'Date' && !(timed && name === 'ETag')) fields.push([name, rawHeaders[index + 1]])
  }
  return { status, fields: fields.sort(), text: text.replace(/"timestamp":"[^"]+"/, '"timestamp":"now"') }
}

async function both(path: string, asked?: Asked) {
  const [one, other] = await Promise.all([send(generated.origin, path, asked), send(written.origin, path, asked)])
  expect(comparable(one, path), `${asked?.method ?? 'GET'} ${path}`).toEqual(comparable(other, path))
  return one
}

describe('generated and written by hand, the quickstart answers alike', () => {
  const claims: Record<string, object> = {
    nothing: {},
    'read:messages': { scope: 'read:messages' },
    'read:feed': { scope: 'openid read:feed' },
    'read:admin': { scope: 'read:admin' },
    'both admin scopes': { scope: 'write:admin read:admin' },
    'scopes as an array': { scope: ['read:messages', 'read:admin', 'write:admin'] },
    'scopes in scp': { scp: ['read:messages', 'read:feed'] },
    'a scope of another type': { scope: 7 },
    'scopes in another case': { scope: 'Read:Messages READ:FEED' },
    permissions: { permissions: ['read:messages', 'read:feed'] },
    'an administrator': { isAdmin: true },
    'no administrator': { isAdmin: false },
    'isAdmin as a text': { isAdmin: 'true' },
    'both roles': { roles: ['editor', 'admin', 'x'] },
    'one role': { roles: ['admin'] },
    'roles as a text': { roles: 'admin editor' },
    'a premium tier': { tier: 'premium' },
    'a free tier': { tier: 'free', roles: [] },
    'a check that throws': { roles: { includes: 1 } },
    everything: {
      scope: 'read:messages read:feed read:admin write:admin',
      isAdmin: true,
      roles: ['admin', 'editor'],
      tier: 'premium',
    },
  }
  test.each(Object.entries(claims))('to a token with %s', async (_name, more) => {
    const headers = { Authorization: `Bearer ${await issuer.token(more as LocalClaims)}` }
    for (const path of ROUTES) await both(path, { headers })
  })

  test('to credentials of every bad kind', async () => {
    const good = await issuer.token()
    const [head = '', payload = ''] = good.split('.')
    const fields: (string | undefined)[] = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer a b',
      `Bearer  ${good}`,
      good,
      'Basic YTpi',
      `Basic ${good}`,
      `bearer ${good}`,
      `BEARER ${good}`,
      'Bearer garbage',
      'Bearer a.b.c',
      `Bearer ${head}.${payload}.`,
      `Bearer ${head}.${payload}.AAAA`,
      `Bearer ${'a'.repeat(20_000)}`,
      `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      `Bearer ${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${payload}.AAAA`,
      `Bearer ${await foreign.token()}`,
      `Bearer ${await issuer.token({ aud: 'https://other.example' })}`,
      `Bearer ${await issuer.token({}, { expiresIn: -3600 })}`,
      `Bearer ${await issuer.token({ cnf: { jkt: 'x' } } as LocalClaims)}`,
    ]
    for (const field of fields) {
      for (const path of ROUTES) await both(path, field === undefined ? {} : { headers: { Authorization: field } })
    }
  }, 120_000)

  test('to credentials sent twice or in the query', async () => {
    const token = await issuer.token()
    const headers = ['Host', 'localhost', 'Authorization', `Bearer ${token}`, 'Authorization', `Bearer ${token}`]
    expect((await both('/api/private', { headers })).status).toBe(400)
    expect((await both(`/api/private?access_token=${token}`)).status).toBe(401)
    const twice = await both(`/api/private?access_token=${token}`, { headers: { Authorization: `Bearer ${token}` } })
    expect(twice.status).toBe(400)
  })

  test('to HEAD, to conditional requests, to browsers of other origins, and to unknown paths', async () => {
    const headers = { Authorization: `Bearer ${await issuer.token({ scope: 'read:messages' })}` }
    for (const path of ROUTES) await both(path, { method: 'HEAD', headers })
    const first = await both('/api/messages', { headers })
    const again = await both('/api/messages', { headers: { ...headers, 'If-None-Match': first.headers.etag } })
    expect(again.status).toBe(304)
    for (const Origin of ['http://localhost:3000', 'http://localhost:5173', 'http://evil.example', 'null']) {
      await both('/api/private', { headers: { ...headers, Origin } })
      await both('/api/private', { headers: { Origin } })
      await both('/api/messages', { headers: { Authorization: `Bearer ${await issuer.token()}`, Origin } })
      const preflight = {
        Origin,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization',
      }
      expect((await both('/api/private', { method: 'OPTIONS', headers: preflight })).status).toBe(204)
    }
    expect((await both('/api/nothing')).status).toBe(404)
  })

  test('as the quickstart says', async () => {
    const full = await issuer.token(claims.everything as LocalClaims)
    const texts: Record<string, string> = {}
    for (const path of ROUTES) {
      const { status, text } = await both(path, { headers: { Authorization: `Bearer ${full}` } })
      expect([path, status]).toEqual([path, 200])
      texts[path] = text.replace(/"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/, '"timestamp":"now"')
    }
    expect(texts).toEqual({
      '/api/public': '{"message":"Hello from a public endpoint! No authentication required.","timestamp":"now"}',
      '/api/private':
        '{"message":"Hello from a protected endpoint! You are authenticated.","sub":"local|user","timestamp":"now"}',
      '/api/messages': '{"messages":["Hello!","World!"]}',
      '/api/feed': '{"feed":[]}',
      '/api/admin/edit': '{"message":"Admin editor access granted."}',
      '/api/admin': '{"message":"Admin access granted."}',
      '/api/editor': '{"message":"Editor access granted."}',
      '/api/premium': '{"message":"Premium content access granted."}',
    })
    const premium = await both('/api/premium', { headers: { Authorization: `Bearer ${await issuer.token()}` } })
    expect(premium.headers['www-authenticate']).toBe(
      'Bearer error="invalid_token", error_description="Premium tier or admin role required"',
    )
  })
})

describe('npm start', () => {
  test('brings an issuer of its own, and calls to paste that do what they say', async () => {
    const served = await start('start.ts', {})
    await expect.poll(served.output).toMatch(/getPremium: refused\n.*\n/)
    const calls = [
      ...served
        .output()
        .matchAll(/# (\w+): (let in|refused)\ncurl -i http:\/\/localhost:\d+(\S+)(?: -H 'Authorization: (.*)')?/g),
    ]
    expect(calls).toHaveLength(8 + 7)
    for (const [, operation, outcome, path = '', field] of calls) {
      const { status } = await send(
        served.origin,
        path,
        field === undefined ? {} : { headers: { Authorization: field } },
      )
      expect([operation, outcome, status < 400]).toEqual([operation, outcome, outcome === 'let in'])
    }
    served.process.kill('SIGTERM')
    expect(await once(served.process, 'exit')).toEqual([0, null])
  })
  test('stops on SIGINT too, with requests under way', async () => {
    const served = await start('start.ts', {})
    const leaving = new AbortController()
    const waiting = fetch(`${served.origin}/api/public`, {
      method: 'POST',
      body: new ReadableStream(),
      duplex: 'half',
      signal: leaving.signal,
    } as RequestInit)
    const cut = waiting.catch(() => 'cut')
    served.process.kill('SIGINT')
    expect(await once(served.process, 'exit')).toEqual([0, null])
    // Now and then, fetch goes on waiting for more of the body although its connection has gone.
    leaving.abort()
    await cut
  })
  test.each(['AUTH0_DOMAIN', 'AUTH0_AUDIENCE'])('with %s alone names the other', async name => {
    const value = name === 'AUTH0_DOMAIN' ? 'tenant.example' : AUDIENCE
    for (const script of ['start.ts', 'examples/quickstart/start.ts']) {
      const served = await start(script, { [name]: value }, false)
      const [status] = await once(served.process, 'exit')
      expect(status).not.toBe(0)
      expect(served.output()).toContain(
        name === 'AUTH0_DOMAIN' ? 'AUTH0_AUDIENCE environment variable' : 'AUTH0_DOMAIN environment variable',
      )
    }
  })
  test('has no local issuer in production', async () => {
    const served = await start('start.ts', { NODE_ENV: 'production' }, false)
    const [status] = await once(served.process, 'exit')
    expect(status).not.toBe(0)
    expect(served.output()).toMatch(/ConfigurationError: .*production/)
  })
})
