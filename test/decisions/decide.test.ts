import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { BEARER, type Challenger } from '../../runtime/challenge.js'
import { type Asked, type Decision, type Demands, decide, type Requirement } from '../../runtime/decide.js'
import { deny, type Token } from '../../runtime/verifier.js'

const basic = (() => 'Basic') as unknown as Challenger
const asked: Asked = {
  request: { headers: {} } as IncomingMessage,
  query: '',
  params: {},
  runCheck: () => true,
  claimsStatus: 403,
  nameClaims: false,
}

function requirement(scheme: string, slot: number, more: object = {}): Requirement {
  return {
    scheme,
    slot,
    read: () => ({ kind: 'bearer', token: 't', tokenType: 'Bearer' }),
    verifier: { kind: 'bearer', verify: () => ({ granted: true, proof: { sub: 'u' } as Token, scopes: ['a'] }) },
    scopes: [],
    challengers: [BEARER],
    ...more,
  } as Requirement
}
const key = (slot: number, more: object = {}) =>
  requirement('key', slot, {
    read: () => ({ kind: 'apiKey', key: 'k' }),
    verifier: { kind: 'apiKey', verify: () => ({ granted: true, proof: { name: 'reader' }, scopes: [] }) },
    challengers: [basic],
    ...more,
  })
const verifying = (verify: () => unknown) => ({ verifier: { kind: 'bearer', verify } })
const decided = (alternatives: readonly (readonly Requirement[])[], more: Partial<Demands> = {}, about = asked) =>
  decide({ alternatives, anonymous: false, ...more }, about) as Decision

describe('credentials', () => {
  test('that were sent twice are refused by the scheme that they are of, whatever else was sent', () => {
    expect(decided([[requirement('user', 0)], [key(1, { read: () => 'repeated' })]])).toStrictEqual({
      granted: false,
      schemes: ['key'],
      denial: deny('invalid_request'),
      challengers: [basic],
    })
  })

  test('of another kind than the verifier takes are none', () => {
    let verified = 0
    const verify = () => {
      verified++
      return { granted: true, proof: {}, scopes: [] }
    }
    const mixed = decided([[requirement('user', 0, { verifier: { kind: 'apiKey', verify } })]])
    expect([mixed.granted, verified]).toEqual([false, 0])
    expect(mixed).toMatchObject({ denial: { code: 'no_credentials' } })
  })

  test('that nobody sent are asked of all', () => {
    const nothing = { read: () => 'nothing' }
    expect(decided([[requirement('user', 0, nothing)], [key(1, nothing)]])).toMatchObject({
      schemes: ['user', 'key'],
      denial: { code: 'no_credentials' },
      challengers: [BEARER, basic],
    })
  })
})

describe('a verifier', () => {
  const NO_RESULT = { granted: false, denial: { code: 'invalid_token', reason: 'verifier of user gave no result' } }

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['1 for granted', { granted: 1, proof: {}, scopes: [] }],
    ['"true" for granted', { granted: 'true', proof: {}, scopes: [] }],
    ['an empty object', {}],
  ])('that gives %s gives nothing, at once or later', async (_, result) => {
    expect(
      decided([
        [
          requirement(
            'user',
            0,
            verifying(() => result),
          ),
        ],
      ]),
    ).toMatchObject(NO_RESULT)
    expect(
      await decided([
        [
          requirement(
            'user',
            0,
            verifying(async () => result),
          ),
        ],
      ]),
    ).toMatchObject(NO_RESULT)
  })

  test('that says nothing of scopes grants none', () => {
    const verify = () => ({ granted: true, proof: { sub: 'u' } })
    expect(decided([[requirement('user', 0, verifying(verify))]])).toMatchObject({ granted: true })
    expect(decided([[requirement('user', 0, { ...verifying(verify), scopes: ['a'] })]])).toMatchObject({
      granted: false,
      denial: { code: 'insufficient_scope' },
    })
  })
})

describe('a refusal', () => {
  const failing = (code: Parameters<typeof deny>[0]) => verifying(() => deny(code))

  test('is that of the first of those that came equally close', () => {
    expect(
      decided([[requirement('one', 0, failing('invalid_token'))], [requirement('two', 1, failing('invalid_token'))]]),
    ).toMatchObject({ schemes: ['one'] })
    expect(
      decided([[requirement('one', 0, failing('invalid_token'))], [requirement('two', 1, failing('unavailable'))]]),
    ).toMatchObject({ schemes: ['two'] })
  })

  test('by claims names the scopes too, and the scheme whose token it was', () => {
    const demands = { claims: [{ tier: { equals: 'gold' } }] }
    expect(decided([[key(0), requirement('user', 1, { scopes: ['a'] })]], demands)).toStrictEqual({
      granted: false,
      schemes: ['user'],
      denial: deny('claims_not_met', { reason: 'claim tier' }),
      challengers: [BEARER],
      claimsStatus: 403,
      scopes: ['a'],
    })
  })

  test.each<[string, object, boolean, string | undefined]>([
    ['a missing claim', { tier: { equals: 'gold' } }, true, `Missing 'tier' claim`],
    ['an unexpected one', { sub: { equals: 'gold' } }, true, `Unexpected 'sub' value`],
    ['nothing where it is not asked to', { sub: { equals: 'gold' } }, false, undefined],
    ['a message of its own', { sub: { equals: 'gold', message: 'Gold only' } }, false, 'Gold only'],
  ])('names %s', (_, demand, nameClaims, description) => {
    const refused = decided([[requirement('user', 0)]], { claims: [demand] as never }, { ...asked, nameClaims })
    expect(refused.granted === false && refused.denial.description).toBe(description)
  })

  test('by a check names no claim', async () => {
    const about = { ...asked, nameClaims: true, runCheck: () => false }
    const refused = await decided([[requirement('user', 0)]], { claims: [{ $check: 'any' }] }, about)
    expect(refused.granted === false && refused.denial).toStrictEqual(deny('claims_not_met', { reason: 'check any' }))
  })

  test('comes of claims and of a step-up that no token could meet', () => {
    const runCheck = () => {
      throw new Error('asked without a token')
    }
    expect(decided([[key(0)]], { claims: [{ $check: 'any' }] }, { ...asked, runCheck })).toStrictEqual({
      granted: false,
      schemes: ['key'],
      denial: deny('claims_not_met', { reason: 'no token whose claims could be asked' }),
      challengers: [basic],
      claimsStatus: 403,
      scopes: [],
    })
    expect(decided([[key(0)]], { stepUp: { acr: ['mfa'] } as never })).toMatchObject({
      granted: false,
      schemes: ['key'],
      denial: { code: 'insufficient_user_authentication', reason: 'no token that says how its user authenticated' },
      challengers: [basic],
    })
  })

  test('comes of a step-up after the claims, and says what was wrong', () => {
    const demands = { claims: [{ sub: { equals: 'u' } }], stepUp: { acr: ['mfa'] } as never }
    expect(decided([[key(0), requirement('user', 1)]], demands)).toMatchObject({
      granted: false,
      schemes: ['user'],
      denial: { code: 'insufficient_user_authentication', reason: expect.stringContaining('acr') },
    })
  })

  test('comes of a policy that nothing can meet', () => {
    expect(decided([])).toMatchObject({ granted: false, schemes: [], challengers: [] })
    expect(decided([[]])).toMatchObject({ granted: false, denial: { code: 'no_credentials' } })
  })
})
