import { readComponentReference } from '../../load/reference.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'

/** The component that a `$ref` names, and what it holds. @throws {Error} if there is none: the loader let it through. */
export function component(schemas: ApiModel['schemas'], ref: unknown): { name: string; schema: JsonSchema } {
  const name = typeof ref === 'string' ? nameIn(ref) : undefined
  const schema = name !== undefined && Object.hasOwn(schemas, name) ? schemas[name] : undefined
  if (name === undefined || schema === undefined) throw new Error(`There is no schema ${JSON.stringify(ref)}`)
  return { name, schema }
}

const COMPONENTS = '#/components/schemas/'

/** Asked for so often that taking the reference apart would be felt: most names hold nothing that is escaped. */
function nameIn(ref: string): string | undefined {
  if (!ref.startsWith(COMPONENTS)) return undefined
  const segment = ref.slice(COMPONENTS.length)
  if (/[~%/]/.test(segment)) return readComponentReference(ref)?.name
  return segment === '' ? undefined : segment
}

/** The schemas that a keyword lists. */
export function listed(schema: JsonSchema, keyword: 'allOf' | 'anyOf' | 'oneOf'): readonly JsonSchema[] {
  const list = typeof schema === 'object' ? schema[keyword] : undefined
  return Array.isArray(list) ? list : []
}
