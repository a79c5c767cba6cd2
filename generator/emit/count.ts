import type ts from 'typescript'
import type { ApiModel } from '../model/api-model.js'
import type { Emitted } from './emit.js'
import { typescript } from './typescript.js'

/**
 * Reads what was emitted as a compiler would, and compares it with the model.
 * @throws {Error} unless each file holds every operation exactly once, and each line of the router names one operation
 *   in all its places.
 */
export function countOperations(files: Emitted, { operations }: ApiModel): void {
  const ids = operations.map(one => one.id)
  expectSame('policies.ts', ids, membersOf(variable(parse(files, 'policies.ts'), 'policies')))
  expectSame(
    'validators.ts',
    ids,
    membersOf(variable(parse(files, 'validators.ts', 'export const validators'), 'validators')),
  )
  expectSame('replies.ts', ids, membersOf(variable(parse(files, 'replies.ts', 'export const replies'), 'replies')))
  expectSame(
    'reply-validators.ts',
    ids,
    membersOf(variable(parse(files, 'reply-validators.ts', 'export const replyValidators'), 'replyValidators')),
  )
  expectSame('handlers.ts', ids, membersOf(declared(parse(files, 'handlers.ts'), 'Handlers')))
  expectSame(
    'router.ts',
    operations.map(({ id, method, path }) => JSON.stringify([method, path, id, id, id])),
    routerLines(parse(files, 'router.ts')),
  )
  const typed = typedOperations(declared(parse(files, 'types.ts', 'export interface paths'), 'paths'))
  const untyped = operations.filter(({ method, path }) => !typed.has(`${method} ${path}`))
  if (untyped.length > 0) throw new Error(`types.ts lacks ${untyped.map(one => one.id).join(', ')}`)
}

function expectSame(file: string, expected: readonly string[], found: readonly string[]): void {
  if (expected.length === found.length && expected.every((one, index) => one === found[index])) return
  const lost = expected.filter(one => !found.includes(one))
  throw new Error(
    `${file} does not hold every operation once, in order${lost.length > 0 ? `: lost ${lost.join(', ')}` : ''}`,
  )
}

const SYNTAX = {
  languageVersion: typescript.ScriptTarget.ES2023,
  jsDocParsingMode: typescript.JSDocParsingMode.ParseNone,
}

function parse(files: Emitted, name: string, from?: string): ts.SourceFile {
  const whole = files.get(name)
  if (whole === undefined) throw new Error(`${name} was not emitted`)
  const text = from === undefined ? whole : declarationText(whole, from)
  const file = typescript.createSourceFile(name, text, SYNTAX)
  const [fault] = (file as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] }).parseDiagnostics
  if (fault)
    throw new Error(`${name} does not parse: ${typescript.flattenDiagnosticMessageText(fault.messageText, ' ')}`)
  return file
}

/**
 * One declaration of a file that is mostly other things (all types, all compiled schemas): it ends with the first `}`
 * that stands at the start of a line. Were that too early, it would not parse.
 */
function declarationText(text: string, start: string): string {
  const first = text.search(new RegExp(`^${start}\\b`, 'm'))
  const end = text.indexOf('\n}', first)
  return first < 0 ? text : text.slice(first, end < 0 ? undefined : end + 2)
}

function variable(file: ts.SourceFile, name: string): ts.ObjectLiteralExpression {
  for (const statement of file.statements) {
    if (!typescript.isVariableStatement(statement)) continue
    for (const declaration of statement.declarationList.declarations) {
      let value = declaration.initializer
      while (value && (typescript.isSatisfiesExpression(value) || typescript.isAsExpression(value)))
        value = value.expression
      if (textOf(declaration.name) === name && value && typescript.isObjectLiteralExpression(value)) return value
    }
  }
  throw new Error(`${file.fileName} has no ${name}`)
}

function declared(file: ts.SourceFile, name: string): ts.Node {
  for (const statement of file.statements) {
    if (typescript.isInterfaceDeclaration(statement) && statement.name.text === name) return statement
    if (typescript.isTypeAliasDeclaration(statement) && statement.name.text === name) return statement.type
  }
  throw new Error(`${file.fileName} has no ${name}`)
}

function membersOf(node: ts.Node): string[] {
  const members = typescript.isObjectLiteralExpression(node) ? node.properties : typeMembers(node)
  return members.map(member => textOf(member.name))
}

function typeMembers(node: ts.Node): readonly ts.TypeElement[] {
  return typescript.isInterfaceDeclaration(node) || typescript.isTypeLiteralNode(node) ? node.members : []
}

function textOf(name: ts.Node | undefined): string {
  if (name && typescript.isComputedPropertyName(name)) return textOf(name.expression)
  return name &&
    (typescript.isIdentifier(name) || typescript.isStringLiteral(name) || typescript.isNumericLiteral(name))
    ? name.text
    : ''
}

/**
 * `gate.get(path, policies.x, validators.x, handlers.x)` as `["get", path, "x", "x", "x"]`, and
 * `gate.add('COPY', path, …)` as `["COPY", path, …]`.
 */
function routerLines(file: ts.SourceFile): string[] {
  const lines: string[] = []
  const visit = (node: ts.Node): void => {
    typescript.forEachChild(node, visit)
    if (!typescript.isCallExpression(node) || !typescript.isPropertyAccessExpression(node.expression)) return
    const { expression, name } = node.expression
    if (textOf(expression) !== 'gate' || name.text === 'absent') return
    const [method, path, ...rest] = name.text === 'add' ? node.arguments : [name, ...node.arguments]
    const places = ['policies', 'validators', 'handlers'].map((place, index) => {
      const argument = rest[index]
      const fits = argument && typescript.isPropertyAccessExpression(argument) && textOf(argument.expression) === place
      return fits ? argument.name.text : ''
    })
    lines.push(JSON.stringify([textOf(method), textOf(path), ...places]))
  }
  visit(file)
  return lines
}

function typedOperations(paths: ts.Node): Set<string> {
  const found = new Set<string>()
  for (const path of typeMembers(paths)) {
    if (!typescript.isPropertySignature(path) || !path.type) continue
    for (const method of typeMembers(path.type)) {
      const absent =
        !typescript.isPropertySignature(method) ||
        !method.type ||
        method.type.kind === typescript.SyntaxKind.NeverKeyword
      if (!absent) found.add(`${textOf(method.name)} ${textOf(path.name)}`)
    }
  }
  return found
}
