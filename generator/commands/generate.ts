import { rmSync } from 'node:fs'
import { type Compiled, type CompileOptions, compile, displayPath } from '../compile.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { HEADER_MARK } from '../emit/header.js'
import { readText, type Written, write } from '../write.js'

export interface Generated extends Pick<Compiled, 'diagnostics' | 'sources' | 'model'> {
  /** Absent when the document has faults: nothing was written then. */
  readonly files?: Written
}

/**
 * Writes what a document demands: the emitted files, and stubs for operations that have no handler yet.
 * @throws what the file system says, when a file cannot be read or written; nothing has changed then.
 */
export async function generate(options: CompileOptions = {}): Promise<Generated> {
  const compiled = await compile(options)
  const { sources, model, emitted, stubs, record } = compiled
  const diagnostics = [...compiled.diagnostics, ...foreignFiles(emitted, options.cwd ?? process.cwd())]
  if (!model || diagnostics.some(one => one.severity === 'error'))
    return { diagnostics, sources, ...(model && { model }) }
  options.onStage?.('writing')
  const files = write(new Map([...emitted, ...stubs, ...record.files]))
  // Last of all: without them the old record would be broken, and the new one never names them.
  for (const path of record.obsolete) rmSync(path, { force: true })
  return { diagnostics, sources, model, files }
}

/** Files in the way that we did not write: whoever wrote them would lose them. */
function foreignFiles(emitted: ReadonlyMap<string, string>, cwd: string): Diagnostic[] {
  return [...emitted.keys()].flatMap((path): Diagnostic[] => {
    const text = readText(path)
    if (text === undefined || text.trim() === '' || text.slice(0, 200).includes(HEADER_MARK)) return []
    return [
      {
        code: 'output-foreign',
        severity: 'error',
        message: `${displayPath(cwd, path)} was not written by gatewright, and would be overwritten`,
        help: 'move it, or choose another folder with --out',
      },
    ]
  })
}
