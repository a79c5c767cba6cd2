import { constrains } from './dialects.js'
import type { JsonObject, ResolvedDocument } from './document.js'
import { described, type Slot } from './grammar.js'
import { member, type Origin } from './origins.js'
import type { Targets } from './targets.js'

/** What stands beside a `$ref` that is followed does not count in most places. Warns of what looks as if it should. */
export function warnOfSiblings(
  slot: Slot,
  node: JsonObject,
  origin: Origin,
  version: ResolvedDocument['version'],
  targets: Targets,
): void {
  // OpenAPI 3.0 names no exception; from 3.1 on, all of a schema counts.
  if (slot === 'schema' && version !== '3.0') return
  for (const name of Object.keys(node)) {
    if (name === '$ref' || name.startsWith('x-')) continue
    const counts = slot === 'schema' ? constrains(name) : name !== 'summary' && name !== 'description'
    if (!counts) continue
    const message = `${JSON.stringify(name)} beside "$ref" is ignored: OpenAPI ${version} takes ${described(slot)} whole from where the reference leads`
    const help =
      slot === 'schema'
        ? 'write { allOf: [{ $ref: … }] } with it, or use OpenAPI 3.1; or remove it'
        : 'write it where the reference leads, or remove it'
    targets.fault('reference-siblings-ignored', message, help, member(origin, name), { key: true, severity: 'warning' })
  }
}
