import { Node, type SourceFile, type TypeNode } from 'ts-morph'

/** Names of operations; a set is one. */
export interface Names {
  has(name: string): boolean
}

export const ALL: Names = { has: () => true }

/** The operations of which a type says that a value holds their handlers: `Handlers`, `Pick<Handlers, 'a' | 'b'>`. */
export function promisedBy(type: TypeNode | undefined, seen = new Set<string>()): Names | undefined {
  if (type === undefined) return undefined
  if (Node.isParenthesizedTypeNode(type)) return promisedBy(type.getTypeNode(), seen)
  if (isHandlers(type)) return ALL
  if (Node.isIntersectionTypeNode(type)) {
    const parts = type.getTypeNodes().flatMap(one => promisedBy(one, seen) ?? [])
    return parts.length === 0 ? undefined : { has: name => parts.some(one => one.has(name)) }
  }
  const [first, second] = typeArguments(type)
  switch (nameOf(type)) {
    case undefined:
      return undefined
    case 'Readonly':
    case 'Required':
    case 'NonNullable':
    case 'Promise':
      return promisedBy(first, seen)
    case 'Pick': {
      const names = literalsOf(second)
      return promisedBy(first, seen) && names
    }
    case 'Omit': {
      const from = promisedBy(first, seen)
      const names = literalsOf(second)
      return from && names && { has: name => from.has(name) && !names.has(name) }
    }
    default:
      return promisedBy(aliased(type, seen), seen)
  }
}

/** The operation whose handler a type describes: `Handlers['a']`. */
export function handlerOf(type: TypeNode | undefined): string | undefined {
  if (!Node.isIndexedAccessTypeNode(type) || !isHandlers(type.getObjectTypeNode())) return undefined
  const [name, ...more] = literalsOf(type.getIndexTypeNode()) ?? []
  return more.length === 0 ? name : undefined
}

/** The names that a type picks of `Handlers`, wherever it stands in a file. */
export function mentionedIn(file: SourceFile): string[] {
  return file.getDescendants().flatMap(node => {
    if (Node.isIndexedAccessTypeNode(node) && isHandlers(node.getObjectTypeNode()))
      return [...(literalsOf(node.getIndexTypeNode()) ?? [])]
    if (!Node.isTypeReference(node) || node.getTypeName().getText() !== 'Pick') return []
    const [from, names] = node.getTypeArguments()
    return from && isHandlers(from) ? [...(literalsOf(names) ?? [])] : []
  })
}

/** `Handlers` by the name that the file gives it, or as a member of a namespace: `emitted.Handlers`. */
function isHandlers(type: TypeNode): boolean {
  if (Node.isParenthesizedTypeNode(type)) return isHandlers(type.getTypeNode())
  if (Node.isImportTypeNode(type)) return type.getQualifier()?.getText() === 'Handlers'
  const name = nameOf(type)
  if (name === undefined) return false
  const imported = type
    .getSourceFile()
    .getImportDeclarations()
    .flatMap(one => one.getNamedImports())
    .find(one => (one.getAliasNode() ?? one.getNameNode()).getText() === name)
  return (imported?.getName() ?? name.split('.').at(-1)) === 'Handlers'
}

function nameOf(type: TypeNode): string | undefined {
  if (Node.isTypeReference(type)) return type.getTypeName().getText()
  // What a class implements.
  return Node.isExpressionWithTypeArguments(type) ? type.getExpression().getText() : undefined
}

function typeArguments(type: TypeNode): TypeNode[] {
  return Node.isTypeReference(type) || Node.isExpressionWithTypeArguments(type) ? type.getTypeArguments() : []
}

function aliased(type: TypeNode | undefined, seen: Set<string>): TypeNode | undefined {
  const name = type && nameOf(type)
  if (type === undefined || name === undefined || seen.has(name)) return undefined
  seen.add(name)
  return type.getSourceFile().getTypeAlias(name)?.getTypeNode()
}

/** `'a' | 'b'`; nothing where a part is something else. */
function literalsOf(type: TypeNode | undefined, seen = new Set<string>()): Set<string> | undefined {
  if (type === undefined) return undefined
  if (Node.isParenthesizedTypeNode(type)) return literalsOf(type.getTypeNode(), seen)
  if (Node.isUnionTypeNode(type)) {
    const parts = type.getTypeNodes().map(one => literalsOf(one, seen))
    return parts.every(one => one !== undefined) ? new Set(parts.flatMap(one => [...one])) : undefined
  }
  if (!Node.isLiteralTypeNode(type)) return literalsOf(aliased(type, seen), seen)
  const literal = type.getLiteral()
  return Node.isStringLiteral(literal) || Node.isNoSubstitutionTemplateLiteral(literal)
    ? new Set([literal.getLiteralValue()])
    : undefined
}
