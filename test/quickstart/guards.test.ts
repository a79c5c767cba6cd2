import { claimCheck, claimEquals, claimIncludes, createAuth0Api, requiresAuth, scopesInclude } from 'gatewright/runtime'
import { describe, expect, test } from 'vitest'

/** JavaScript's callers: what TypeScript would refuse reaches the functions all the same. */
const loose = <Fn extends (...args: never[]) => unknown>(fn: Fn) => fn as unknown as (...args: unknown[]) => unknown

describe('a guard that could let everybody pass is not built', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['requiresAuth: no scopes', () => requiresAuth({ scopes: [] }), /must contain at least one scope/],
    ['requiresAuth: an empty text', () => requiresAuth({ scopes: ' ' }), /must contain at least one scope/],
    [
      'requiresAuth: undefined',
      () => loose(requiresAuth)({ scopes: undefined }),
      /must be a string or array of strings/,
    ],
    ['requiresAuth: a misspelled option', () => loose(requiresAuth)({ scope: ['a'] }), /unknown option 'scope'/],
    ['requiresAuth: a list', () => loose(requiresAuth)(['a']), /options must be an object/],
    ['requiresAuth: numbers', () => loose(requiresAuth)({ scopes: [1] }), /must be a string or array of strings/],
    ['scopesInclude: nothing', () => loose(scopesInclude)(), /must be a string or array of strings/],
    ['scopesInclude: an empty list', () => scopesInclude([]), /must contain at least one scope/],
    ['scopesInclude: an empty scope', () => scopesInclude(['']), /must be a string or array of strings/],
    ['scopesInclude: two scopes in one text of a list', () => scopesInclude(['a b']), /must be a string or array/],
    [
      'scopesInclude: match in capitals',
      () => loose(scopesInclude)(['a'], { match: 'ALL' }),
      /'match' must be 'any' or 'all'/,
    ],
    ['scopesInclude: match misspelled', () => loose(scopesInclude)(['a'], { mode: 'all' }), /unknown option 'mode'/],
    ['claimEquals: no name', () => loose(claimEquals)(undefined, 1), /'claim' must be a string/],
    ['claimEquals: no value', () => loose(claimEquals)('a'), /'value' must be a string, number, boolean or null/],
    ['claimEquals: an object', () => loose(claimEquals)('a', {}), /'value' must be/],
    ['claimEquals: NaN', () => claimEquals('a', Number.NaN), /'value' must be/],
    ['claimIncludes: no list', () => loose(claimIncludes)('a', 'b', 'c'), /'values' must be an array/],
    ['claimIncludes: an empty list', () => claimIncludes('a', []), /'values' must contain at least one value/],
    ['claimIncludes: objects', () => loose(claimIncludes)('a', [{}]), /'values' must be an array/],
    ['claimCheck: no function', () => loose(claimCheck)(), /'fn' must be a function/],
    ['claimCheck: a bare text', () => loose(claimCheck)(() => true, 'message'), /options must be an object/],
    [
      'claimCheck: a message of another type',
      () => loose(claimCheck)(() => true, { errorMessage: 1 }),
      /'errorMessage' must be a string/,
    ],
  ])('%s', (_name, build, message) => {
    expect(build).toThrow(message)
  })
})

describe('configuration', () => {
  const environment = { ...process.env }
  const withEnvironment = (variables: object, build: () => unknown) => {
    for (const name of ['AUTH0_DOMAIN', 'AUTH0_AUDIENCE', 'ISSUER_BASE_URL', 'AUDIENCE']) delete process.env[name]
    Object.assign(process.env, variables)
    try {
      return build()
    } finally {
      process.env = { ...environment }
    }
  }
  test.each<[string, object, object, string | undefined]>([
    ['from options', { domain: 'tenant.example', audience: 'a' }, {}, undefined],
    ['from the environment', {}, { AUTH0_DOMAIN: 'tenant.example', AUTH0_AUDIENCE: 'a' }, undefined],
    ['from legacy variables', {}, { ISSUER_BASE_URL: 'https://tenant.example', AUDIENCE: 'a' }, undefined],
    ['with https', { domain: ' https://Tenant.example/ ', audience: 'a' }, {}, undefined],
    ['on loopback', { domain: 'http://127.0.0.1:9999', audience: 'a' }, {}, undefined],
    [
      'without a domain',
      {},
      { AUTH0_AUDIENCE: 'a' },
      "'domain' is required. Provide it via config or AUTH0_DOMAIN environment variable.",
    ],
    [
      'without an audience',
      { domain: 'tenant.example' },
      {},
      "'audience' is required. Provide it via config or AUTH0_AUDIENCE environment variable.",
    ],
    ['with an empty one', { domain: '', audience: 'a' }, {}, "'domain' is required."],
    ['with http', { domain: 'http://tenant.example', audience: 'a' }, {}, 'Invalid domain configuration'],
    ['with a path', { domain: 'tenant.example/path', audience: 'a' }, {}, 'Invalid domain configuration'],
    ['with a query', { domain: 'tenant.example?a', audience: 'a' }, {}, 'Invalid domain configuration'],
    ['with a fragment', { domain: 'tenant.example#a', audience: 'a' }, {}, 'Invalid domain configuration'],
    ['with credentials', { domain: 'user:pass@tenant.example', audience: 'a' }, {}, 'Invalid domain configuration'],
    [
      'with an unknown option',
      { domain: 'tenant.example', audience: 'a', audiance: 'b' },
      {},
      "'audiance' is no option",
    ],
  ])('%s', (_name, options, variables, fault) => {
    const build = () => withEnvironment(variables, () => createAuth0Api(options))
    if (fault === undefined) expect(build).not.toThrow()
    else expect(build).toThrow(fault)
  })
})
