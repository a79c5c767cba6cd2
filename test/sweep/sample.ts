import fc from 'fast-check'
import { child, elements, follow, members, type Node } from './naive-document.js'

type JsonObject = { [name: string]: unknown }

/**
 * Some value that fits a schema, as small as it may be. Knows no more of JSON Schema than the documents use.
 * @param variant which one of alternatives (`oneOf`, `anyOf`, `enum`) to take: some may not fit with what stands beside.
 *   From 4 on, with all that an object may hold near its top.
 */
export function sample(schema: Node, variant = 0): unknown {
  return sampleOf([schema], variant, 0)
}

/** A value that fits several schemas at once: they are looked at as one. */
function sampleOf(schemas: readonly Node[], variant: number, depth: number): unknown {
  const parts = schemas.flatMap(one => partsOf(one, variant, depth))
  const keyword = (name: string) => parts.map(one => child(one, name)).find(one => one.value !== undefined)
  const constant = keyword('const')
  if (constant) return constant.value
  const values = keyword('enum')
  const tag = values && pick(elements(values), variant)
  const value = tag ? tag.value : sampleOfType(parts, variant, depth)
  return isObject(value) ? withDiscriminators(value, parts, variant) : value
}

/** A schema and what it is composed of, with one of each list of alternatives. */
function partsOf(schema: Node, variant: number, depth: number): Node[] {
  if (depth > 20) throw new Error(`${schema.file}: a schema demands itself`)
  const all = elements(child(schema, 'allOf'))
  const some = ['oneOf', 'anyOf'].flatMap(choice => pick(elements(child(schema, choice)), variant) ?? [])
  return [schema, ...[...all, ...some].flatMap(part => partsOf(part, variant, depth + 1))]
}

function pick(list: readonly Node[], variant: number): Node | undefined {
  return list[variant % Math.max(1, list.length)]
}

function sampleOfType(parts: readonly Node[], variant: number, depth: number): unknown {
  const keyword = (name: string) => parts.map(one => child(one, name).value).find(one => one !== undefined)
  switch (typeOf(parts)) {
    case 'object':
      return sampleObject(parts, variant, depth)
    case 'array': {
      const items = parts.map(one => child(one, 'items')).filter(one => one.value !== undefined)
      return Array.from({ length: Math.max(1, Number(keyword('minItems') ?? 0)) }, () =>
        sampleOf(items, variant, depth + 1),
      )
    }
    case 'integer':
    case 'number':
      return Number(keyword('minimum') ?? Math.min(1, Number(keyword('maximum') ?? 1)))
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return sampleText(keyword)
  }
}

function typeOf(parts: readonly Node[]): unknown {
  const types = parts.flatMap(one => child(one, 'type').value ?? [])
  const type = types.find(one => one !== 'null')
  if (type !== undefined) return type
  if (types.length > 0) return 'null'
  const has = (name: string) => parts.some(one => child(one, name).value !== undefined)
  if (has('properties') || has('required')) return 'object'
  return has('items') ? 'array' : 'string'
}

function sampleObject(parts: readonly Node[], variant: number, depth: number): JsonObject {
  const properties = new Map<string, Node[]>()
  for (const [name, property] of parts.flatMap(one => members(child(one, 'properties')))) {
    properties.set(name, [...(properties.get(name) ?? []), property])
  }
  const required = parts.flatMap(one => elements(child(one, 'required'))).map(one => String(one.value))
  const least = Math.max(...parts.map(one => Number(child(one, 'minProperties').value ?? 0)))
  const more = [...properties.keys()].filter(name => !required.includes(name))
  const added = variant >= 4 && depth < 3 ? more.length : Math.max(0, least - required.length)
  const wanted = [...new Set([...required, ...more.slice(0, added)])]
  return Object.fromEntries(
    wanted.map(name => {
      const schemas = properties.get(name)
      return [name, schemas === undefined ? 'text' : sampleOf(schemas, variant, depth + 1)]
    }),
  )
}

const BY_FORMAT: { readonly [format: string]: string } = {
  date: '2030-01-31',
  'date-time': '2030-01-31T12:00:00Z',
  email: 'somebody@example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '123e4567-e89b-12d3-a456-426614174000',
}

const TEXTS = ['https://example.com/', '+12345678', 'cac_1', 'en', '1']

function sampleText(keyword: (name: string) => unknown): string {
  const format = keyword('format')
  const pattern = keyword('pattern')
  const least = Number(keyword('minLength') ?? 0)
  const most = Number(keyword('maxLength') ?? Number.POSITIVE_INFINITY)
  const known = typeof format === 'string' ? BY_FORMAT[format] : undefined
  if (known !== undefined) return known
  const plain = 'text'.padEnd(least, 'text').slice(0, most)
  if (typeof pattern !== 'string') return plain
  const matching = regularExpression(pattern)
  const fits = (text: string) => matching.test(text) && text.length >= least && text.length <= most
  const fitting =
    [plain, ...TEXTS].find(fits) ?? fc.sample(fc.stringMatching(matching), { seed: 1, numRuns: 500 }).find(fits)
  if (fitting === undefined) throw new Error(`no text for ${pattern}`)
  return fitting
}

/** With the flag of JSON Schema; without, where a document escapes what need not be. */
function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return new RegExp(pattern)
  }
}

/** A variant is told by the name that the mapping gives it, or by its own. */
function withDiscriminators(value: JsonObject, parts: readonly Node[], variant: number): JsonObject {
  const told = parts.flatMap((part): [string, unknown][] => {
    const discriminator = child(part, 'discriminator')
    const property = child(discriminator, 'propertyName').value
    const chosen = ['oneOf', 'anyOf'].flatMap(choice => pick(elements(child(part, choice)), variant) ?? [])[0]
    if (typeof property !== 'string' || !chosen) return []
    const target = follow(chosen).value
    const mapped = members(child(discriminator, 'mapping')).find(
      ([, node]) => follow({ file: node.file, value: { $ref: node.value } }).value === target,
    )
    return mapped ? [[property, mapped[0]]] : []
  })
  return { ...value, ...Object.fromEntries(told) }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
