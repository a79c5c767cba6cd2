import type { JsonSchema, Response } from '../../model/api-model.js'
import { SUBSCHEMAS } from '../../model/json-schema-keywords.js'
import { references, type Schemas } from '../../model/schema-reach.js'
import { isMarked } from '../validators/request-schema.js'

interface Names {
  readonly marked: readonly string[]
  readonly required: readonly string[]
}

/** Which members replies need not have although a schema of theirs demands them: `writeOnly` ones, which are not sent. */
export class WriteOnlyNames {
  private readonly known = new Map<JsonSchema, Names & { readonly references: readonly string[] }>()

  constructor(private readonly schemas: Schemas) {}

  of(responses: readonly Response[]): string[] {
    const marked = new Set<string>()
    const required = new Set<string>()
    const reached = new Set<string>()
    const waiting: JsonSchema[] = responses.flatMap(({ content = [] }) => content.map(({ schema = true }) => schema))
    for (let schema = waiting.pop(); schema !== undefined; schema = waiting.pop()) {
      const names = this.namesIn(schema)
      for (const name of names.marked) marked.add(name)
      for (const name of names.required) required.add(name)
      for (const name of names.references) {
        if (!reached.has(name)) waiting.push(this.schemas[name] ?? true)
        reached.add(name)
      }
    }
    return [...marked].filter(name => required.has(name)).sort()
  }

  private namesIn(schema: JsonSchema) {
    const known = this.known.get(schema)
    if (known) return known
    const names = { ...this.walk(schema), references: references(schema) }
    this.known.set(schema, names)
    return names
  }

  private walk(schema: JsonSchema): Names {
    if (typeof schema === 'boolean') return { marked: [], required: [] }
    const members = Object.entries((schema.properties ?? {}) as Schemas)
    const inside = Object.entries(schema).flatMap(([keyword, value]) => {
      const holds = SUBSCHEMAS.get(keyword)
      if (holds === undefined) return []
      return (holds === 'one' ? [value] : Object.values(value as object)).map(one => this.walk(one as JsonSchema))
    })
    return {
      marked: [
        ...members.filter(([, member]) => isMarked('writeOnly', member, this.schemas)).map(([name]) => name),
        ...inside.flatMap(one => one.marked),
      ],
      required: [...((schema.required ?? []) as readonly string[]), ...inside.flatMap(one => one.required)],
    }
  }
}
