import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.js'

/** The tests that say what the runtime does, in one context: for each mutant, a new one would take longer than the tests. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [
      'test/{decisions,tokens,dpop,introspection,http,replies}/**/*.test.ts',
      'test/quickstart/{guards,middleware}.test.ts',
      'test/properties/{claims,decide,paths,step-up}.test.ts',
    ],
    exclude: [
      // They start processes, which run what was built, or servers that would be started for each mutant.
      'test/http/code-generation.test.ts',
      'test/dpop/redis.test.ts',
      'test/introspection/oidc-provider.test.ts',
    ],
    typecheck: { enabled: false },
    isolate: false,
  },
})
