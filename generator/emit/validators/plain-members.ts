import { _, type Ajv2020, type KeywordCxt, Name, str, stringify } from 'ajv/dist/2020.js'
import { type PlainMembers, type PlainSchema, schemaFunctions } from '../../../runtime/validator.js'

/**
 * Has ajv write one call for all members of an object of which nothing is said but `type`, `format` and `enum`, in place
 * of several lines for each. Most members are such, and code takes time when it is made, type-checked and loaded.
 */
export function compilePlainMembers(ajv: Ajv2020): void {
  const properties = ajv.getKeyword('properties')
  if (typeof properties !== 'object' || !('code' in properties)) throw new Error('ajv compiles no `properties`')
  ajv.removeKeyword('properties').addKeyword({
    ...properties,
    keyword: 'properties',
    // Where it stood.
    before: 'patternProperties',
    code(context: KeywordCxt) {
      const { gen, data, it } = context
      const schema: Members = context.schema
      const plain = Object.entries(schema).filter((member): member is [string, PlainSchema] => isPlain(member[1]))
      if (plain.length < 2) return properties.code(context)
      const members = grouped(plain)
      const table = gen.scopeValue('obj', { key: JSON.stringify(members), ref: members, code: stringify(members) })
      const check = gen.scopeValue('func', { ref: schemaFunctions.plain, code: _`schemaFunctions.plain` })
      gen.assign(FAULTS, _`${check}(${data}, ${str`${PATH}${it.errorPath}`}, ${FAULTS}, ${table})`)
      gen.assign(COUNT, _`${FAULTS} === null ? 0 : ${FAULTS}.length`)
      // They are left in for the account of what was evaluated.
      const done = Object.fromEntries(plain.map(([name]) => [name, true]))
      properties.code(Object.create(context, { schema: { value: { ...schema, ...done } } }))
    },
  })
}

// ajv's own names.
const [PATH, FAULTS, COUNT] = [new Name('instancePath'), new Name('vErrors'), new Name('errors')]

interface Members {
  readonly [name: string]: unknown
}

const KEYWORDS: readonly string[] = ['type', 'format', 'enum'] satisfies (keyof PlainSchema)[]

function isPlain(schema: unknown): schema is PlainSchema {
  if (typeof schema !== 'object' || schema === null) return false
  const keywords = Object.keys(schema)
  const { enum: values } = schema as { enum?: readonly unknown[] }
  return (
    keywords.length > 0 &&
    keywords.every(one => KEYWORDS.includes(one)) &&
    (values === undefined || values.every(one => typeof one !== 'object' || one === null))
  )
}

function grouped(members: readonly (readonly [string, PlainSchema])[]): PlainMembers {
  const groups = new Map<string, [PlainSchema, ...string[]]>()
  for (const [name, schema] of members) {
    const key = JSON.stringify(schema)
    const group = groups.get(key)
    if (group) group.push(name)
    else groups.set(key, [schema, name])
  }
  return [...groups.values()]
}
