import type { Diagnostic, Location } from '../diagnostics/diagnostic.js'
import { error, show } from './faults.js'
import { references, type Schemas } from './schema-reach.js'

/** Keywords whose schemas look at the same value as the schema that they stand in. */
const SAME_VALUE = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas']

/**
 * Refuses schemas that lead back to themselves without having gone into the value: whoever checks a value against one
 * never comes to an end.
 *
 * @param names the schemas that requests reach.
 * @param report is told the name of a schema of the circle too.
 */
export function checkCircles(
  names: Iterable<string>,
  schemas: Schemas,
  locate: (name: string) => Location,
  report: (fault: Diagnostic, name: string) => void,
): void {
  const done = new Set<string>()
  const visit = (name: string, trail: readonly string[]): void => {
    const start = trail.indexOf(name)
    if (start >= 0) {
      const circle = [...trail.slice(start), name].map(show).join(' → ')
      const message = `schema ${show(name)} contains itself for one and the same value: ${circle}`
      const help = 'refer to it from properties or items only, or take it out of the circle'
      report(error({ code: 'schema-malformed', message, help, location: locate(name) }), name)
      return
    }
    if (done.has(name)) return
    for (const next of references(schemas[name], SAME_VALUE)) visit(next, [...trail, name])
    done.add(name)
  }
  for (const name of names) visit(name, [])
}
