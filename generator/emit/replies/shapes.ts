import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { isObject } from '../../model/claims.js'
import { SUBSCHEMAS } from '../../model/json-schema-keywords.js'
import { matchingOf } from '../../model/patterns/matching.js'
import { literal, literals } from '../literal.js'
import { jsonLiteral, objectText } from '../validators/json-literal.js'
import { isMarked } from '../validators/request-schema.js'
import { component, listed } from '../validators/schemas.js'
import { type Branches, branchesOf, heirsOf } from './branches.js'

type ObjectSchema = Exclude<JsonSchema, boolean>

/** Schemas as the shapes by which replies are stripped, each distinct one once, whoever uses it. */
export class ShapeCompiler {
  private readonly schemas: ApiModel['schemas']
  private readonly components = new Map<string, string>()
  /** Code of a description → its constant. */
  private readonly inline = new Map<string, string>()
  private readonly lines: string[] = []
  private readonly heirs: ReadonlyMap<string, Branches>
  private count = 0

  constructor({ schemas }: ApiModel) {
    this.schemas = schemas
    this.heirs = heirsOf(schemas)
  }

  /** The code of the shape for `schema`; `any` if everything goes through. */
  use(schema: JsonSchema): string {
    if (typeof schema === 'boolean') return schema ? 'any' : 'none'
    if (typeof schema.$ref === 'string' && Object.keys(schema).length === 1) return this.useComponent(schema.$ref)
    return this.constant(this.descriptionOf(schema, branchesOf(schema, this.schemas)))
  }

  /** The constants that {@link use} named, a line each. */
  code(): string {
    return this.lines.join('')
  }

  private useComponent(ref: string): string {
    const { name, schema } = component(this.schemas, ref)
    const known = this.components.get(name)
    if (known !== undefined) return known
    const heirs = this.heirs.get(name)
    if (typeof schema === 'boolean' || (heirs === undefined && isFlat(schema))) {
      const code = this.use(schema)
      this.components.set(name, code)
      return code
    }
    // It has its name before its description, in which it may stand again.
    const constant = this.nextName()
    this.components.set(name, constant)
    const groups = [...branchesOf(schema, this.schemas), ...(heirs ? [heirs] : [])]
    this.define(constant, objectText(this.descriptionOf(schema, groups)))
    return constant
  }

  private constant(description: readonly Member[]): string {
    if (description.length === 0) return 'any'
    if (description.length === 1 && description[0] === NO_KINDS) return 'none'
    const [first] = description
    // What refers to another schema and says nothing more is that schema.
    if (description.length === 1 && first?.[0] === 'all' && /^\[\w+\]$/.test(first[1])) return first[1].slice(1, -1)
    const code = objectText(description)
    const known = this.inline.get(code)
    if (known !== undefined) return known
    const constant = this.nextName()
    this.inline.set(code, constant)
    this.define(constant, code)
    return constant
  }

  private nextName(): string {
    return `s${this.count++}`
  }

  private define(constant: string, description: string): void {
    this.lines.push(`const ${constant}: Shape = shape(() => (${description}))\n`)
  }

