import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseClaims } from '../../generator/model/claims.js'
import { parseStepUp } from '../../generator/model/step-up.js'

const path = fileURLToPath(new URL('../../generator/model/extensions.schema.json', import.meta.url))
const fits = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(path, 'utf8')) as object,
)

const primitive = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom(null, '', ' ', '__proto__', 'a"b'))
const value = fc.oneof(primitive, fc.array(primitive, { maxLength: 3 }), fc.constantFrom({}, [[]], [{}]))
const operator = fc.constantFrom(
  'equals',
  'includes',
  'includesAny',
  'in',
  'param',
  'present',
  'max',
  'message',
  'name',
)
const rule = fc.oneof(value, fc.dictionary(operator, value, { maxKeys: 2 }))
const name = fc.constantFrom('$check', '$other', '', 'a', '/a~0b', '/a~2', '/', '__proto__', 'constructor')
const demands = fc.array(fc.tuple(name, rule), { maxLength: 3 }).map(Object.fromEntries)
const acr = fc.oneof(primitive, fc.array(fc.constantFrom('mfa', 'phr', 'two words', '"', '\\', 'é', '', 1, null)))
const maxAge = fc.oneof(primitive, fc.integer({ min: -1, max: 2 }), fc.constantFrom(0.5, 1e300 * 0))

/** How many of the values were good: a property that only ever saw bad ones shows nothing. */
function agreed(values: fc.Arbitrary<unknown>, extension: string, isGood: (value: unknown) => boolean): number {
  let good = 0
  fc.assert(
    fc.property(values, one => {
      const parsed = isGood(one)
      if (parsed) good++
      expect(fits({ [extension]: one })).toBe(parsed)
    }),
    { numRuns: 3000 },
  )
  return good
}

describe('the published grammar takes what the generator takes', () => {
  test('x-claims', () => {
    const values = fc.oneof(value, demands, fc.array(demands, { maxLength: 2 }))
    expect(agreed(values, 'x-claims', one => parseClaims(one).faults.length === 0)).toBeGreaterThan(200)
  })
  test('x-step-up', () => {
    const some = fc.record({ acr, maxAge, other: primitive }, { requiredKeys: [] })
    const few = fc.record({ acr: fc.subarray(['mfa', 'phr', 'a b']), maxAge }, { requiredKeys: [] })
    const values = fc.oneof(value, some, few)
    expect(agreed(values, 'x-step-up', one => parseStepUp(one).faults.length === 0)).toBeGreaterThan(200)
  })
})
