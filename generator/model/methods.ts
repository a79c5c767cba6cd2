import type { Location, Report } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import { locateName } from '../load/origins.js'
import type { FixedMethod, Method } from './api-model.js'
import { isObject, kindOf } from './claims.js'
import { error, show } from './faults.js'

const FIXED: readonly FixedMethod[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/**
 * The other methods that Node's HTTP parser lets through; a request of any other one is answered 400 before a router
 * sees it. CONNECT is no request to a path, and reaches no router.
 */
const SERVED = new Set(
  `ACL BIND CHECKOUT COPY LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY PROPFIND PROPPATCH PURGE
  REBIND REPORT SEARCH SOURCE SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE`.split(/\s+/),
)

/** Is it a field of a path item, of whatever version, and not one of `additionalOperations`? */
export function isFixedMethod(method: Method): method is FixedMethod {
  return method === 'query' || FIXED.some(field => field === method)
}

/** As messages and requests show it. */
export function methodName(method: Method): string {
  return isFixedMethod(method) ? method.toUpperCase() : method
}

/** An operation as a path item holds it. */
export interface WrittenOperation {
  /** As {@link Method}; of an operation that is not served, as the document writes it. */
  readonly method: Method
  readonly node: JsonObject
  /** Of its name in the path item. */
  readonly location: Location
  /** Why no request can reach it. */
  readonly unreachable?: string
}

/** The operations of a path item: its fixed fields in the document's order, then `additionalOperations` (3.2). */
export function operationsOf(
  item: JsonObject,
  path: string,
  { version, origins }: ResolvedDocument,
  report: Report,
): WrittenOperation[] {
  const malformed = (message: string, help: string, location: Location) => {
    report(error({ code: 'operation-malformed', message, help, location }))
    return []
  }
  const read = (owner: JsonObject, name: string, method: Method): WrittenOperation[] => {
    const node = owner[name]
    if (isObject(node)) return [{ method, node, location: locateName(origins, owner, name) }]
    const message = `${methodName(method)} ${path} must be an Operation Object, and is ${kindOf(node)}`
    return malformed(message, 'write the operation', origins.locate(owner, name))
  }
  const fields = version === '3.2' ? [...FIXED, 'query' as const] : FIXED
  const fixed = Object.keys(item).flatMap(name => {
    const method = fields.find(field => field === name)
    return method === undefined ? [] : read(item, name, method)
  })
  if (version !== '3.2' || item.additionalOperations === undefined) return fixed

  const { additionalOperations: additional } = item
  if (!isObject(additional)) {
    const message = `additionalOperations of ${path} must be an object, and is ${kindOf(additional)}`
    const help = 'write a map from methods to operations'
    return [...fixed, ...malformed(message, help, origins.locate(item, 'additionalOperations'))]
  }
  const others = Object.keys(additional).flatMap(name => {
    const location = locateName(origins, additional, name)
    // Also in lower case: no method on the wire is called so, and whoever writes it means the field.
    const field = fields.find(known => known === name.toLowerCase())
    if (field !== undefined) {
      const message = `${show(name)} stands in additionalOperations of ${path}, and has a field of its own`
      return malformed(message, `write it as ${show(field)} in the path item`, location)
    }
    // RFC 9110 section 9.1: a method is a token.
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      return malformed(`${show(name)} in additionalOperations of ${path} is no method`, 'write a token', location)
    }
    const unreachable = SERVED.has(name) ? {} : { unreachable: unreachableBy(name) }
    return read(additional, name, name).map(operation => ({ ...operation, ...unreachable }))
  })
  return [...fixed, ...others]
}

function unreachableBy(method: string): string {
  // RFC 9110 section 9.1: methods are case-sensitive.
  const meant = method.toUpperCase()
  const hint = SERVED.has(meant) ? `; methods are case-sensitive, and ${meant} is another one` : ''
  return `the method ${show(method)}, which Node's HTTP server takes from no client${hint}`
}
