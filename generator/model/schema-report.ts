import type { Location, Report } from '../diagnostics/diagnostic.js'
import { escapeSegment } from '../load/pointer.js'
import { error } from './faults.js'
import type { ReportSchemaFault } from './json-schema.js'

/** Faults inside the schema at `location`, as errors at their places. */
export function schemaReporter(location: Location, report: Report): ReportSchemaFault {
  return ({ code, message, help, path }) => {
    const inside = path.map(key => `/${escapeSegment(String(key))}`).join('')
    report(error({ code, message, help, location: { ...location, pointer: `${location.pointer}${inside}` } }))
  }
}
