import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseClaims } from '../../generator/model/claims.js'
import { ruleMet, unmetClaim } from '../../runtime/claims.js'
import type { ClaimRule } from '../../runtime/policy.js'

const NAMES = [
  'tier',
  'roles',
  'age',
  '__proto__',
  'constructor',
  'length',
  '/org/roles',
  '/roles/0',
  '/a~1b/~0',
] as const
const scalar = fc.constantFrom<unknown>('gold', '', 'admin', '1', 1, 0, 18, -0, 1.5, true, false, null)
const odd = fc.constantFrom<unknown>({}, [], [[]], Number.NaN, Number.POSITIVE_INFINITY, { a: 1 })
const list = fc.array(fc.oneof({ weight: 8, arbitrary: scalar }, { weight: 1, arbitrary: odd }), { maxLength: 3 })

/** Lists that mean to match, but for a member that no list of scalars holds. */
const few = fc.array(fc.constantFrom<unknown>('gold', 'admin', 1, null, {}), { minLength: 1, maxLength: 3 })
const range = fc.record({ min: scalar, max: scalar }, { requiredKeys: [] })
const rule = fc.oneof(
  { weight: 3, arbitrary: scalar },
  { weight: 2, arbitrary: list },
  { weight: 1, arbitrary: odd },
  { weight: 2, arbitrary: fc.record({ equals: scalar }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('in', 'includes', 'includesAny'), fc.oneof(list, few))
      .map(([name, of]) => ({ [name]: of })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      { present: true },
      { present: false },
      { param: 'id' },
      { param: 'other' },
      { param: 1 },
    ),
  },
  { weight: 2, arbitrary: range },
  { weight: 1, arbitrary: fc.record({ equals: scalar, message: fc.constantFrom<unknown>('no', '', 1) }) },
  { weight: 1, arbitrary: fc.record({ equals: scalar, in: list }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({ eq: 1 }, { matches: '.*' }, { constructor: 1 }) },
)
const check = fc.constantFrom<unknown>(
  'yes',
  'no',
  'not a name',
  7,
  { name: 'yes' },
  { name: 'no', message: 'm' },
  { name: 'yes', more: 1 },
)
const demands = fc
  .tuple(
    fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), rule), { maxLength: 3, selector: ([name]) => name }),
    fc.option(check, { freq: 5, nil: undefined }),
  )
  .map(([rules, one]) =>
    Object.fromEntries<unknown>([...rules, ...(one === undefined ? [] : [['$check', one] as const])]),
  )
const written = fc.oneof(
  { weight: 6, arbitrary: demands },
  { weight: 3, arbitrary: fc.array(demands, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.oneof(scalar, odd) },
)
const token = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom('tier', 'roles', 'age', '__proto__', 'constructor', 'org', 'a/b'),
      fc.oneof(scalar, list, few, fc.record({ roles: list, '~': scalar }, { requiredKeys: [] })),
    ),
    { minLength: 2, selector: ([name]) => name },
  )
  .map(members => Object.fromEntries<unknown>(members))

const PARAMS = { id: '1' }

/** Is it well written? And if so, does the token meet it? Read straight from what was written. */
function oracle(value: unknown, claims: Record<string, unknown>): 'faulty' | 'lifts' | boolean {
  if (isObject(value) && Object.keys(value).length === 0) return 'lifts'
  const alternatives = Array.isArray(value) ? value : [value]
  if (alternatives.length === 0) return 'faulty'
  if (alternatives.some(one => !isObject(one) || Object.keys(one).length === 0)) return 'faulty'
  const results = alternatives.map(one =>
    Object.entries(one as object).map(([name, what]) =>
      name === '$check' ? checkHolds(what) : ruleHolds(what, find(claims, name)),
    ),
  )
  if (results.flat().includes('faulty')) return 'faulty'
  return results.some(one => one.every(holds => holds === true))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkHolds(what: unknown): 'faulty' | boolean {
  const name = isObject(what) ? what.name : what
  if (isObject(what) && Object.keys(what).some(key => key !== 'name' && key !== 'message')) return 'faulty'
  return name === 'yes' || name === 'no' ? name === 'yes' : 'faulty'
}

/** `[value]`, or nothing. */
function find(claims: Record<string, unknown>, name: string): [unknown] | [] {
  const keys = name.startsWith('/')
    ? name
        .slice(1)
        .split('/')
        .map(one => one.replace(/~1/g, '/').replace(/~0/g, '~'))
    : [name]
  let value: unknown = claims
  for (const key of keys) {
    const isEntered = isObject(value) || (Array.isArray(value) && /^\d+$/.test(key))
    if (!isEntered || !Object.keys(value as object).includes(key)) return []
    value = Object.getOwnPropertyDescriptor(value, key)?.value
  }
  return [value]
}

const isScalar = (value: unknown) =>
  value === null || typeof value === 'string' || typeof value === 'boolean' || isFiniteNumber(value)
const isFiniteNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value)

