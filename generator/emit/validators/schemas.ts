import { readComponentReference } from '../../load/reference.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'

/** The component that a `$ref` names, and what it holds. @throws {Error} if there is none: the loader let it through. */
export function component(schemas: ApiModel['schemas'], ref: unknown): { name: string; schema: JsonSchema } {
  const { section, name } = readComponentReference(String(ref)) ?? {}
  const isKnown = section === 'schemas' && name !== undefined && Object.hasOwn(schemas, name)
  const schema = isKnown ? schemas[name] : undefined
  if (name === undefined || schema === undefined) throw new Error(`There is no schema ${JSON.stringify(ref)}`)
  return { name, schema }
}

/** The schemas that a keyword lists. */
export function listed(schema: JsonSchema, keyword: 'allOf' | 'anyOf' | 'oneOf'): readonly JsonSchema[] {
  const list = typeof schema === 'object' ? schema[keyword] : undefined
  return Array.isArray(list) ? list : []
}
