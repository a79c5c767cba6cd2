import express, { type RequestHandler } from 'express'
import {
  type Auth0ApiOptions,
  claimCheck,
  claimEquals,
  claimIncludes,
  createAuth0Api,
  requiresAuth,
  scopesInclude,
} from 'gatewright/runtime'
import { type LocalClaims, type LocalIssuer, startLocalIssuer } from 'gatewright/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listeners } from '../http/emitted.js'
import { send } from '../http/request.js'

const AUDIENCE = 'https://quickstart.example'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const { listen, close } = listeners()
let issuer: LocalIssuer

beforeAll(async () => {
  issuer = await startLocalIssuer({ audience: AUDIENCE })
})

afterAll(async () => {
  close()
  await issuer.close()
})

/** What is answered behind the guards: status, the challenge's `error` and its description, and what the handler saw. */
async function answer(guards: readonly RequestHandler[], claims?: LocalClaims, options: Auth0ApiOptions = {}) {
  const app = express()
  app.use(createAuth0Api({ domain: issuer.issuer, audience: AUDIENCE, ...options }))
  app.get('/', ...guards, (request, response) => {
    response.json({ sub: request.auth0?.user?.sub ?? null, token: request.auth0?.token ?? null })
  })
  const token = claims && (await issuer.token(claims))
  const { status, headers, text } = await send(await listen(app), '/', {
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  })
  const challenge = headers['www-authenticate'] ?? ''
  const member = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1]
  return {
    status,
    error: member('error'),
    description: member('error_description'),
    scope: member('scope'),
    text,
    token,
  }
}

const outcome = async (guards: readonly RequestHandler[], claims?: LocalClaims) => {
  const { status, error, description } = await answer(guards, claims)
  return error === undefined ? status : [status, error, description]
}

describe('requiresAuth()', () => {
  test('hands on the claims and the token', async () => {
    const { status, text, token } = await answer([requiresAuth()], { sub: 'user|1' })
    expect([status, JSON.parse(text)]).toEqual([200, { sub: 'user|1', token }])
  })

  test('is a guard for those who have no token, or a bad one', async () => {
    expect(await outcome([requiresAuth()])).toBe(401)
    expect(await outcome([requiresAuth()], { aud: 'other' } as LocalClaims)).toEqual([
      401,
      'invalid_token',
      `unexpected 'aud' claim value`,
    ])
  })

  test.each<[string | readonly string[], string, number]>([
    ['a', 'a', 200],
    ['a b', 'b a', 200],
    [['a', 'b'], 'a', 403],
    [['a'], 'A ab', 403],
  ])('with scopes %j lets pass a token of "%s": %i', async (scopes, scope, status) => {
    const found = await answer([requiresAuth({ scopes })], { scope })
    expect([found.status, found.error]).toEqual([status, status === 403 ? 'insufficient_scope' : undefined])
  })

  test('without createAuth0Api() before it is an error of the app, not a pass', async () => {
    const app = express()
    app.get('/', requiresAuth(), (_request, response) => void response.send('in'))
    app.use(
      ((error, _request, response, _next) =>
        void response.status(500).send(error.message)) as express.ErrorRequestHandler,
    )
    expect(await send(await listen(app), '/')).toMatchObject({
      status: 500,
      text: 'requiresAuth() needs app.use(createAuth0Api()) before it',
    })
  })
})

describe('scopesInclude()', () => {
  test.each<[string | readonly string[], 'any' | 'all' | undefined, string, number]>([
    [['a', 'b'], undefined, 'b', 200],
    ['a b', 'any', 'a c', 200],
    ['a b', 'all', 'a b c', 200],
    ['a b', 'all', 'a c', 403],
    ['a b', undefined, 'c', 403],
    ['a', 'any', 'A', 403],
  ])('%j, %s of them, lets pass a token of "%s": %i', async (scopes, match, scope, status) => {
    const guard = scopesInclude(scopes, match && { match })
    const found = await answer([requiresAuth(), guard], { scope })
    expect(found.status).toBe(status)
    if (status === 403) expect([found.error, found.scope]).toEqual(['insufficient_scope', [scopes].flat().join(' ')])
  })

  test('without requiresAuth() before it lets nobody pass', async () => {
    expect((await answer([scopesInclude('a')], { scope: 'a' })).status).toBe(403)
  })

  test.each([[{ match: 'some' }, "'match' must be 'any' or 'all'"]])('%j is refused', (options, message) => {
    expect(() => scopesInclude('a', options as never)).toThrow(message)
  })
})

