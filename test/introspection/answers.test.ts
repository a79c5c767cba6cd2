import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AUDIENCE, ask, outcome } from '../tokens/scripted-issuer.js'
import { active, answering, type ScriptedServer, scriptedServer, verifierOf } from './scripted-server.js'

let server: ScriptedServer
beforeEach(async () => {
  server = await scriptedServer()
})
afterEach(() => server[Symbol.asyncDispose]())

const NOW = Math.floor(Date.now() / 1000)

test('an active token is granted with its claims and scopes', async () => {
  expect(await ask(verifierOf(server), 'opaque')).toEqual({
    granted: true,
    proof: expect.objectContaining({ iss: server.issuer, aud: AUDIENCE, sub: 'user' }),
    scopes: ['read:a', 'read:b'],
  })
})

test('the question is a form with the token alone, never an address', async () => {
  await ask(verifierOf(server), 'a+b/c==')
  const [question] = server.questions
  expect(question?.path).toBe('/introspect')
  expect(Object.fromEntries(question?.form ?? [])).toEqual({ token: 'a+b/c==', token_type_hint: 'access_token' })
  expect(question?.headers).toMatchObject({
    accept: 'application/json',
    authorization: `Basic ${Buffer.from('api:correct+horse').toString('base64')}`,
  })
})

test.each([
  [['https://other.example', AUDIENCE], 'granted'],
  [['https://other.example'], `invalid_token: unexpected 'aud' claim value`],
  ['https://api.example/', `invalid_token: unexpected 'aud' claim value`],
  [[AUDIENCE, 7], `invalid_token: unexpected 'aud' claim value`],
  [undefined, `invalid_token: missing required 'aud' claim`],
  [null, `invalid_token: unexpected 'aud' claim value`],
  [[], `invalid_token: unexpected 'aud' claim value`],
])('aud %j is %s', async (aud, expected) => {
  server.answer = answering(active(server.issuer, { aud }))
  expect(await outcome(verifierOf(server), 'opaque')).toBe(expected)
})

test.each([
  ['second', 'granted'],
  [['none', 'first'], 'granted'],
  ['third', `invalid_token: unexpected 'aud' claim value`],
])('with two audiences, aud %j is %s', async (aud, expected) => {
  server.answer = answering(active(server.issuer, { aud }))
  expect(await outcome(verifierOf(server, { audience: ['first', 'second'] }), 'opaque')).toBe(expected)
})

describe('audience: false', () => {
  test('takes a token for whomever, and one for nobody named', async () => {
    const verifier = verifierOf(server, { audience: false })
    server.answer = answering(active(server.issuer, { aud: 'whoever', iss: undefined }))
    expect(await ask(verifier, 'one')).toMatchObject({ proof: { aud: 'whoever', iss: server.issuer } })
    server.answer = answering(active(server.issuer, { aud: undefined }))
    expect(await ask(verifier, 'two')).toMatchObject({ granted: true, proof: { aud: [] } })
  })
  test('wants to be told the type, or a refresh token would do', async () => {
    server.answer = answering(active(server.issuer, { token_type: undefined }))
    expect(await outcome(verifierOf(server, { audience: false }), 'opaque')).toBe(
      'invalid_token: token is of an unknown type',
    )
  })
})

test.each([
  [{ iss: 'https://evil.example/' }, `unexpected 'iss' claim value`],
  [{ iss: null }, `unexpected 'iss' claim value`],
  [{ iss: ['x'] }, `unexpected 'iss' claim value`],
  [{ exp: NOW - 6 }, `'exp' claim timestamp check failed`],
  [{ exp: String(NOW + 600) }, `'exp' claim must be a number`],
  [{ exp: null }, `'exp' claim must be a number`],
  [{ nbf: NOW + 60 }, `'nbf' claim timestamp check failed`],
  [{ nbf: true }, `'nbf' claim must be a number`],
  [{ iat: NOW + 60 }, `'iat' claim timestamp check failed (it should be in the past)`],
  [{ iat: 'now' }, `'iat' claim must be a number`],
  [{ sub: { a: 1 } }, `'sub' claim must be a string`],
  [{ token_type: 'refresh_token' }, 'token is not an access token'],
  [{ token_type: 7 }, 'token is of an unknown type'],
  [{ token_type: 'DPoP' }, 'DPoP-bound token requires the DPoP authentication scheme, not Bearer'],
  [{ token_use: 'refresh_token' }, 'token is not an access token'],
  [{ typ: 'Refresh' }, 'token is not an access token'],
  [{ token_type: undefined, at_hash: 'x' }, 'token is not an access token'],
  [{ cnf: { jkt: 'x' } }, 'DPoP-bound token requires the DPoP authentication scheme, not Bearer'],
  [{ cnf: { 'x5t#S256': 'x' } }, 'token is bound to a key, and its possession was not proved'],
  [{ cnf: {} }, 'token is bound to a key, and its possession was not proved'],
])('an active token with %j is refused', async (members, description) => {
  server.answer = answering(active(server.issuer, members))
  expect(await outcome(verifierOf(server), 'opaque')).toBe(`invalid_token: ${description}`)
})

