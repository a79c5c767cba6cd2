import { Readable } from 'node:stream'
import {
  createGate,
  type Handler,
  httpScheme,
  mutualTls,
  notImplemented,
  openIdConnect,
  type Reply,
  type Token,
} from 'gatewright/runtime'
import { describe, expectTypeOf, test } from 'vitest'
import type { Handlers } from './generated/handlers.js'
import { policies, securitySchemes } from './generated/policies.js'
import { createRouter, type RouterOptions } from './generated/router.js'
import type { paths } from './generated/types.js'

declare module 'gatewright/runtime' {
  interface Principals {
    key: { customer: string }
    certificate: { partner: string }
    digest: { user: string }
  }
}

type ContextOf<Name extends keyof Handlers> = Parameters<Handlers[Name]>[0]
type AuthOf<Name extends keyof Handlers> = ContextOf<Name> extends { auth: infer Auth } ? Auth : 'none'

describe('auth', () => {
  test('a public operation has none', () => {
    expectTypeOf<AuthOf<'isPublic'>>().toEqualTypeOf<'none'>()
    expectTypeOf<ContextOf<'isPublic'>>().not.toHaveProperty('auth')
  })
  test('a scheme gives a member', () => {
    expectTypeOf<AuthOf<'isGuarded'>>().toEqualTypeOf<{ user: Token }>()
  })
  test('an optional one may be undefined', () => {
    expectTypeOf<AuthOf<'isOptional'>>().toEqualTypeOf<{ user: Token } | undefined>()
  })
  test('AND gives several members', () => {
    expectTypeOf<AuthOf<'needsBoth'>>().toEqualTypeOf<{ user: Token; key: { customer: string } }>()
  })
  test('OR gives a union', () => {
    expectTypeOf<AuthOf<'needsEither'>>().toEqualTypeOf<{ user: Token } | { key: { customer: string } }>()
  })
  test('a certificate and a scheme of the HTTP kind give their principals', () => {
    expectTypeOf<AuthOf<'needsCertificate'>>().toEqualTypeOf<{ certificate: { partner: string }; user: Token }>()
    expectTypeOf<AuthOf<'needsDigest'>>().toEqualTypeOf<undefined | { digest: { user: string } }>()
  })
  test('claim rules narrow the token', () => {
    type User = AuthOf<'isNarrowed'>['user']
    expectTypeOf<User['isAdmin']>().toEqualTypeOf<true>()
    expectTypeOf<User['plan']>().toEqualTypeOf<'gold' | 'silver'>()
    expectTypeOf<User['age']>().toEqualTypeOf<number>()
    expectTypeOf<User['groups']>().toEqualTypeOf<readonly unknown[]>()
    expectTypeOf<User['other']>().toEqualTypeOf<unknown>()
  })
  test('alternatives of claim rules are a union', () => {
    expectTypeOf<AuthOf<'isEither'>['user']>().toEqualTypeOf<Token & ({ isAdmin: true } | { plan: 'gold' })>()
  })
  test('x-token types the claims', () => {
    expectTypeOf<AuthOf<'isDescribed'>['described']['tenant']>().toEqualTypeOf<string>()
  })
})

describe('requests and replies', () => {
  test('parameters and bodies are typed from the document', () => {
    type Context = ContextOf<'putItem'>
    expectTypeOf<Context['params']>().toEqualTypeOf<{ itemId: number }>()
    expectTypeOf<Context['query']>().toEqualTypeOf<{ dry?: boolean; tags?: string[] }>()
    expectTypeOf<Context['headers']>().toEqualTypeOf<{ 'X-Trace': string }>()
    expectTypeOf<Context['body']>().toEqualTypeOf<{ name: string; size?: number }>()
    expectTypeOf<Context['signal']>().toEqualTypeOf<AbortSignal>()
  })
  test('parameters with a media type, a style or no description are typed as handlers are given them', () => {
    type Context = ContextOf<'search'>
    type Item = { name: string; size?: number }
    expectTypeOf<Context['params']>().toEqualTypeOf<{ undeclared: string }>()
    expectTypeOf<Context['query']>().toEqualTypeOf<{ filter?: Item; where: Item; near?: number[] }>()
    // Described elsewhere, and never given.
    expectTypeOf<Context['headers'][string]>().toEqualTypeOf<never>()
    expectTypeOf<Context['cookies']>().toEqualTypeOf<{ seen?: number[] }>()
    expectTypeOf<ContextOf<'searchWhole'>['query']>().toEqualTypeOf<{ all?: { foo?: string; bar?: boolean } }>()
  })
  test('nothing became any', () => {
    expectTypeOf<Handlers['putItem']>().not.toBeAny()
    expectTypeOf<ContextOf<'putItem'>['body']>().not.toBeAny()
    expectTypeOf<AuthOf<'isGuarded'>['user']>().not.toBeAny()
    expectTypeOf<RouterOptions['schemes']>().not.toBeAny()
  })
  test('a reply is one of the documented responses', () => {
    const put = (handler: Handlers['putItem']) => handler
    put(() => ({ status: 200, body: { name: 'a' } }))
    put(async () => ({ status: 404 }))
    put(() => ({ status: 418, body: { title: 'teapot' }, contentType: 'application/problem+json' }))
    put(notImplemented())
    put(() => notImplemented())
    put(async ({ res }) => (res.headersSent ? undefined : notImplemented()))
    put(({ res }) => void res.end())
    // @ts-expect-error: it stands for a handler or for a reply, and for nothing else
    put(() => ({ status: 200, body: { name: notImplemented() } }))
    // @ts-expect-error: a member is missing
    put(() => ({ status: 200, body: { size: 1 } }))
    // @ts-expect-error: 404 has no body
    put(() => ({ status: 404, body: { name: 'a' } }))
    // @ts-expect-error: a type of the wrong media type
    put(() => ({ status: 418, body: { title: 'teapot' }, contentType: 'text/html' }))
    // @ts-expect-error: 204 has no body, whatever `default` documents
    put(() => ({ status: 204, body: { title: 'teapot' }, contentType: 'application/problem+json' }))
    put(() => ({ status: 204 }))
    const nothing = (handler: Handlers['isPublic']) => handler
    // @ts-expect-error: only 204 is documented
    nothing(() => ({ status: 200 }))
  })
})