describe('claims', () => {
  const user: LocalClaims = { role: 'admin', level: 3, gone: null, roles: ['editor', 'reader', 7] }
  const unexpected = (claim: string) => [401, 'invalid_token', `Unexpected '${claim}' value`]

  test.each<[string, RequestHandler, unknown]>([
    ['the value', claimEquals('role', 'admin'), 200],
    ['null', claimEquals('gone', null), 200],
    ['another value', claimEquals('role', 'Admin'), unexpected('role')],
    ['a number for its text', claimEquals('level', '3'), unexpected('level')],
    ['no such claim', claimEquals('team', 'a'), [401, 'invalid_token', `Missing 'team' claim`]],
    ['what every object has', claimEquals('toString', 'a'), [401, 'invalid_token', `Missing 'toString' claim`]],
    [
      'words of its own',
      claimEquals('role', 'x', { errorMessage: 'Admins only' }),
      [401, 'invalid_token', 'Admins only'],
    ],
    ['all of a list', claimIncludes('roles', ['reader', 7]), 200],
    ['one that is not in it', claimIncludes('roles', ['reader', 'admin']), unexpected('roles')],
    ['a number as text', claimIncludes('roles', ['7']), unexpected('roles')],
    ['text that is no list', claimIncludes('role', ['admin']), unexpected('role')],
    ['a check that agrees', claimCheck((_request, { level }) => level === 3), 200],
    ['one that agrees later', claimCheck(async (_request, { level }) => level === 3), 200],
    ['one that does not', claimCheck(() => false), [401, 'invalid_token', 'Invalid token claims']],
    ['one that says so', claimCheck(() => 0 as never, { errorMessage: 'Not now' }), [401, 'invalid_token', 'Not now']],
    [
      'one that throws',
      claimCheck(() => {
        throw new Error('eyJ')
      }),
      [401, 'invalid_token', 'Invalid token claims'],
    ],
    [
      'one that rejects',
      claimCheck(() => Promise.reject(new Error('eyJ'))),
      [401, 'invalid_token', 'Invalid token claims'],
    ],
  ])('%s', async (_, guard, expected) => {
    expect(await outcome([requiresAuth(), guard], user)).toEqual(expected)
  })

  test.each<[string, RequestHandler]>([
    ['claimEquals', claimEquals('role', 'admin')],
    ['claimIncludes', claimIncludes('roles', ['editor'])],
    ['claimCheck', claimCheck(() => true)],
  ])('%s() without requiresAuth() before it lets nobody pass', async (_, guard) => {
    expect(await outcome([guard], user)).toEqual([401, 'invalid_token', 'No token found'])
  })
})

test('customFetch asks for the keys, and exchanges tokens', async () => {
  const asked: string[] = []
  const customFetch: typeof fetch = (input, init) => {
    asked.push(new URL(String(input)).pathname)
    return fetch(input, init)
  }
  const app = express()
  app.use(createAuth0Api({ domain: issuer.issuer, audience: AUDIENCE, clientId: 'c', clientSecret: 's', customFetch }))
  app.get('/', requiresAuth(), async (request, response) => {
    const failed = await request.auth0?.client.getTokenOnBehalfOf('token', { audience: 'https://other.example' }).then(
      () => 'exchanged',
      () => 'failed',
    )
    response.json(failed)
  })
  const headers = { Authorization: `Bearer ${await issuer.token()}` }
  // The local issuer gives no tokens for others.
  expect((await send(await listen(app), '/', { headers })).text).toBe('"failed"')
  expect(asked).toEqual(expect.arrayContaining(['/.well-known/openid-configuration', '/jwks.json', '/token']))
})

