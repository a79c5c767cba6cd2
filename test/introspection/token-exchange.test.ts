import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { exportPKCS8, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createRouter } from '../../generated/router.js'
import * as handlers from '../../handlers/index.js'
import { getCurrentActor, getDelegationChain, InvalidRequestError } from '../../runtime/actor.js'
import { auth0, createAuth0Api, requiresAuth } from '../../runtime/auth0.js'
import { auth0Client, MissingClientAuthError, UNCONFIGURED_CLIENT } from '../../runtime/auth0-client.js'
import { auth0ClientSettings } from '../../runtime/auth0-config.js'
import { bearer } from '../../runtime/schemes/bearer.js'
import { TokenExchangeError, tokenExchange } from '../../runtime/token-exchange.js'
import { ConfigurationError } from '../../runtime/verifier.js'
import { send } from '../http/request.js'
import { AUDIENCE, goodClaims, type TestKey, testKey } from '../tokens/scripted-issuer.js'
import { answering, CLIENT, type ScriptedServer, scriptedServer } from './scripted-server.js'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const SUBJECT = 'eyJhbGciOiJSUzI1NiJ9.secret-subject-token'
const ISSUED = {
  access_token: 'downstream',
  token_type: 'Bearer',
  issued_token_type: ACCESS_TOKEN,
  expires_in: 600,
  scope: 'calendar:read',
  refresh_token: 'never',
  id_token: 'never',
}

let server: ScriptedServer
beforeEach(async () => {
  server = await scriptedServer()
  server.answer = answering(ISSUED)
})
afterEach(async () => {
  vi.useRealTimers()
  await server[Symbol.asyncDispose]()
})

function exchangeWith(options: object = {}) {
  return tokenExchange({ issuer: server.issuer, client: CLIENT, ...options })
}

