/** Parts of the runtime with the tests that say what they do: for each mutant, all others would take hours for nothing. */
export const AREAS: Readonly<
  Record<string, { readonly mutate: readonly string[]; readonly tests: readonly string[] }>
> = {
  decisions: {
    mutate: ['runtime/{claims,decide,scopes,step-up,thrown}.ts'],
    tests: ['test/decisions/*.test.ts', 'test/properties/{claims,decide,step-up}.test.ts'],
  },
  tokens: {
    mutate: [
      'runtime/tokens/{algorithms,cache,claims-set,clock,compact,json-copy,json-object,scopes-of,signature,verify}.ts',
      'runtime/tokens/{discovery,issuer-*,jwk-set,keys,outage,rest}.ts',
    ],
    tests: ['test/tokens/*.test.ts'],
  },
  possession: {
    mutate: [
      'runtime/tokens/{certificate-binding,dpop*,json-members,possession,replay-store}.ts',
      'runtime/schemes/possession-options.ts',
    ],
    tests: [
      'test/dpop/{binding,json-members,nonces,options,proof,replay,rfc,target}.test.ts',
      'test/tokens/{doubts,options}.test.ts',
    ],
  },
  introspection: {
    mutate: [
      'runtime/tokens/{answer-cache,client-authentication,endpoint,form-post,introspect*,signed-*,token-endpoint,turns}.ts',
      'runtime/schemes/introspection.ts',
      'runtime/token-exchange.ts',
    ],
    tests: [
      'test/introspection/{answers,client-*,outages,possession,sharing,signed,token-*,turns}.test.ts',
      'test/tokens/{doubts,options}.test.ts',
    ],
  },
  schemes: {
    mutate: ['runtime/schemes/!(introspection|possession-options).ts'],
    tests: [
      'test/tokens/{issuers,options,schemes,secrets}.test.ts',
      'test/http/{http-scheme,mutual-tls,secrets}.test.ts',
    ],
  },
  quickstart: {
    mutate: ['runtime/auth0*.ts'],
    tests: ['test/quickstart/{guards,middleware}.test.ts', 'test/introspection/token-exchange.test.ts'],
  },
}

/** Of all that is in no area. */
export const OTHER_TESTS = [
  'test/{decisions,http,replies,requests}/**/*.test.ts',
  'test/properties/{decide,parameters,paths}.test.ts',
  'test/validation/*.test.ts',
]
