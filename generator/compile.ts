import { join, resolve } from 'node:path'
import type { Diagnostic } from './diagnostics/diagnostic.js'
import { displayPath } from './display-path.js'
import { EmitFailure, type Emitted, emit } from './emit/emit.js'
import { type FittedHandlers, fitHandlers } from './handlers.js'
import { lint } from './lint/lint.js'
import type { ResolvedDocument, Sources } from './load/document.js'
import { load } from './load/load.js'
import type { ApiModel } from './model/api-model.js'
import { model } from './model/model.js'

/** Where a document is and where its code goes. Paths are relative to `cwd`. */
export interface CompileOptions {
  /** Default `specs/openapi.yaml`. */
  readonly document?: string
  /** The folder of the emitted files. Default `generated`. */
  readonly out?: string
  /** The folder of the handlers. Default `handlers`. */
  readonly handlers?: string
  /** The folder that no reference may leave. Default: the document's own. */
  readonly root?: string
  /** Leave operations out that cannot be enforced yet, each named in a warning. Default `false`. */
  readonly skipUnsupported?: boolean
  /** Default: the process's. */
  readonly cwd?: string
  /** Told what is being done, for who watches. */
  readonly onStage?: (stage: string) => void
}

export interface Compiled {
  readonly diagnostics: readonly Diagnostic[]
  readonly sources: Sources
  /** Absent, and no files with it, when the document has faults. */
  readonly model?: ApiModel
  /** Absolute path → text: the emitted files. */
  readonly emitted: ReadonlyMap<string, string>
  /** Absolute path → text: new stubs, and handlers' files that gain some. */
  readonly stubs: ReadonlyMap<string, string>
  /** What was found in the handlers' folder; absent where it was not looked at. */
  readonly fitted?: FittedHandlers
}

/** load → model → lint → emit, up to the writing: what would be on disk. Reads files, and writes none. */
export async function compile(options: CompileOptions = {}): Promise<Compiled> {
  const { cwd = process.cwd(), onStage = () => {} } = options
  const entry = resolve(cwd, options.document ?? 'specs/openapi.yaml')
  const out = resolve(cwd, options.out ?? 'generated')
  const handlers = resolve(cwd, options.handlers ?? 'handlers')
  const nothing = { emitted: new Map<string, string>(), stubs: new Map<string, string>() }

  onStage('loading')
  const loaded = await load(entry, options.root === undefined ? {} : { root: resolve(cwd, options.root) })
  const { document, sources } = loaded
  if (!document) return { diagnostics: loaded.diagnostics, sources, ...nothing }
  onStage('reading')
  const modelled = model(document, {
    document: displayPath(cwd, entry),
    skipUnsupported: options.skipUnsupported ?? false,
  })
  const diagnostics = [...loaded.diagnostics, ...modelled.diagnostics]
  if (!modelled.model) return { diagnostics, sources, ...nothing }
  onStage('emitting')
  const emitted = await emitOrReport(modelled.model, document)
  if ('code' in emitted) return { diagnostics: [...diagnostics, emitted], sources, ...nothing }
  onStage('looking at the handlers')
  const fitted = fitHandlers(modelled.model, { out, handlers, cwd })
  return {
    diagnostics: [...diagnostics, ...lint(modelled.model), ...fitted.diagnostics],
    sources,
    model: modelled.model,
    emitted: underFolder(out, emitted),
    stubs: fitted.stubs,
    fitted,
  }
}

async function emitOrReport(found: ApiModel, document: ResolvedDocument): Promise<Emitted | Diagnostic> {
  try {
    return await emit(found, document)
  } catch (error) {
    if (!(error instanceof EmitFailure)) throw error
    return {
      code: 'emit-failed',
      severity: 'error',
      message: error.message,
      help: 'a name in the document is more than the libraries behind can take: look for % and for names such as valueOf',
    }
  }
}

function underFolder(folder: string, files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...files].map(([name, text]) => [join(folder, name), text]))
}
