import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide } from '../../runtime/decide.js'
import type { ClaimDemands, Policy, ScopeDemand, SecuritySchemes } from '../../runtime/policy.js'
import { bindRequirements } from '../../runtime/requirements.js'
import { type Credential, type Denial, deny, type Token, type Verification } from '../../runtime/verifier.js'

const SCHEMES = {
  token: { type: 'http', scheme: 'bearer' },
  oauth: { type: 'oauth2' },
  basic: { type: 'http', scheme: 'basic' },
  header: { type: 'apiKey', in: 'header', name: 'X-Key' },
  query: { type: 'apiKey', in: 'query', name: 'key' },
  cookie: { type: 'apiKey', in: 'cookie', name: 'key' },
  digest: { type: 'http', scheme: 'digest' },
  certificate: { type: 'mutualTLS' },
  employee: { type: 'mutualTLS' },
} as const satisfies SecuritySchemes
type Name = keyof typeof SCHEMES
const NAMES = Object.keys(SCHEMES) as Name[]

/** What a verifier will say of the credential that is sent. */
type Outcome =
  | { readonly kind: 'good'; readonly scopes: readonly string[]; readonly claims: Record<string, unknown> }
  | { readonly kind: 'bad' | 'unavailable' | 'throws' | 'nonsense' }

type Sent = 'nothing' | 'once' | 'twice' | 'malformed'

interface Case {
  readonly policy: Policy
  readonly authorization: 'nothing' | 'bearer' | 'basic' | 'digest' | 'twice' | 'malformed'
  readonly keys: { readonly [place in 'header' | 'query' | 'cookie']: Sent }
  /** One for both of its schemes. */
  readonly certificate: Sent
  /** A second token, where RFC 6750 allows one and nobody should send it. */
  readonly tokenInQuery: boolean
  /** Another site's page made the browser send it. */
  readonly foreign: boolean
  readonly outcomes: { readonly [name in Name]: Outcome }
}

const scope = fc.constantFrom('a', 'b', 'c')
const demand: fc.Arbitrary<ScopeDemand> = fc.oneof(
  fc.constant([]),
  fc.uniqueArray(scope, { maxLength: 2 }),
  fc.uniqueArray(scope, { minLength: 1, maxLength: 2 }).map(anyOf => ({ anyOf })),
)
const claims: fc.Arbitrary<ClaimDemands> = fc.constantFrom<ClaimDemands>(
  { tier: { equals: 'gold' } },
  { tier: { equals: 'gold' }, admin: { equals: true } },
  { $check: 'yes' },
  { $check: 'no' },
  { $check: 'throws' },
  { admin: { equals: true }, $check: 'yes' },
)
const policy: fc.Arbitrary<Policy> = fc
  .tuple(
    fc.array(
      fc
        .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), demand), { maxLength: 2, selector: ([name]) => name })
        .map(entries => Object.fromEntries(entries) as Record<string, ScopeDemand>),
      { minLength: 1, maxLength: 3 },
    ),
    fc.option(fc.array(claims, { minLength: 1, maxLength: 2 }), { nil: undefined }),
    fc.boolean(),
  )
  .map(([security, rules, high]) => ({
    security,
    ...(rules && { claims: rules }),
    ...(high && { stepUp: { acr: ['high'] } }),
  }))
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('good' as const),
      scopes: fc.subarray(['a', 'b', 'c']),
      claims: fc.record(
        {
          tier: fc.constantFrom('gold', 'free'),
          admin: fc.constantFrom<unknown>(true, 'true', 1),
          acr: fc.constantFrom('high', 'low'),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom('bad', 'unavailable', 'throws', 'nonsense').map(kind => ({ kind })) },
)
const sent = fc.constantFrom<Sent>('nothing', 'nothing', 'once', 'once', 'once', 'twice', 'malformed')
const cases: fc.Arbitrary<Case> = fc.record({
  policy,
  authorization: fc.constantFrom(
    'nothing',
    'bearer',
    'bearer',
    'bearer',
    'basic',
    'basic',
    'digest',
    'twice',
    'malformed',
  ),
  keys: fc.record({ header: sent, query: sent, cookie: sent }),
  certificate: sent,
  tokenInQuery: fc.nat(9).map(one => one === 0),
  foreign: fc.boolean(),
  outcomes: fc.record({
    token: outcome,
    oauth: outcome,
    basic: outcome,
    header: outcome,
    query: outcome,
    cookie: outcome,
    digest: outcome,
    certificate: outcome,
    employee: outcome,
  }),
})

