import {
  type ArrowFunction,
  type FunctionDeclaration,
  type FunctionExpression,
  Node,
  type ObjectLiteralExpression,
  type TypeNode,
} from 'ts-morph'
import { exportsOf, localValue, settled, type Value } from './exports.js'
import { ALL, handlerOf, type Names, promisedBy } from './handler-types.js'
import type { Modules } from './modules.js'

/** A value that holds handlers as its members. */
export interface Container {
  /** The operations whose handlers it holds. */
  readonly names: Names
  /** An object of all handlers, every member of which can be seen: one more can be written there. */
  readonly register?: Register
  /** It may hold more than can be seen. */
  readonly isUnsure: boolean
}

export interface Register {
  readonly module: string
  readonly literal: ObjectLiteralExpression
  /** Is it said to be one, or does it only look like one? */
  readonly isTyped: boolean
}

/** What a value holds: an object, an instance, what a function returns, or all that a module exports. */
export function containerOf(from: Value, modules: Modules, above: readonly Node[] = []): Container | undefined {
  const value = settled(from, modules)
  if (value.kind === 'unseen') return undefined
  if (value.kind === 'module') {
    const { values, unseen } = exportsOf(value.module, modules)
    return { names: new Set(values.keys()), isUnsure: unseen.length > 0 }
  }
  const { node, module } = value
  if (above.includes(node)) return undefined
  const look = { module, modules, above: [...above, node] }
  if (Node.isVariableDeclaration(node)) {
    if (!Node.isIdentifier(node.getNameNode())) return undefined
    return held(node.getInitializer(), [node.getTypeNode()], look)
  }
  if (Node.isFunctionDeclaration(node) || Node.isArrowFunction(node) || Node.isFunctionExpression(node))
    return returned(node, look)
  if (Node.isClassDeclaration(node) || Node.isClassExpression(node)) {
    const promised = node.getImplements().flatMap(one => promisedBy(one) ?? [])
    return promised.length === 0 ? undefined : { names: anyOf(promised), isUnsure: false }
  }
  return held(node, [], look)
}

interface Look {
  readonly module: string
  readonly modules: Modules
  readonly above: readonly Node[]
}

/** @param types what is said of the value, from the outside in. */
function held(value: Node | undefined, types: readonly (TypeNode | undefined)[], look: Look): Container | undefined {
  if (value !== undefined && (Node.isSatisfiesExpression(value) || Node.isAsExpression(value)))
    return held(value.getExpression(), [...types, value.getTypeNode()], look)
  if (Node.isParenthesizedExpression(value) || Node.isAwaitExpression(value))
    return held(value.getExpression(), types, look)
  // A function that is a handler is no container of handlers.
  if (types.some(type => handlerOf(type) !== undefined)) return undefined
  const promises = types.flatMap(type => promisedBy(type) ?? [])
  if (Node.isObjectLiteralExpression(value)) return members(value, promises, look)
  const promised = promises[0]
  if (promised !== undefined) return { names: promised, isUnsure: false }
  if (Node.isIdentifier(value)) {
    const file = value.getSourceFile()
    return containerOf(localValue(value.getText(), file, look.module, look.modules), look.modules, look.above)
  }
  if (Node.isNewExpression(value)) return held(value.getExpression(), [], look)
  if (Node.isCallExpression(value)) {
    const isFreeze = value.getExpression().getText() === 'Object.freeze'
    return held(isFreeze ? value.getArguments()[0] : value.getExpression(), [], look)
  }
  if (Node.isArrowFunction(value) || Node.isFunctionExpression(value) || Node.isClassExpression(value))
    return containerOf({ kind: 'node', module: look.module, node: value }, look.modules, look.above)
  return undefined
}

/** By the type that a function says to return, or by what stands in its `return`. */
function returned(node: FunctionDeclaration | ArrowFunction | FunctionExpression, look: Look): Container | undefined {
  const promised = promisedBy(node.getReturnTypeNode())
  const body = node.getBody()
  const results = body === undefined || !Node.isBlock(body) ? [body] : returnsIn(body)
  const found = results.flatMap(one => held(one, [node.getReturnTypeNode()], look) ?? [])
  const [only, ...more] = found
  if (only !== undefined && more.length === 0) return only
  return promised && { names: promised, isUnsure: false }
}

function returnsIn(body: Node): (Node | undefined)[] {
  return body.getChildren().flatMap(one => {
    if (Node.isFunctionLikeDeclaration(one) || Node.isFunctionExpression(one) || Node.isClassDeclaration(one)) return []
    return Node.isReturnStatement(one) ? [one.getExpression()] : returnsIn(one)
  })
}

function members(literal: ObjectLiteralExpression, promises: readonly Names[], look: Look): Container | undefined {
  const names = new Set<string>()
  const spread: Container[] = []
  let isUnsure = false
  for (const one of literal.getProperties()) {
    if (Node.isSpreadAssignment(one)) {
      const container = held(one.getExpression(), [], look)
      if (container !== undefined) spread.push(container)
      isUnsure ||= container === undefined || container.isUnsure
    } else if (Node.isComputedPropertyName(one.getNameNode())) isUnsure = true
    else if (!isPlainData(one)) names.add(memberName(one.getNameNode()))
  }
  const seen = anyOf([names, ...spread.map(one => one.names)])
  const isTyped = promises.length > 0
  const isWhole = !isTyped || promises.includes(ALL)
  // Where not all can be seen, its type is believed: the compiler holds the object to it.
  if (isTyped && (isUnsure || !isWhole)) return { names: anyOf([seen, ...promises]), isUnsure: false }
  if (isUnsure) return { names: seen, isUnsure }
  return { names: seen, isUnsure, register: { module: look.module, literal, isTyped } }
}

/** No handler, whatever its name. */
function isPlainData(member: Node): boolean {
  if (!Node.isPropertyAssignment(member)) return false
  const value = member.getInitializer()
  return (
    Node.isStringLiteral(value) ||
    Node.isNumericLiteral(value) ||
    Node.isTrueLiteral(value) ||
    Node.isFalseLiteral(value) ||
    Node.isNullLiteral(value) ||
    Node.isArrayLiteralExpression(value) ||
    Node.isTemplateExpression(value) ||
    Node.isNoSubstitutionTemplateLiteral(value)
  )
}

export function memberName(name: Node): string {
  return Node.isStringLiteral(name) ? name.getLiteralValue() : name.getText()
}

function anyOf(names: readonly Names[]): Names {
  return { has: name => names.some(one => one.has(name)) }
}
