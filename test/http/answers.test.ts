import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { apiKey, basic, bearer, createGate, type Decided, type GateOptions, notImplemented } from 'gatewright/runtime'
import { type LocalClaims, type LocalIssuer, startLocalIssuer } from 'gatewright/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generate } from '../../generator/index.js'
import { type Asked, send } from './request.js'

const folder = fileURLToPath(new URL('../out/http/', import.meta.url))
const document = fileURLToPath(new URL('openapi.yaml', import.meta.url))

let issuer: LocalIssuer
let foreign: LocalIssuer
const servers: Server[] = []
const decided: Decided[] = []
let create: (handlers: object, options: object) => express.Router
let stubs: object
let handlerRuns = 0
let errors = 0
let aborted = 0
let origin: string

/** A handler that shows what it was given. */
const echo = (context: Record<string, unknown>) => {
  handlerRuns++
  const { params, query, body, auth } = context
  return { status: 200, body: { params, query, body: body ?? null, schemes: Object.keys((auth as object) ?? {}) } }
}

async function serve(
  options: GateOptions & { schemes?: object } = {},
  mount = '/',
  prepare?: (app: express.Express) => void,
) {
  const app = express()
  prepare?.(app)
  const names = Object.keys(stubs).filter(name => name !== 'isStub')
  const handlers = {
    ...stubs,
    ...Object.fromEntries(names.map(name => [name, echo])),
    deleteUser: () => ({ status: 204 }),
    isUnfinished: async () => notImplemented(),
    throwsError: async () => {
      throw new Error('secret detail')
    },
    answersTwice: ({ res }: { res: express.Response }) => {
      res.json({ first: true })
      return { status: 200, body: { second: true } }
    },
    streams: () => ({ status: 200, contentType: 'text/csv', body: Readable.from(['a,b\n', '1,2\n']) }),
    waits: ({ signal }: { signal: AbortSignal }) =>
      new Promise(resolve => {
        signal.addEventListener('abort', () => {
          aborted++
          resolve(undefined)
        })
      }),
  }
  app.use(
    mount,
    create(handlers, {
      schemes: {
        user: bearer({ issuer: issuer.issuer, audience: issuer.audience }),
        key: apiKey(key => (key === 'good' ? { name: 'reader' } : key === 'poor' ? { name: 'poor' } : undefined), {
          scopes: principal => [principal.name],
        }),
        cookie: apiKey(key => key === 'crumbs' && { name: 'eater' }),
        query: apiKey(key => key === 'asked' && { name: 'asker' }),
        login: basic((username, password) => username === 'ada' && password === 'pass:word' && { name: username }),
      },
      checks: {
        agrees: async (_req: unknown, token: { mood?: string }) => {
          if (token.mood === 'throws') throw new Error('no mood')
          // No error, and nothing that could be shown as a text.
          if (token.mood === 'throws oddly') throw Object.create(null)
          return token.mood === 'good'
        },
      },
      onDecision: (one: Decided) => decided.push(one),
      ...options,
    }),
  )
  app.use((error: Error, _req: express.Request, res: express.Response, next: express.NextFunction) => {
    errors++
    if (res.headersSent) next(error)
    else res.status(500).json({ handled: error.message })
  })
  const server = app.listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const withToken = async (claims: object = {}) => ({
  headers: { Authorization: `Bearer ${await issuer.token(claims as LocalClaims)}` },
})

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  const { files, diagnostics } = await generate({ document, out: `${folder}generated`, handlers: `${folder}handlers` })
  expect(diagnostics).toEqual([])
  expect(files?.written).toHaveLength(7 + 21 + 1)
  create = (await import(/* @vite-ignore */ `${folder}generated/router.ts`)).createRouter
  stubs = { ...(await import(/* @vite-ignore */ `${folder}handlers/index.ts`)) }
  issuer = await startLocalIssuer({ audience: 'https://api.example' })
  foreign = await startLocalIssuer({ audience: 'https://api.example' })
  origin = await serve()
})

afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await issuer.close()
  await foreign.close()
})

/** Status, challenge and body: the columns of the table of answers. */
async function answer(path: string, asked?: Asked, from = origin) {
  const runs = handlerRuns
  const { status, headers, text } = await send(from, path, asked)
  // A refusal that is sent while the handler runs all the same would look right from outside.
  expect(handlerRuns - runs, `handlers run by ${path}`).toBe(status < 400 ? 1 : 0)
  return [status, headers['www-authenticate'] ?? '', text] as const
}

const json = (error: string, error_description: string) => JSON.stringify({ error, error_description })
const problem = (status: number, title: string, more: object = {}) => ({ type: 'about:blank', title, status, ...more })

describe('no credentials', () => {
  test.each([
    ['nothing', {}],
    ['an empty field', { Authorization: '' }],
    ['the scheme alone', { Authorization: 'Bearer' }],
    ['the scheme and a space', { Authorization: 'Bearer ' }],
    ['three parts', { Authorization: 'Bearer a b' }],
    ['two spaces', { Authorization: 'Bearer  a' }],
    ['another scheme', { Authorization: 'Basic YTpi' }],
    ['a scheme that only resembles it', { Authorization: 'xbearer a' }],
    ['a bare token', { Authorization: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln' }],
  ])('%s is answered by a bare challenge and nothing else', async (_name, headers) => {
    const { status, headers: received, text } = await send(origin, '/private', { headers })
    expect([status, received['www-authenticate'], text]).toEqual([401, 'Bearer', ''])
    expect(received).not.toHaveProperty('content-type')
  })
  test('a token in the query is none', async () => {
    expect(await answer(`/private?access_token=${await issuer.token()}`)).toEqual([401, 'Bearer', ''])
  })
  test('each scheme that would do is named', async () => {
    expect(await answer('/either')).toEqual([401, 'Bearer, ApiKey, Basic realm="login", charset="UTF-8"', ''])
    expect(await answer('/both', await withToken())).toEqual([401, 'Bearer, ApiKey', ''])
    expect(await answer('/login')).toEqual([401, 'Basic realm="login", charset="UTF-8"', ''])
  })
})

describe('bad tokens', () => {
  const refused = (description: string) => [
    401,
    `Bearer error="invalid_token", error_description="${description}"`,
    json('invalid_token', description),
  ]
  test('expired, altered, foreign, of another audience, unsigned, no token at all', async () => {
    const good = await issuer.token()
    const [head = '', payload = '', signature = ''] = good.split('.')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const table = [
      [await issuer.token({}, { expiresIn: -60 }), "'exp' claim timestamp check failed"],
      [`${head}.${payload}.${signature.slice(0, -8)}AAAAAAAA`, 'signature verification failed'],
      [await foreign.token(), "unexpected 'iss' claim value"],
      [await issuer.token({ aud: 'https://other.example' }), "unexpected 'aud' claim value"],
      [`${none}.${payload}.`, "'alg' (Algorithm) Header Parameter value not allowed"],
    ] as const
    for (const [token, description] of table) {
      expect(await answer('/private', { headers: { Authorization: `Bearer ${token}` } })).toEqual(refused(description))
    }
    const [status, challenge] = await answer('/private', { headers: { Authorization: 'Bearer garbage' } })
    expect([status, challenge]).toEqual([
      401,
      expect.stringMatching(/^Bearer error="invalid_token", error_description="[^"]+"$/),
    ])
  })
  test('a good one passes, whatever the case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const headers = { Authorization: `${scheme} ${await issuer.token()}` }
      expect((await send(origin, '/private', { headers })).status).toBe(200)
    }
  })
  test('an anonymous caller may be let in, a bad credential is not', async () => {
    expect((await send(origin, '/optional')).status).toBe(200)
    expect(JSON.parse((await send(origin, '/optional', await withToken())).text).schemes).toEqual(['user'])
    expect((await answer('/optional', { headers: { Authorization: 'Bearer garbage' } }))[0]).toBe(401)
    expect(await answer('/optional', { headers: { Authorization: 'Basic YTpi' } })).toEqual([401, 'Bearer', ''])
  })
  test('a public operation does not look', async () => {
    expect((await send(origin, '/public', { headers: { Authorization: 'Bearer garbage' } })).status).toBe(200)
  })
})

