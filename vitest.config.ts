import { defineConfig } from 'vitest/config'

const source = (path: string) => new URL(path, import.meta.url).pathname

export default defineConfig({
  resolve: {
    // The tests run the sources; test/package/ runs what is packed.
    alias: [
      { find: /^gatewright\/runtime$/, replacement: source('./runtime/index.ts') },
      { find: /^gatewright\/testing$/, replacement: source('./runtime/testing.ts') },
      { find: /^gatewright$/, replacement: source('./generator/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/out/**'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    coverage: { include: ['runtime/**/*.ts'], reporter: ['text', 'json'] },
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
  },
})
