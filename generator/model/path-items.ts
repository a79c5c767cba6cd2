import { type PathFault, type PathSegment, parsePath } from '../../runtime/path.js'
import type { Location } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import { locateName } from '../load/origins.js'
import { isObject, kindOf } from './claims.js'
import type { FaultLedger } from './fault-ledger.js'
import { error } from './faults.js'
import { operationsOf, type WrittenOperation } from './methods.js'
import { reservation } from './reservation.js'

export interface PathItem {
  /** As the document writes it. */
  readonly path: string
  /** Those of the path; where it cannot be routed, of what is reserved in its place. */
  readonly segments: readonly PathSegment[]
  /** Of the path itself. */
  readonly location: Location
  /** Absent where it is no object, and where the path does not tell what it would be an item of. */
  readonly node?: JsonObject
  readonly operations: readonly WrittenOperation[]
  /** What no template may match, if no operation of the path is served. */
  readonly reserved: string
  /** Why it cannot be routed. */
  readonly fault?: PathFault
}

/** The path items of a document with their operations, none of which was read yet. */
export function readPathItems(document: ResolvedDocument, faults: FaultLedger): PathItem[] {
  const { root, origins } = document
  const { paths } = root
  if (paths === undefined && document.version !== '3.0') return []
  if (!isObject(paths)) {
    const message = `paths must be an object, and is ${kindOf(paths)}`
    const location = origins.locate(root, 'paths')
    faults.reportFor()(error({ code: 'paths-malformed', message, help: 'write the paths of the API', location }))
    return []
  }
  return Object.entries(paths).flatMap(([path, node]): PathItem[] => {
    if (path.startsWith('x-')) return []
    const location = locateName(origins, paths, path)
    if (!isObject(node)) {
      const message = `${path} must be a Path Item Object, and is ${kindOf(node)}`
      faults.reportFor()(error({ code: 'path-malformed', message, help: 'write its operations', location }))
      const { template, segments } = reservation(path)
      return [{ path, location, segments, reserved: template, operations: [] }]
    }
    const operations = operationsOf(node, path, document, faults)
    const parsed = parsePath(path)
    if (!('fault' in parsed)) return [{ path, location, segments: parsed.segments, reserved: path, node, operations }]
    const { template, segments, isExact } = reservation(path)
    const { fault } = parsed
    return [{ path, location, segments, reserved: template, operations, fault, ...(isExact && { node }) }]
  })
}
