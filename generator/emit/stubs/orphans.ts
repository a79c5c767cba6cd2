import { Node, type SourceFile } from 'ts-morph'
import { memberName } from './containers.js'
import { ownExports } from './exports.js'
import { mentionedIn, promisedBy } from './handler-types.js'
import { isTest, type Modules, stemOf } from './modules.js'

/** A handler that has lost its purpose. */
export interface Orphan {
  readonly file: string
  readonly operation: string
}

/**
 * Handlers of operations that are none: those whose type or object says so, and exports that are named as an operation
 * was until now.
 * @param former the names of the last output's operations.
 */
export function findOrphans(operations: readonly string[], former: readonly string[], modules: Modules): Orphan[] {
  const current = new Set(operations)
  const gone = new Set(former.filter(name => !current.has(name)))
  return modules.names.flatMap(name => {
    const text = modules.text(name) ?? ''
    if (isTest(name) || !mayHoldOrphan(name, text, current, gone)) return []
    const file = modules.open(name)
    if (file === undefined) return []
    const exported = ownExports(file).map(([one]) => (one === 'default' ? stemOf(name) : one))
    const found = [
      ...[...mentionedIn(file), ...membersIn(file)].filter(one => !current.has(one)),
      ...exported.filter(one => gone.has(one)),
    ]
    return [...new Set(found)].map(operation => ({ file: name, operation }))
  })
}

/** Spares parsing the many files that cannot: a stub whose operation is there. */
function mayHoldOrphan(name: string, text: string, current: ReadonlySet<string>, gone: ReadonlySet<string>): boolean {
  if ([...gone].some(one => stemOf(name) === one || text.includes(one))) return true
  const mentions = text.match(/\bHandlers\b/g)?.length ?? 0
  const imports = text.match(/import type \{ Handlers \} from/g)?.length ?? 0
  const picked = [...text.matchAll(/\bHandlers\s*\[\s*['"]([^'"\n]+)['"]\s*\]/g)].map(([, one]) => one ?? '')
  return picked.some(one => !current.has(one)) || mentions > imports + picked.length
}

/** The members of objects that are said to hold handlers. */
function membersIn(file: SourceFile): string[] {
  return file.getDescendants().flatMap(node => {
    if (!Node.isObjectLiteralExpression(node) || !isSaidToHold(node)) return []
    return node.getProperties().flatMap(one => {
      if (Node.isSpreadAssignment(one) || Node.isComputedPropertyName(one.getNameNode())) return []
      return memberName(one.getNameNode())
    })
  })
}

function isSaidToHold(value: Node): boolean {
  const parent = value.getParent()
  if (Node.isSatisfiesExpression(parent) || Node.isAsExpression(parent))
    return promisedBy(parent.getTypeNode()) !== undefined || isSaidToHold(parent)
  if (Node.isParenthesizedExpression(parent)) return isSaidToHold(parent)
  return Node.isVariableDeclaration(parent) && promisedBy(parent.getTypeNode()) !== undefined
}
