import { join, resolve } from 'node:path'
import type { Diagnostic } from './diagnostics/diagnostic.js'
import { displayPath } from './display-path.js'
import { type Emitted, emit } from './emit/emit.js'
import { EmitFailure } from './emit/failure.js'
import { type FittedHandlers, fitHandlers } from './handlers.js'
import { lint } from './lint/lint.js'
import type { RecordFiles, ResolvedDocument, Sources } from './load/document.js'
import { load } from './load/load.js'
import type { RemoteOptions } from './load/remote-files.js'
import type { ApiModel } from './model/api-model.js'
import { model } from './model/model.js'
import { type RuleSettings, readRuleSettings, settled } from './rules/settings.js'

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
  /**
   * Severities of rules instead of their defaults (docs/diagnostics.md). Lowered, an error leaves the operations out of
   * the router that it belongs to, each named in a warning. No configuration file is read: that is the command line's.
   */
  readonly rules?: RuleSettings
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
  /** Copies of what was fetched over the network, or recorded when it was. */
  readonly record: RecordFiles
}

/** What was read of a document; `model`, `document` and `record` are absent when it has faults. */
export interface ReadDocument extends Pick<Compiled, 'diagnostics' | 'sources' | 'model'> {
  readonly document?: ResolvedDocument
  readonly record?: RecordFiles
}

/**
 * load → model → lint. Reads the document's files, and no others; fetches nothing that is recorded, and nothing at all
 * unless the options allow it.
 * @throws {UsageError} for rules that do not exist or cannot be lowered.
 */
export async function read(options: Omit<CompileOptions, 'out' | 'handlers'> = {}): Promise<ReadDocument> {
  const { cwd = process.cwd(), onStage = () => {} } = options
  const rules = readRuleSettings(options.rules ?? {})
  const entry = resolve(cwd, options.document ?? 'specs/openapi.yaml')
  onStage('loading')
  const { root, ...remote } = options
  const { document, sources, record, ...loaded } = await load(entry, {
    ...remote,
    ...(root !== undefined && { root: resolve(cwd, root) }),
  })
  const found = loaded.diagnostics.flatMap(one => settled(one, rules) ?? [])
  if (!document) return { diagnostics: found, sources }
  onStage('reading')
  const modelled = model(document, { document: displayPath(cwd, entry), rules })
  const linted = modelled.model ? lint(modelled.model).flatMap(one => settled(one, rules) ?? []) : []
  const diagnostics = [...found, ...modelled.diagnostics, ...linted]
  if (!modelled.model || diagnostics.some(isError)) return { diagnostics, sources }
  return { diagnostics, sources, document, model: modelled.model, ...(record && { record }) }
}

/**
 * {@link read} → emit, up to the writing: what would be on disk. Reads files, and writes none.
 * @throws {UsageError} as {@link read}.
 */
export async function compile(options: CompileOptions = {}): Promise<Compiled> {
  const { cwd = process.cwd(), onStage = () => {} } = options
  const out = resolve(cwd, options.out ?? 'generated')
  const handlers = resolve(cwd, options.handlers ?? 'handlers')
  const nothing = {
    emitted: new Map<string, string>(),
    stubs: new Map<string, string>(),
    record: { files: new Map<string, string>(), obsolete: [] },
  }

  const { diagnostics, sources, document, model, record } = await read(options)
  if (!document || !model) return { diagnostics, sources, ...nothing }
  onStage('emitting')
  const emitted = await emitOrReport(model, document)
  if ('code' in emitted) return { diagnostics: [...diagnostics, emitted], sources, ...nothing }
  onStage('looking at the handlers')
  const fitted = await fitHandlers(model, { out, handlers, cwd })
  const orphaned = fitted.diagnostics.flatMap(one => settled(one, options.rules ?? {}) ?? [])
  if (orphaned.some(isError)) return { diagnostics: [...diagnostics, ...orphaned], sources, ...nothing }
  return {
    diagnostics: [...diagnostics, ...orphaned],
    sources,
    model,
    emitted: underFolder(out, emitted),
    stubs: fitted.stubs,
    fitted,
    record: record ?? nothing.record,
  }
}

function isError({ severity }: Diagnostic): boolean {
  return severity === 'error'
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
      help: error.tooDeep
        ? 'let schemas refer to one another in shorter chains'
        : 'a name in the document is more than the libraries behind can take: look for % in the names of components',
      ...(error.location && { location: error.location }),
    }
  }
}

function underFolder(folder: string, files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...files].map(([name, text]) => [join(folder, name), text]))
}