  private descriptionOf(schema: ObjectSchema, groups: readonly Branches[]): Member[] {
    const members = this.membersOf(schema)
    const required = Array.isArray(schema.required) ? schema.required.map(String) : []
    const properties = mapOf(schema.properties)
    const demands = required.filter(name => !Object.hasOwn(properties, name))
    const patterns = Object.entries(mapOf(schema.patternProperties)).map(
      ([pattern, one]) => `[${patternText(pattern)}, ${this.member(one)}]`,
    )
    const others = (schema.additionalProperties ?? schema.unevaluatedProperties) as JsonSchema | undefined
    const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems.map(one => this.use(one)) : []
    const items = (schema.items ?? schema.unevaluatedItems) as JsonSchema | undefined
    const all = [
      ...(schema.$ref === undefined ? [] : [this.useComponent(String(schema.$ref))]),
      ...listed(schema, 'allOf').map(one => this.use(one)),
    ].filter(one => one !== 'any')
    const either = groups.map(group => `[${group.map(branch => this.branchText(branch)).join(', ')}]`)
    const kinds = kindsOf(schema)
    const description: (Member | undefined)[] = [
      kinds && (kinds.length === 0 ? NO_KINDS : ['kinds', literals(kinds)]),
      members === undefined ? undefined : ['members', members],
      demands.length > 0 ? ['demands', literals(demands)] : undefined,
      patterns.length > 0 ? ['patterns', `[${patterns.join(', ')}]`] : undefined,
      others === undefined ? undefined : others === false ? ['sealed', 'true'] : ['rest', this.member(others)],
      prefix.length > 0 ? ['prefix', `[${prefix.join(', ')}]`] : undefined,
      items === undefined ? undefined : ['items', this.use(items)],
      all.length > 0 ? ['all', `[${all.join(', ')}]`] : undefined,
      either.length > 0 ? ['either', `[${either.join(', ')}]`] : undefined,
    ]
    return description.filter(one => one !== undefined)
  }

  private membersOf(schema: ObjectSchema): string | undefined {
    if (!isObject(schema.properties)) return undefined
    return objectText(Object.entries(mapOf(schema.properties)).map(([name, one]) => [name, this.member(one)]))
  }

  private member(schema: JsonSchema): string {
    return isMarked('writeOnly', schema, this.schemas) ? 'hidden' : this.use(schema)
  }

  private branchText({ schema, has, is }: Branches[number]): string {
    const values = Object.entries(is).map(([name, list]): [string, string] => [name, literals(list)])
    return objectText([
      ['shape', this.use(schema)],
      ['has', has.length > 0 ? literals(has) : undefined],
      ['is', values.length > 0 ? objectText(values) : undefined],
    ])
  }
}

type Member = readonly [name: string, code: string]

const NO_KINDS: Member = ['kinds', '[]']

type Schemas = { readonly [name: string]: JsonSchema }

function mapOf(value: unknown): Schemas {
  return isObject(value) ? (value as Schemas) : {}
}

const OBJECT_KEYWORDS = ['properties', 'patternProperties', 'additionalProperties', 'unevaluatedProperties']
const ARRAY_KEYWORDS = ['items', 'prefixItems', 'unevaluatedItems']

/**
 * What a value may be that is no scalar; `undefined` if the schema leaves that open. Where no type is written it is
 * what the keywords are about: members are documented of an object then, and an array of them is something else.
 */
function kindsOf(schema: ObjectSchema): ('object' | 'array')[] | undefined {
  const types = typesOf(schema)
  if (types) return (['object', 'array'] as const).filter(type => types.includes(type))
  const object = OBJECT_KEYWORDS.some(keyword => keyword in schema)
  const array = ARRAY_KEYWORDS.some(keyword => keyword in schema)
  if (object === array) return undefined
  return object ? ['object'] : ['array']
}

function typesOf(schema: ObjectSchema): unknown[] | undefined {
  if (schema.type !== undefined) return [schema.type].flat()
  const values = 'const' in schema ? [schema.const] : schema.enum
  return Array.isArray(values)
    ? values.map(value => (Array.isArray(value) ? 'array' : isObject(value) ? 'object' : 'scalar'))
    : undefined
}

/** Does a schema hold no other? */
function isFlat(schema: ObjectSchema): boolean {
  return !('$ref' in schema) && ![...SUBSCHEMAS.keys()].some(keyword => keyword in schema)
}

/** Names of members may come from whoever is served: no name keeps a pattern busy. The model refuses those without a way. */
function patternText(pattern: string): string {
  const matching = matchingOf(pattern)
  if (!matching) throw new Error(`There is no safe way to match ${JSON.stringify(pattern)}`)
  if (matching.by === 'backtracking') return `new RegExp(${literal(pattern)}, 'u')`
  return `schemaFunctions.linearPattern(${jsonLiteral(matching.all)}, ${jsonLiteral(matching.none)})`
}
