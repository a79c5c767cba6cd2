import { posix } from 'node:path'
import {
  type ExportDeclaration,
  Project,
  type SourceFile,
  type Statement,
  SyntaxKind,
  type VariableDeclaration,
} from 'ts-morph'
import { literal } from './literal.js'

export interface StubFiles {
  /** Path within the handlers' folder, with `/` → its text. */
  readonly [name: string]: string
}

export interface Stubs {
  /** New files, and files with additions; what stands already is not here. */
  readonly files: StubFiles
  /** Handlers whose operation the document no longer has. */
  readonly orphans: readonly { readonly file: string; readonly operation: string }[]
}

const INDEX = 'index.ts'

/**
 * A stub for each operation that the handlers' index does not export yet, a file each. Files that a user edited only
 * gain lines: no character of theirs changes.
 *
 * @param operations the names of the operations, in the document's order.
 * @param existing the TypeScript files of the handlers' folder.
 * @param handlersModule how a handler imports the emitted `handlers.ts`: `../generated/handlers.js`.
 */
export function emitStubs(operations: readonly string[], existing: StubFiles, handlersModule: string): Stubs {
  const project = new Project({ useInMemoryFileSystem: true, compilerOptions: { allowJs: true } })
  const parsed = new Map<string, SourceFile>()
  const open = (name: string): SourceFile | undefined => {
    const text = Object.hasOwn(existing, name) ? existing[name] : undefined
    if (text === undefined) return undefined
    const file = parsed.get(name) ?? project.createSourceFile(`/${name}`, text)
    parsed.set(name, file)
    return file
  }
  const files: Record<string, string> = {}
  const exported = exportedNames(INDEX, open, new Set())
  const missing = operations.filter(operation => !exported.has(operation))
  for (const operation of missing) {
    const name = `${operation}.ts`
    const file = open(name)
    if (!file) files[name] = newStub(operation, handlersModule)
    else if (!exportedNames(name, open, new Set()).has(operation))
      files[name] = addStub(file, existing[name] as string, operation, handlersModule)
  }
  if (missing.length > 0) {
    const lines = missing.map(operation => `export { ${operation} } from ${literal(`./${operation}.js`)}`)
    files[INDEX] = append(Object.hasOwn(existing, INDEX) ? (existing[INDEX] as string) : '', lines)
  }
  return { files, orphans: findOrphans(new Set(operations), existing, open) }
}

function newStub(operation: string, handlersModule: string): string {
  return `import { notImplemented } from 'gatewright/runtime'
import type { Handlers } from ${literal(handlersModule)}

${stubLine(operation, 'Handlers', 'notImplemented')}
`
}

function stubLine(operation: string, handlers: string, notImplemented: string): string {
  return `export const ${operation}: ${handlers}[${literal(operation)}] = () => ${notImplemented}()`
}

/** A stub in a file that has other things in it: imports that are missing, and one line at the end. */
function addStub(file: SourceFile, text: string, operation: string, handlersModule: string): string {
  // A name that is taken is the handler, and only its export was forgotten: the router's types say whether it fits.
  if (declares(file, operation)) return append(text, [`export { ${operation} }`])
  const notImplemented = importOf(file, 'gatewright/runtime', 'notImplemented')
  const handlers = importOf(file, handlersModule, 'Handlers')
  const imports = [notImplemented, handlers].flatMap(({ line }) => line ?? [])
  return append(insertImports(file, text, imports), [stubLine(operation, handlers.local, notImplemented.local)])
}

function declares(file: SourceFile, name: string): boolean {
  return (
    file.getVariableDeclarations().some(one => boundNames(one).includes(name)) ||
    [...file.getFunctions(), ...file.getClasses()].some(one => one.getName() === name)
  )
}

/** The local name of an import, and the line that brings it where it is missing. */
function importOf(
  file: SourceFile,
  module: string,
  name: 'notImplemented' | 'Handlers',
): { local: string; line?: string } {
  const isValue = name === 'notImplemented'
  for (const declaration of file.getImportDeclarations()) {
    if (declaration.getModuleSpecifierValue() !== module || (isValue && declaration.isTypeOnly())) continue
    const found = declaration.getNamedImports().find(one => one.getName() === name && !(isValue && one.isTypeOnly()))
    if (found) return { local: found.getAliasNode()?.getText() ?? name }
  }
  const taken = new Set(file.getDescendantsOfKind(SyntaxKind.Identifier).map(one => one.getText()))
  let local: string = name
  while (taken.has(local)) local = `${local}_`
  const specifier = local === name ? name : `${name} as ${local}`
  return { local, line: `import ${isValue ? '' : 'type '}{ ${specifier} } from ${literal(module)}` }
}