describe('credentials sent twice', () => {
  const refused = [
    400,
    'Bearer error="invalid_request", error_description="Credentials were sent more than once"',
    json('invalid_request', 'Credentials were sent more than once'),
  ]
  test('in two fields, or in header and query', async () => {
    const token = await issuer.token()
    const headers = ['Host', 'localhost', 'Authorization', `Bearer ${token}`, 'Authorization', `Bearer ${token}`]
    expect(await answer('/private', { headers })).toEqual(refused)
    expect(await answer('/private?access_token=x', { headers: { Authorization: `Bearer ${token}` } })).toEqual(refused)
    const keys = ['Host', 'localhost', 'X-Key', 'good', 'x-key', 'good']
    expect((await answer('/key', { headers: keys }))[0]).toBe(400)
    expect((await answer('/either?key=asked&key=asked', { headers: { Cookie: 'session=crumbs' } }))[0]).toBe(400)
    expect((await answer('/either?key=asked', { headers: { Cookie: 'session=crumbs; session=x' } }))[0]).toBe(400)
  })
})

describe('scopes', () => {
  const refused = (scope: string) => [
    403,
    `Bearer error="insufficient_scope", error_description="Insufficient scopes", scope="${scope}"`,
    json('insufficient_scope', 'Insufficient scopes'),
  ]
  test('all of them by default, and the challenge names them all', async () => {
    expect((await answer('/scopes/all', await withToken({ scope: 'write read' })))[0]).toBe(200)
    for (const scope of ['read', 'write', '', 'Read write', 'read write2', 'read,write', 'read\twrite']) {
      expect(await answer('/scopes/all', await withToken({ scope }))).toEqual(refused('read write'))
    }
    expect(await answer('/scopes/all', await withToken({ permissions: ['read', 'write'] }))).toEqual(
      refused('read write'),
    )
    expect(await answer('/scopes/all', await withToken({ scope: { read: true, write: true } }))).toEqual(
      refused('read write'),
    )
  })
  test('as an array, and in scp', async () => {
    expect((await answer('/scopes/all', await withToken({ scope: ['read', 'write'] })))[0]).toBe(200)
    expect((await answer('/scopes/all', await withToken({ scp: ['read', 'write'] })))[0]).toBe(200)
    expect(await answer('/scopes/all', await withToken({ scope: ['read write'] }))).toEqual(refused('read write'))
  })
  test('any of them where the document says so', async () => {
    expect((await answer('/scopes/any', await withToken({ scope: 'write' })))[0]).toBe(200)
    expect(await answer('/scopes/any', await withToken({ scope: 'delete' }))).toEqual(refused('read write'))
  })
  test('of an API key too', async () => {
    expect((await answer('/key', { headers: { 'X-Key': 'good' } }))[0]).toBe(200)
    // The principal of a poor key is known, and holds no scope that is demanded.
    expect(await answer('/key', { headers: { 'X-Key': 'poor' } })).toEqual([
      403,
      'ApiKey error="insufficient_scope", error_description="Insufficient scopes", scope="reader"',
      json('insufficient_scope', 'Insufficient scopes'),
    ])
    expect((await answer('/key', { headers: { 'X-Key': 'wrong' } }))[0]).toBe(401)
  })
})