function requestOf({ authorization, keys, tokenInQuery }: Case): { request: IncomingMessage; query: string } {
  const rawHeaders: string[] = []
  if (authorization === 'bearer') rawHeaders.push('Authorization', 'Bearer t')
  if (authorization === 'basic') rawHeaders.push('Authorization', `Basic ${Buffer.from('u:p').toString('base64')}`)
  if (authorization === 'digest') rawHeaders.push('Authorization', 'Digest a=b, c=d')
  if (authorization === 'malformed') rawHeaders.push('authorization', 'Bearer')
  if (authorization === 'twice') rawHeaders.push('Authorization', 'Bearer t', 'authorization', 'Bearer t')
  const times = { nothing: [], once: ['k'], twice: ['k', 'k'], malformed: [''] }
  for (const value of times[keys.header]) rawHeaders.push('X-KEY', value)
  const query = times[keys.query].map(value => `key=${value}`)
  if (tokenInQuery) query.push('access_token=t')
  const cookie = times[keys.cookie].map(value => `key=${value}`)
  const headers = cookie.length > 0 ? { cookie: cookie.join('; ') } : {}
  return { request: { rawHeaders, headers } as unknown as IncomingMessage, query: query.join('&') }
}

const KINDS: { readonly [name in Name]: Credential['kind'] } = {
  token: 'bearer',
  oauth: 'bearer',
  basic: 'basic',
  header: 'apiKey',
  query: 'apiKey',
  cookie: 'apiKey',
  digest: 'http',
  certificate: 'mutualTLS',
  employee: 'mutualTLS',
}
const READ = { nothing: 'nothing', once: { kind: 'mutualTLS' }, twice: 'repeated', malformed: 'unusable' } as const

function verifierOf(name: Name, { outcomes, certificate }: Case) {
  const kind = KINDS[name]
  return {
    kind,
    scheme: 'digest',
    challenge: 'Digest',
    read: () => READ[certificate],
    verify(credential: Credential): Verification<unknown> {
      expect(credential.kind).toBe(kind)
      const said = outcomes[name]
      if (said.kind === 'good') return { granted: true, proof: proofOf(name, said.claims), scopes: said.scopes }
      if (said.kind === 'throws') throw new Error('broken')
      if (said.kind === 'nonsense') return { granted: 'yes', proof: {}, scopes: ['a', 'b', 'c'] } as never
      return deny(said.kind === 'bad' ? 'invalid_token' : 'unavailable')
    },
  } as never
}

function proofOf(name: Name, own: Record<string, unknown>): unknown {
  return { iss: name, aud: name, ...own }
}

/** How it is meant, without regard to how often anything is asked. */
function oracle(one: Case): { auth: Record<string, unknown> | undefined } | { codes: readonly Denial['code'][] } {
  const {
    policy: { security },
  } = one
  const found = (name: Name): Sent => {
    if (name === 'token' || name === 'oauth') {
      if (one.authorization === 'bearer') return one.tokenInQuery ? 'twice' : 'once'
      return one.authorization === 'twice' || one.authorization === 'nothing' ? one.authorization : 'malformed'
    }
    if (name === 'certificate' || name === 'employee') return one.certificate
    if (name === 'basic' || name === 'digest') {
      if (one.authorization === name) return 'once'
      return one.authorization === 'twice' || one.authorization === 'nothing' ? one.authorization : 'malformed'
    }
    return one.keys[name]
  }
  const named = security.flatMap(alternative => Object.keys(alternative) as Name[])
  if (named.some(name => found(name) === 'twice')) return { codes: ['invalid_request'] }
  const codes: Denial['code'][] = []
  for (const alternative of security) {
    const names = Object.keys(alternative) as Name[]
    if (names.length === 0 || names.some(name => found(name) !== 'once')) continue
    const code = refusalOf(names, alternative, one)
    if (code === undefined) {
      const proofs = names.map(name => {
        const said = one.outcomes[name]
        return [name, proofOf(name, said.kind === 'good' ? said.claims : {})]
      })
      return { auth: Object.fromEntries(proofs) }
    }
    codes.push(code)
  }
  if (codes.length > 0) return { codes }
  const anonymous = security.some(alternative => Object.keys(alternative).length === 0)
  if (anonymous && named.every(name => found(name) === 'nothing')) return { auth: undefined }
  return { codes: ['no_credentials'] }
}

