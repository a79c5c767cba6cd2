import type { Diagnostic, Location } from '../diagnostics/diagnostic.js'
import type { JsonSchema } from './api-model.js'
import { error, show } from './faults.js'
import { SUBSCHEMAS } from './json-schema-keywords.js'
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
  for (const circle of findCircles(names, schemas)) {
    const [name = ''] = circle
    const message = `schema ${show(name)} contains itself for one and the same value: ${showCircle(circle)}`
    const help = 'refer to it from properties or items only, or take it out of the circle'
    report(error({ code: 'schema-malformed', message, help, location: locate(name) }), name)
  }
}

/** Component names, the first of them again as the last. */
export type Circle = readonly string[]

export function showCircle(circle: Circle): string {
  return circle.map(show).join(' → ')
}

/** The circles for one and the same value among these components, each once. */
export function findCircles(names: Iterable<string>, schemas: Schemas): Circle[] {
  const circles: Circle[] = []
  const done = new Set<string>()
  const visit = (name: string, trail: readonly string[]): void => {
    const start = trail.indexOf(name)
    if (start >= 0) {
      circles.push([...trail.slice(start), name])
      return
    }
    if (done.has(name)) return
    for (const next of references(schemas[name], SAME_VALUE)) visit(next, [...trail, name])
    done.add(name)
  }
  for (const name of names) visit(name, [])
  return circles
}

/** The component schemas that these schemas reach, by whichever way. */
export function reachedFrom(roots: readonly (JsonSchema | undefined)[], schemas: Schemas): Set<string> {
  const reached = new Set<string>()
  const waiting = [...roots]
  for (let schema = waiting.pop(); schema !== undefined || waiting.length > 0; schema = waiting.pop()) {
    for (const name of references(schema, [...SUBSCHEMAS.keys()])) {
      if (reached.has(name)) continue
      reached.add(name)
      waiting.push(schemas[name])
    }
  }
  return reached
}
