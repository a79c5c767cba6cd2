import type ts from 'typescript'
import type { JsonObject } from '../load/document.js'
import type { ApiModel } from '../model/api-model.js'
import { isObject } from '../model/claims.js'
import { memberName, typescript } from './typescript.js'

/** Where an operation stands until its type is made: as `post` of a path that no document can have. */
export interface SetAside {
  readonly key: string
  readonly path: string
  readonly method: string
  readonly id: string
}

/**
 * openapi-typescript drops `query` and `additionalOperations` (OpenAPI 3.2) without a word. Puts those that are served
 * under paths of their own, which {@link putBack} takes away again.
 */
export function setAside(document: JsonObject, { operations }: ApiModel): SetAside[] {
  const { paths } = document
  if (!isObject(paths)) return []
  const ids = new Map(operations.map(({ id, method, path }) => [`${method} ${path}`, id]))
  const aside: SetAside[] = []
  for (const [path, item] of Object.entries(paths)) {
    if (!isObject(item)) continue
    const { query, additionalOperations, ...rest } = item
    if (query === undefined && additionalOperations === undefined) continue
    paths[path] = rest
    const additional = isObject(additionalOperations) ? Object.entries(additionalOperations) : []
    for (const [method, operation] of [['query', query] as const, ...additional]) {
      const id = ids.get(`${method} ${path}`)
      if (id === undefined) continue
      const key = `${method} ${path}`
      paths[key] = { ...(item.parameters !== undefined && { parameters: item.parameters }), post: operation }
      aside.push({ key, path, method, id })
    }
  }
  return aside
}

/** In the interface `paths`, each operation that was set aside as a member of its own path. */
export function putBack(nodes: readonly ts.Node[], aside: readonly SetAside[]): ts.Node[] {
  if (aside.length === 0) return [...nodes]
  const keys = new Set(aside.map(({ key }) => key))
  return nodes.map(node => {
    if (!typescript.isInterfaceDeclaration(node) || node.name.text !== 'paths') return node
    const members = node.members.flatMap(member => {
      const name = memberName(member)
      if (name !== undefined && keys.has(name)) return []
      const own = aside.filter(({ path }) => path === name)
      return own.length === 0 ? [member] : [withMethods(member, own)]
    })
    const { modifiers, name, typeParameters, heritageClauses } = node
    return typescript.factory.updateInterfaceDeclaration(
      node,
      modifiers,
      name,
      typeParameters,
      heritageClauses,
      members,
    )
  })
}

function withMethods(member: ts.TypeElement, own: readonly SetAside[]): ts.TypeElement {
  if (!typescript.isPropertySignature(member) || !member.type || !typescript.isTypeLiteralNode(member.type)) {
    throw new Error(`types.ts does not describe ${own[0]?.path} as an object`)
  }
  const added = own.map(({ method, id }) => {
    const type = typescript.factory.createIndexedAccessTypeNode(
      typescript.factory.createTypeReferenceNode('operations'),
      typescript.factory.createLiteralTypeNode(typescript.factory.createStringLiteral(id)),
    )
    const name = /^\w+$/.test(method) ? method : typescript.factory.createStringLiteral(method)
    return typescript.factory.createPropertySignature(undefined, name, undefined, type)
  })
  const type = typescript.factory.updateTypeLiteralNode(
    member.type,
    typescript.factory.createNodeArray([...member.type.members, ...added]),
  )
  return typescript.factory.updatePropertySignature(member, member.modifiers, member.name, member.questionToken, type)
}