/** Whole lines, below the line of the last import; at the top, but for what must stay first, where there is none. */
function insertImports(file: SourceFile, text: string, lines: readonly string[]): string {
  if (lines.length === 0) return text
  const mark = text.length - file.getFullText().length
  const imports = file.getImportDeclarations()
  const first = imports.at(-1) ?? file.getStatements().filter(isDirective).at(-1)
  const shebang = /^#!.*/.exec(file.getFullText())?.[0].length ?? 0
  const end = mark + (first?.getEnd() ?? shebang)
  if (end === mark)
    return text.slice(0, mark) + lines.map(line => `${line}${lineEnd(text)}`).join('') + text.slice(mark)
  const next = /\r?\n|$/.exec(text.slice(end)) as RegExpExecArray
  const at = end + next.index
  return text.slice(0, at) + lines.map(line => `${lineEnd(text)}${line}`).join('') + text.slice(at)
}

function isDirective(statement: Statement): boolean {
  return statement.isKind(SyntaxKind.ExpressionStatement) && statement.getExpression().isKind(SyntaxKind.StringLiteral)
}

/** The names that a file of the folder exports, also through other files of the folder. */
function exportedNames(name: string, open: (name: string) => SourceFile | undefined, seen: Set<string>): Set<string> {
  const names = new Set<string>()
  const file = open(name)
  if (!file || seen.has(name)) return names
  seen.add(name)
  for (const declaration of file.getExportDeclarations()) {
    for (const one of declaration.getNamedExports()) names.add(one.getAliasNode()?.getText() ?? one.getName())
    const namespace = declaration.getNamespaceExport()?.getName()
    if (namespace !== undefined) names.add(namespace)
    if (!declaration.isNamespaceExport() || namespace !== undefined) continue
    for (const source of localModules(declaration, name)) {
      for (const one of exportedNames(source, open, seen)) names.add(one)
    }
  }
  for (const statement of file.getVariableStatements()) {
    if (!statement.isExported()) continue
    for (const declaration of statement.getDeclarations()) for (const one of boundNames(declaration)) names.add(one)
  }
  for (const one of [...file.getFunctions(), ...file.getClasses()])
    if (one.isExported()) names.add(one.getName() ?? 'default')
  return names
}

/** `a`, or what a pattern takes apart: `{ a, b: c }`. */
function boundNames(declaration: VariableDeclaration): string[] {
  const name = declaration.getNameNode()
  if (name.isKind(SyntaxKind.Identifier)) return [name.getText()]
  return name.getDescendantsOfKind(SyntaxKind.BindingElement).map(one => one.getName())
}

/** The files that a relative module specifier of `from` can mean, as paths in the folder. */
function localModules(declaration: ExportDeclaration, from: string): string[] {
  const specifier = declaration.getModuleSpecifierValue() ?? ''
  if (!specifier.startsWith('.')) return []
  const path = posix.join(posix.dirname(from), specifier).replace(/\.(js|ts)$/, '')
  return [`${path}.ts`, posix.join(path, 'index.ts')]
}

/** Adds lines at the end, in the file's own kind of line end. */
function append(text: string, lines: readonly string[]): string {
  const end = lineEnd(text)
  const gap = text === '' || text.endsWith('\n') ? '' : end
  return `${text}${gap}${lines.map(line => `${line}${end}`).join('')}`
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

function findOrphans(
  operations: ReadonlySet<string>,
  existing: StubFiles,
  open: (name: string) => SourceFile | undefined,
): { file: string; operation: string }[] {
  return Object.entries(existing).flatMap(([file, text]) => {
    // A look at the text spares parsing the many files that cannot hold one.
    const mentioned = [...text.matchAll(/Handlers\s*\[\s*['"]([^'"\n]+)['"]\s*\]/g)].map(([, name]) => name as string)
    if (mentioned.every(name => operations.has(name))) return []
    const typed = (open(file)?.getDescendantsOfKind(SyntaxKind.IndexedAccessType) ?? [])
      .filter(one => /^Handlers_*$/.test(one.getObjectTypeNode().getText()))
      .flatMap(one => /^['"](.*)['"]$/.exec(one.getIndexTypeNode().getText())?.[1] ?? [])
    return typed.filter(name => !operations.has(name)).map(operation => ({ file, operation }))
  })
}
