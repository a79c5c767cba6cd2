import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { formats } from '../../runtime/formats.js'

const NAMES = ['a', 'b', 'constructor', 'q\'"`\\$', '*/', '\u2028']
const name = fc.constantFrom(...NAMES)
const integer = fc.integer({ min: -2, max: 5 })
const text = fc.oneof(
  fc.constantFrom('', 'a', 'ab', '😀', '2024-01-01', 'a@b.example', '*/'),
  fc.string({ maxLength: 4 }),
)
const scalar = fc.oneof(integer, fc.constantFrom(0.5, -0, 1e21, null, true, false), text)

export const { value } = fc.letrec<{ value: unknown; list: unknown[]; object: object }>(tie => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(name, tie('value'), { maxKeys: 3 }),
}))

const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'array', 'object', 'null')
/** Of so many keywords that most schemas have values that fit and values that do not: all at once fit nothing. */
function some(keywords: Record<string, fc.Arbitrary<unknown>>, maxLength: number): fc.Arbitrary<object> {
  return fc
    .subarray(Object.keys(keywords), { maxLength })
    .chain(chosen => fc.record(Object.fromEntries(Object.entries(keywords).filter(([key]) => chosen.includes(key)))))
}

const bounds = some(
  {
    type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
    enum: fc.array(value, { minLength: 1, maxLength: 3 }),
    const: value,
    minimum: integer,
    exclusiveMaximum: integer,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    minLength: fc.nat(2),
    maxLength: fc.nat(3),
    pattern: fc.constantFrom('^a', '[^"]$', '\\u2028|`'),
    format: fc.constantFrom('date', 'email', 'uuid', 'unknown', 'constructor', '__proto__'),
    minItems: fc.nat(2),
    maxItems: fc.nat(2),
    maxProperties: fc.nat(2),
    uniqueItems: fc.boolean(),
    maximum: integer,
    exclusiveMinimum: integer,
    minProperties: fc.nat(2),
    required: fc.uniqueArray(name, { maxLength: 2 }),
    dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 1 }),
    title: text,
    nullable: fc.boolean(),
  },
  2,
)

const kind = fc.constantFrom('', 'a', 'ab', 1)
const tagged = ([tag, b]: [unknown, unknown]) => ({
  type: 'object',
  required: ['a'],
  properties: { a: { const: tag }, b },
})

/** Schemas that refer to some of the components. */
export function schemaOver(...components: [string, ...string[]]): fc.Arbitrary<unknown> {
  const ref = fc.constantFrom(...components).map(component => `#/components/schemas/${component}`)
  return fc.letrec<{ schema: unknown; list: unknown; node: unknown; union: unknown }>(tie => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      bounds,
      fc.boolean(),
      fc.constant({ type: 'null' }),
      ref.map($ref => ({ $ref })),
      tie('node'),
      tie('union'),
    ),
    // Alternatives of which a value names one, or whose types tell which is meant.
    union: fc
      .tuple(
        fc.constantFrom('oneOf', 'anyOf'),
        fc.array(
          fc.oneof(
            ref.map($ref => ({ $ref })),
            fc.tuple(kind, tie('schema')).map(tagged),
            bounds,
          ),
          {
            minLength: 2,
            maxLength: 3,
          },
        ),
        fc.constantFrom(
          {},
          { discriminator: { propertyName: 'a', mapping: { ab: 'A', a: '#/components/schemas/C' } } },
        ),
      )
      .map(([keyword, branches, hint]) => ({ [keyword]: branches, ...hint })),
    list: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
    node: fc
      .tuple(
        bounds,
        some(
          {
            properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }),
            patternProperties: fc.dictionary(fc.constantFrom('^a', 'c'), tie('schema'), { maxKeys: 1 }),
            additionalProperties: tie('schema'),
            unevaluatedProperties: tie('schema'),
            propertyNames: tie('schema'),
            dependentSchemas: fc.dictionary(name, tie('schema'), { maxKeys: 1 }),
            items: tie('schema'),
            prefixItems: tie('list'),
            unevaluatedItems: tie('schema'),
            contains: tie('schema'),
            minContains: fc.nat(2),
            maxContains: fc.nat(2),
            allOf: tie('list'),
            anyOf: tie('list'),
            oneOf: tie('list'),
            not: tie('schema'),
            if: tie('schema'),
            // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
            then: tie('schema'),
            else: tie('schema'),
            $ref: ref,
          },
          2,
        ),
      )
      .map(([one, other]) => ({ ...one, ...other })),
  })).schema
}

