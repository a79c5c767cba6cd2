import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { SUBSCHEMAS } from '../../model/json-schema-keywords.js'
import { literals } from '../literal.js'
import { objectText } from './json-literal.js'
import { component, listed } from './schemas.js'
import { describedItems, describedMembers } from './text-schema.js'

type Schemas = ApiModel['schemas']

interface Shape {
  readonly id: number
  names: readonly string[]
  members: readonly (readonly [name: string, shape: Shape])[]
  others?: Shape
  items?: Shape
}

/** Members of a value are looked at as deep as this; deeper ones that are `readOnly` are refused, not left out. */
const MAX_DEPTH = 32

/**
 * Where in a body the members stand that are `readOnly`, as tables that the runtime walks. A member counts as such if all
 * alternatives (`anyOf`, `oneOf`) that describe it say so.
 */
export class ReadOnlyTable {
  private readonly schemas: Schemas
  private readonly shapes = new Map<string, Shape>()
  private readonly used = new Set<Shape>()
  private readonly reaching = new Map<string, boolean>()

  constructor(schemas: Schemas) {
    this.schemas = schemas
  }

  /** The name of the table for `schema`; `undefined` if nothing in it is `readOnly`. */
  use(schema: JsonSchema): string | undefined {
    const shape = this.shapeOf(schema, 0)
    if (shape === undefined) return undefined
    this.used.add(shape)
    return nameOf(shape)
  }

  /** The tables, in code. */
  lines(): string[] {
    const useful = this.useful()
    return [...useful].map(shape => {
      const { names, members, others, items } = shape
      const reference = (one: Shape | undefined) => (one && useful.has(one) ? nameOf(one) : undefined)
      const named = members.flatMap(([name, one]) => (useful.has(one) ? [[name, nameOf(one)] as const] : []))
      const inside = objectText([
        ['members', named.length > 0 ? objectText(named) : undefined],
        ['others', reference(others)],
        ['items', reference(items)],
      ])
      const table = objectText([
        ['names', names.length > 0 ? literals(names) : undefined],
        ['inside', inside === '{}' ? undefined : `() => (${inside})`],
      ])
      return `const ${nameOf(shape)} = ${table}\n`
    })
  }

  private shapeOf(schema: JsonSchema, depth: number): Shape | undefined {
    const whole = simplified(schema)
    if (depth > MAX_DEPTH || !this.reaches(whole)) return undefined
    const key = JSON.stringify(whole)
    const known = this.shapes.get(key)
    if (known) return known
    const shape: Shape = { id: this.shapes.size, names: [], members: [] }
    this.shapes.set(key, shape)
    const { members, rest } = describedMembers(whole, this.schemas)
    const isReadOnly = ([, member]: readonly [string, JsonSchema]) => this.isReadOnly(member, [])
    shape.names = members.filter(isReadOnly).map(([name]) => name)
    shape.members = members
      .filter(one => !isReadOnly(one))
      .flatMap(([name, member]) => {
        const inside = this.shapeOf(member, depth + 1)
        return inside ? [[name, inside] as const] : []
      })
    const others = rest === undefined ? undefined : this.shapeOf(rest, depth + 1)
    const found = describedItems(whole, this.schemas)
    const items = found === undefined ? undefined : this.shapeOf(found, depth + 1)
    if (others) shape.others = others
    if (items) shape.items = items
    return shape
  }

  private isReadOnly(schema: JsonSchema, seen: readonly string[]): boolean {
    if (typeof schema === 'boolean') return false
    if (schema.readOnly === true) return true
    if (listed(schema, 'allOf').some(one => this.isReadOnly(one, seen))) return true
    if (schema.$ref !== undefined) {
      const { name, schema: target } = component(this.schemas, schema.$ref)
      if (!seen.includes(name) && this.isReadOnly(target, [...seen, name])) return true
    }
    return (['anyOf', 'oneOf'] as const).some(keyword => {
      const branches = listed(schema, keyword)
      return branches.length > 0 && branches.every(one => this.isReadOnly(one, seen))
    })
  }

  /** Is anything `readOnly` in what `schema` is made of? */
  private reaches(schema: JsonSchema): boolean {
    const seen = new Set<string>()
    const found = this.finds(schema, seen)
    if (!found) for (const name of seen) this.reaching.set(name, false)
    return found
  }

  private finds(schema: JsonSchema, seen: Set<string>): boolean {
    if (typeof schema === 'boolean') return false
    if (schema.readOnly === true) return true
    if (schema.$ref !== undefined) {
      const { name, schema: target } = component(this.schemas, schema.$ref)
      const known = this.reaching.get(name)
      if (known === true) return true
      if (known === undefined && !seen.has(name)) {
        seen.add(name)
        if (this.finds(target, seen)) {
          this.reaching.set(name, true)
          return true
        }
      }
    }
    return Object.entries(schema).some(([keyword, value]) => {
      const holds = SUBSCHEMAS.get(keyword)
      if (holds === undefined) return false
      const inside = holds === 'one' ? [value] : Object.values(value as object)
      return inside.some(one => this.finds(one as JsonSchema, seen))
    })
  }

  /** The shapes that leave something out, themselves or further in, and those that bodies name. */
  private useful(): Set<Shape> {
    const useful = new Set(this.used)
    const all = [...this.shapes.values()]
    for (let before = -1; useful.size > before; ) {
      before = useful.size
      for (const shape of all) {
        const inside = [...shape.members.map(([, one]) => one), shape.others, shape.items]
        if (shape.names.length > 0 || inside.some(one => one && useful.has(one))) useful.add(shape)
      }
    }
    return useful
  }
}

function nameOf({ id }: Shape): string {
  return `readOnly${id}`
}

/** Alternatives of alternatives are alternatives, each once: what recursive schemas gather must not grow with its depth. */
function simplified(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema
  const [keyword, ...others] = Object.keys(schema)
  if (others.length > 0 || (keyword !== 'anyOf' && keyword !== 'allOf')) return schema
  const parts = new Map<string, JsonSchema>()
  for (const one of listed(schema, keyword).map(simplified)) {
    const nested = typeof one === 'object' && Object.keys(one).length === 1 ? listed(one, keyword) : []
    for (const part of nested.length > 0 ? nested : [one]) parts.set(JSON.stringify(part), part)
  }
  const [only, ...more] = [...parts.values()]
  return only !== undefined && more.length === 0 ? only : { [keyword]: [...parts.values()] }
}