/** @param found as {@link find} gives it; no member of a token is `undefined`. */
function ruleHolds(what: unknown, found: readonly unknown[]): 'faulty' | boolean {
  const [value] = found
  const isFound = found.length > 0
  if (isScalar(what)) return isFound && value === what
  if (Array.isArray(what)) return ruleHolds({ includes: what }, found)
  if (!isObject(what)) return 'faulty'
  const { message, ...operators } = what
  if (message !== undefined && (typeof message !== 'string' || message === '')) return 'faulty'
  const [name, ...more] = Object.keys(operators)
  const operand = name === undefined ? undefined : operators[name]
  if (name === undefined) return 'faulty'
  if (name === 'min' || name === 'max') {
    const { min, max, ...others } = operators
    const bounds = [min, max].filter(one => one !== undefined)
    if (Object.keys(others).length > 0 || bounds.length === 0 || !bounds.every(isFiniteNumber)) return 'faulty'
    const [low, high] = [Number(min ?? Number.NEGATIVE_INFINITY), Number(max ?? Number.POSITIVE_INFINITY)]
    if (low > high) return 'faulty'
    return isFiniteNumber(value) && Number(value) >= low && Number(value) <= high
  }
  if (more.length > 0) return 'faulty'
  switch (name) {
    case 'equals':
      return isScalar(operand) ? isFound && value === operand : 'faulty'
    case 'present':
      return operand === true ? isFound && value !== null : 'faulty'
    case 'param':
      return typeof operand === 'string' ? operand === 'id' && value === PARAMS.id : 'faulty'
    case 'in':
      if (!Array.isArray(operand) || operand.length === 0 || !operand.every(isScalar)) return 'faulty'
      return isFound && operand.some(one => one === value)
    case 'includes':
    case 'includesAny': {
      if (!Array.isArray(operand) || operand.length === 0 || !operand.every(one => isScalar(one) && one !== null))
        return 'faulty'
      if (!Array.isArray(value) || !value.every(one => /^(string|boolean|number)$/.test(typeof one))) return false
      const held = operand.filter(one => value.some(member => member === one))
      return name === 'includes' ? held.length === operand.length : held.length > 0
    }
    default:
      return 'faulty'
  }
}

describe('x-claims', () => {
  test('lets a token pass exactly when what was written says so, and is refused when it says nothing', async () => {
    const tally = { faulty: 0, met: 0, unmet: 0 }
    await fc.assert(
      fc.asyncProperty(written, token, async (value, claims) => {
        const wanted = oracle(value, claims)
        const { demands: rules, faults } = parseClaims(value)
        if (wanted === 'faulty') {
          tally.faulty++
          expect(faults).not.toEqual([])
          return
        }
        expect(faults).toEqual([])
        if (wanted === 'lifts') {
          expect(rules).toEqual([])
          return
        }
        const unmet = await unmetClaim(rules, claims, PARAMS, name => name === 'yes')
        tally[wanted ? 'met' : 'unmet']++
        expect(unmet === undefined).toBe(wanted)
      }),
      { numRuns: 10_000 },
    )
    expect(Math.min(tally.faulty, tally.met, tally.unmet)).toBeGreaterThan(200)
  })

  test('holds a claim to one rule as the rule says', () => {
    const operators = fc.oneof(
      scalar,
      fc.tuple(fc.constantFrom('in', 'includes', 'includesAny'), few).map(([name, of]) => ({ [name]: of })),
      range,
      fc.constantFrom<unknown>({ present: true }, { param: 'id' }, { param: 'other' }),
    )
    const tally = { met: 0, unmet: 0 }
    fc.assert(
      fc.property(operators, fc.oneof(scalar, few, list), (of, value) => {
        const {
          demands: [demand],
          faults,
        } = parseClaims({ claim: of })
        const wanted = ruleHolds(of, [value])
        expect(faults.length > 0).toBe(wanted === 'faulty')
        if (wanted === 'faulty') return
        tally[wanted ? 'met' : 'unmet']++
        expect(ruleMet(demand?.claim as ClaimRule, value, PARAMS)).toBe(wanted)
      }),
      { numRuns: 10_000 },
    )
    expect(Math.min(tally.met, tally.unmet)).toBeGreaterThan(500)
  })

  test('is the same when its long form is read again', () => {
    fc.assert(
      fc.property(written, value => {
        const { demands: rules, faults } = parseClaims(value)
        if (faults.length > 0 || rules.length === 0) return
        expect(parseClaims(rules)).toEqual({ demands: rules, faults: [] })
      }),
    )
  })
})
