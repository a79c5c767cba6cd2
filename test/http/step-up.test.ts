import express from 'express'
import { apiKey, bearer, type Decided, type Token, type Verifier } from 'gatewright/runtime'
import { type LocalClaims, type LocalIssuer, startLocalIssuer } from 'gatewright/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { emitted, listeners } from './emitted.js'
import { send } from './request.js'

const responses = "responses: { '204': { description: Done } }"
const DOCUMENT = `openapi: 3.1.0
info: { title: Step-up, version: 1.0.0 }
security: [{ user: [] }]
x-step-up: { acr: [mfa, hwk] }
paths:
  /acr: { get: { operationId: getAcr, ${responses} } }
  /age: { get: { operationId: getAge, x-step-up: { maxAge: 300 }, ${responses} } }
  /both: { get: { operationId: getBoth, x-step-up: { acr: ['urn:a:b'], maxAge: 60 }, ${responses} } }
  /lifted: { get: { operationId: getLifted, x-step-up: {}, ${responses} } }
  /after: { get: { operationId: getAfter, security: [{ user: [read], key: [] }], x-claims: { tier: gold }, ${responses} } }
  /either: { get: { operationId: getEither, security: [{ other: [] }, { user: [] }], ${responses} } }
components:
  securitySchemes:
    user: { type: http, scheme: bearer }
    other: { type: oauth2, flows: {} }
    key: { type: apiKey, in: header, name: X-Key }
`
const NAMES = ['getAcr', 'getAge', 'getBoth', 'getLifted', 'getAfter', 'getEither']

const { listen, close } = listeners()
const decided: Decided[] = []
let issuer: LocalIssuer
let origin: string
let handlerRuns = 0
let seen: unknown

beforeAll(async () => {
  issuer = await startLocalIssuer()
  const create = await emitted('step-up', DOCUMENT)
  const { audience } = issuer
  const other: Verifier = {
    kind: 'bearer',
    tokenTypes: ['DPoP', 'Bearer'],
    dpopAlgorithms: ['ES256'],
    verify: ({ token }) => ({ granted: true, proof: { iss: 'i', aud: 'a', acr: token } as Token, scopes: [] }),
  }
  const handler = ({ auth }: { auth: Record<string, Token> }) => {
    handlerRuns++
    seen = auth
    return { status: 204 }
  }
  const router = create(Object.fromEntries(NAMES.map(name => [name, handler])), {
    schemes: { user: bearer({ issuer: issuer.issuer, audience }), other, key: apiKey(key => key === 'k' && { key }) },
    onDecision: (one: Decided) => decided.push(one),
  })
  origin = await listen(express().use(router))
})
afterAll(async () => {
  close()
  await issuer.close()
})

async function ask(path: string, claims: LocalClaims, headers: Record<string, string> = {}) {
  const before = handlerRuns
  const token = await issuer.token(claims)
  const answer = await send(origin, path, { headers: { Authorization: `Bearer ${token}`, ...headers } })
  expect(handlerRuns - before).toBe(answer.status === 204 ? 1 : 0)
  return answer
}

const now = () => Math.floor(Date.now() / 1000)
const NEEDED = 'The user must authenticate again, as this challenge says'
const challenge = (more: string) =>
  `Bearer error="insufficient_user_authentication", error_description="${NEEDED}"${more}`

describe('acr', () => {
  test.each(['mfa', 'hwk'])('%s is one of those demanded', async acr => {
    expect((await ask('/acr', { acr })).status).toBe(204)
    expect(seen).toMatchObject({ user: { acr } })
  })
  test.each([
    ['missing', {}],
    ['another', { acr: 'pwd' }],
    ['another in case', { acr: 'MFA' }],
    ['a list', { acr: ['mfa'] }],
    ['several in one text', { acr: 'mfa hwk' }],
    ['null', { acr: null }],
    ['a member of an ancestor', { __proto__: { acr: 'mfa' } }],
  ])('%s is refused, and the challenge names what would do', async (_, claims) => {
    const answer = await ask('/acr', claims)
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe(challenge(', acr_values="mfa hwk"'))
    expect(JSON.parse(answer.text)).toEqual({ error: 'insufficient_user_authentication', error_description: NEEDED })
    expect(decided.at(-1)).toMatchObject({ status: 401, code: 'insufficient_user_authentication' })
  })
})

describe('auth_time', () => {
  test('recent enough, or within the tolerance of clocks', async () => {
    for (const ago of [0, 290, -3]) expect((await ask('/age', { auth_time: now() - ago })).status).toBe(204)
  })
  test.each([
    ['missing', {}],
    ['too long ago', { auth_time: now() - 400 }],
    ['in the future', { auth_time: now() + 1000 }],
    ['a text', { auth_time: String(now()) }],
    ['in milliseconds', { auth_time: Date.now() }],
    ['null', { auth_time: null }],
  ])('%s is refused', async (_, claims) => {
    const answer = await ask('/age', { acr: 'mfa', ...claims })
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, challenge(', max_age="300"')])
  })
})

test('both are demanded where both are written', async () => {
  const acr = 'urn:a:b'
  expect((await ask('/both', { acr, auth_time: now() })).status).toBe(204)
  for (const claims of [{ acr }, { auth_time: now() }, { acr: 'mfa', auth_time: now() }, { acr, auth_time: 0 }]) {
    const { status, headers } = await ask('/both', claims)
    expect([status, headers['www-authenticate']]).toEqual([401, challenge(', acr_values="urn:a:b", max_age="60"')])
  }
})

test('an inherited demand is lifted by {}', async () => {
  expect((await ask('/lifted', {})).status).toBe(204)
})

test('scopes and claims come first, and all must hold', async () => {
  const key = { 'X-Key': 'k' }
  const answers = [
    await ask('/after', { tier: 'gold', acr: 'mfa' }, key),
    await ask('/after', { scope: 'read', acr: 'mfa' }, key),
    await ask('/after', { scope: 'read', tier: 'gold' }, key),
    await ask('/after', { scope: 'read', tier: 'gold', acr: 'mfa' }, key),
  ]
  expect(
    answers.map(one => [one.status, /error="([a-z_]+)"/.exec(one.headers['www-authenticate'] ?? '')?.[1]]),
  ).toEqual([
    [403, 'insufficient_scope'],
    [401, 'invalid_token'],
    [401, 'insufficient_user_authentication'],
    [204, undefined],
  ])
})

test('what is wrong is told of the way in which the token was sent', async () => {
  const { status, rawHeaders } = await send(origin, '/either', { headers: { Authorization: 'DPoP weak' } })
  expect(status).toBe(401)
  expect(rawHeaders.filter((_, index) => rawHeaders[index - 1] === 'WWW-Authenticate')).toEqual([
    `DPoP algs="ES256", ${challenge(', acr_values="mfa hwk"').slice('Bearer '.length)}`,
    'Bearer',
  ])
})
