import { Ajv2020 } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyValidator } from './emitted.js'

const NAMES = ['a', 'b', 'constructor', 'q\'"`\\$', '*/', '\u2028']
const name = fc.constantFrom(...NAMES)
const integer = fc.integer({ min: -2, max: 5 })
const text = fc.oneof(
  fc.constantFrom('', 'a', 'ab', '😀', '2024-01-01', 'a@b.example', '*/'),
  fc.string({ maxLength: 4 }),
)
const scalar = fc.oneof(integer, fc.constantFrom(0.5, -0, 1e21, null, true, false), text)

const { value } = fc.letrec<{ value: unknown; list: unknown[]; object: object }>(tie => ({
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
    uniqueItems: fc.boolean(),
    minProperties: fc.nat(2),
    required: fc.uniqueArray(name, { maxLength: 2 }),
    dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 1 }),
    title: text,
    nullable: fc.boolean(),
  },
  2,
)

/** Schemas that refer to some of the components. */
function schemaOver(...components: [string, ...string[]]): fc.Arbitrary<unknown> {
  const ref = fc.constantFrom(...components).map(component => `#/components/schemas/${component}`)
  return fc.letrec<{ schema: unknown; list: unknown; node: unknown }>(tie => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      bounds,
      fc.boolean(),
      fc.constant({ type: 'null' }),
      ref.map($ref => ({ $ref })),
      tie('node'),
    ),
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
const schemas = fc.record({
  A: schemaOver('B', 'C'),
  B: schemaOver('C'),
  C: bounds.map(one => ({ properties: { a: { $ref: '#/components/schemas/C' } }, ...one })),
})

function reference(schemas: object, body: unknown): (value: unknown) => boolean | undefined {
  const ajv = new Ajv2020({
    strict: false,
    logger: false,
    validateSchema: false,
    allErrors: true,
    ownProperties: true,
    formats,
  })
  const root = { components: { schemas: { ...schemas, It: body } } }
  // ajv heeds `nullable`, which is no keyword of JSON Schema.
  ajv.addSchema(JSON.parse(JSON.stringify(root, (key, one) => (key === 'nullable' ? undefined : one))), 'root')
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

const formats: Record<string, (typeof fullFormats)[keyof typeof fullFormats]> = Object.assign(
  Object.create(null),
  fullFormats,
)

describe('what is emitted decides as ajv does on the schemas of the document', () => {
  it('on random schemas and values', () => {
    const counts = { valid: 0, invalid: 0 }
    const samples = fc.array(value, { minLength: 1, maxLength: 25 })
    fc.assert(
      fc.property(schemas, schemaOver('A', 'B', 'C'), samples, (schemas, body, values) => {
        const expected = reference(schemas, body)
        const { valid = () => true } = bodyValidator(body, schemas).body?.content[0] ?? {}
        for (const one of values.map(each => JSON.parse(JSON.stringify(each)))) {
          const answer = expected(one)
          const emitted = valid(one)
          if (answer === undefined) continue
          counts[answer ? 'valid' : 'invalid']++
          expect(emitted).toBe(answer)
        }
      }),
      { numRuns: 150 },
    )
    // A generator of schemas that nothing fits, or everything, would prove nothing.
    expect(Math.min(counts.valid, counts.invalid)).toBeGreaterThan(300)
  })
})
