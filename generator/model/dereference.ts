import type { ResolvedDocument } from '../load/document.js'
import { isObject } from './claims.js'

/** What stands at `node`, behind its references: in a resolved document they lead into `components` and never in circles. */
export function dereference(document: ResolvedDocument, node: unknown): unknown {
  let at = node
  while (isObject(at) && typeof at.$ref === 'string') {
    const [, section = '', name = ''] = /^#\/components\/([^/]+)\/([^/]+)$/.exec(at.$ref) ?? []
    const { components } = document.root
    const members = isObject(components) && Object.hasOwn(components, section) ? components[section] : undefined
    const key = name.replaceAll('~1', '/').replaceAll('~0', '~')
    at = isObject(members) && Object.hasOwn(members, key) ? members[key] : undefined
  }
  return at
}
