import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { AUDIENCE, ask, encode, outcome, type TestKey, testKey } from '../tokens/scripted-issuer.js'
import {
  active,
  answering,
  CLIENT,
  type ScriptedServer,
  scriptedServer,
  signedAnswer,
  verifierOf,
} from './scripted-server.js'

const TYPE = 'application/token-introspection+jwt'
const NOW = Math.floor(Date.now() / 1000)

let key: TestKey
let other: TestKey
let server: ScriptedServer
beforeAll(async () => {
  key = await testKey('ES256', 'k1')
  other = await testKey('ES256', 'k1')
})
beforeEach(async () => {
  server = await scriptedServer()
  server.keys = [key]
})
afterEach(() => server[Symbol.asyncDispose]())

test('a signed answer is taken, and asked for', async () => {
  server.answer = answering(await signedAnswer(server, key), `${TYPE}; charset=utf-8`)
  expect(await ask(verifierOf(server, { signed: true }), 'opaque')).toMatchObject({
    granted: true,
    proof: { sub: 'user', aud: AUDIENCE },
    scopes: ['read:a', 'read:b'],
  })
  expect(server.questions[0]?.headers.accept).toBe(TYPE)
})

test.each([[CLIENT.id], [AUDIENCE], [['someone', CLIENT.id]]])('it may be for %j', async aud => {
  server.answer = answering(await signedAnswer(server, key, { aud }), TYPE)
  expect(await outcome(verifierOf(server, { signed: true }), 'opaque')).toBe('granted')
})

test('a signed answer that the token is not active', async () => {
  server.answer = answering(await signedAnswer(server, key, { token_introspection: { active: false } }), TYPE)
  const verifier = verifierOf(server, { signed: true })
  expect(await outcome(verifier, 'opaque')).toBe('invalid_token: token is not active')
  await verifier.ready?.()
})

test('what it vouches for is held to the same rules', async () => {
  const tokenIntrospection = active(server.issuer, { aud: 'other' })
  server.answer = answering(await signedAnswer(server, key, { token_introspection: tokenIntrospection }), TYPE)
  expect(await outcome(verifierOf(server, { signed: true }), 'opaque')).toBe(
    `invalid_token: unexpected 'aud' claim value`,
  )
})

test('a plain answer is refused where signed ones are demanded, whatever it says it is', async () => {
  const verifier = verifierOf(server, { signed: true })
  expect(await ask(verifier, 'opaque')).toMatchObject({
    code: 'unavailable',
    reason: `${server.origin}/introspect did not answer with ${TYPE}`,
  })
  server.answer = answering(active(server.issuer), TYPE)
  expect(await outcome(verifier, 'opaque')).toBe('unavailable')
})

test('a signed answer that is sent as JSON is refused', async () => {
  server.answer = answering(await signedAnswer(server, key), 'application/json')
  expect(await outcome(verifierOf(server, { signed: true }), 'opaque')).toBe('unavailable')
})

test.each([
  ['another audience', { aud: 'https://other.example' }, {}, `ERR_JWT_CLAIM_VALIDATION_FAILED 'aud'`],
  ['no audience', { aud: undefined }, {}, `ERR_JWT_CLAIM_VALIDATION_FAILED 'aud'`],
  ['another issuer', { iss: 'https://other.example/' }, {}, `ERR_JWT_CLAIM_VALIDATION_FAILED 'iss'`],
  ['no issuer', { iss: undefined }, {}, `ERR_JWT_CLAIM_VALIDATION_FAILED 'iss'`],
  ['no iat', { iat: undefined }, {}, `ERR_JWT_CLAIM_VALIDATION_FAILED 'iat'`],
  ['an old iat', { iat: NOW - 70 }, {}, `ERR_JWT_EXPIRED 'iat'`],
  ['an iat of tomorrow', { iat: NOW + 86_400 }, {}, `ERR_JWT_CLAIM_VALIDATION_FAILED 'iat'`],
  ['a past exp', { exp: NOW - 70 }, {}, `ERR_JWT_EXPIRED 'exp'`],
  ['the typ of an access token', {}, { typ: 'at+jwt' }, `ERR_JWT_CLAIM_VALIDATION_FAILED 'typ'`],
  ['the typ JWT', {}, { typ: 'JWT' }, `ERR_JWT_CLAIM_VALIDATION_FAILED 'typ'`],
  ['no typ', {}, { typ: undefined }, `ERR_JWT_CLAIM_VALIDATION_FAILED 'typ'`],
])('one with %s is refused', async (_, claims, header, code) => {
  server.answer = answering(await signedAnswer(server, key, claims, header), TYPE)
  expect(await ask(verifierOf(server, { signed: true }), 'opaque')).toMatchObject({
    code: 'unavailable',
    reason: `a signed introspection answer is not accepted: ${code}`,
  })
})

test.each([[undefined], ['x'], [[{ active: true }]], [null]])('one that vouches for %j is refused', async value => {
  server.answer = answering(await signedAnswer(server, key, { token_introspection: value, active: true }), TYPE)
  expect(await ask(verifierOf(server, { signed: true }), 'opaque')).toMatchObject({
    reason: `a signed introspection answer has no 'token_introspection' that is an object`,
  })
})

test('one that another key signed, or none, is refused', async () => {
  const verifier = verifierOf(server, { signed: true })
  server.answer = answering(await signedAnswer(server, other), TYPE)
  expect(await ask(verifier, 'opaque')).toMatchObject({
    reason: 'a signed introspection answer is not accepted: ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  })
  const [, payload] = (await signedAnswer(server, key)).split('.')
  const none = `${encode({ alg: 'none', typ: 'token-introspection+jwt' })}.${payload}.`
  server.answer = answering(none, TYPE)
  expect(await ask(verifier, 'opaque')).toMatchObject({
    reason: 'a signed introspection answer is not accepted: ERR_JOSE_ALG_NOT_ALLOWED',
  })
})

test('one by an algorithm that is not among those configured is refused', async () => {
  server.answer = answering(await signedAnswer(server, key), TYPE)
  expect(await ask(verifierOf(server, { signed: { algorithms: ['RS256'] } }), 'opaque')).toMatchObject({
    reason: 'a signed introspection answer is not accepted: ERR_JOSE_ALG_NOT_ALLOWED',
  })
})

test('one by a key that is not published is refused; keys out of reach are an outage', async () => {
  server.keys = []
  server.answer = answering(await signedAnswer(server, key), TYPE)
  const verifier = verifierOf(server, { signed: true })
  expect(await ask(verifier, 'opaque')).toMatchObject({
    code: 'unavailable',
    reason: 'the key of a signed introspection answer: no applicable key found in the JSON Web Key Set',
  })
  server.metadata = { ...server.metadata, jwks_uri: `${server.origin}/missing` }
  const signed = await signedAnswer(server, key)
  server.answer = (response, question) =>
    question.path === '/missing' ? response.writeHead(503).end() : answering(signed, TYPE)(response, question)
  const second = verifierOf(server, { signed: true })
  expect(await ask(second, 'opaque')).toMatchObject({
    code: 'unavailable',
    reason: `the key of a signed introspection answer: ${server.origin}/missing answered with status 503`,
  })
  const asked = server.questions.length
  expect(await outcome(second, 'other')).toBe('unavailable')
  expect(server.questions).toHaveLength(asked)
})