test('a number that JSON cannot hold is no time', async () => {
  server.answer = answering(JSON.stringify(active(server.issuer, { exp: 1 })).replace('"exp":1', '"exp":1e999'))
  expect(await outcome(verifierOf(server), 'opaque')).toBe(`invalid_token: 'exp' claim must be a number`)
})

test('all but the audience may be left unsaid', async () => {
  server.answer = answering({ active: true, aud: AUDIENCE })
  expect(await ask(verifierOf(server), 'opaque')).toMatchObject({
    granted: true,
    proof: { iss: server.issuer },
    scopes: [],
  })
})

test('token_type in any case of letters', async () => {
  server.answer = answering(active(server.issuer, { token_type: 'bEARER' }))
  expect(await outcome(verifierOf(server), 'opaque')).toBe('granted')
})

test('a token that is not active is refused', async () => {
  server.answer = answering({ active: false })
  expect(await outcome(verifierOf(server), 'opaque')).toBe('invalid_token: token is not active')
})

test.each([
  ['true', { active: 'true' }],
  ['1', { active: 1 }],
  ['null', { active: null }],
  ['a list', { active: [true] }],
  ['nothing', { active: undefined }],
])('active as %s is no answer', async (_, members) => {
  server.answer = answering(active(server.issuer, members))
  expect(await ask(verifierOf(server), 'opaque')).toEqual({
    granted: false,
    code: 'unavailable',
    reason: `${server.origin}/introspect answered without a boolean 'active'`,
    retryAfter: 1,
  })
})

test.each([
  ['text/html', '<html>', 'did not answer with application/json'],
  ['text/plain', '{"active":true}', 'did not answer with application/json'],
  ['application/token-introspection+jwt', 'e.e.e', 'did not answer with application/json'],
  ['application/json', '[{"active":true}]', 'answered with something that is no JSON object'],
  ['application/json', '{"active":tru', 'answered with something that is no JSON object'],
  ['application/json', '', 'answered with something that is no JSON object'],
])('an answer of type %s with %s is no answer, and not the next one either', async (type, body, reason) => {
  server.answer = answering(body, type)
  const verifier = verifierOf(server)
  expect(await ask(verifier, 'opaque')).toMatchObject({
    code: 'unavailable',
    reason: `${server.origin}/introspect ${reason}`,
  })
  server.answer = answering(active(server.issuer))
  expect(await outcome(verifier, 'opaque')).toBe('granted')
})

test('a token that no server need be asked about is refused unread', async () => {
  const verifier = verifierOf(server)
  expect(await outcome(verifier, 'a'.repeat(16 * 1024 + 1))).toBe('invalid_token: token is too long')
  for (const token of ['a b', 'a"b', 'ä', 'a\n', '=', 'a=b', 'a,b', '']) {
    expect(await outcome(verifier, token)).toBe('invalid_token: token is malformed')
  }
  expect(server.questions).toEqual([])
})

test('a server that does not introspect tokens of that form says that it is none of its', async () => {
  server.answer = answering({ error: 'unsupported_token_type' }, 'application/json', 400)
  expect(await outcome(verifierOf(server), 'a.b.c')).toBe('invalid_token: token is not active')
})

test('scopes come from the claims that are configured', async () => {
  server.answer = answering(active(server.issuer, { permissions: ['write:a'] }))
  const verifier = verifierOf(server, { scopeClaims: ['permissions'] })
  expect(await ask(verifier, 'opaque')).toMatchObject({ scopes: ['write:a'] })
})
