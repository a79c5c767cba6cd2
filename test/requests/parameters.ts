import { child, type FoundOperation } from '../sweep/naive-document.js'
import { requestSchema, resolved, type SchemaRoot } from './document-schema.js'

export interface FoundParameter {
  readonly name: string
  readonly place: string
  readonly required: boolean
  readonly isExploded: boolean
  /** Its schema says that it is an array. */
  readonly isList: boolean
  readonly allowsEmpty: boolean
  readonly schema: SchemaRoot
}

/** Fields that the document describes elsewhere (OpenAPI, Parameter Object, `name`). */
const ELSEWHERE = ['accept', 'content-type', 'authorization']

/** An operation's parameters: those of its own before those of its path item, and what only the path names. */
export function parametersOf({ path, parameters }: FoundOperation, version: string): FoundParameter[] {
  const found = new Map<string, FoundParameter>()
  for (const node of parameters) {
    const text = (key: string) => String(child(node, key).value)
    const name = text('name')
    const place = text('in')
    if (place === 'header' && ELSEWHERE.includes(name.toLowerCase())) continue
    // A credential, and there is one already (RFC 6750 section 2.3).
    if (place === 'query' && name === 'access_token') continue
    if (place === 'path' && !path.includes(`{${name}}`)) continue
    if (child(node, 'content').value !== undefined) throw new Error(`the requests do not know content of ${name}`)
    const style = child(node, 'style').value
    if (style !== undefined && style !== 'form' && style !== 'simple') {
      throw new Error(`the requests do not know the style ${style}`)
    }
    const schema = requestSchema(child(node, 'schema'), version)
    const type = resolved(schema, schema).type
    const explode = child(node, 'explode').value
    found.set(`${place} ${name}`, {
      name,
      place,
      required: place === 'path' || child(node, 'required').value === true,
      isExploded: typeof explode === 'boolean' ? explode : place === 'query',
      isList: type === 'array',
      allowsEmpty: child(node, 'allowEmptyValue').value === true,
      schema,
    })
  }
  for (const [, name = ''] of path.matchAll(/\{([^{}]+)\}/g)) {
    if (!found.has(`path ${name}`)) found.set(`path ${name}`, undescribed(name))
  }
  return [...found.values()]
}

function undescribed(name: string): FoundParameter {
  const schema = { type: 'string', $defs: {} }
  return { name, place: 'path', required: true, isExploded: false, isList: false, allowsEmpty: false, schema }
}
