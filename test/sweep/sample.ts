import { child, elements, follow, members, type Node } from './naive-document.js'

type JsonObject = { [name: string]: unknown }

/** Some value that fits a schema, as small as it may be. Knows no more of JSON Schema than the documents use. */
export function sample(schema: Node, depth = 0): unknown {
  if (depth > 20) throw new Error(`${schema.file}: a schema demands itself`)
  const keyword = (name: string) => child(schema, name).value
  if (keyword('const') !== undefined) return keyword('const')
  const [first] = elements(child(schema, 'enum'))
  if (first) return first.value
  const parts = [...elements(child(schema, 'allOf')).map(part => sample(part, depth + 1))]
  for (const choice of ['oneOf', 'anyOf']) {
    const [variant] = elements(child(schema, choice))
    if (variant) parts.push(withDiscriminator(sample(variant, depth + 1), variant, schema))
  }
  const scalar = parts.find(part => !isObject(part))
  if (scalar !== undefined) return scalar
  const own = parts.length > 0 && keyword('properties') === undefined ? {} : sampleOfType(schema, depth)
  return isObject(own) ? Object.assign(own, ...parts) : own
}

function sampleOfType(schema: Node, depth: number): unknown {
  const keyword = (name: string) => child(schema, name).value
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, depth)
    case 'array':
      return Array.from({ length: Math.max(1, Number(keyword('minItems') ?? 0)) }, () =>
        sample(child(schema, 'items'), depth + 1),
      )
    case 'integer':
    case 'number':
      return Number(keyword('minimum') ?? Math.min(1, Number(keyword('maximum') ?? 1)))
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return sampleText(schema)
  }
}

function typeOf(schema: Node): unknown {
  const type = child(schema, 'type').value
  if (Array.isArray(type)) return type.find(one => one !== 'null')
  if (type !== undefined) return type
  if (child(schema, 'properties').value !== undefined) return 'object'
  return child(schema, 'items').value === undefined ? 'string' : 'array'
}

function sampleObject(schema: Node, depth: number): JsonObject {
  const properties = members(child(schema, 'properties'))
  const required = elements(child(schema, 'required')).map(one => one.value)
  const wanted = properties.filter(([name]) => required.includes(name))
  const least = Number(child(schema, 'minProperties').value ?? 0)
  const more = properties.filter(([name]) => !required.includes(name)).slice(0, Math.max(0, least - wanted.length))
  const undescribed = required.filter(name => !properties.some(([known]) => known === name))
  return Object.fromEntries([
    ...undescribed.map(name => [name, 'text']),
    ...[...wanted, ...more].map(([name, property]) => [name, sample(property, depth + 1)]),
  ])
}

const BY_FORMAT: { readonly [format: string]: string } = {
  date: '2030-01-31',
  'date-time': '2030-01-31T12:00:00Z',
  email: 'somebody@example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '123e4567-e89b-12d3-a456-426614174000',
}

const TEXTS = ['text', 'https://example.com/', '+12345678', 'cac_1', 'en', '1']

function sampleText(schema: Node): string {
  const format = child(schema, 'format').value
  const pattern = child(schema, 'pattern').value
  const least = Number(child(schema, 'minLength').value ?? 0)
  const known = typeof format === 'string' ? BY_FORMAT[format] : undefined
  const candidates = known === undefined ? TEXTS : [known]
  const fitting = candidates.find(text => typeof pattern !== 'string' || new RegExp(pattern, 'u').test(text))
  if (fitting === undefined) throw new Error(`${schema.file}: no text for ${String(pattern)}`)
  return fitting.padEnd(least, fitting)
}

/** A variant is told by the name that the mapping gives it, or by its own. */
function withDiscriminator(value: unknown, variant: Node, schema: Node): unknown {
  const discriminator = child(schema, 'discriminator')
  const property = child(discriminator, 'propertyName').value
  if (typeof property !== 'string' || !isObject(value)) return value
  const target = follow(variant).value
  const mapped = members(child(discriminator, 'mapping')).find(
    ([, node]) => follow({ file: node.file, value: { $ref: node.value } }).value === target,
  )
  return mapped ? { ...value, [property]: mapped[0] } : value
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
