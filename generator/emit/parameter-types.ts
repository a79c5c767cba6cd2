import { paramNames, parsePath } from '../../runtime/path.js'
import type { JsonObject } from '../load/document.js'
import { isObject } from '../model/claims.js'
import { componentAt } from '../model/dereference.js'
import { isDescribedElsewhere } from '../model/parameter-styles.js'

/**
 * Changes the parameters of a resolved document so that the types made of them say what handlers are given:
 * openapi-typescript takes `content` for a string, knows no `querystring`, and lists headers that are ignored.
 * @param aside the paths of operations that stand under keys of their own.
 */
export function describeParameters(root: JsonObject, aside: ReadonlyMap<string, string>): void {
  const { components, paths } = root
  if (isObject(components) && isObject(components.parameters)) {
    const entries = Object.entries(components.parameters)
    components.parameters = Object.fromEntries(entries.map(([name, one]) => [name, described(one, root)]))
  }
  if (!isObject(paths)) return
  for (const [key, item] of Object.entries(paths)) {
    const parsed = parsePath(aside.get(key) ?? key)
    if (!isObject(item) || 'fault' in parsed) continue
    const names = paramNames(parsed.segments)
    const inherited = listOf(item, names, root)
    if (item.parameters !== undefined) item.parameters = inherited
    for (const operation of Object.values(item)) {
      if (!isObject(operation)) continue
      const own = listOf(operation, names, root)
      const declared = [...inherited, ...own].map(one => target(one, root))
      const undeclared = names.filter(name => !declared.some(one => one?.in === 'path' && one.name === name))
      const added = undeclared.map(name => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
      if (operation.parameters !== undefined || added.length > 0) operation.parameters = [...own, ...added]
    }
  }
}

/** The parameters of a path item or an operation that handlers are given. */
function listOf({ parameters }: JsonObject, names: readonly string[], root: JsonObject): unknown[] {
  const written = Array.isArray(parameters) ? parameters : []
  return written
    .filter(one => {
      const parameter = target(one, root)
      if (!parameter || isDescribedElsewhere({ in: parameter.in, name: parameter.name })) return false
      return parameter.in !== 'path' || names.includes(String(parameter.name))
    })
    .map(one => described(one, root))
}

function target(written: unknown, root: JsonObject): JsonObject | undefined {
  let at = written
  while (isObject(at) && typeof at.$ref === 'string') at = componentAt(root, at.$ref)
  return isObject(at) ? at : undefined
}

function described(written: unknown, root: JsonObject): unknown {
  if (!isObject(written) || written.$ref !== undefined) return written
  const { content, ...rest } = written
  const isWhole = written.in === 'querystring'
  const [media] = isObject(content) ? Object.values(content) : []
  return {
    ...rest,
    ...(isWhole && { in: 'query', name: written.name ?? 'querystring' }),
    ...(content !== undefined && { schema: target(media, root)?.schema ?? {} }),
  }
}
