import { follow, type Node, referred } from '../sweep/naive-document.js'

export type Schema = boolean | SchemaObject

export interface SchemaObject {
  readonly [keyword: string]: unknown
}

/** A schema with all that it refers to, as `#/$defs/…`. */
export interface SchemaRoot extends SchemaObject {
  readonly $defs: { readonly [name: string]: Schema }
}

/** Where a keyword holds schemas. Those of `if` and of evaluated members are none that the documents here use. */
const HOLDERS: { readonly [keyword: string]: 'one' | 'list' | 'members' } = {
  items: 'one',
  additionalProperties: 'one',
  not: 'one',
  propertyNames: 'one',
  allOf: 'list',
  anyOf: 'list',
  oneOf: 'list',
  properties: 'members',
  patternProperties: 'members',
}

const CONSTRAINTS = [
  ...['type', 'enum', 'const', 'format', 'pattern', 'minLength', 'maxLength'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minItems', 'maxItems', 'uniqueItems', 'required', 'minProperties', 'maxProperties', 'dependentRequired'],
]

const ANNOTATIONS = [
  ...['title', 'description', 'default', 'example', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'nullable'],
  ...['xml', 'discriminator', 'externalDocs', '$ref', 'contentMediaType', 'contentEncoding'],
]

/**
 * A schema of a document as a JSON Schema (2020-12) that requests are held to, in the plainest way there is: members that
 * are `readOnly` are left out, and OpenAPI 3.0 is brought to JSON Schema's words.
 * @throws {Error} for a keyword that it does not know: what is measured by it would be measured wrongly.
 */
export function requestSchema(node: Node, version: string): SchemaRoot {
  const names = new Map<unknown, string>()
  const $defs: { [name: string]: Schema } = {}
  const is30 = version.startsWith('3.0')
  const schema = translate(node, new Set())
  return typeof schema === 'boolean' ? { allOf: [schema], $defs } : { ...schema, $defs }

  function translate(one: Node, outer: ReadonlySet<string>): Schema {
    const { value } = one
    if (typeof value === 'boolean') return value
    if (value === undefined) return true
    if (typeof value !== 'object' || value === null) throw new Error(`${one.file}: ${String(value)} is no schema`)
    const target = referred(one)
    const reference = target && { $ref: `#/$defs/${nameOf(target)}` }
    if (reference && is30) return reference
    const readOnly = new Set([...outer, ...readOnlyMembers(one, 0)])
    const result: { [keyword: string]: unknown } = { ...reference }
    for (const [keyword, inner] of ownMembers(one)) {
      const holds = HOLDERS[keyword]
      if (holds === 'one') result[keyword] = translate(inner, NONE)
      else if (holds === 'list') {
        result[keyword] = ownMembers(inner).map(([, part]) => translate(part, keyword === 'allOf' ? readOnly : NONE))
      } else if (holds === 'members') {
        const kept = ownMembers(follow(inner)).filter(
          ([name, part]) => keyword !== 'properties' || !isReadOnly(part, 0, name),
        )
        result[keyword] = Object.fromEntries(kept.map(([name, part]) => [name, translate(part, NONE)]))
      } else if (CONSTRAINTS.includes(keyword)) result[keyword] = inner.value
      else if (!ANNOTATIONS.includes(keyword) && !keyword.startsWith('x-')) {
        throw new Error(`${one.file}: the requests do not know the keyword ${keyword}`)
      }
    }
    const discriminator = memberOf(one, 'discriminator')
    if (discriminator.value !== undefined) result[TELLS] = tellsOf(one, discriminator)
    if (Array.isArray(result.required)) result.required = result.required.filter(name => !readOnly.has(name))
    return is30 ? inNewerWords(result, Reflect.get(value, 'nullable') === true) : result
  }

  function nameOf(target: Node): string {
    const known = names.get(target.value)
    if (known !== undefined) return known
    const name = `s${names.size}`
    names.set(target.value, name)
    $defs[name] = translate(target, NONE)
    return name
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Which member tells an alternative, and the names that each has there: a hint, for whoever makes a value up. */
export const TELLS = 'x-tells'

export interface Tells {
  readonly member: string
  readonly names: readonly (readonly string[])[]
}

function tellsOf(schema: Node, discriminator: Node): Tells {
  const mapping = ownMembers(memberOf(discriminator, 'mapping'))
  const alternatives = ['oneOf', 'anyOf'].flatMap(keyword => ownMembers(memberOf(schema, keyword)))
  const names = alternatives.map(([, alternative]) => {
    const target = follow(alternative).value
    return mapping
      .filter(([, { file, value }]) => follow({ file, value: { $ref: value } }).value === target)
      .map(([name]) => name)
  })
  return { member: String(memberOf(discriminator, 'propertyName').value), names }
}

/** The members of a node itself, not of what it refers to. */
function ownMembers({ file, value }: Node): [string, Node][] {
  return Object.entries(value ?? {}).map(([key, member]) => [key, { file, value: member }])
}

/** OpenAPI 3.0: flags for exclusive bounds, and for `null`. */
function inNewerWords(schema: { readonly [keyword: string]: unknown }, isNullable: boolean): SchemaObject {
  const { exclusiveMinimum, exclusiveMaximum, ...rest } = schema
  const result: { [keyword: string]: unknown } = rest
  if (exclusiveMinimum === true) {
    result.exclusiveMinimum = rest.minimum
    delete result.minimum
  }
  if (exclusiveMaximum === true) {
    result.exclusiveMaximum = rest.maximum
    delete result.maximum
  }
  if (!isNullable) return result
  const isComposed = ['allOf', 'anyOf', 'oneOf', 'not'].some(keyword => keyword in result)
  if (isComposed || result.enum !== undefined) return { anyOf: [result, { type: 'null' }] }
  return { ...result, ...(result.type !== undefined && { type: [result.type, 'null'] }) }
}

function readOnlyMembers(node: Node, depth: number): string[] {
  if (depth > 20) throw new Error(`${node.file}: a schema demands itself`)
  const own = ownMembers(follow(memberOf(node, 'properties'))).filter(([name, part]) => isReadOnly(part, 0, name))
  const parts = ownMembers(memberOf(node, 'allOf')).map(([, part]) => part)
  const target = referred(node)
  if (target) parts.push(target)
  return [...own.map(([name]) => name), ...parts.flatMap(part => readOnlyMembers(part, depth + 1))]
}

function isReadOnly(node: Node, depth: number, name: string): boolean {
  if (depth > 20) throw new Error(`${node.file}: ${name} demands itself`)
  if (memberOf(node, 'readOnly').value === true) return true
  const target = referred(node)
  if (target && isReadOnly(target, depth + 1, name)) return true
  return ownMembers(memberOf(node, 'allOf')).some(([, part]) => isReadOnly(part, depth + 1, name))
}

function memberOf(node: Node, key: string): Node {
  const own = Object.hasOwn(Object(node.value), key)
  return { file: node.file, value: own ? Reflect.get(Object(node.value), key) : undefined }
}

/** A schema of a root, or what it refers to. What stands beside a `$ref` is kept. */
export function resolved(schema: Schema, root: SchemaRoot): SchemaObject {
  if (typeof schema === 'boolean') return schema ? {} : { not: {} }
  const { $ref, ...rest } = schema
  if (typeof $ref !== 'string') return schema
  const target = resolved(root.$defs[$ref.replace('#/$defs/', '')] ?? false, root)
  const { $defs: _, ...others } = rest
  return Object.keys(others).length === 0 ? target : { ...others, allOf: [target, ...listOf(others.allOf)] }
}

export function listOf(value: unknown): Schema[] {
  return Array.isArray(value) ? value : []
}
