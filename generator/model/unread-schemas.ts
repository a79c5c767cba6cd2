import type { ResolvedDocument } from '../load/document.js'
import { memberSlot, type Slot } from '../load/grammar.js'
import { isObject } from './claims.js'
import type { FaultLedger } from './fault-ledger.js'
import { type SchemaFault, toJsonSchema } from './json-schema.js'
import { schemaReporter } from './schema-report.js'

/**
 * Warns of malformed schemas in parts of the document that no operation uses: components, webhooks, calls that the API
 * makes. Nothing is held to them, but somebody means them to be used one day.
 */
export function warnOfUnread(document: ResolvedDocument, faults: FaultLedger): void {
  const seen = new WeakSet<object>()
  const look = (slot: Slot, owner: object, name: string | number, value: unknown): void => {
    if (slot === 'schema') {
      const found: SchemaFault[] = []
      toJsonSchema(value, document.version, fault => found.push(fault))
      const malformed = found.filter(one => one.code === 'schema-malformed')
      if (malformed.length === 0) return
      const location = document.origins.locate(owner, name)
      // What was read has its faults already, as errors or as what they do to replies.
      if (faults.concern(location)) return
      const report = schemaReporter(location, fault => faults.reportFor()({ ...fault, severity: 'warning' }))
      for (const fault of malformed) report(fault)
      return
    }
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    const inside = typeof slot === 'string' ? undefined : 'list' in slot ? slot.list : slot.map
    for (const [key, one] of Object.entries(value)) {
      const kind = inside ?? (typeof slot === 'string' ? memberSlot(slot, key) : undefined)
      // Those of components were all read.
      if (kind !== undefined && !(slot === 'components' && key === 'schemas')) look(kind, value, key, one)
    }
  }
  if (isObject(document.root)) look('document', document.root, '', document.root)
}