/** The error that it rejects with, which must hold nothing of the tokens. */
async function failure(promise: Promise<unknown>): Promise<TokenExchangeError> {
  const error = await promise.then(
    () => new Error('it was fulfilled'),
    (reason: unknown) => reason as TokenExchangeError,
  )
  expect(error).toBeInstanceOf(TokenExchangeError)
  expect(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`).not.toMatch(/secret|downstream/)
  return error as TokenExchangeError
}

describe('tokenExchange()', () => {
  test('asks as RFC 8693 says, and gives what was issued', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_750_000_000_000 })
    expect(await exchangeWith()(SUBJECT, { audience: 'https://calendar.example', scope: 'calendar:read' })).toEqual({
      accessToken: 'downstream',
      tokenType: 'Bearer',
      issuedTokenType: ACCESS_TOKEN,
      expiresAt: 1_750_000_600,
      scope: 'calendar:read',
    })
    const [question] = server.questions
    expect(question?.path).toBe('/token')
    expect(Object.fromEntries(question?.form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: SUBJECT,
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: ACCESS_TOKEN,
      audience: 'https://calendar.example',
      scope: 'calendar:read',
    })
    expect(question?.headers.authorization).toMatch(/^Basic /)
  })

  test('asks for several resources and audiences, with an actor', async () => {
    await exchangeWith({ endpoint: `${server.origin}/given` })(SUBJECT, {
      audience: ['a', 'b'],
      resource: 'https://c.example',
      actorToken: 'actor',
    })
    const { form, path } = server.questions[0] as { form: URLSearchParams; path: string }
    expect([path, form.getAll('audience'), form.get('resource')]).toEqual(['/given', ['a', 'b'], 'https://c.example'])
    expect([form.get('actor_token'), form.get('actor_token_type')]).toEqual(['actor', ACCESS_TOKEN])
    expect(server.discovered).toBe(0)
  })

  test.each([
    [400, { error: 'invalid_target', error_description: SUBJECT }, 'invalid_target', 'status 400 invalid_target'],
    [400, { error: SUBJECT }, 'unavailable', 'status 400'],
    [401, { error: 'invalid_client' }, 'invalid_client', 'status 401 invalid_client'],
    [503, SUBJECT, 'unavailable', 'status 503'],
  ])('a refusal with status %i and %j tells the known code and no other text', async (status, body, error, told) => {
    server.answer = answering(body, 'application/json', status)
    const { message, cause, code } = await failure(exchangeWith()(SUBJECT, { audience: 'https://calendar.example' }))
    expect(message).toBe(`Failed to exchange token of type '${ACCESS_TOKEN}' for audience 'https://calendar.example'.`)
    expect(code).toBe('token_exchange_error')
    expect(cause).toEqual({ error, error_description: `${server.origin}/token answered with ${told}` })
  })

  test.each([
    ['no JSON', 'downstream', 'application/json'],
    ['HTML', '<p>downstream</p>', 'text/html'],
    ['JSON that is called otherwise', JSON.stringify(ISSUED), 'text/plain'],
    ['no access_token', { ...ISSUED, access_token: undefined }, 'application/json'],
    ['an access_token with a line break', { ...ISSUED, access_token: 'downstream\r\nx: y' }, 'application/json'],
    ['no token_type', { ...ISSUED, token_type: undefined }, 'application/json'],
    ['a scope that is a list', { ...ISSUED, scope: ['a'] }, 'application/json'],
    ['an issued_token_type that is no string', { ...ISSUED, issued_token_type: 7 }, 'application/json'],
    ['a lifetime that is text', { ...ISSUED, expires_in: '600' }, 'application/json'],
    ['a negative lifetime', { ...ISSUED, expires_in: -1 }, 'application/json'],
    ['a lifetime of three hundred years', { ...ISSUED, expires_in: 1e10 }, 'application/json'],
    ['an empty token_type', { ...ISSUED, token_type: '' }, 'application/json'],
  ])('an answer with %s is a failure', async (_, body, type) => {
    server.answer = answering(body, type)
    const { name, message, cause } = await failure(exchangeWith()(SUBJECT))
    expect([name, message]).toEqual(['TokenExchangeError', `Failed to exchange token of type '${ACCESS_TOKEN}'.`])
    const error_description = `${server.origin}/token answered with something that is no token`
    expect(cause).toEqual({ error: 'unavailable', error_description })
    expect(server.questions[0]?.headers.accept).toBe('application/json')
  })

  test('a token of another type than the requested one is a failure', async () => {
    server.answer = answering({ ...ISSUED, issued_token_type: 'urn:other' })
    const { message, cause } = await failure(exchangeWith()(SUBJECT, { audience: ['a', 'b'] }))
    expect(message).toBe(`Failed to exchange token of type '${ACCESS_TOKEN}' for audience 'a b'.`)
    expect(cause?.error_description).toBe('the server issued a token of another type than the requested one')
  })

  test('a token whose lifetime is over, or is not told, is given as it is', async () => {
    for (const expires_in of [0, undefined]) {
      server.answer = answering({ access_token: 'a', token_type: 'Bearer', expires_in })
      const issued = await exchangeWith()(SUBJECT)
      expect(Object.keys(issued)).toEqual(['accessToken', 'tokenType', ...(expires_in === 0 ? ['expiresAt'] : [])])
    }
  })

  test('redirects are not followed, and the time is limited', async () => {
    server.answer = response => response.writeHead(307, { location: `${server.origin}/elsewhere` }).end()
    await failure(exchangeWith()(SUBJECT))
    expect(server.questions).toHaveLength(1)
    server.answer = response => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{')
    }
    const { cause } = await failure(exchangeWith({ timeout: 0.2 })(SUBJECT))
    expect(cause?.error_description).toBe(`${server.origin}/token did not answer in time`)
  })

  test('an answer that is too long is cut', async () => {
    server.answer = answering(`{"access_token":"${'x'.repeat(300 * 1024)}"}`)
    const { cause } = await failure(exchangeWith()(SUBJECT))
    expect(cause?.error_description).toBe(`${server.origin}/token answered with more than 262144 bytes`)
  })

  test.each<[unknown, string]>([
    ['', 'is missing'],
    [undefined, 'is missing'],
    ['Bearer secret', 'holds white space: give the token alone, without the name of its scheme'],
    ['secret\n', 'holds white space: give the token alone, without the name of its scheme'],
    ['x'.repeat(64 * 1024 + 1), 'is too long'],
  ])('a token that is none is not sent', async (token, fault) => {
    const subject = await failure(exchangeWith()(token as string))
    expect(subject.message).toBe(`The subject token ${fault}.`)
    if (token !== undefined) {
      const actor = await failure(exchangeWith()(SUBJECT, { actorToken: token as string }))
      expect(actor.message).toBe(`The actor token ${fault}.`)
    }
    expect(server.questions).toEqual([])
  })

  test('a token may be as long as 64 KiB', async () => {
    await exchangeWith()('x'.repeat(64 * 1024))
    expect(server.questions).toHaveLength(1)
  })

  test.each<[object, string]>([
    [{ audiences: 'a' }, 'a token exchange has no option "audiences"'],
    [{ audience: '' }, `'audience' must be a string, and not an empty one`],
    [{ scope: 7 }, `'scope' must be a string`],
    [{ resource: [''] }, `'resource' must be a string`],
    [{ subjectTokenType: 7 }, `'subjectTokenType' must be a string`],
    [{ requestedTokenType: '' }, `'requestedTokenType' must be a string`],
    [{ actorToken: 'a', actorTokenType: '' }, `'actorTokenType' must be a string`],
  ])('a request with %j is a mistake', async (request, message) => {
    const asked = exchangeWith()(SUBJECT, request)
    await expect(asked).rejects.toThrow(TypeError)
    await expect(asked).rejects.toThrow(message)
    expect(server.questions).toEqual([])
  })

  test.each<[object, string]>([
    [{ issuer: 'http://a.example' }, `tokenExchange(): 'issuer' `],
    [{ endpoint: 'x' }, `tokenExchange(): 'endpoint' `],
    [{ fetch: 1 }, `tokenExchange(): 'fetch' must be a function like the global fetch`],
    [{ timeout: 61 }, `tokenExchange(): 'timeout' must be a number of seconds from 0.1 to 60`],
    [{ clientId: 'a' }, 'tokenExchange() has no option "clientId"'],
  ])('options %j are a mistake that is told at start', (options, message) => {
    expect(() => exchangeWith(options)).toThrow(ConfigurationError)
    expect(() => exchangeWith(options)).toThrow(message)
  })
})

describe('getTokenOnBehalfOf()', () => {
  const audience = 'https://calendar.example'

  test('sends the secret as Auth0 expects it, and gives access-token fields only', async () => {
    const client = auth0Client({ issuer: server.issuer, clientId: 'api', clientSecret: 's' })
    expect(await client.getTokenOnBehalfOf(SUBJECT, { audience, scope: 'calendar:read' })).toEqual({
      accessToken: 'downstream',
      tokenType: 'Bearer',
      issuedTokenType: ACCESS_TOKEN,
      expiresAt: expect.any(Number),
      scope: 'calendar:read',
    })
    expect(Object.fromEntries(server.questions[0]?.form ?? [])).toMatchObject({ client_id: 'api', client_secret: 's' })
  })

  test('a token that does not say how long it lives counts as expired', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_750_000_000_000 })
    server.answer = answering({ access_token: 'downstream', token_type: 'Bearer' })
    const client = auth0Client({ issuer: server.issuer, clientId: 'api', clientSecret: 's' })
    expect(await client.getTokenOnBehalfOf(SUBJECT, { audience })).toEqual({
      accessToken: 'downstream',
      tokenType: 'Bearer',
      expiresAt: 1_750_000_000,
    })
  })

  test('signs an assertion where it has a key, RS256 unless told otherwise', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    for (const key of [privateKey, await exportPKCS8(privateKey)]) {
      const settings = { issuer: server.issuer, clientId: 'api', clientSecret: 's', clientAssertionSigningKey: key }
      await auth0Client(settings).getTokenOnBehalfOf(SUBJECT, { audience })
      const { form } = server.questions.at(-1) as { form: URLSearchParams }
      expect(form.has('client_secret')).toBe(false)
      const verified = await jwtVerify(form.get('client_assertion') ?? '', publicKey, { audience: server.issuer })
      expect(verified.protectedHeader.alg).toBe('RS256')
    }
  })

  test.each([{}, { clientId: 'api' }, { clientSecret: 's' }])('needs a client: %j', async settings => {
    const client = auth0Client({ issuer: server.issuer, ...settings })
    await expect(client.getTokenOnBehalfOf(SUBJECT, { audience })).rejects.toThrow(MissingClientAuthError)
    await expect(UNCONFIGURED_CLIENT.getTokenOnBehalfOf(SUBJECT, { audience })).rejects.toThrow(MissingClientAuthError)
  })

  test.each([
    [{ clientAssertionSigningKey: 'no key' }],
    [{ clientAssertionSigningKey: 'no key', clientAssertionSigningAlg: 'HS256' }],
  ])('a key that is none is told at start: %j', async settings => {
    expect(() => auth0Client({ issuer: server.issuer, clientId: 'api', ...settings })).toThrow(
      /^'clientAssertionSigning/,
    )
  })

  test('options win over the environment, each on its own', () => {
    const environment = {
      AUTH0_DOMAIN: 'tenant.example',
      AUTH0_AUDIENCE: AUDIENCE,
      AUTH0_CLIENT_ID: 'id',
      AUTH0_CLIENT_SECRET: 'secret',
      AUTH0_CLIENT_ASSERTION_SIGNING_KEY: 'key',
    }
    expect(auth0ClientSettings({ clientSecret: 'other', clientId: '' }, environment)).toEqual({
      issuer: 'https://tenant.example/',
      clientId: 'id',
      clientSecret: 'other',
      clientAssertionSigningKey: 'key',
    })
    expect(
      auth0ClientSettings(
        { domain: 'a.example', audience: 'b', clientAssertionSigningAlg: 'ES256' },
        { AUTH0_CLIENT_ID: '' },
      ),
    ).toEqual({ issuer: 'https://a.example/', clientAssertionSigningAlg: 'ES256' })
  })
})

describe('req.auth0.client', () => {
  let key: TestKey
  beforeAll(async () => {
    key = await testKey('ES256', 'k1')
  })

  async function statusAndBody(app: express.Express, path: string) {
    const listening = app.listen(0, '127.0.0.1')
    await once(listening, 'listening')
    const token = await new SignJWT({ ...goodClaims(server.issuer), scope: 'read:messages' })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' })
      .sign(key.privateKey)
    const answer = await send(`http://127.0.0.1:${(listening.address() as AddressInfo).port}`, path, {
      headers: { Authorization: `Bearer ${token}` },
    })
    listening.closeAllConnections()
    listening.close()
    return { ...answer, token }
  }

  function options() {
    return { domain: server.origin, audience: AUDIENCE, clientId: 'api', clientSecret: 's' }
  }

  test('exchanges behind createAuth0Api(), and shows no secret', async () => {
    server.keys = [key]
    const app = express()
      .use(createAuth0Api(options()))
      .get('/', requiresAuth(), async (request, response) => {
        const { accessToken } = await request.auth0.client.getTokenOnBehalfOf(request.auth0.token ?? '', {
          audience: 'https://calendar.example',
        })
        response.json({ accessToken, shown: JSON.stringify(request.auth0) })
      })
    const { status, text, token } = await statusAndBody(app, '/')
    expect([status, JSON.parse(text).accessToken]).toEqual([200, 'downstream'])
    expect(server.questions[0]?.form.get('subject_token')).toBe(token)
    expect(JSON.parse(text).shown).not.toContain('"s"')
  })

  test.each([
    ['auth0()', () => auth0(options()), 200],
    ['another verifier', () => bearer({ issuer: server.issuer, audience: AUDIENCE }), 'MissingClientAuthError'],
  ])('is there in a generated router with %s', async (_, verifier, expected) => {
    server.keys = [key]
    let found: unknown
    const router = createRouter(
      {
        ...handlers,
        listMessages: async ({ req }) => {
          found = await req.auth0.client
            .getTokenOnBehalfOf('subject', { audience: 'https://calendar.example' })
            .then(() => 200)
            .catch((error: Error) => error.name)
          return { status: 200, body: { messages: [String(req.auth0.user?.sub)] } }
        },
      },
      { schemes: { auth0: verifier() }, checks: { premiumOrAdmin: () => true } },
    )
    const { text } = await statusAndBody(express().use(router), '/api/messages')
    expect(JSON.parse(text)).toEqual({ messages: ['user'] })
    expect(found).toBe(expected)
  })
})

describe('actors', () => {
  test('the outermost acts; the chain is from the newest to the oldest', () => {
    const claims = { sub: 'user', act: { sub: 'b', act: { sub: 'a' } } }
    expect([getCurrentActor(claims), getDelegationChain(claims)]).toEqual(['b', ['b', 'a']])
  })
  test('nobody acts where there is no act', () => {
    expect([getCurrentActor({}), getDelegationChain({})]).toEqual([undefined, []])
    expect(getCurrentActor(Object.create({ act: { sub: 'inherited' } }))).toBeUndefined()
  })
  test.each([
    null,
    'a',
    [],
    [{ sub: 'a' }],
    {},
    { sub: 7 },
    { sub: ' ' },
    { sub: 'a', act: null },
    { sub: 'a', act: 'b' },
  ])('act %j is malformed', act => {
    expect(() => getDelegationChain({ act })).toThrow(InvalidRequestError)
    expect(() => getCurrentActor({ act })).toThrow('Invalid "act" claim')
  })
  test('claims that are none are malformed', () => {
    expect(() => getCurrentActor(null as never)).toThrow(InvalidRequestError)
  })
})
