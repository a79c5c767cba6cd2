import type { StubFiles } from '../stubs.js'
import { exportLine, newStub } from './stub-text.js'

/**
 * The stubs for a folder that holds no module yet. With nothing in it to be understood, TypeScript's parser need not be
 * loaded.
 */
export function firstStubs(operations: readonly string[], handlersModule: string): StubFiles {
  const files = operations.map(operation => [`${operation}.ts`, newStub(operation, handlersModule, '.ts')] as const)
  const lines = operations.map(operation => `${exportLine(operation, `./${operation}.js`, operation)}\n`)
  // Without a line in it, it would be no module: what calls `createRouter` imports it from the first day.
  return Object.fromEntries([...files, ['index.ts', lines.join('') || 'export {}\n']])
}
