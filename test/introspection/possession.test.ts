import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { introspectedTokenFault } from '../../runtime/tokens/introspected-token.js'
import { introspectingVerifier } from '../../runtime/tokens/introspecting-verifier.js'
import type { ProvePossession } from '../../runtime/tokens/possession.js'
import { deny } from '../../runtime/verifier.js'
import { AUDIENCE } from '../tokens/scripted-issuer.js'
import { active } from './scripted-server.js'

const ISSUER = 'https://issuer.example/'
const RULES = { issuer: ISSUER, audience: [AUDIENCE], clockTolerance: 5 }
const BOUND = active(ISSUER, { token_type: 'DPoP', cnf: { jkt: 'thumbprint' } })
const clock = () => Date.now() / 1000

function verifierThat(provePossession: ProvePossession) {
  const verifier = introspectingVerifier(
    {
      ...RULES,
      introspect: async () => Buffer.from(JSON.stringify(BOUND)),
      scopeClaims: ['scope'],
      provePossession,
      cache: { maxAge: 60, maxEntries: 10 },
      timeout: 5,
    },
    clock,
  )
  return () => verifier.verify({ kind: 'bearer', token: 'bound', tokenType: 'DPoP' }, {} as IncomingMessage)
}

test.each([
  ['DPoP', 'DPoP', undefined],
  ['dpop', 'DPoP', undefined],
  ['Bearer', 'DPoP', 'token is not bound to a DPoP key'],
  ['DPoP', 'Bearer', 'DPoP-bound token requires the DPoP authentication scheme, not Bearer'],
] as const)('a token of type %s that is presented as %s: %s', (type, presentedAs, fault) => {
  const answer = active(ISSUER, { token_type: type })
  expect(introspectedTokenFault(answer, presentedAs, RULES, Math.floor(clock()))).toBe(fault)
})

test('possession is asked for on every request, whatever is remembered of the token', async () => {
  const nonces = ['one', 'two']
  const verify = verifierThat((claims, { token }) => {
    expect([claims.cnf, token]).toEqual([{ jkt: 'thumbprint' }, 'bound'])
    const nonce = nonces.shift()
    return nonce === undefined ? deny('invalid_dpop_proof') : { granted: true, nonce }
  })
  expect(await verify()).toMatchObject({ granted: true, nonce: 'one' })
  expect(await verify()).toMatchObject({ granted: true, nonce: 'two' })
  expect(await verify()).toEqual(deny('invalid_dpop_proof'))
})

test('it may be proved later; what throws refuses', async () => {
  expect(await verifierThat(async () => ({ granted: true }))()).toMatchObject({ granted: true })
  expect(await verifierThat(async () => deny('use_dpop_nonce', { nonce: 'n' }))()).toEqual(
    deny('use_dpop_nonce', { nonce: 'n' }),
  )
  const broken = verifierThat(() => {
    throw new Error('secret')
  })
  for (let index = 0; index < 2; index++)
    expect(await broken()).toEqual(
      deny('invalid_token', { description: 'Invalid token', reason: 'the token could not be verified' }),
    )
})