describe('alternatives', () => {
  test('AND wants both', async () => {
    const { headers } = await withToken()
    const both = await send(origin, '/both', { headers: { ...headers, 'X-Key': 'good' } })
    expect([both.status, JSON.parse(both.text).schemes]).toEqual([200, ['user', 'key']])
    expect((await answer('/both', { headers: { 'X-Key': 'good' } }))[0]).toBe(401)
    expect((await answer('/both', { headers: { ...headers, 'X-Key': 'wrong' } }))[0]).toBe(401)
    expect((await answer('/both', { headers: { Authorization: 'Bearer x', 'X-Key': 'good' } }))[0]).toBe(401)
  })
  test('OR wants one, and says which it was', async () => {
    const schemes = async (path: string, asked: Asked) => {
      const { status, text } = await send(origin, path, asked)
      return status === 200 ? JSON.parse(text).schemes : status
    }
    expect(await schemes('/either', await withToken({ scope: 'read' }))).toEqual(['user'])
    expect(await schemes('/either', { headers: { 'X-Key': 'poor' } })).toEqual(['key'])
    expect(await schemes('/either', { headers: { Authorization: `Basic ${btoa('ada:pass:word')}` } })).toEqual([
      'login',
    ])
    expect(await schemes('/either?key=asked', { headers: { Cookie: 'a=b; session=crumbs' } })).toEqual([
      'cookie',
      'query',
    ])
    expect(await schemes('/either', { headers: { Cookie: 'session=crumbs' } })).toBe(401)
    expect(await schemes('/either', { headers: { Authorization: `Basic ${btoa('ada:wrong')}` } })).toBe(401)
  })
  test('the answer is that of the one that came closest', async () => {
    const { headers } = await withToken()
    expect((await answer('/either', { headers: { ...headers, 'X-Key': 'wrong' } }))[0]).toBe(403)
  })
})

describe('claims', () => {
  const refused = (description: string) => [
    401,
    `Bearer error="invalid_token", error_description="${description}"`,
    json('invalid_token', description),
  ]
  test('are compared strictly; which one failed is not told, a message is', async () => {
    expect((await answer('/claims', await withToken({ isAdmin: true, level: 3 })))[0]).toBe(200)
    for (const isAdmin of ['true', 1, [true], null, false]) {
      expect(await answer('/claims', await withToken({ isAdmin, level: 3 }))).toEqual(refused('Invalid token claims'))
    }
    expect(await answer('/claims', await withToken({ level: 3 }))).toEqual(refused('Invalid token claims'))
    expect(await answer('/claims', await withToken({ isAdmin: true, level: 2 }))).toEqual(refused('Level 3 or higher'))
    expect(await answer('/claims', await withToken({ isAdmin: true, level: '3' }))).toEqual(
      refused('Level 3 or higher'),
    )
  })
  test('403, and names, where so configured', async () => {
    const strict = await serve({ claimsStatus: 403, nameClaims: true })
    expect(await answer('/claims', await withToken({ level: 3 }), strict)).toEqual([
      403,
      'Bearer error="insufficient_scope", error_description="Missing \'isAdmin\' claim"',
      json('insufficient_scope', "Missing 'isAdmin' claim"),
    ])
  })
  test('a check that refuses or throws denies', async () => {
    expect((await answer('/check', await withToken({ mood: 'good' })))[0]).toBe(200)
    expect(await answer('/check', await withToken({ mood: 'bad' }))).toEqual(refused('Invalid token claims'))
    expect(await answer('/check', await withToken({ mood: 'throws' }))).toEqual(refused('Invalid token claims'))
    expect(await answer('/check', await withToken({ mood: 'throws oddly' }))).toEqual(refused('Invalid token claims'))
    expect(decided.at(-1)).toMatchObject({ operation: 'needsCheck', granted: false, code: 'claims_not_met' })
  })
  test('are bound to the decoded path parameter', async () => {
    expect((await answer('/orgs/a%2Fb/items/7.json', await withToken({ org: 'a/b' })))[0]).toBe(200)
    expect((await answer('/orgs/a%252Fb/items/7.json', await withToken({ org: 'a/b' })))[0]).toBe(401)
    expect((await answer('/orgs/A/items/7.json', await withToken({ org: 'a' })))[0]).toBe(401)
    expect((await answer('/orgs/7/items/7.json', await withToken({ org: 7 })))[0]).toBe(401)
  })
})

