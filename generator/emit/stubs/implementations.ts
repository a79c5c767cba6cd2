import { Node, type TypeNode } from 'ts-morph'
import { containerOf } from './containers.js'
import { ownExports } from './exports.js'
import { handlerOf } from './handler-types.js'
import { isTest, type Modules, stemOf } from './modules.js'

/** A handler that stands in some module of the folder. */
export interface Implementation {
  readonly module: string
  /** The name under which the module exports it; absent where it does not, or as part of something else. */
  readonly exported?: string
  /** The name of its declaration; absent where it is a member of something. */
  readonly local?: string
}

/** Finds handlers wherever they stand, whoever exports them. */
export interface Implementations {
  of(operation: string): readonly Implementation[]
}

/** @param operations those that may be asked for. */
export function createImplementations(
  operations: readonly string[],
  index: string | undefined,
  modules: Modules,
): Implementations {
  const wanted = new Set(operations)
  const byOperation = new Map<string, Set<string>>()
  const note = (operation: string, module: string) => {
    if (wanted.has(operation)) byOperation.set(operation, (byOperation.get(operation) ?? new Set()).add(module))
  }
  // Parsing is dear: only what mentions an operation can implement it, or is named after it.
  for (const module of modules.names) {
    if (module === index || isTest(module)) continue
    note(stemOf(module), module)
    for (const word of (modules.text(module) ?? '').match(/[\p{ID_Continue}$]+/gu) ?? []) note(word, module)
  }
  return {
    of: operation =>
      [...(byOperation.get(operation) ?? [])].flatMap(module => implementationIn(module, operation, modules) ?? []),
  }
}

function implementationIn(module: string, operation: string, modules: Modules): Implementation | undefined {
  const file = modules.open(module)
  if (file === undefined) return undefined
  const exports = ownExports(file)
  for (const one of file.getExportDeclarations()) {
    if (one.getModuleSpecifierValue() !== undefined) continue
    for (const specifier of one.getNamedExports()) {
      const node = declarationIn(file.getStatements(), specifier.getName())
      if (node) exports.push([specifier.getAliasNode()?.getText() ?? specifier.getName(), node])
    }
  }
  const typed = exports.find(([, node]) => isHandlerOf(node, operation))
  if (typed) return { module, exported: typed[0] }
  // Without a type, a name is believed in a file that is the operation's, or that knows the handlers' types.
  const isOwn = stemOf(module) === operation
  const knowsHandlers = /\bHandlers\b/.test(modules.text(module) ?? '')
  const named = exports.find(([name]) => name === operation)
  if (named && (isOwn || knowsHandlers)) return { module, exported: operation }
  if (isOwn && exports.some(([name, node]) => name === 'default' && !isHolder(node)))
    return { module, exported: 'default' }

  const declarations = declarationsIn(file.getStatements())
  const local = declarations.find(([name, node]) => isHandlerOf(node, operation) || (isOwn && name === operation))
  if (local) return { module, local: local[0] }
  if (!knowsHandlers) return undefined
  const holders = [...declarations, ...exports].map(([, node]) => containerOf({ kind: 'node', module, node }, modules))
  return holders.some(one => one?.names.has(operation)) ? { module } : undefined
}

/** Something that has members, and so is no handler itself. */
function isHolder(node: Node): boolean {
  if (Node.isSatisfiesExpression(node) || Node.isAsExpression(node) || Node.isParenthesizedExpression(node))
    return isHolder(node.getExpression())
  return Node.isObjectLiteralExpression(node) || Node.isClassDeclaration(node) || Node.isClassExpression(node)
}

function isHandlerOf(node: Node, operation: string): boolean {
  return typesOf(node).some(type => handlerOf(type) === operation)
}

/** What is said of a value: `const a: T`, `… satisfies T`, `… as T`. */
function typesOf(node: Node | undefined): TypeNode[] {
  if (Node.isVariableDeclaration(node)) {
    const type = node.getTypeNode()
    return [...(type ? [type] : []), ...typesOf(node.getInitializer())]
  }
  if (Node.isParenthesizedExpression(node)) return typesOf(node.getExpression())
  if (!Node.isSatisfiesExpression(node) && !Node.isAsExpression(node)) return []
  const type = node.getTypeNode()
  return [...(type ? [type] : []), ...typesOf(node.getExpression())]
}

function declarationsIn(statements: readonly Node[]): [name: string, node: Node][] {
  return statements.flatMap((one): [string, Node][] => {
    if (Node.isVariableStatement(one)) return one.getDeclarations().map(it => [it.getName(), it])
    if (Node.isFunctionDeclaration(one) || Node.isClassDeclaration(one)) return [[one.getName() ?? 'default', one]]
    return []
  })
}

function declarationIn(statements: readonly Node[], name: string): Node | undefined {
  return declarationsIn(statements).find(([declared]) => declared === name)?.[1]
}
