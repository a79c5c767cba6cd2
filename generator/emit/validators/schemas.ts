import type { ApiModel, JsonSchema } from '../../model/api-model.js'

/** The component that a `$ref` names, and what it holds. @throws {Error} if there is none: the loader let it through. */
export function component(schemas: ApiModel['schemas'], ref: unknown): { name: string; schema: JsonSchema } {
  const name = typeof ref === 'string' ? nameIn(ref) : undefined
  const schema = name !== undefined && Object.hasOwn(schemas, name) ? schemas[name] : undefined
  if (name === undefined || schema === undefined) throw new Error(`There is no schema ${JSON.stringify(ref)}`)
  return { name, schema }
}

const COMPONENTS = '#/components/schemas/'

/** Asked for so often that a pattern would be felt. */
function nameIn(ref: string): string | undefined {
  if (!ref.startsWith(COMPONENTS)) return undefined
  const segment = ref.slice(COMPONENTS.length)
  if (segment === '' || segment.includes('/')) return undefined
  return segment.includes('~') ? segment.replaceAll('~1', '/').replaceAll('~0', '~') : segment
}

/** The schemas that a keyword lists. */
export function listed(schema: JsonSchema, keyword: 'allOf' | 'anyOf' | 'oneOf'): readonly JsonSchema[] {
  const list = typeof schema === 'object' ? schema[keyword] : undefined
  return Array.isArray(list) ? list : []
}