/** `C` refers to itself, as trees do; none refers to itself without taking something off the value. */
export const schemas = fc.record({
  A: schemaOver('B', 'C'),
  B: schemaOver('C'),
  C: bounds.map(one => ({ properties: { a: { $ref: '#/components/schemas/C' } }, ...one })),
})

/** What ajv says of values, where `rewrite` brings the schemas of a document to JSON Schema 2020-12. */
export function reference(schemas: object, body: unknown): (value: unknown) => boolean | undefined {
  const ajv = new Ajv2020({
    strict: false,
    logger: false,
    validateSchema: false,
    allErrors: true,
    ownProperties: true,
    formats: Object.assign(Object.create(null), formats),
  })
  const root = { components: { schemas: { ...schemas, It: body } } }
  ajv.addSchema(JSON.parse(JSON.stringify(root), rewritten), 'root')
  const valid = ajv.getSchema('root#/components/schemas/It')
  if (!valid) throw new Error('ajv does not know It')
  return one => {
    try {
      return valid(one) === true
    } catch (error) {
      // ajv's own code trips over `patternProperties` beside a composition; what is emitted must not.
      if (error instanceof TypeError) return undefined
      throw error
    }
  }
}

/** ajv heeds what is no keyword of JSON Schema, and skips what follows `prefixItems` where it may stop early. */
function rewritten(_key: string, one: unknown): unknown {
  if (typeof one !== 'object' || one === null || Array.isArray(one)) return one
  const { nullable: _nullable, discriminator: _discriminator, ...schema } = one as { [keyword: string]: unknown }
  if (!('prefixItems' in schema)) return schema
  const { prefixItems, items, allOf = [], ...rest } = schema
  return { ...rest, allOf: [...(allOf as unknown[]), { prefixItems, ...(items !== undefined && { items }) }] }
}

const flag = fc.boolean()

/** Schemas of OpenAPI 3.0 that refer to some of the components. */
export function oldSchemaOver(...components: [string, ...string[]]): fc.Arbitrary<unknown> {
  const ref = fc.constantFrom(...components).map(component => `#/components/schemas/${component}`)
  return fc.letrec<{ schema: unknown; list: unknown }>(tie => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      oldBounds,
      fc.record({ $ref: ref, nullable: flag, type }),
      fc
        .tuple(
          oldBounds,
          some(
            {
              properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }),
              additionalProperties: fc.oneof(tie('schema'), flag),
              items: tie('schema'),
              allOf: tie('list'),
              anyOf: tie('list'),
              oneOf: tie('list'),
              not: tie('schema'),
            },
            2,
          ),
        )
        .map(([one, other]) => ({ ...one, ...other })),
    ),
    list: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
  })).schema
}

const oldBounds = some(
  {
    type: type.filter(one => one !== 'null'),
    nullable: flag,
    enum: fc.array(value, { minLength: 1, maxLength: 3 }),
    minimum: integer,
    exclusiveMinimum: flag,
    maximum: integer,
    exclusiveMaximum: flag,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    maxLength: fc.nat(3),
    pattern: fc.constantFrom('^a', '[^"]$', '(a|a)+$'),
    format: fc.constantFrom('date', 'email', 'int32', 'unknown'),
    maxItems: fc.nat(2),
    uniqueItems: flag,
    minProperties: fc.nat(2),
    required: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
  },
  3,
)

export const oldSchemas = fc.record({
  A: oldSchemaOver('B', 'C'),
  B: oldSchemaOver('C'),
  C: oldBounds.map(one => ({ properties: { a: { $ref: '#/components/schemas/C' } }, ...one })),
})

/** OpenAPI 3.0 in JSON Schema 2020-12, put as briefly as it can be: only `$ref` counts where it stands. */
export function toNew(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  const { nullable, exclusiveMinimum, exclusiveMaximum, ...rest } = schema as { [keyword: string]: unknown }
  if (rest.$ref !== undefined) return { $ref: rest.$ref }
  for (const keyword of ['additionalProperties', 'items', 'not'])
    if (keyword in rest) rest[keyword] = toNew(rest[keyword])
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    const list = rest[keyword]
    if (Array.isArray(list)) rest[keyword] = list.map(toNew)
  }
  const { properties } = rest
  if (typeof properties === 'object' && properties !== null) {
    rest.properties = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, toNew(one)]))
  }
  if (exclusiveMinimum === true && rest.minimum !== undefined) rest.exclusiveMinimum = rest.minimum
  if (exclusiveMaximum === true && rest.maximum !== undefined) rest.exclusiveMaximum = rest.maximum
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : rest
}
