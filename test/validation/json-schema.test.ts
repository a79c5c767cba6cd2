import { describe, expect, it } from 'vitest'
import { type SchemaFault, toJsonSchema } from '../../generator/model/json-schema.js'
import { unicodePattern } from '../../generator/model/pattern.js'

function convert(schema: unknown, version: '3.0' | '3.1' = '3.0') {
  const faults: SchemaFault[] = []
  const result = toJsonSchema(schema, version, fault => faults.push(fault))
  return { result, faults }
}

describe('OpenAPI 3.0', () => {
  const table: [name: string, written: unknown, expected: unknown][] = [
    ['nullable', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      'nullable beside enum',
      { type: 'string', nullable: true, enum: ['a'] },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    [
      'nullable beside an enum that lists null',
      { nullable: true, enum: ['a', null], type: 'string' },
      { enum: ['a', null], type: ['string', 'null'] },
    ],
    [
      'nullable beside allOf',
      { nullable: true, allOf: [{ $ref: '#/components/schemas/A' }], default: null },
      { default: null, anyOf: [{ allOf: [{ $ref: '#/components/schemas/A' }] }, { type: 'null' }] },
    ],
    ['nullable false', { type: 'string', nullable: false }, { type: 'string' }],
    ['nullable without a type', { nullable: true, minLength: 1 }, { minLength: 1 }],
    ['an exclusive bound', { minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
    ['an inclusive bound', { maximum: 1, exclusiveMaximum: false }, { maximum: 1 }],
    ['an exclusive bound without a bound', { exclusiveMaximum: true }, {}],
    [
      'siblings of $ref',
      { $ref: '#/components/schemas/A', nullable: true, minLength: 3 },
      { $ref: '#/components/schemas/A' },
    ],
    [
      'annotations',
      { title: 't', description: 'd', example: 1, xml: {}, externalDocs: {}, deprecated: true, 'x-a': 1, $async: true },
      {},
    ],
    [
      'properties that are named like annotations',
      { properties: { title: { type: 'string' }, example: { title: 'x' }, nullable: { nullable: true } } },
      { properties: { title: { type: 'string' }, example: {}, nullable: {} } },
    ],
    ['readOnly', { type: 'string', readOnly: true }, { type: 'string', readOnly: true }],
    [
      'discriminator',
      { oneOf: [{ type: 'object' }], discriminator: { propertyName: 'x', mapping: { a: 'A', b: 1 }, 'x-a': 1 } },
      { oneOf: [{ type: 'object' }], discriminator: { propertyName: 'x', mapping: { a: 'A' } } },
    ],
    [
      'discriminator that is none',
      { oneOf: [{ type: 'object' }], discriminator: { mapping: {} } },
      { oneOf: [{ type: 'object' }] },
    ],
  ]
  it.each(table)('%s', (_name, written, expected) => {
    expect(convert(written)).toEqual({ result: expected, faults: [] })
  })
})

describe('OpenAPI 3.1', () => {
  it.each([
    [
      'siblings of $ref',
      { $ref: '#/components/schemas/A', minLength: 3, description: 'd' },
      { $ref: '#/components/schemas/A', minLength: 3 },
    ],
    ['nullable is an unknown keyword', { type: 'string', nullable: true }, { type: 'string' }],
    [
      'dependencies',
      { dependencies: { a: ['b'], c: { required: ['d'] } } },
      { dependentRequired: { a: ['b'] }, dependentSchemas: { c: { required: ['d'] } } },
    ],
    ['booleans', { properties: { a: true, b: false } }, { properties: { a: true, b: false } }],
    ['a pattern with an idle escape', { pattern: '^[\\w\\-\\:]+$' }, { pattern: '^[\\w\\-:]+$' }],
  ])('%s', (_name, written, expected) => {
    expect(convert(written, '3.1')).toEqual({ result: expected, faults: [] })
  })

  it('leaves its own result as it is', () => {
    const { result } = convert({
      type: 'object',
      nullable: true,
      properties: { a: { minimum: 0, exclusiveMinimum: true } },
    })
    expect(convert(result, '3.1')).toEqual({ result, faults: [] })
  })
})

describe('what cannot be compiled is a fault, and matches nothing', () => {
  it.each([
    [{ type: 'strnig' }, ['type']],
    [{ type: [] }, ['type']],
    [{ properties: { a: { pattern: '(' } } }, ['properties', 'a', 'pattern']],
    [{ pattern: '(?i)abc' }, ['pattern']],
    [{ patternProperties: { '(': {} } }, ['patternProperties', '(']],
    [{ required: true }, ['required']],
    [{ enum: [] }, ['enum']],
    [{ enum: 'a' }, ['enum']],
    [{ minLength: -1 }, ['minLength']],
    [{ minimum: '1' }, ['minimum']],
    [{ maximum: Number.POSITIVE_INFINITY }, ['maximum']],
    [{ multipleOf: 0 }, ['multipleOf']],
    [{ exclusiveMinimum: true }, ['exclusiveMinimum']],
    [{ items: [{ type: 'string' }] }, ['items']],
    [{ allOf: {} }, ['allOf']],
    [{ anyOf: [] }, ['anyOf']],
    [{ oneOf: ['a'] }, ['oneOf', 0]],
    [{ properties: [] }, ['properties']],
    [{ properties: null }, ['properties']],
    [{ dependencies: { a: ['b'] }, dependentRequired: {} }, ['dependencies']],
    [null, []],
    ['string', []],
  ])('%j', (schema, path) => {
    const { result, faults } = convert(schema, '3.1')
    expect(faults).toEqual([expect.objectContaining({ code: 'schema-malformed', path })])
    expect(JSON.stringify(result)).toContain('false')
  })

  it.each([
    '{ "properties": { "__proto__": { "type": "string" } } }',
    '{ "properties": { "\\ud800": { "type": "string" } } }',
    '{ "required": ["__proto__"] }',
    '{ "dependentRequired": { "a": ["__proto__"] } }',
    '{ "patternProperties": { "__proto__": false } }',
    '{ "enum": [{ "__proto__": 1 }] }',
    '{ "const": { "a": [{ "__proto__": 1 }] } }',
    '{ "default": { "__proto__": 1 } }',
  ])('%s', text => {
    const { result, faults } = convert(JSON.parse(text), '3.1')
    expect(faults.map(({ code }) => code)).toEqual(['schema-unsupported'])
    expect(result).toBe(false)
  })
})

describe('patterns', () => {
  it.each([
    ['^[a-z\\_]+$', '^[a-z_]+$'],
    ['a\\@b\\-c', 'a@b-c'],
    ['[a\\-z\\:]', '[a\\-z:]'],
    ['\\d\\/\\.', '\\d\\/\\.'],
    ['\\A', undefined],
    ['\\Z', undefined],
    ['[', undefined],
    ['^(?:[\\w-./:]+)$', '^(?:[\\w\\-./:]+)$'],
    ['[a-\\d]', '[a\\-\\d]'],
    ['[\\d-a-z]', undefined],
    ['^{[0-9a-f]{4}}]$', '^\\{[0-9a-f]{4}\\}\\]$'],
    ['^\\d{10, 15}$', undefined],
    ['a{,5}', undefined],
    ['(?i)a', undefined],
  ])('%s', (pattern, expected) => {
    expect(unicodePattern(pattern)).toBe(expected)
  })
})