describe('routes', () => {
  test('concrete before templated, whatever the order', async () => {
    expect((await answer('/users/me'))[0]).toBe(401)
    expect((await answer('/users/%6De'))[0]).toBe(401)
    expect(JSON.parse((await send(origin, '/users/you')).text).params).toEqual({ name: 'you' })
    expect((await answer('/users/Me'))[0]).toBe(200)
  })
  test('exact and case-sensitive; unknown paths are passed on', async () => {
    for (const path of ['/Public', '/public/', '//public', '/publi', '/users/', '/orgs/a/items/.json', '/']) {
      const { status, text } = await send(origin, path)
      expect([path, status, text]).toEqual([path, 404, expect.stringContaining('Cannot GET')])
    }
  })
  test('an encoded slash stays in its segment, encoding is undone once, malformed is refused', async () => {
    expect(JSON.parse((await send(origin, '/users/a%2Fb')).text).params).toEqual({ name: 'a/b' })
    expect(JSON.parse((await send(origin, '/users/%2525')).text).params).toEqual({ name: '%25' })
    const { status, headers, text } = await send(origin, '/users/%zz')
    expect([status, headers['content-type']]).toEqual([400, 'application/problem+json'])
    expect(JSON.parse(text)).toMatchObject(problem(400, 'Bad Request'))
  })
  test('a method that the document lacks', async () => {
    const { status, headers, text } = await send(origin, '/private', { method: 'DELETE' })
    expect([status, headers.allow, headers['www-authenticate']]).toEqual([405, 'GET, POST, HEAD, OPTIONS', undefined])
    expect(JSON.parse(text)).toEqual(problem(405, 'Method Not Allowed'))
    expect((await send(origin, '/users/me', { method: 'DELETE' })).status).toBe(405)
  })
  test('OPTIONS carries no credentials, HEAD stands under the policy of GET', async () => {
    const options = await send(origin, '/private', { method: 'OPTIONS' })
    expect([options.status, options.headers.allow, options.text]).toEqual([204, 'GET, POST, HEAD, OPTIONS', ''])
    expect((await send(origin, '/private', { method: 'HEAD' })).status).toBe(401)
    const get = await send(origin, '/private', await withToken())
    const head = await send(origin, '/private', { method: 'HEAD', ...(await withToken()) })
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', get.headers['content-length']])
  })
  test('below a prefix, beside other routers, in absolute form', async () => {
    const prefixed = await serve({}, '/v1', app => {
      app.use(
        '/v1',
        express.Router().get('/other', (_req, res) => void res.send('other')),
      )
      app.set('trust proxy', true)
    })
    expect((await send(prefixed, '/v1/public')).status).toBe(200)
    expect((await send(prefixed, '/v1/private')).status).toBe(401)
    expect((await send(prefixed, '/private')).status).toBe(404)
    expect((await send(prefixed, '/v1/other')).text).toBe('other')
    expect((await send(prefixed, `${prefixed}/v1/private`)).status).toBe(401)
    expect((await send(prefixed, `${prefixed}/v1/private`, await withToken())).status).toBe(200)
  })
})