describe('arguments of the wrong kind are refused at once', () => {
  const refused = (work: () => unknown, message: string) => expect(work).toThrow(message)

  test('scopes', () => {
    for (const scopes of [[], '', ' ']) refused(() => scopesInclude(scopes), 'must contain at least one scope')
    for (const scopes of [undefined, null, 7, {}])
      refused(() => scopesInclude(scopes as never), "'scopes' must be a string")
    for (const scopes of [
      ['a', 7],
      ['a', 'b c'],
      ['a', 'b"'],
      ['a', ''],
      ['a', 'b\\'],
    ]) {
      refused(() => scopesInclude(scopes as never), 'each a scope without spaces or quotes')
      refused(() => requiresAuth({ scopes } as never), 'each a scope without spaces or quotes')
    }
    refused(() => requiresAuth({ scopes: undefined } as never), "'scopes' must be a string")
    for (const scope of ['!', '#$', '[', ']^~', 'long:scope/of.many-characters']) {
      expect(() => scopesInclude(scope)).not.toThrow()
    }
  })

  test('values', () => {
    for (const value of ['a', '', 0, 1.5, true, false, null]) expect(() => claimEquals('c', value)).not.toThrow()
    for (const value of [undefined, {}, [], Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1]) {
      refused(() => claimEquals('c', value as never), "'value' must be a string, number, boolean or null")
    }
    for (const values of [['a'], [0, false, 'a']]) expect(() => claimIncludes('c', values)).not.toThrow()
    refused(() => claimIncludes('c', []), "'values' must contain at least one value")
    for (const values of [undefined, 'a', [null], ['a', {}], ['a', Number.NaN]]) {
      refused(() => claimIncludes('c', values as never), "'values' must be an array of strings, numbers or booleans")
    }
    for (const claim of ['', undefined, null, 7]) {
      refused(() => claimEquals(claim as never, 'a'), "'claim' must be a string")
      refused(() => claimIncludes(claim as never, ['a']), "'claim' must be a string")
    }
    refused(() => claimCheck('c' as never), "'fn' must be a function")
  })

  test.each<[string, (options: never) => unknown, string]>([
    ['requiresAuth', requiresAuth, 'scopes'],
    ['scopesInclude', options => scopesInclude('a', options), 'match'],
    ['claimEquals', options => claimEquals('c', 'a', options), 'errorMessage'],
    ['claimIncludes', options => claimIncludes('c', ['a'], options), 'errorMessage'],
    ['claimCheck', options => claimCheck(() => true, options), 'errorMessage'],
  ])('options of %s', (name, make, known) => {
    for (const options of [null, [], 'a', 7]) {
      refused(() => make(options as never), `${name}: the options must be an object`)
    }
    refused(() => make({ scope: 'a' } as never), `${name}: unknown option 'scope'; known: ${known}`)
    if (known !== 'errorMessage') return
    for (const errorMessage of [7, null, {}]) {
      refused(() => make({ errorMessage } as never), "'errorMessage' must be a string")
    }
    expect(() => make({ errorMessage: 'No' } as never)).not.toThrow()
  })

  test('a domain with a path, and an algorithm that is none', () => {
    const api = (options: Auth0ApiOptions) => () =>
      createAuth0Api({ domain: 'a.example', audience: AUDIENCE, ...options })
    expect(api({})).not.toThrow()
    expect(api({ domain: 'https://a.example' })).not.toThrow()
    refused(api({ domain: 'a.example/path' }), 'holds a path')
    refused(api({ domain: 'a.example/http://b.example' }), 'holds a path')
    refused(
      api({ clientId: 'c', clientAssertionSigningKey: 'k', clientAssertionSigningAlg: 'HS256' }),
      "'clientAssertionSigningAlg' is none of the asymmetric algorithms of JOSE",
    )
    refused(api({ clientId: 'c', clientAssertionSigningKey: 'no key' }), 'AUTH0_CLIENT_ASSERTION_SIGNING_KEY')
    const customFetch = 'fetch' as never
    refused(api({ clientId: 'c', clientSecret: 's', customFetch }), "'fetch' must be a function")
  })
})

describe('the token of a request', () => {
  test('is no member that a log would show, and can be taken away', async () => {
    const app = express()
    app.use(createAuth0Api({ domain: issuer.issuer, audience: AUDIENCE }))
    app.get('/', requiresAuth(), (request, response) => {
      const { auth0 } = request
      const shown = JSON.stringify(auth0)
      const had = auth0.token
      auth0.token = 'other'
      const { token } = auth0
      response.json({ hidden: !shown.includes(String(had)), token, deleted: Reflect.deleteProperty(auth0, 'token') })
    })
    const headers = { Authorization: `Bearer ${await issuer.token()}` }
    expect(JSON.parse((await send(await listen(app), '/', { headers })).text)).toEqual({
      hidden: true,
      token: 'other',
      deleted: true,
    })
  })

  test('claims are asked of nobody where no guard stood before', async () => {
    for (const guard of [claimEquals('a', 'b'), claimIncludes('a', ['b']), claimCheck(() => true)]) {
      expect((await answer([guard], { a: 'b' })).description).toBe('No token found')
      const { status } = await send(await listen(express().get('/', guard)), '/')
      expect(status).toBe(401)
    }
    expect((await send(await listen(express().get('/', scopesInclude('a'))), '/')).status).toBe(403)
  })

  test('audience of the exchange and scope are what was asked for', async () => {
    const forms: URLSearchParams[] = []
    const customFetch: typeof fetch = async (input, init) => {
      const { pathname } = new URL(String(input))
      if (pathname !== '/token') return fetch(input, init)
      forms.push(new URLSearchParams(String(init?.body)))
      return Response.json({
        access_token: 'new',
        issued_token_type: ACCESS_TOKEN,
        token_type: 'Bearer',
        expires_in: 60,
      })
    }
    const settings = { domain: issuer.issuer, audience: AUDIENCE, clientId: 'c', clientSecret: 's', customFetch }
    const app = express().use(createAuth0Api(settings))
    const asked = { audience: 'https://other.example' }
    app.get('/', requiresAuth(), async ({ auth0: { client, token = '' } }, response) => {
      response.json([
        await client.getTokenOnBehalfOf(token, asked),
        await client.getTokenOnBehalfOf(token, { ...asked, scope: 'read' }),
      ])
    })
    const token = await issuer.token()
    const { text } = await send(await listen(app), '/', { headers: { Authorization: `Bearer ${token}` } })
    expect(JSON.parse(text)).toMatchObject([{ accessToken: 'new' }, { accessToken: 'new' }])
    const common = { audience: 'https://other.example', subject_token: token, subject_token_type: ACCESS_TOKEN }
    expect(forms.map(form => Object.fromEntries(form))).toMatchObject([common, { ...common, scope: 'read' }])
    expect(forms[0]?.has('scope')).toBe(false)
  })
})
