import type { StubFiles } from '../stubs.js'
import { exportLine, newStub } from './stub-text.js'

/**
 * The stubs for a folder that holds no module yet. With nothing in it to be understood, TypeScript's parser need not be
 * loaded.
 */
export function firstStubs(operations: readonly string[], handlersModule: string): StubFiles {
  const files = operations.map(operation => [`${operation}.ts`, newStub(operation, handlersModule, '.ts')] as const)
  const lines = operations.map(operation => `${exportLine(operation, `./${operation}.js`, operation)}\n`)
  return Object.fromEntries([...files, ...(lines.length > 0 ? [['index.ts', lines.join('')] as const] : [])])
}
