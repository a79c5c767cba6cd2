import type { Location } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import { locateName } from '../load/origins.js'
import type { FixedMethod, Method } from './api-model.js'
import { isObject, kindOf } from './claims.js'
import type { FaultLedger, OperationSite } from './fault-ledger.js'
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

/** An operation as a path item holds it, of which nothing was read yet. */
export interface WrittenOperation {
  readonly site: OperationSite
  /** Absent where it is no operation: that was reported. */
  readonly node?: JsonObject
  /** Why no request can reach it. */
  readonly unreachable?: string
}

/** The operations of a path item: its fixed fields in the document's order, then `additionalOperations` (3.2). */
export function operationsOf(
  item: JsonObject,
  path: string,
  { version, origins }: ResolvedDocument,
  faults: FaultLedger,
): WrittenOperation[] {
  const siteOf = (owner: JsonObject, key: string, method: string): OperationSite => {
    return { method, path, name: `${methodName(method)} ${path}`, location: locateName(origins, owner, key) }
  }
  const malformed = (sites: readonly OperationSite[], message: string, help: string, location: Location) => {
    faults.reportFor(...sites)(error({ code: 'operation-malformed', message, help, location }))
  }
  const read = (owner: JsonObject, method: Method): WrittenOperation => {
    const site = siteOf(owner, method, method)
    const node = owner[method]
    if (isObject(node)) return { site, node }
    const message = `${site.name} must be an Operation Object, and is ${kindOf(node)}`
    malformed([site], message, 'write the operation', origins.locate(owner, method))
    return { site }
  }
  const fields = version === '3.2' ? [...FIXED, 'query' as const] : FIXED
  const isField = (name: string) => fields.some(field => field === name)
  const fixed = Object.keys(item).flatMap(name => (isField(name) ? read(item, name) : []))
  if (version !== '3.2' || item.additionalOperations === undefined) return fixed

  const { additionalOperations: additional } = item
  if (!isObject(additional)) {
    // Which methods are meant cannot be told: it stands for them, so that the path is not taken for one without any.
    const site = { ...siteOf(item, ADDITIONAL, ADDITIONAL), name: `${ADDITIONAL} of ${path}` }
    const message = `${site.name} must be an object, and is ${kindOf(additional)}`
    malformed([site], message, 'write a map from methods to operations', origins.locate(item, ADDITIONAL))
    return [...fixed, { site }]
  }
  const others = Object.keys(additional).map((name): WrittenOperation => {
    // Also in lower case: no method on the wire is called so, and whoever writes it means the field.
    const field = fields.find(known => known === name.toLowerCase())
    if (field !== undefined) {
      const site = siteOf(additional, name, field)
      const rivals = fixed.map(one => one.site).filter(({ method }) => method === field)
      const message = `${show(name)} stands in additionalOperations of ${path}, and has a field of its own`
      malformed([site, ...rivals], message, `write it as ${show(field)} in the path item`, site.location)
      return { site }
    }
    // RFC 9110 section 9.1: a method is a token.
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      const site = siteOf(additional, name, name)
      malformed([site], `${show(name)} in additionalOperations of ${path} is no method`, 'write a token', site.location)
      return { site }
    }
    return { ...read(additional, name), ...(!SERVED.has(name) && { unreachable: unreachableBy(name) }) }
  })
  return [...fixed, ...others]
}

const ADDITIONAL = 'additionalOperations'

function unreachableBy(method: string): string {
  // RFC 9110 section 9.1: methods are case-sensitive.
  const meant = method.toUpperCase()
  const hint = SERVED.has(meant) ? `; methods are case-sensitive, and ${meant} is another one` : ''
  return `the method ${show(method)}, which Node's HTTP server takes from no client${hint}`
}
