import { join, relative, sep } from 'node:path'
import type { Diagnostic } from './diagnostics/diagnostic.js'
import { displayPath } from './display-path.js'
import { emitStubs } from './emit/stubs.js'
import { digestHandlers, readHandlers } from './handler-files.js'
import type { ApiModel } from './model/api-model.js'

export interface FittedHandlers {
  readonly diagnostics: readonly Diagnostic[]
  /** Absolute path → text: new stubs, and files that gain some. */
  readonly stubs: ReadonlyMap<string, string>
  /** Of the files as they were found. */
  readonly digest: string
}

/** Compares the handlers' folder with the operations. Reads files, and writes none. All paths are absolute. */
export function fitHandlers(
  model: ApiModel,
  { out, handlers, cwd }: { readonly out: string; readonly handlers: string; readonly cwd: string },
): FittedHandlers {
  const existing = readHandlers(handlers)
  const operations = model.operations.map(one => one.id)
  const { files, orphans } = emitStubs(operations, existing, modulePath(handlers, join(out, 'handlers.js')))
  return {
    diagnostics: orphans.map(({ file, operation }) => ({
      code: 'handler-orphaned',
      severity: 'warning',
      message: `${displayPath(cwd, join(handlers, file))} implements ${JSON.stringify(operation)}, which is no operation of the document`,
      help: 'delete it, or rename it with the operation',
    })),
    stubs: new Map(Object.entries(files).map(([name, text]) => [join(handlers, name), text])),
    digest: digestHandlers(existing),
  }
}

function modulePath(from: string, to: string): string {
  const local = relative(from, to).split(sep).join('/')
  return local.startsWith('.') ? local : `./${local}`
}
