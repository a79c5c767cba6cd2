import type { JsonObject, ResolvedDocument } from '../load/document.js'
import { readComponentReference } from '../load/reference.js'
import { isObject } from './claims.js'

/** What a reference of a resolved document leads to. */
export function componentAt({ components }: JsonObject, reference: string): unknown {
  const { section = '', name = '' } = readComponentReference(reference) ?? {}
  const owner = isObject(components) && Object.hasOwn(components, section) ? components[section] : undefined
  return isObject(owner) && Object.hasOwn(owner, name) ? owner[name] : undefined
}

/** What stands at `node`, behind its references: in a resolved document they never lead in circles. */
export function dereference({ root }: ResolvedDocument, node: unknown): unknown {
  return behind(root, node)
}

/** The same, of a resolved document's root. */
export function behind(root: JsonObject, node: unknown): unknown {
  let at = node
  while (isObject(at) && typeof at.$ref === 'string') at = componentAt(root, at.$ref)
  return at
}