describe('parameters and bodies', () => {
  const orgToken = () => withToken({ org: 'a' })
  test('coerced, defaulted, typed', async () => {
    const { text } = await send(origin, '/orgs/a/items/7.json?tag=x&tag=y', await orgToken())
    expect(JSON.parse(text)).toMatchObject({ params: { orgId: 'a', itemId: 7 }, query: { limit: 5, tag: ['x', 'y'] } })
  })
  test('a fault each, with its pointer, after the policy holds', async () => {
    expect((await answer('/orgs/a/items/x.json?limit=99'))[0]).toBe(401)
    const { status, headers, text } = await send(origin, '/orgs/a/items/x.json?limit=99', await orgToken())
    expect([status, headers['content-type'], headers['www-authenticate']]).toEqual([
      400,
      'application/problem+json',
      undefined,
    ])
    expect(JSON.parse(text).errors.map((one: { in: string; pointer: string }) => [one.in, one.pointer])).toEqual([
      ['path', '#/itemId'],
      ['query', '#/limit'],
    ])
  })
  test('a body of JSON or of a form', async () => {
    const { headers } = await withToken({ scope: 'write' })
    const post = (type: string, body: string) =>
      send(origin, '/private', { method: 'POST', headers: { ...headers, 'Content-Type': type }, body })
    expect(JSON.parse((await post('application/json', '{"name":"ab","size":null}')).text).body).toEqual({
      name: 'ab',
      size: null,
    })
    expect(JSON.parse((await post('application/x-www-form-urlencoded', 'name=ab&size=3')).text).body).toEqual({
      name: 'ab',
      size: 3,
    })
    expect((await post('application/json', '{"name":')).status).toBe(400)
    expect((await post('application/json', '')).status).toBe(400)
    expect((await post('text/plain', 'ab')).status).toBe(415)
    expect((await post('application/json', JSON.stringify({ name: 'a'.repeat(200_000) }))).status).toBe(413)
    const faulty = await post('application/json', '{"name":"a","more":1}')
    expect(
      JSON.parse(faulty.text)
        .errors.map((one: { pointer: string }) => one.pointer)
        .sort(),
    ).toEqual(['#/more', '#/name'])
  })
  test('nothing of a body is read before the policy holds', async () => {
    const headers = { 'Content-Type': 'application/json' }
    expect((await answer('/private', { method: 'POST', headers, body: '{"name":' }))[0]).toBe(401)
    const { headers: scopeless } = await withToken()
    const runs = handlerRuns
    expect((await answer('/private', { method: 'POST', headers: { ...scopeless, ...headers }, body: '{' }))[0]).toBe(
      403,
    )
    expect(handlerRuns).toBe(runs)
  })
  test('a body that express.json() has read already', async () => {
    const parsed = await serve({}, '/', app => app.use(express.json()))
    const { headers } = await withToken({ scope: 'write' })
    const asked = { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' } }
    expect(JSON.parse((await send(parsed, '/private', { ...asked, body: '{"name":"ab"}' })).text).body).toEqual({
      name: 'ab',
    })
    expect((await send(parsed, '/private', { ...asked, body: '{"name":"a"}' })).status).toBe(400)
  })
})

describe('a decision hook that fails', () => {
  test.each<[string, () => void]>([
    [
      'at once',
      () => {
        throw new Error('hook')
      },
    ],
    [
      'later',
      async () => {
        throw new Error('hook')
      },
    ],
  ])('%s changes nothing', async (_name, onDecision) => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const hooked = await serve({ onDecision })
    expect((await answer('/private', {}, hooked))[0]).toBe(401)
    expect((await answer('/private', await withToken(), hooked))[0]).toBe(200)
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
})

describe('handlers', () => {
  test.each([
    ['a stub answers', '/stub'],
    ['a handler may answer as one', '/unfinished'],
  ])('%s 501', async (_, path) => {
    const { status, text } = await send(origin, path, await withToken())
    expect([status, JSON.parse(text)]).toEqual([
      501,
      problem(501, 'Not Implemented', { detail: 'This operation is not implemented yet.' }),
    ])
  })
  test("an error goes to Express's error handling", async () => {
    const { status, text } = await send(origin, '/throws')
    expect([status, text]).toEqual([500, '{"handled":"secret detail"}'])
  })
  test('nothing is sent twice', async () => {
    const before = errors
    expect((await send(origin, '/twice')).text).toBe('{"first":true}')
    expect(errors).toBe(before)
  })
  test('a stream is sent as it comes', async () => {
    const { headers, text } = await send(origin, '/stream')
    expect([headers['content-type'], text]).toEqual(['text/csv', 'a,b\n1,2\n'])
  })
  test('a client that leaves aborts the signal', async () => {
    const { hostname, port } = new URL(origin)
    const before = aborted
    const left = request({ hostname, port, path: '/waits', agent: false })
    left.on('error', () => {})
    left.end()
    await new Promise(resolve => setTimeout(resolve, 200))
    left.destroy()
    await expect.poll(() => aborted).toBe(before + 1)
  })
  test('204 has no body', async () => {
    const { status, headers, text } = await send(origin, '/users/x', { method: 'DELETE', ...(await withToken()) })
    expect([status, headers['content-length'], text]).toEqual([204, undefined, ''])
  })
})

describe('the issuer is out of reach', () => {
  test('503 with Retry-After and no challenge, never 401 and never a pass', async () => {
    const gone = await startLocalIssuer({ audience: 'https://api.example' })
    const token = await gone.token()
    await gone.close()
    const app = await serve({ schemes: unreachable(gone.issuer) })
    const { status, headers, text } = await send(app, '/private', { headers: { Authorization: `Bearer ${token}` } })
    expect([status, headers['www-authenticate']]).toEqual([503, undefined])
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(JSON.parse(text)).toMatchObject(problem(503, 'Service Unavailable'))
  })
  const unreachable = (url: string) => ({
    user: bearer({ issuer: url, audience: 'https://api.example' }),
    key: apiKey(() => undefined),
    cookie: apiKey(() => undefined),
    query: apiKey(() => undefined),
    login: basic(() => undefined),
  })
})

describe('at start', () => {
  const complete = () => ({
    schemes: {
      user: bearer({ issuer: issuer.issuer, audience: issuer.audience }),
      key: apiKey(() => undefined),
      cookie: apiKey(() => undefined),
      query: apiKey(() => undefined),
      login: basic(() => undefined),
    },
    checks: { agrees: () => true },
  })
  test('everything that is missing is named', () => {
    expect(() => (create as (handlers: object) => unknown)(stubs)).toThrow(/the options are missing/)
    expect(() => create(stubs, { schemes: {}, checks: {} })).toThrow(
      /schemes\.user is missing.*schemes\.key is missing.*schemes\.login is missing.*checks\.agrees is missing/,
    )
    expect(() => create({ ...stubs, readMe: undefined, isStub: undefined }, complete())).toThrow(
      /handlers are missing: readMe, isStub/,
    )
    const { schemes, checks } = complete()
    expect(() => create(stubs, { schemes: { ...schemes, user: schemes.key }, checks })).toThrow(
      /schemes\.user must verify bearer/,
    )
    expect(() => create(stubs, { schemes, checks, claimStatus: 403 })).toThrow(/unknown option claimStatus/)
    expect(() => create(stubs, { schemes, checks, claimsStatus: 200 })).toThrow(/claimsStatus must be 401 or 403/)
    expect(() => create(stubs, complete())).not.toThrow()
  })
  test('a policy without a line, a line without a policy, and a policy on two lines are told', () => {
    const policies = { one: { security: [] }, two: { security: [] } } as const
    const handler = () => {}
    const gate = createGate({}, policies, {})
    gate.get('/one', policies.one, {}, handler)
    expect(() => gate.router).toThrow(/not routed: two/)
    expect(() => gate.get('/again', policies.one, {}, handler)).toThrow(
      /is not one of the document's, or was used before/,
    )
    expect(() => gate.get('/other', { security: [] }, {}, handler)).toThrow(/is not one of the document's/)
    gate.post('/two', policies.two, {}, handler)
    expect(() => gate.router).not.toThrow()
  })
})
