import type ts from 'typescript'
import { memberName, typescript } from './typescript.js'

/**
 * Gives schemas that contain themselves types of their own, by whose names they refer to each other. TypeScript looks
 * into the members of an object when it needs them, but into a list at once, unless that is the type of such a name:
 * a member that says `Value: string | components["schemas"]["Value"][]` would not compile.
 *
 * What contains itself for one and the same value has no type but `unknown`. No operation has such a schema: it was
 * refused when the model was made.
 */
export function nameRecursiveSchemas(nodes: readonly ts.Node[]): ts.Node[] {
  const schemas = schemasIn(nodes)
  const endless = onCircles(graphOf(schemas, { intoLists: false }))
  const finite = new Map([...schemas].filter(([name]) => !endless.has(name)))
  const aliases = aliasesOf(onCircles(graphOf(finite, { intoLists: true })))
  if (endless.size + aliases.size === 0) return [...nodes]

  const types = [...aliases].flatMap(([name, alias]) => {
    const type = schemas.get(name)
    return type ? [typescript.factory.createTypeAliasDeclaration(undefined, alias, undefined, inTermsOf(type))] : []
  })
  return nodes.flatMap(node => (isComponents(node) ? [...types, withSchemas(node, replacement)] : [node]))

  function inTermsOf<Node extends ts.Node>(node: Node): Node {
    const visit = (inner: ts.Node): ts.Node => {
      if (typescript.isTypeLiteralNode(inner)) return inner
      const alias = aliases.get(referenceOf(inner) ?? '')
      if (alias !== undefined) return typescript.factory.createTypeReferenceNode(alias)
      return typescript.visitEachChild(inner, visit, undefined)
    }
    return visit(node) as Node
  }

  function replacement(name: string): ts.TypeNode | undefined {
    if (endless.has(name)) return typescript.factory.createKeywordTypeNode(typescript.SyntaxKind.UnknownKeyword)
    const alias = aliases.get(name)
    return alias === undefined ? undefined : typescript.factory.createTypeReferenceNode(alias)
  }
}

function isComponents(node: ts.Node): node is ts.InterfaceDeclaration {
  return typescript.isInterfaceDeclaration(node) && node.name.text === 'components'
}

/** Name of a component → its type. */
function schemasIn(nodes: readonly ts.Node[]): Map<string, ts.TypeNode> {
  const members = nodes.filter(isComponents).flatMap(({ members }) => members.flatMap(one => schemaMembers(one) ?? []))
  return new Map(
    members.flatMap((member): [string, ts.TypeNode][] => {
      const name = memberName(member)
      return name !== undefined && typescript.isPropertySignature(member) && member.type ? [[name, member.type]] : []
    }),
  )
}

function schemaMembers(member: ts.TypeElement): readonly ts.TypeElement[] | undefined {
  const isSchemas = memberName(member) === 'schemas' && typescript.isPropertySignature(member)
  return isSchemas && member.type && typescript.isTypeLiteralNode(member.type) ? member.type.members : undefined
}

function withSchemas(
  components: ts.InterfaceDeclaration,
  replacement: (name: string) => ts.TypeNode | undefined,
): ts.InterfaceDeclaration {
  const { factory } = typescript
  const retyped = (member: ts.TypeElement, type: ts.TypeNode | undefined) =>
    type && typescript.isPropertySignature(member)
      ? factory.updatePropertySignature(member, member.modifiers, member.name, member.questionToken, type)
      : member
  const members = components.members.map(member => {
    const schemas = schemaMembers(member)?.map(one => retyped(one, replacement(memberName(one) ?? '')))
    return retyped(member, schemas && factory.createTypeLiteralNode(schemas))
  })
  const { modifiers, name, typeParameters, heritageClauses } = components
  return factory.updateInterfaceDeclaration(components, modifiers, name, typeParameters, heritageClauses, members)
}

type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** Which schemas TypeScript has to know for each, before it needs any member of an object. */
function graphOf(schemas: ReadonlyMap<string, ts.TypeNode>, { intoLists }: { readonly intoLists: boolean }): Graph {
  return new Map(
    [...schemas].map(([name, type]) => {
      const found = new Set<string>()
      const visit = (node: ts.Node): void => {
        if (typescript.isTypeLiteralNode(node)) return
        if (!intoLists && (typescript.isArrayTypeNode(node) || typescript.isTupleTypeNode(node))) return
        const reference = referenceOf(node)
        if (reference === undefined) typescript.forEachChild(node, visit)
        else if (schemas.has(reference)) found.add(reference)
      }
      visit(type)
      return [name, found]
    }),
  )
}

/** What lies on a circle, or between two: all that is left once whatever leads nowhere, or is led to by nothing, is gone. */
function onCircles(graph: Graph): Set<string> {
  const left = withoutEnds(graph, new Set(graph.keys()))
  return withoutEnds(reversed(graph), left)
}

function withoutEnds(graph: Graph, names: ReadonlySet<string>): Set<string> {
  const left = new Set(names)
  const users = reversed(graph)
  const leading = new Map(
    [...left].map(name => [name, [...(graph.get(name) ?? [])].filter(one => left.has(one)).length]),
  )
  const ends = [...left].filter(name => leading.get(name) === 0)
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
    left.delete(end)
    for (const user of users.get(end) ?? []) {
      const rest = (leading.get(user) ?? 0) - 1
      leading.set(user, rest)
      if (rest === 0) ends.push(user)
    }
  }
  return left
}

function reversed(graph: Graph): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>([...graph.keys()].map(name => [name, new Set()]))
  for (const [name, used] of graph) for (const one of used) users.get(one)?.add(name)
  return users
}

/** The schema that `components["schemas"]["…"]` names. */
function referenceOf(node: ts.Node): string | undefined {
  if (!typescript.isIndexedAccessTypeNode(node) || !typescript.isIndexedAccessTypeNode(node.objectType))
    return undefined
  const { objectType, indexType } = node.objectType
  const isRoot =
    typescript.isTypeReferenceNode(objectType) &&
    typescript.isIdentifier(objectType.typeName) &&
    objectType.typeName.text === 'components'
  return isRoot && literalText(indexType) === 'schemas' ? literalText(node.indexType) : undefined
}

function literalText(node: ts.TypeNode): string | undefined {
  return typescript.isLiteralTypeNode(node) && typescript.isStringLiteral(node.literal) ? node.literal.text : undefined
}

/** Name of a component → that of its type, which no name of TypeScript's own or of openapi-typescript's ends like. */
function aliasesOf(names: Iterable<string>): Map<string, string> {
  const taken = new Set<string>()
  return new Map(
    [...names].map(name => {
      const stem = name.replace(/[^\p{ID_Continue}$]+/gu, '_').replace(/^(?!\p{ID_Start}|[_$])/u, '_')
      let alias = `${stem}Schema`
      for (let number = 2; taken.has(alias); number++) alias = `${stem}_${number}Schema`
      taken.add(alias)
      return [name, alias]
    }),
  )
}
