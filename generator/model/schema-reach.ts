import { readComponentReference } from '../load/reference.js'
import type { JsonSchema, Operation } from './api-model.js'
import { isObject } from './claims.js'
import { SUBSCHEMAS } from './json-schema-keywords.js'

export type Schemas = { readonly [name: string]: JsonSchema }

/** The part of an operation that is held to schemas before its handler runs. */
export type Request = Pick<Operation, 'parameters' | 'requestBody'>

/** Which component schemas requests are held to, by whichever way of references. */
export class SchemaReach {
  readonly #next = new Map<string, readonly string[]>()

  constructor(private readonly schemas: Schemas) {}

  of(request: Request): ReadonlySet<string> {
    const reached = new Set<string>()
    const waiting = schemasOf(request).flatMap(schema => references(schema))
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (reached.has(name)) continue
      reached.add(name)
      waiting.push(...this.#referencesOf(name))
    }
    return reached
  }

  #referencesOf(name: string): readonly string[] {
    const known = this.#next.get(name)
    if (known) return known
    const found = [...new Set(references(this.schemas[name]))]
    this.#next.set(name, found)
    return found
  }
}

function schemasOf({ parameters, requestBody }: Request): (JsonSchema | undefined)[] {
  const contents = requestBody?.content ?? []
  const headers = contents.flatMap(({ encoding = {} }) => Object.values(encoding).flatMap(one => one.headers ?? []))
  return [...[...parameters, ...headers].map(one => one.schema), ...contents.map(one => one.schema)]
}

const EVERYWHERE = [...SUBSCHEMAS.keys()]

/** The components that `schema` refers to, itself or below these keywords, which are all by default. */
export function references(schema: JsonSchema | undefined, keywords: readonly string[] = EVERYWHERE): string[] {
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
