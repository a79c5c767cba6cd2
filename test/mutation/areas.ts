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
      'runtime/tokens/{certificate-binding,dpop*,json-members,possession,redis-replay-store,replay-store}.ts',
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
      'runtime/{actor,token-exchange}.ts',
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
  reading: {
    mutate: [
      'runtime/{deep-object,formats,json-text,linear-pattern,media-types,members,parameter-spelling,parameters}.ts',
      'runtime/{path,routes,schema-faults,text-values,uri,validator}.ts',
    ],
    tests: [
      'test/validation/{body,contents,faults,formats,parameters,patterns,reading,styles}.test.ts',
      'test/properties/{parameters,paths}.test.ts',
      'test/http/consumed-bodies.test.ts',
    ],
  },
  bodies: {
    mutate: ['runtime/{body,body-*,form-members,multipart,multipart-body,part-headers,read-only,uploaded-files}.ts'],
    tests: ['test/http/{bodies,consumed-bodies}.test.ts', 'test/tokens/doubts.test.ts'],
  },
  replies: {
    mutate: ['runtime/{replies,reply,reply-*}.ts'],
    tests: ['test/replies/{http,sending,strip,write-only}.test.ts', 'test/http/listener.test.ts'],
  },
  requests: {
    mutate: [
      'runtime/{challenge,client-certificate,credentials,cross-site,explain,express,gate,gate-options,listener}.ts',
      'runtime/{operation,problem,redacted-url,request-context,requirements,resource-metadata,telemetry}.ts',
      'runtime/trusted-proxies.ts',
    ],
    tests: [
      'test/http/{absent,answers,base-path,credentials,cross-site,gate,http-scheme,listener,methods,mutual-tls,observability}.test.ts',
      'test/http/{requirements,resource-metadata,secrets,step-up,trusted-proxies}.test.ts',
      'test/tokens/doubts.test.ts',
    ],
  },
}

/** Of all that is in no area. */
export const OTHER_TESTS = [
  'test/{decisions,issuer,replies}/*.test.ts',
  'test/http/{answers,gate,listener}.test.ts',
  'test/tokens/doubts.test.ts',
  'test/properties/decide.test.ts',
]
