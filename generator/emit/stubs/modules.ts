import { posix } from 'node:path'
import { Project, type SourceFile } from 'ts-morph'
import { typescript } from '../typescript.js'

/** The modules of the handlers' folder, parsed when they are looked at. */
export interface Modules {
  readonly names: readonly string[]
  text(name: string): string | undefined
  /** Nothing where there is no such module. */
  open(name: string): SourceFile | undefined
  /** Its first fault of syntax, of which a parser only guesses what was meant. */
  syntaxFault(name: string): string | undefined
  /** The module that a specifier in `from` means; nothing where it is none of the folder. */
  find(specifier: string, from: string): string | undefined
}

/** Said of a module that cannot be understood. */
export const SYNTAX = 'has a fault of syntax'

/** @param texts path within the folder, with `/` → text. */
export function createModules(texts: { readonly [name: string]: string }): Modules {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    compilerOptions: { allowJs: true },
  })
  const parsed = new Map<string, SourceFile>()
  const faults = new Map<string, string | undefined>()
  const text = (name: string) => (Object.hasOwn(texts, name) ? texts[name] : undefined)
  return {
    names: Object.keys(texts),
    text,
    open(name) {
      const known = parsed.get(name)
      const content = text(name)
      if (known !== undefined || content === undefined) return known
      const file = project.createSourceFile(`/${name}`, content)
      parsed.set(name, file)
      return file
    },
    syntaxFault(name) {
      if (!faults.has(name)) faults.set(name, firstFault(name, text(name) ?? ''))
      return faults.get(name)
    },
    find(specifier, from) {
      if (!specifier.startsWith('.')) return undefined
      const path = posix.join(posix.dirname(from), specifier)
      const stem = path.replace(/\.m?[jt]s$/, '')
      const candidates = [
        path,
        ...[stem, path, posix.join(path, 'index')].flatMap(one => ENDINGS.map(end => one + end)),
      ]
      return candidates.find(one => text(one) !== undefined)
    },
  }
}

function firstFault(fileName: string, text: string): string | undefined {
  const [fault] = typescript.transpileModule(text, { fileName, reportDiagnostics: true }).diagnostics ?? []
  if (fault === undefined) return undefined
  const line = fault.file?.getLineAndCharacterOfPosition(fault.start ?? 0).line ?? 0
  return `line ${line + 1}: ${typescript.flattenDiagnosticMessageText(fault.messageText, ' ')}`
}

const ENDINGS = ['.ts', '.mts', '.js', '.mjs']

/** The name of a module's file without folders and ending: a handler's is its operation's. */
export function stemOf(name: string): string {
  return posix.basename(name).replace(/\.m?[jt]s$/, '')
}

export function isTest(name: string): boolean {
  return /\.(test|spec)\.m?[jt]s$|(^|\/)__tests__\//.test(name)
}

/** `../lib/one.js`, with the ending that the imports beside it have. */
export function specifierOf(name: string, from: string, ending: 'js' | 'ts' | 'none'): string {
  const path = posix.relative(posix.dirname(from), name)
  const local = path.startsWith('.') ? path : `./${path}`
  if (ending === 'none') return local.replace(/\.m?[jt]s$/, '')
  return ending === 'ts' ? local : local.replace(/ts$/, 'js')
}

/** How a module names others of the folder: by what runs (`./one.js`), unless all of its own specifiers differ. */
export function endingIn(file: SourceFile | undefined): 'js' | 'ts' | 'none' {
  const specifiers = [...(file?.getExportDeclarations() ?? []), ...(file?.getImportDeclarations() ?? [])]
    .filter(one => !one.isTypeOnly())
    .flatMap(one => one.getModuleSpecifierValue() ?? [])
    .filter(one => one.startsWith('.'))
  if (specifiers.length === 0) return 'js'
  if (specifiers.every(one => /\.m?ts$/.test(one))) return 'ts'
  return specifiers.every(one => !/\.m?[jt]s$/.test(one)) ? 'none' : 'js'
}