function refusalOf(
  names: readonly Name[],
  alternative: Policy['security'][number],
  { policy: { claims: rules, stepUp }, outcomes, foreign }: Case,
): Denial['code'] | undefined {
  for (const name of names) {
    const said = outcomes[name]
    if (name === 'cookie' && foreign) return 'cross_site_request'
    if (said.kind !== 'good') return said.kind === 'unavailable' ? 'unavailable' : 'invalid_token'
  }
  for (const name of names) {
    const said = outcomes[name]
    const wanted = alternative[name] ?? []
    const scopes = new Set(said.kind === 'good' ? said.scopes : [])
    const enough = 'anyOf' in wanted ? wanted.anyOf.some(one => scopes.has(one)) : wanted.every(one => scopes.has(one))
    if (!enough) return 'insufficient_scope'
  }
  const holder = names.findLast(name => name === 'token' || name === 'oauth')
  const said = holder && outcomes[holder]
  const own = said?.kind === 'good' ? said.claims : undefined
  const met = (rules ?? [{}]).some(rule => {
    if ('tier' in rule && own?.tier !== 'gold') return false
    if ('admin' in rule && own?.admin !== true) return false
    return !('$check' in rule) || rule.$check === 'yes'
  })
  if (rules && !(own && met)) return 'claims_not_met'
  return stepUp && own?.acr !== 'high' ? 'insufficient_user_authentication' : undefined
}

const CHECKS = {
  yes: () => true,
  no: () => 0,
  throws: () => {
    throw new Error('broken')
  },
}
const RANKS: readonly Denial['code'][] = [
  'invalid_token',
  'cross_site_request',
  'insufficient_scope',
  'claims_not_met',
  'insufficient_user_authentication',
  'unavailable',
]

test('a request is let in exactly when the policy says so, and refused as what came closest', async () => {
  const tally = { granted: 0, anonymous: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(cases, async one => {
      const verifiers = Object.fromEntries(NAMES.map(name => [name, verifierOf(name, one)]))
      const demands = bindRequirements(SCHEMES, { one: one.policy }, verifiers, CHECKS, {
        crossSite: () => (one.foreign ? 'another site' : undefined),
      }).demandsOf(one.policy)
      const decision = await decide(demands, {
        ...requestOf(one),
        params: {},
        runCheck: (name: string, _token: Token) => CHECKS[name as keyof typeof CHECKS](),
        claimsStatus: 401,
        nameClaims: false,
      })
      const wanted = oracle(one)
      if ('codes' in wanted) {
        tally.refused++
        const best = Math.max(...wanted.codes.map(code => RANKS.indexOf(code)))
        expect(decision).toMatchObject({ granted: false, denial: { code: RANKS[best] ?? wanted.codes[0] } })
      } else {
        tally[wanted.auth ? 'granted' : 'anonymous']++
        expect(decision.granted).toBe(true)
        if (!decision.granted) return
        expect(decision.auth && { ...decision.auth }).toEqual(wanted.auth)
      }
    }),
    { numRuns: 8000 },
  )
  expect(Math.min(tally.granted, tally.refused)).toBeGreaterThan(80)
  expect(tally.anonymous).toBeGreaterThan(20)
})
