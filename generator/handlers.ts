import { join, relative, sep } from 'node:path'
import type { Diagnostic } from './diagnostics/diagnostic.js'
import { nearest } from './diagnostics/suggestion.js'
import { displayPath } from './display-path.js'
import { literal } from './emit/literal.js'
import { firstStubs } from './emit/stubs/first-stubs.js'
import type { StubFiles, Stubs } from './emit/stubs.js'
import { digestHandlers, readHandlers } from './handler-files.js'
import type { ApiModel } from './model/api-model.js'
import { readText } from './write.js'

export interface FittedHandlers {
  readonly diagnostics: readonly Diagnostic[]
  /** Absolute path → text: new stubs, and files that gain some. */
  readonly stubs: ReadonlyMap<string, string>
  /** Of the files as they were found. */
  readonly digest: string
  /** Of the files with the stubs among them, where it is certain that the next run finds nothing to add or to say. */
  readonly settled?: string
}

/** Compares the handlers' folder with the operations. Reads files, and writes none. All paths are absolute. */
export async function fitHandlers(
  model: ApiModel,
  { out, handlers, cwd }: { readonly out: string; readonly handlers: string; readonly cwd: string },
): Promise<FittedHandlers> {
  const existing = readHandlers(handlers)
  const operations = model.operations.map(one => one.id)
  const former = formerOperations(readText(join(out, 'handlers.ts')) ?? '')
  const stubs = await stubsFor(operations, existing, modulePath(handlers, join(out, 'handlers.js')), former)
  const show = (file: string | undefined) => displayPath(cwd, file === undefined ? handlers : join(handlers, file))
  const newNames = namesNow(stubs, model, former, existing)
  return {
    diagnostics: [...orphaned(stubs, show, newNames), ...unclear(stubs, show)],
    stubs: new Map(Object.entries(stubs.files).map(([name, text]) => [join(handlers, name), text])),
    digest: digestHandlers(existing),
    ...(Object.keys(existing).length === 0 && { settled: digestHandlers(inOrder(stubs.files)) }),
  }
}

/** As they are read. */
function inOrder(files: StubFiles): StubFiles {
  return Object.fromEntries(
    Object.keys(files)
      .sort()
      .map(name => [name, files[name] ?? '']),
  )
}

async function stubsFor(
  operations: readonly string[],
  existing: StubFiles,
  handlersModule: string,
  former: ReadonlyMap<string, string>,
): Promise<Stubs> {
  if (Object.keys(existing).length === 0)
    return { files: firstStubs(operations, handlersModule), orphans: [], unclear: [] }
  const { emitStubs } = await loadStubs()
  return emitStubs(operations, existing, handlersModule, [...former.keys()])
}

/** TypeScript's parser takes longer to load than most documents take. */
export const loadStubs = () => import('./emit/stubs.js')

type Show = (file: string | undefined) => string
type NewName = (operation: string) => { readonly name: string; readonly isSure: boolean } | undefined

function orphaned({ orphans }: Stubs, show: Show, newName: NewName): Diagnostic[] {
  return orphans.map(({ file, operation }) => {
    const now = newName(operation)
    return {
      code: 'handler-orphaned',
      severity: 'warning',
      message: `${show(file)} implements ${JSON.stringify(operation)}, which is no operation of the document`,
      help:
        now === undefined
          ? 'delete it, or rename it with the operation'
          : now.isSure
            ? `the operation is ${JSON.stringify(now.name)} now: move the code to that name, and delete what is left`
            : `delete it, or move the code to ${JSON.stringify(now.name)} if that is the operation's new name`,
    }
  })
}

function unclear({ unclear }: Stubs, show: Show): Diagnostic[] {
  return unclear.map(({ file, reason, operations, help }) => {
    const [first, ...more] = operations.map(one => JSON.stringify(one))
    const rest = more.length === 0 ? ' is' : more.length === 1 ? ` and ${more[0]} are` : ` and ${more.length} more are`
    return {
      code: 'handler-index-unclear',
      severity: 'warning',
      message: `${show(file)} ${reason}: ${first}${rest} not added`,
      help,
    }
  })
}

/** The operations of the last output, each with its place in `paths`. Nothing where there is none that we wrote. */
function formerOperations(text: string): Map<string, string> {
  const lines = text.matchAll(/^ {2}(\S+): Handler<paths\[('.*?')\]\['(\w+)'\](?=[,>])/gmu)
  return new Map([...lines].map(([, id = '', path, method]) => [id, `${method} ${path}`]))
}

/** What an operation that is gone is called now: the one in its place, or else the only one that it could be. */
function namesNow(
  { files, orphans }: Stubs,
  { operations }: ApiModel,
  former: ReadonlyMap<string, string>,
  existing: StubFiles,
): NewName {
  const places = new Map(operations.map(({ id, method, path }) => [`${method} ${literal(path)}`, id]))
  const unwritten = operations
    .map(one => one.id)
    .filter(id => /=> *notImplemented_*\(\)/.test(files[`${id}.ts`] ?? existing[`${id}.ts`] ?? ''))
  const gone = new Set(orphans.map(one => one.operation))
  return operation => {
    const name = places.get(former.get(operation) ?? '')
    if (name !== undefined) return { name, isSure: true }
    const [only] = gone.size === 1 && unwritten.length === 1 ? unwritten : []
    const like = nearest(operation, unwritten) ?? only
    return like === undefined ? undefined : { name: like, isSure: false }
  }
}

function modulePath(from: string, to: string): string {
  const local = relative(from, to).split(sep).join('/')
  return local.startsWith('.') ? local : `./${local}`
}
