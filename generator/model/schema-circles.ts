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
  walk(names, sameValue(schemas), circle => circles.push(circle))
  return circles
}

/** All component names, each behind those that it refers to for one and the same value; in a circle, one is not. */
export function inOrderOfUse(schemas: Schemas): string[] {
  return walk(Object.keys(schemas), sameValue(schemas))
}

function sameValue(schemas: Schemas): (name: string) => readonly string[] {
  return name => references(Object.hasOwn(schemas, name) ? schemas[name] : undefined, SAME_VALUE)
}

/** In depth first, without calling itself: a chain of references is as long as its author likes. */
function walk(
  names: Iterable<string>,
  next: (name: string) => readonly string[],
  onCircle: (circle: Circle) => void = () => {},
): string[] {
  const done = new Set<string>()
  for (const start of names) {
    const trail: { readonly name: string; readonly following: Iterator<string> }[] = []
    const places = new Map<string, number>()
    const enter = (name: string): void => {
      const place = places.get(name)
      if (place !== undefined) onCircle([...trail.slice(place).map(one => one.name), name])
      else if (!done.has(name)) {
        places.set(name, trail.length)
        trail.push({ name, following: next(name)[Symbol.iterator]() })
      }
    }
    enter(start)
    for (let last = trail.at(-1); last !== undefined; last = trail.at(-1)) {
      const { done: left, value } = last.following.next()
      if (!left) {
        enter(value)
        continue
      }
      trail.pop()
      places.delete(last.name)
      done.add(last.name)
    }
  }
  return [...done]
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