describe('a reply', () => {
  const get = (handler: Handlers['getReport']) => handler
  const headers = { 'X-Rows': 1 }

  test('has a body that fits its media type', () => {
    get(() => ({ status: 200, headers, contentType: 'application/json', body: { rows: 1 } }))
    get(() => ({ status: 200, headers, contentType: 'text/csv', body: 'a;b' }))
    get(() => ({ status: 200, headers, contentType: 'text/csv', body: Readable.from('a;b') }))
    get(() => ({ status: 200, headers, contentType: 'application/json', body: new ReadableStream<Uint8Array>() }))
    // @ts-expect-error: the body of the other type
    get(() => ({ status: 200, headers, contentType: 'application/json', body: 'a;b' }))
    // @ts-expect-error: the body of the other type
    get(() => ({ status: 200, headers, contentType: 'text/csv', body: { rows: 1 } }))
    // @ts-expect-error: which of the two types it is must be said
    get(() => ({ status: 200, headers, body: { rows: 1 } }))
  })
  test('need not name the only media type', () => {
    get(() => ({ status: 202, body: 'later' }))
    get(() => ({ status: 202, body: 'later', contentType: 'text/plain' }))
    // @ts-expect-error: another type
    get(() => ({ status: 202, body: 'later', contentType: 'text/html' }))
  })
  test('has the headers that are required, in their types', () => {
    get(() => ({
      status: 200,
      headers: { ...headers, 'X-Kind': 'full', Via: ['a', 'b'] },
      contentType: 'text/csv',
      body: '',
    }))
    // @ts-expect-error: a header is missing
    get(() => ({ status: 200, contentType: 'text/csv', body: '' }))
    // @ts-expect-error: a header is missing
    get(() => ({ status: 200, headers: {}, contentType: 'text/csv', body: '' }))
    // @ts-expect-error: a header of another type
    get(() => ({ status: 200, headers: { 'X-Rows': 'many' }, contentType: 'text/csv', body: '' }))
    // @ts-expect-error: not one of its values
    get(() => ({ status: 200, headers: { ...headers, 'X-Kind': 'long' }, contentType: 'text/csv', body: '' }))
    get(() => ({ status: 404, headers: { 'Retry-After': 5 } }))
  })
  test('is of its own status, else of its class, else of the default', () => {
    get(() => ({ status: 404 }))
    get(() => ({ status: 409, body: { name: 'a' } }))
    get(() => ({ status: 500, body: 'whatever', contentType: 'text/html' }))
    // @ts-expect-error: 404 has a response of its own, without content
    get(() => ({ status: 404, body: { name: 'a' } }))
    // @ts-expect-error: 409 is of the class, not of the default
    get(() => ({ status: 409, body: 'whatever', contentType: 'text/html' }))
    // @ts-expect-error: a range is no type, so one must be named
    get(() => ({ status: 500, body: 'whatever' }))
  })
  test('did not become any', () => {
    expectTypeOf<Reply<paths['/reports/{name}']['get']>>().not.toBeAny()
    expectTypeOf<Extract<Reply<paths['/reports/{name}']['get']>, { status: 202 }>['body']>().not.toBeAny()
  })
})

