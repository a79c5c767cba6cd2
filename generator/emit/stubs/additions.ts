import { Node, type ObjectLiteralExpression, type SourceFile, type Statement, SyntaxKind } from 'ts-morph'
import { literal } from '../literal.js'

/** Text to put into a file; what stands there stays as it is. */
export interface Addition {
  /** An offset into the text of the file, its byte order mark counted. */
  readonly at: number
  readonly text: string
}

/** All additions at once; those at the same place in the order given. */
export function withAdditions(text: string, additions: readonly Addition[]): string {
  const ordered = [...additions].sort((a, b) => a.at - b.at)
  let done = ''
  let from = 0
  for (const { at, text: added } of ordered) {
    done += text.slice(from, at) + added
    from = at
  }
  return done + text.slice(from)
}

/** Whole lines at the end, in the file's own kind of line end. */
export function linesAtEnd(text: string, lines: readonly string[]): Addition[] {
  if (lines.length === 0) return []
  const end = lineEnd(text)
  const gap = text === '' || text.endsWith('\n') ? '' : end
  return [{ at: text.length, text: `${gap}${lines.map(line => `${line}${end}`).join('')}` }]
}

export function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** Whole lines, below the line of the last import; at the top, but for what must stay first, where there is none. */
export function importLines(file: SourceFile, text: string, lines: readonly string[]): Addition[] {
  if (lines.length === 0) return []
  const mark = text.length - file.getFullText().length
  const last = file.getImportDeclarations().at(-1) ?? file.getStatements().filter(isDirective).at(-1)
  const shebang = /^#!.*/.exec(file.getFullText())?.[0].length ?? 0
  const end = mark + (last?.getEnd() ?? shebang)
  if (end === mark) return [{ at: mark, text: lines.map(line => `${line}${lineEnd(text)}`).join('') }]
  const rest = text.slice(end)
  const at = end + (/\r?\n/.exec(rest)?.index ?? rest.length)
  return [{ at, text: lines.map(line => `${lineEnd(text)}${line}`).join('') }]
}

function isDirective(statement: Statement): boolean {
  return statement.isKind(SyntaxKind.ExpressionStatement) && Node.isStringLiteral(statement.getExpression())
}

/** Members after the last one: on lines of their own where the others are. */
export function membersAtEnd(object: ObjectLiteralExpression, text: string, members: readonly string[]): Addition[] {
  const mark = text.length - object.getSourceFile().getFullText().length
  const properties = object.getProperties()
  const last = properties.at(-1)
  if (last === undefined) return [{ at: mark + object.getStart() + 1, text: ` ${members.join(', ')} ` }]
  const start = object.getStart()
  const isOnLines = object.getSourceFile().getFullText().slice(start, last.getStart()).includes('\n')
  const gap = isOnLines ? `${lineEnd(text)}${indentOf(last)}` : ' '
  // A comma that ends the list today ends it afterwards too.
  return [{ at: mark + last.getEnd(), text: members.map(member => `,${gap}${member}`).join('') }]
}

function indentOf(node: Node): string {
  const before = node.getSourceFile().getFullText().slice(0, node.getStart())
  return /^[ \t]*/.exec(before.slice(before.lastIndexOf('\n') + 1))?.[0] ?? ''
}

export interface Imported {
  /** Its name in the file. */
  readonly local: string
  /** The line that brings it; absent where it is there already. */
  readonly line?: string
}

/** A name of another module in this file, by the import that stands there or by a new one that takes no name twice. */
export function importOf(
  file: SourceFile,
  module: string,
  name: string,
  { wanted = name, isType = false }: { readonly wanted?: string; readonly isType?: boolean } = {},
): Imported {
  for (const declaration of file.getImportDeclarations()) {
    if (declaration.getModuleSpecifierValue() !== module || (!isType && declaration.isTypeOnly())) continue
    const isDefault = name === 'default' && declaration.getDefaultImport()?.getText()
    if (isDefault) return { local: isDefault }
    const found = declaration.getNamedImports().find(one => one.getName() === name && (isType || !one.isTypeOnly()))
    if (found) return { local: found.getAliasNode()?.getText() ?? name }
  }
  const taken = new Set(file.getDescendantsOfKind(SyntaxKind.Identifier).map(one => one.getText()))
  let local = wanted
  while (taken.has(local)) local = `${local}_`
  const specifier = local === name ? name : `${name} as ${local}`
  return { local, line: `import ${isType ? 'type ' : ''}{ ${specifier} } from ${literal(module)}` }
}
