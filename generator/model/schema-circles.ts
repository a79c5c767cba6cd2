import type { Location, Report } from '../diagnostics/diagnostic.js'
import { readComponentReference } from '../load/reference.js'
import type { JsonSchema, Operation } from './api-model.js'
import { isObject } from './claims.js'
import { error, show } from './faults.js'
import { SUBSCHEMAS } from './json-schema-keywords.js'

/** Keywords whose schemas look at the same value as the schema that they stand in. */
const SAME_VALUE = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas']

/**
 * Refuses schemas of requests that lead back to themselves without having gone into the value: whoever checks a value
 * against one never comes to an end.
 */
export function checkCircles(
  operations: readonly Operation[],
  schemas: { readonly [name: string]: JsonSchema },
  locate: (name: string) => Location,
  report: Report,
): void {
  const done = new Set<string>()
  const visit = (name: string, trail: readonly string[]): void => {
    const start = trail.indexOf(name)
    if (start >= 0) {
      const circle = [...trail.slice(start), name].map(show).join(' → ')
      const message = `schema ${show(name)} contains itself for one and the same value: ${circle}`
      const help = 'refer to it from properties or items only, or take it out of the circle'
      report(error({ code: 'schema-malformed', message, help, location: locate(name) }))
      return
    }
    if (done.has(name)) return
    for (const next of references(schemas[name], SAME_VALUE)) visit(next, [...trail, name])
    done.add(name)
  }
  for (const name of requestSchemas(operations, schemas)) visit(name, [])
}

/** The component schemas that requests reach, by whichever way. */
function requestSchemas(
  operations: readonly Operation[],
  schemas: { readonly [name: string]: JsonSchema },
): Set<string> {
  const reached = new Set<string>()
  const waiting: (JsonSchema | undefined)[] = operations.flatMap(({ parameters, requestBody }) => [
    ...parameters.map(parameter => parameter.schema),
    ...(requestBody?.content ?? []).flatMap(({ schema, encoding = {} }) => [
      schema,
      ...Object.values(encoding).flatMap(({ headers = [] }) => headers.map(header => header.schema)),
    ]),
  ])
  for (let schema = waiting.pop(); schema !== undefined || waiting.length > 0; schema = waiting.pop()) {
    for (const name of references(schema, [...SUBSCHEMAS.keys()])) {
      if (reached.has(name)) continue
      reached.add(name)
      waiting.push(schemas[name])
    }
  }
  return reached
}

/** The components that `schema` refers to, itself or below these keywords. */
function references(schema: JsonSchema | undefined, keywords: readonly string[]): string[] {
  if (!isObject(schema)) return []
  const own = typeof schema.$ref === 'string' ? (readComponentReference(schema.$ref)?.name ?? []) : []
  const below = keywords.flatMap(keyword => {
    const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
    const held = SUBSCHEMAS.get(keyword)
    if (held === 'one') return [value]
    return isObject(value) || Array.isArray(value) ? Object.values(value) : []
  })
  return [...[own].flat(), ...below.flatMap(one => references(one as JsonSchema, keywords))]
}
