import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Diagnostic } from './diagnostics/diagnostic.js'
import { EmitFailure, type Emitted, emit } from './emit/emit.js'
import { emitStubs } from './emit/stubs.js'
import { lint } from './lint/lint.js'
import type { RecordFiles, ResolvedDocument, Sources } from './load/document.js'
import { load } from './load/load.js'
import type { RemoteOptions } from './load/remote-files.js'
import type { ApiModel } from './model/api-model.js'
import { model } from './model/model.js'

/** Where a document is and where its code goes. Paths are relative to `cwd`. */
export interface CompileOptions extends RemoteOptions {
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
  /** Copies of what was fetched over the network, or recorded when it was. */
  readonly record: RecordFiles
}

/**
 * load → model → lint → emit, up to the writing: what would be on disk. Reads files, and writes none; fetches nothing
 * that is recorded, and nothing at all unless the options allow it.
 */
export async function compile(options: CompileOptions = {}): Promise<Compiled> {
  const { cwd = process.cwd(), onStage = () => {} } = options
  const entry = resolve(cwd, options.document ?? 'specs/openapi.yaml')
  const out = resolve(cwd, options.out ?? 'generated')
  const handlers = resolve(cwd, options.handlers ?? 'handlers')
  const nothing = {
    emitted: new Map<string, string>(),
    stubs: new Map<string, string>(),
    record: { files: new Map<string, string>(), obsolete: [] },
  }

  onStage('loading')
  const { root, ...remote } = options
  const loaded = await load(entry, { ...remote, ...(root !== undefined && { root: resolve(cwd, root) }) })
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
  const operations = modelled.model.operations.map(one => one.id)
  const module = modulePath(handlers, join(out, 'handlers.js'))
  const stubs = emitStubs(operations, readHandlers(handlers), module)
  const orphaned = stubs.orphans.map(
    ({ file, operation }): Diagnostic => ({
      code: 'handler-orphaned',
      severity: 'warning',
      message: `${displayPath(cwd, join(handlers, file))} implements ${JSON.stringify(operation)}, which is no operation of the document`,
      help: 'delete it, or rename it with the operation',
    }),
  )
  return {
    diagnostics: [...diagnostics, ...lint(modelled.model), ...orphaned],
    sources,
    model: modelled.model,
    emitted: underFolder(out, emitted),
    stubs: underFolder(handlers, new Map(Object.entries(stubs.files))),
    record: loaded.record ?? nothing.record,
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

function readHandlers(folder: string): { [name: string]: string } {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
  const paths = entries.filter(one => one.isFile()).map(one => join(one.parentPath, one.name))
  const sources = paths.filter(path => /(?<!\.d)\.ts$/.test(path) && !path.includes(`${sep}node_modules${sep}`))
  return Object.fromEntries(sources.map(path => [displayPath(folder, path), readFileSync(path, 'utf8')]))
}

function underFolder(folder: string, files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...files].map(([name, text]) => [join(folder, name), text]))
}

/** A path as people and headers name it: relative to `cwd`, with `/`; the file's name alone where that cannot be. */
export function displayPath(cwd: string, path: string): string {
  const local = relative(cwd, path)
  return isAbsolute(local) ? basename(path) : local.split(sep).join('/')
}

function modulePath(from: string, to: string): string {
  const local = relative(from, to).split(sep).join('/')
  return local.startsWith('.') ? local : `./${local}`
}
