import fc from 'fast-check'
import { expect, test } from 'vitest'
import { strip } from '../../runtime/reply-strip.js'
import { type Schemas, shapeFor } from './emitted.js'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
type Schema = { readonly [keyword: string]: unknown }

const NAMES = ['a', 'b', 'c', 'x-d', 'constructor', '__proto__'] as const
const name = fc.constantFrom(...NAMES)
/** `__proto__` is refused in documents, but may be a member of a value. */
const documentedName = fc.constantFrom('a', 'b', 'c', 'x-d', 'constructor')
const COMPONENTS = ['One', 'Two', 'Three'] as const

const { plain, any } = fc.letrec<{ plain: Schema; any: Schema; leaf: Schema }>(tie => {
  const keywords = (one: fc.Arbitrary<Schema>, branches: boolean) =>
    fc.record(
      {
        type: fc.constantFrom('object', 'object', 'array', 'string', ['object', 'null'], ['array', 'object']),
        properties: fc.dictionary(documentedName, one, { maxKeys: 3 }),
        required: fc.uniqueArray(documentedName, { maxLength: 2 }),
        patternProperties: fc.dictionary(fc.constantFrom('^x-', '[ab]'), one, { minKeys: 1, maxKeys: 1 }),
        additionalProperties: fc.oneof(fc.boolean(), one),
        items: one,
        prefixItems: fc.array(one, { minLength: 1, maxLength: 2 }),
        allOf: fc.array(one, { minLength: 1, maxLength: 2 }),
        writeOnly: fc.constantFrom(true, false, false, false),
        ...(branches && {
          oneOf: fc.array(one, { minLength: 1, maxLength: 3 }),
          anyOf: fc.array(one, { minLength: 1, maxLength: 2 }),
          const: fc.constantFrom<Json>(1, 'a', null, { a: 1 }),
        }),
      },
      { requiredKeys: [] },
    )
  const ref = fc.constantFrom(...COMPONENTS).map(component => ({ $ref: `#/components/schemas/${component}` }))
  const leaf = fc.constantFrom<Schema>({}, { type: 'string' }, { type: 'object' }, { type: ['string', 'null'] })
  return {
    leaf,
    plain: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, ref, keywords(tie('plain'), false)),
    any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, ref, keywords(tie('any'), true)),
  }
})

const schemasOf = (schema: fc.Arbitrary<Schema>) => fc.record({ One: schema, Two: schema, Three: schema })

const { value } = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(null, 1, 'a', true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map(entries => {
      const object: { [name: string]: Json } = {}
      for (const [key, member] of entries)
        Object.defineProperty(object, key, { value: member, enumerable: true, configurable: true, writable: true })
      return object
    }),
  ),
}))

const values = fc.array(value, { minLength: 8, maxLength: 8 })

/** The rules of docs/replies.md, for schemas without alternatives, read from the schema itself. */
function naive(list: readonly Schema[], given: Json, schemas: Schemas): Json {
  const parts: Schema[] = []
  const gather = (schema: Schema | boolean): void => {
    const part: Schema = schema === true ? {} : schema === false ? { type: [] } : schema
    if (parts.includes(part)) return
    parts.push(part)
    if (typeof part.$ref === 'string') gather(schemas[part.$ref.split('/').pop() ?? ''] as Schema)
    for (const one of (part.allOf ?? []) as Schema[]) gather(one)
  }
  list.forEach(gather)
  if (typeof given !== 'object' || given === null) return given
  const kind = Array.isArray(given) ? 'array' : 'object'
  const takes = parts.every(part => {
    if (part.type !== undefined) return [part.type].flat().includes(kind)
    const object = 'properties' in part || 'patternProperties' in part || 'additionalProperties' in part
    const array = 'items' in part || 'prefixItems' in part
    return object === array || (kind === 'object' ? object : array)
  })
  if (Array.isArray(given)) {
    if (!takes) return []
    return given.map((item, index) => {
      const own = parts.flatMap<Schema>(
        part => ((part.prefixItems ?? []) as Schema[])[index] ?? (part.items as Schema | undefined) ?? [],
      )
      return naive(own, item, schemas)
    })
  }
  if (!takes) return {}
  const kept = Object.entries(given).flatMap(([key, member]): [string, Json][] => {
    const named = parts.flatMap<Schema>(part => {
      const properties = (part.properties ?? {}) as { [name: string]: Schema }
      if (Object.hasOwn(properties, key)) return properties[key] ?? []
      return ((part.required ?? []) as string[]).includes(key) ? {} : []
    })
    const matching = parts.flatMap<Schema>(part =>
      Object.entries((part.patternProperties ?? {}) as { [pattern: string]: Schema })
        .filter(([pattern]) => new RegExp(pattern, 'u').test(key))
        .map(([, one]) => one)
        .slice(0, 1),
    )
    const others = parts.map(part => part.additionalProperties as Schema | boolean | undefined)
    const open = others.filter(one => one !== undefined && one !== false)
    const silent = !parts.some(part => 'properties' in part || 'patternProperties' in part)
    const found: Schema[] | undefined =
      named.length > 0
        ? named
        : matching.length > 0
          ? matching.slice(0, 1)
          : others.includes(false)
            ? undefined
            : open.length > 0
              ? open.map(one => (one === true ? {} : (one as Schema)))
              : silent
                ? []
                : undefined
    if (found === undefined || found.some(one => isWriteOnly(one, schemas, []))) return []
    return [[key, naive(found, member, schemas)]]
  })
  return Object.fromEntries(kept)
}