describe('what cannot be forgotten', () => {
  const handlers = {} as Handlers
  const user = {} as RouterOptions['schemes']['user']
  const key = {} as RouterOptions['schemes']['key']
  const described = openIdConnect({ audience: 'https://api.example' })
  const certificate = mutualTls(({ subject }) => ({ partner: subject }))
  const digest = httpScheme('Digest', credentials => ({ user: credentials }))
  const schemes = { user, key, certificate, digest, described: described as RouterOptions['schemes']['described'] }
  const checks = { extra: () => true }
  const verify = () => ({ granted: true as const, proof: { partner: 'p' }, scopes: [] })

  test('a handler, a scheme, a check', () => {
    expectTypeOf(createRouter).toBeCallableWith(handlers, { schemes, checks })
    const { isPublic: _left, ...fewer } = handlers
    const calls = () => {
      // @ts-expect-error: a handler is missing
      createRouter(fewer, { schemes, checks })
      // @ts-expect-error: a check is missing
      createRouter(handlers, { schemes, checks: {} })
      // @ts-expect-error: all checks are missing
      createRouter(handlers, { schemes })
      // @ts-expect-error: a scheme is missing
      createRouter(handlers, { schemes: { user, key, certificate, digest }, checks })
      // @ts-expect-error: a verifier of another HTTP authentication scheme
      createRouter(handlers, { schemes: { ...schemes, digest: httpScheme('HOBA', user => ({ user })) }, checks })
      // @ts-expect-error: another principal
      createRouter(handlers, { schemes: { ...schemes, certificate: mutualTls(() => ({ partner: 1 })) }, checks })
      // @ts-expect-error: who only verifies finds no certificate
      createRouter(handlers, { schemes: { ...schemes, certificate: { kind: 'mutualTLS', verify } }, checks })
      // @ts-expect-error: a verifier of another kind
      createRouter(handlers, { schemes: { ...schemes, user: key }, checks })
      // @ts-expect-error: options are missing
      createRouter(handlers)
      // @ts-expect-error: an option is misspelled
      createRouter(handlers, { schemes, checks, bodyLimits: 1 })
      createRouter(handlers, {
        schemes: { ...schemes, described: openIdConnect({ audience: 'https://api.example' }) },
        checks: { extra: async (req, token) => req.method === 'GET' && token.sub === 'a' },
      })
    }
    expectTypeOf(calls).toBeFunction()
  })

  test('a policy that does not prove what its handler expects', () => {
    const calls = () => {
      const gate = createGate(securitySchemes, policies, { schemes, checks })
      gate.get('/guarded', policies.isGuarded, {}, handlers.isGuarded)
      gate.get('/guarded', policies.isGuarded, {}, handlers.isPublic)
      gate.get('/guarded', policies.isNarrowed, {}, handlers.isGuarded)
      // @ts-expect-error: a public policy proves nothing
      gate.get('/guarded', policies.isPublic, {}, handlers.isGuarded)
      // @ts-expect-error: nor does one written here
      gate.get('/guarded', { security: [] }, {}, handlers.isGuarded)
      // @ts-expect-error: an optional policy may prove nothing
      gate.get('/guarded', policies.isOptional, {}, handlers.isGuarded)
      // @ts-expect-error: one of two is not both
      gate.get('/and', policies.isGuarded, {}, handlers.needsBoth)
      // @ts-expect-error: either is not the one
      gate.get('/guarded', policies.needsEither, {}, handlers.isGuarded)
      // @ts-expect-error: the claim rule is missing
      gate.get('/narrowed', policies.isGuarded, {}, handlers.isNarrowed)
      // @ts-expect-error: another scheme
      gate.get('/guarded', policies.isDescribed, {}, handlers.isGuarded)
      const any = {} as Handler<unknown, { user: Token & { isAdmin: false } }>
      // @ts-expect-error: another value
      gate.get('/narrowed', policies.isNarrowed, {}, any)
    }
    expectTypeOf(calls).toBeFunction()
  })

  test('a handler written beside its gate', () => {
    const calls = () => {
      const gate = createGate(securitySchemes, policies, { schemes, checks })
      gate.get('/guarded', policies.isGuarded, {}, ({ auth }) => {
        expectTypeOf(auth).toEqualTypeOf<{ readonly user: Token }>()
      })
      gate.get('/public', policies.isPublic, {}, context => {
        expectTypeOf(context).not.toBeAny()
        expectTypeOf(context).not.toHaveProperty('auth')
      })
      gate.get('/item', policies.isPublic, {}, async (_: { params: { id: string }; body: string[] }) => ({
        status: 204,
      }))
      // @ts-expect-error: a public policy proves nothing
      gate.get('/public', policies.isPublic, {}, (_: { auth: { user: Token } }) => ({ status: 204 }))
      // @ts-expect-error: a public policy proves nothing
      gate.get('/public', policies.isPublic, {}, ({ auth }) => auth)
      // @ts-expect-error: the claim rule is missing
      gate.get('/guarded', policies.isGuarded, {}, async (_: { auth: { user: { isAdmin: true } } }) => {})
      // @ts-expect-error: nothing proves `never`
      gate.get('/guarded', policies.isGuarded, {}, (_: { auth: never }) => {})
      // @ts-expect-error: what is no function handles nothing
      gate.get('/guarded', policies.isGuarded, {}, {})
    }
    expectTypeOf(calls).toBeFunction()
  })
})
