import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Compiled, CompileOptions } from '../compile.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { displayPath } from '../display-path.js'
import { HEADER_MARK } from '../emit/header.js'
import { digestHandlers, readHandlers } from '../handler-files.js'
import { openMemory, type Recalled } from '../memory.js'
import type { ApiModel } from '../model/api-model.js'
import { obsoleteFiles } from '../obsolete.js'
import { readText, type Written, write } from '../write.js'

export interface GenerateOptions extends CompileOptions {
  /**
   * Do nothing where the last run with the same options left everything as it is: no file that was read, written or
   * looked for has changed, nor has this package. Kept in `node_modules/.cache/gatewright/`. Default `false`. Without
   * effect beside `refreshRemote`.
   */
  readonly cache?: boolean
}

export interface Generated extends Pick<Compiled, 'diagnostics' | 'sources' | 'model'> {
  /** How many operations are served, and how many are left out. Absent when the document has faults. */
  readonly count?: { readonly operations: number; readonly skipped: number }
  /** Absent when the document has faults: nothing was written then. */
  readonly files?: Written
}

/**
 * Writes what a document demands: the emitted files, and stubs for operations that have no handler yet. Removes files
 * of the output folder that carry our header and are no part of the output any more, and recorded copies that are
 * used no longer.
 *
 * With `cache`, there is no `model` where nothing had to be done.
 * @throws what the file system says, when a file cannot be read or written; nothing has changed then.
 */
export async function generate(options: GenerateOptions = {}): Promise<Generated> {
  const { cache = false, cwd = process.cwd(), onStage, ...deciding } = options
  // What other machines hold now is not to be known here.
  const memory = cache && options.refreshRemote !== true ? openMemory(cwd, deciding) : undefined
  const handlers = resolve(cwd, options.handlers ?? 'handlers')
  const known = memory?.recall(() => digestHandlers(readHandlers(handlers)))
  if (known !== undefined) return recalled(known)

  // The compilers behind take longer to load than everything up to here.
  const { compile } = await import('../compile.js')
  const compiled = await compile(options)
  const { sources, model, emitted, stubs, record } = compiled
  const diagnostics = [...compiled.diagnostics, ...foreignFiles(emitted, cwd)]
  if (!model || diagnostics.some(one => one.severity === 'error'))
    return { diagnostics, sources, ...(model && { model }) }
  onStage?.('writing')
  const obsolete = [...obsoleteFiles(emitted.keys()), ...record.obsolete]
  const files = write(new Map([...emitted, ...stubs, ...record.files]), obsolete)
  const count = { operations: model.operations.length, skipped: model.skipped.length }
  const places = { out: resolve(cwd, options.out ?? 'generated'), handlers, cwd }
  const settled = memory && (await settledHandlers(compiled, model, files, places))
  if (settled !== undefined) memory?.keep({ sources, diagnostics, ...count, emitted, handlers: settled })
  return { diagnostics, sources, model, count, files }
}

function recalled({ diagnostics, sources, operations, skipped, emitted }: Recalled): Generated {
  const files = { written: [], unchanged: emitted, removed: [] }
  return { diagnostics, sources, count: { operations, skipped }, files }
}

/** A digest of the handlers, when the next run would have nothing to add to them, and the same to say of them. */
async function settledHandlers(
  { fitted }: Compiled,
  model: ApiModel,
  { written, removed }: Written,
  places: { readonly out: string; readonly handlers: string; readonly cwd: string },
): Promise<string | undefined> {
  if (fitted === undefined || written.length + removed.length === 0) return fitted?.digest
  if (digestHandlers(readHandlers(places.handlers)) === fitted.settled) return fitted.settled
  const { fitHandlers } = await import('../handlers.js')
  const now = await fitHandlers(model, places)
  const isSettled = now.stubs.size === 0 && isDeepStrictEqual(now.diagnostics, fitted.diagnostics)
  return isSettled ? now.digest : undefined
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
