import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.js'

/** Tests of one area in one context: for each mutant, a new one would take longer than the tests. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: process.env.MUTATION_TESTS?.split(' ') ?? [],
    // They start processes, which run what was built.
    exclude: ['test/http/code-generation.test.ts', 'test/replies/code-generation.test.ts'],
    typecheck: { enabled: false },
    isolate: false,
  },
})
