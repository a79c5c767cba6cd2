import type { Random } from './random.js'

/** Something large, as JSON text: as a value it would overflow the stack of whoever writes it out. */
export interface Extreme {
  readonly name: string
  readonly text: string
}

/** A value that is too deep, too long or too many; most places take one of them. */
export function extreme(random: Random): Extreme {
  return random.pick(EXTREMES)(random)
}

const EXTREMES: readonly ((random: Random) => Extreme)[] = [
  random => deep(random, '{"items":', '{}', '}'),
  random => deep(random, '{"allOf":[', '{"type":"object"}', ']}'),
  random => deep(random, '{"oneOf":[{"type":"string"},', '{"type":"object"}', ']}'),
  random => deep(random, '{"not":', '{}', '}'),
  random => deep(random, '{"type":"object","properties":{"a":', '{}', '}}'),
  random => deep(random, '{"type":"object","required":["a"],"additionalProperties":', '{}', '}'),
  random => deep(random, '{"type":"array","prefixItems":[', 'true', ']}'),
  random => deep(random, '[', '1', ']'),
  random => deep(random, '{"a":', '1', '}'),
  random =>
    deep(random, '{"allOf":[{"properties":{"a":{"type":"string"}}},', '{"$ref":"#/components/schemas/X"}', ']}'),
  random => text(random, 'a'),
  random => text(random, '\\n'),
  random => text(random, '\\u2028'),
  random => text(random, '{a}'),
  random => text(random, '/a'),
  random => text(random, '*/'),
  random => text(random, 'a '),
  random => text(random, '(a|b)'),
  random => text(random, '\\ud83d'),
  random => many(random, '[', at => `"e${at}"`, ']'),
  random => many(random, '{"enum":[', at => `${at}`, ']}'),
  random => many(random, '{"type":"object","properties":{', at => `"p${at}":{"type":"string"}`, '}}'),
  random => many(random, '{"type":"object","required":[', at => `"p${at}"`, ']}'),
  random => many(random, '{"oneOf":[', at => `{"type":"object","properties":{"kind":{"const":"k${at}"}}}`, ']}', 2000),
  random => many(random, '{"allOf":[', at => `{"properties":{"p${at}":{"minimum":${at}}}}`, ']}', 2000),
  random => many(random, '{"anyOf":[', at => `{"pattern":"^a${at}"}`, ']}', 2000),
  random => many(random, '{"prefixItems":[', at => `{"const":${at}}`, ']}', 2000),
  random => many(random, '[', at => `{"name":"q${at}","in":"query","schema":{"type":"string"}}`, ']', 2000),
  random => many(random, '[', at => `{"s${at}":["a","b"]}`, ']', 5000),
  random => many(random, '{', at => `"/p${at}/{id}":{"get":{"responses":{}}}`, '}', 2000),
  random => many(random, '{', at => `"${200 + at}":{"description":""}`, '}', 5000),
  random => many(random, '{', at => `"text/x${at}":{"schema":{"type":"string"}}`, '}', 3000),
  random => many(random, '{"patternProperties":{', at => `"^p${at}":{"type":"string"}`, '}}', 2000),
]

function deep(random: Random, open: string, inside: string, close: string): Extreme {
  // Half of them are below what is refused.
  const depth = random.chance(0.5) ? random.magnitude(20, 500) : random.magnitude(500, 20_000)
  return { name: `${open} ${depth} times`, text: `${open.repeat(depth)}${inside}${close.repeat(depth)}` }
}

function text(random: Random, part: string): Extreme {
  const count = random.magnitude(1000, 3_000_000)
  return { name: `a text of ${count} times ${part}`, text: `"${part.repeat(count)}"` }
}

function many(random: Random, open: string, item: (at: number) => string, close: string, most = 50_000): Extreme {
  const count = random.magnitude(20, most)
  const items = Array.from({ length: count }, (_, at) => item(at))
  return { name: `${open} with ${count} items`, text: `${open}${items.join(',')}${close}` }
}

/** Schemas of which each uses the one before it more than once: what is copied, doubles with each. */
export function doubling(random: Random): { readonly name: string; readonly schemas: { [name: string]: object } } {
  const [form, of] = random.pick(DOUBLED)
  const depth = random.magnitude(4, 60)
  const schemas: { [name: string]: object } = { D0: { type: 'object', properties: { a: { type: 'string' } } } }
  for (let at = 1; at <= depth; at++) schemas[`D${at}`] = of({ $ref: `#/components/schemas/D${at - 1}` })
  if (random.chance(0.3)) schemas.D0 = { $ref: `#/components/schemas/D${depth}` }
  return {
    name: `schemas that double ${depth} times by ${form}`,
    schemas: { ...schemas, Doubled: { $ref: `#/components/schemas/D${depth}` } },
  }
}

const DOUBLED: readonly (readonly [string, (reference: object) => object])[] = [
  ['allOf', one => ({ allOf: [one, { ...one }] })],
  ['anyOf', one => ({ anyOf: [one, { type: 'null' }, { ...one }] })],
  ['oneOf', one => ({ oneOf: [one, { ...one, type: 'object' }] })],
  ['properties', one => ({ type: 'object', properties: { a: one, b: { ...one } } })],
  ['items', one => ({ type: 'array', prefixItems: [one, { ...one }], items: { ...one } })],
  ['if', one => ({ if: one, else: { not: { ...one } } })],
  ['all of them', one => ({ allOf: [{ ...one }], anyOf: [{ ...one }], properties: { a: { ...one } }, readOnly: true })],
]