function isWriteOnly(schema: Schema | boolean, schemas: Schemas, seen: readonly unknown[]): boolean {
  if (typeof schema === 'boolean' || seen.includes(schema)) return false
  const target = typeof schema.$ref === 'string' ? [schemas[schema.$ref.split('/').pop() ?? ''] as Schema] : []
  const parts = [...target, ...((schema.allOf ?? []) as Schema[])]
  return schema.writeOnly === true || parts.some(part => isWriteOnly(part, schemas, [...seen, schema]))
}

test('without alternatives, what is sent is what the rules say, byte for byte', () => {
  let cut = 0
  fc.assert(
    fc.property(plain, schemasOf(plain), values, (schema, schemas, list) => {
      const shape = shapeFor(schema, schemas)
      for (const given of list) {
        const text = JSON.stringify(strip(shape, given))
        expect(text).toBe(JSON.stringify(naive([schema], given, schemas)))
        if (text !== JSON.stringify(given)) cut++
      }
    }),
    { numRuns: 400 },
  )
  expect(cut).toBeGreaterThan(500)
})

/** Members in the order of the source; no value that is not there. */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(part, whole)
  if (typeof whole !== 'object' || whole === null || Array.isArray(part) !== Array.isArray(whole)) return false
  if (Array.isArray(part) && Array.isArray(whole))
    return (
      part.length === 0 || (part.length === whole.length && part.every((item, index) => isPartOf(item, whole[index])))
    )
  const order = Object.keys(whole)
  const keys = Object.keys(part)
  const positions = keys.map(key => order.indexOf(key))
  return (
    positions.every((position, index) => position > (positions[index - 1] ?? -1)) &&
    keys.every(key => isPartOf(Reflect.get(part, key), Reflect.get(whole, key)))
  )
}

test('whatever the schema, what is sent is a part of what was given, and that is not changed', () => {
  fc.assert(
    fc.property(any, schemasOf(any), values, (schema, schemas, list) => {
      const shape = shapeFor(schema, schemas)
      for (const given of list) {
        const before = JSON.stringify(given)
        const text = JSON.stringify(strip(shape, given))
        expect(isPartOf(JSON.parse(text), JSON.parse(before))).toBe(true)
        expect(JSON.stringify(given)).toBe(before)
      }
    }),
    { numRuns: 200 },
  )
})

/** The same value, with parts of it made by `toJSON`, boxed, or beside members that are not written. */
function dressed(given: Json, choose: () => number): unknown {
  const choice = choose() % 6
  if (typeof given !== 'object' || given === null) {
    if (choice === 0) return { toJSON: () => given }
    return choice === 1 && given !== null ? Object(given) : given
  }
  const inner = Array.isArray(given) ? given.map(item => dressed(item, choose)) : dressedMembers(given, choose)
  if (choice === 0) return { toJSON: () => inner, hash: 'secret' }
  if (choice === 1 && !Array.isArray(inner))
    return Object.create({ inherited: 1 }, Object.getOwnPropertyDescriptors(inner))
  return inner
}

function dressedMembers(given: { [name: string]: Json }, choose: () => number): object {
  const inner = {}
  for (const [key, member] of Object.entries(given)) {
    const made = dressed(member, choose)
    Object.defineProperty(inner, key, { value: made, enumerable: true, configurable: true, writable: true })
    if (choose() % 4 === 0) Object.assign(inner, { nothing: undefined, call: () => 1 })
  }
  return inner
}

test('whatever makes up a value, what is sent of it is what would be of its JSON form', () => {
  fc.assert(
    fc.property(any, schemasOf(any), values, fc.array(fc.nat(), { minLength: 1 }), (schema, schemas, list, choices) => {
      const shape = shapeFor(schema, schemas)
      for (const given of list) {
        let at = 0
        const rich = dressed(given, () => choices[at++ % choices.length] ?? 0)
        expect(JSON.stringify(rich)).toBe(JSON.stringify(given))
        expect(JSON.stringify(strip(shape, rich))).toBe(JSON.stringify(strip(shape, given)))
      }
    }),
    { numRuns: 300 },
  )
})
