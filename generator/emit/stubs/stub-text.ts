import { literal } from '../literal.js'

/** The module of one stub. @param suffix of the file: JavaScript has its types in comments. */
export function newStub(operation: string, handlersModule: string, suffix: string): string {
  const types = isScript(suffix) ? '' : `import type { Handlers } from ${literal(handlersModule)}\n`
  const lines = stubLines(operation, handlersModule, 'Handlers', 'notImplemented', suffix)
  return `import { notImplemented } from 'gatewright/runtime'\n${types}\n${lines.join('\n')}\n`
}

export function stubLines(
  operation: string,
  handlersModule: string,
  handlers: string,
  notImplemented: string,
  suffix: string,
): string[] {
  if (!isScript(suffix)) return [`export const ${operation}: ${handlers}[${literal(operation)}] = ${notImplemented}()`]
  return [
    `/** @type {import(${literal(handlersModule)}).Handlers[${literal(operation)}]} */`,
    `export const ${operation} = ${notImplemented}()`,
  ]
}

export function isScript(suffix: string): boolean {
  return suffix.endsWith('js')
}

/** The line by which an index gives what a module exports. */
export function exportLine(operation: string, specifier: string, exported: string): string {
  return `export { ${as(exported, operation)} } from ${literal(specifier)}`
}

export function as(name: string, wanted: string): string {
  return name === wanted ? name : `${name} as ${wanted}`
}
