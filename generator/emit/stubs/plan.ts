import { posix } from 'node:path'
import type { SourceFile } from 'ts-morph'
import { literal } from '../literal.js'
import { type Addition, importLines, importOf, linesAtEnd, membersAtEnd, withAdditions } from './additions.js'
import { declarationOf } from './exports.js'
import type { Implementation } from './implementations.js'
import type { Index } from './index-module.js'
import { endingIn, type Modules, SYNTAX, specifierOf } from './modules.js'
import { as, exportLine, isScript, newStub, stubLines } from './stub-text.js'

/** Handlers that are not on the way from the index, and that only a person can bring there. */
export interface Unclear {
  /** Path within the handlers' folder; absent for the folder itself. */
  readonly file?: string
  /** Said of the file: `has a fault of syntax`. */
  readonly reason: string
  readonly operations: readonly string[]
  /** What to do, with the code that would do for the first of them. */
  readonly help: string
}

/** What is to be written, operation by operation. */
export interface Plan {
  /** A handler that stands somewhere comes to the index. */
  take(operation: string, implementation: Implementation): void
  /** A stub, and it comes to the index. */
  write(operation: string): void
  /** Nothing: it may be there already. @param meant where it seems to stand. */
  leave(operation: string, file: string | undefined, reason: string, meant?: Implementation): void
  /** The handler is a member of something in that module: the index cannot name it. */
  leaveMember(operation: string, module: string): void
  done(): { readonly files: { readonly [name: string]: string }; readonly unclear: readonly Unclear[] }
}

export function createPlan(index: Index, handlersModule: string, modules: Modules): Plan {
  const name = index.name ?? 'index.ts'
  const suffix = posix.extname(name)
  const ending = endingIn(modules.open(name))
  const files = new Map<string, string>()
  const additions = new Map<string, Addition[]>()
  const unclear = new Map<string, { file?: string; reason: string; operations: string[]; help: string }>()
  const lines: string[] = []
  const members: string[] = []
  const imports: string[] = []
  let isComposed = false

  const add = (file: string, more: readonly Addition[]) => {
    additions.set(file, [...(additions.get(file) ?? []), ...more])
  }
  const leave = (operation: string, file: string | undefined, reason: string, example: string) => {
    const known = unclear.get(`${file} ${reason}`)
    if (known !== undefined) {
      known.operations.push(operation)
      return
    }
    const write = `write \`${example}\`, unless it is there in another form`
    const help = `${reason.includes(SYNTAX) ? 'mend it' : write}, and generate again`
    unclear.set(`${file} ${reason}`, { ...(file !== undefined && { file }), reason, operations: [operation], help })
  }
  const lineFor = (operation: string, module: string, exported: string) => {
    return exportLine(operation, specifierOf(module, name, ending), exported)
  }
  const bring = (operation: string, module: string, exported: string) => {
    const { form } = index
    if (form === 'names') lines.push(lineFor(operation, module, exported))
    else if (form === 'unclear') {
      const reason = 'gives handlers as parts of several things'
      leave(operation, index.name, reason, lineFor(operation, module, exported))
    } else {
      const file = form.literal.getSourceFile()
      const specifier = literal(specifierOf(module, form.module, endingIn(file)))
      const { local, line } = localName(file, form.module, operation, module, exported, specifier.slice(1, -1))
      if (line !== undefined) imports.push(line)
      members.push(local === operation ? operation : `${operation}: ${local}`)
    }
  }
  const isBroken = (operation: string, module: string): boolean => {
    const fault = modules.syntaxFault(module)
    if (fault !== undefined) leave(operation, module, `${SYNTAX} (${fault})`, '')
    return fault !== undefined
  }

  return {
    take(operation, { module, exported, local }) {
      if (isBroken(operation, module)) return
      if (exported === undefined && local !== undefined)
        add(module, linesAtEnd(modules.text(module) ?? '', [`export { ${as(local, operation)} }`]))
      bring(operation, module, exported ?? operation)
    },
    write(operation) {
      const known = ['.ts', '.mts', '.js', '.mjs']
        .map(end => operation + end)
        .find(one => modules.text(one) !== undefined)
      const file = known === undefined ? undefined : modules.open(known)
      if (known === undefined || file === undefined)
        files.set(operation + suffix, newStub(operation, handlersModule, suffix))
      else {
        if (isBroken(operation, known)) return
        add(known, stubIn(file, modules.text(known) ?? '', operation, handlersModule, posix.extname(known)))
      }
      if (!index.dangling.has(operation)) bring(operation, known ?? operation + suffix, operation)
    },
    leave(operation, file, reason, { module, exported } = { module: operation + suffix }) {
      leave(operation, file, reason, lineFor(operation, module, exported ?? operation))
    },
    leaveMember(operation, module) {
      isComposed = true
      // Without an index, whoever calls `createRouter` takes it from there.
      if (index.name === undefined) return
      const example = `export const { ${operation} } = …`
      leave(operation, index.name, `does not give what ${module} holds`, example)
    },
    done() {
      if (lines.length > 0 && index.name === undefined && isComposed) {
        const reason = 'has no index, and its handlers are parts of several things'
        for (const line of lines) leave(/(\S+) \}/.exec(line)?.[1] ?? '', undefined, reason, line)
      } else add(name, linesAtEnd(modules.text(name) ?? '', lines))
      const { form } = index
      if (typeof form === 'object' && members.length > 0) {
        const text = modules.text(form.module) ?? ''
        add(form.module, importLines(form.literal.getSourceFile(), text, imports))
        add(form.module, membersAtEnd(form.literal, text, members))
      }
      for (const [file, more] of additions)
        if (more.length > 0) files.set(file, withAdditions(modules.text(file) ?? '', more))
      return { files: Object.fromEntries(files), unclear: [...unclear.values()] }
    },
  }
}

/** The name of a handler in the file that holds the object of all: its own where it stands there, an import's elsewhere. */
function localName(
  file: SourceFile,
  fileName: string,
  operation: string,
  module: string,
  exported: string,
  specifier: string,
): { readonly local: string; readonly line?: string } {
  if (module !== fileName) return importOf(file, specifier, exported, { wanted: operation })
  return { local: declarationOf(exported, file) === undefined ? operation : exported }
}

/** A stub in a file that has other things in it: imports that are missing, and its lines at the end. */
function stubIn(file: SourceFile, text: string, operation: string, handlersModule: string, suffix: string): Addition[] {
  const notImplemented = importOf(file, 'gatewright/runtime', 'notImplemented')
  const handlers = isScript(suffix)
    ? { local: 'Handlers' }
    : importOf(file, handlersModule, 'Handlers', { isType: true })
  const imports = [notImplemented, handlers].flatMap(({ line }) => line ?? [])
  const lines = stubLines(operation, handlersModule, handlers.local, notImplemented.local, suffix)
  return [...importLines(file, text, imports), ...linesAtEnd(text, lines)]
}
