import { describe, expect, test } from 'vitest'
import { claimOf, ruleMet, unmetClaim } from '../../runtime/claims.js'
import type { ClaimDemands, ClaimRule } from '../../runtime/policy.js'

const ABSENT = { found: false }

describe('a claim', () => {
  const nested = { deep: { list: ['first', { name: 'second' }], 'a/b': 1, 'a~b': 2, '': 3, text: 'abc', none: null } }

  test.each<[string, unknown]>([
    ['deep', { found: true, value: nested.deep }],
    ['/deep/list/0', { found: true, value: 'first' }],
    ['/deep/list/1/name', { found: true, value: 'second' }],
    ['/deep/a~1b', { found: true, value: 1 }],
    ['/deep/a~0b', { found: true, value: 2 }],
    ['/deep/', { found: true, value: 3 }],
    ['/deep/none', { found: true, value: null }],
    ['/deep/list/2', ABSENT],
    ['/deep/list/00', ABSENT],
    ['/deep/list/01', ABSENT],
    ['/deep/list/-', ABSENT],
    ['/deep/list/1x', ABSENT],
    ['/deep/list/length', ABSENT],
    ['/deep/text/0', ABSENT],
    ['/deep/text/length', ABSENT],
    ['/deep/none/x', ABSENT],
    ['/deep/more/x', ABSENT],
    ['/deep/toString', ABSENT],
    ['/deep/toString/name', ABSENT],
    ['toString', ABSENT],
    ['__proto__', ABSENT],
    ['deep/list', ABSENT],
  ])('%s', (name, found) => {
    expect(claimOf(nested, name)).toEqual(found)
  })

  test('of a list in more than ten places is found by its whole index', () => {
    expect(claimOf({ list: Array.from({ length: 13 }, (_, index) => index) }, '/list/12')).toEqual({
      found: true,
      value: 12,
    })
  })

  test('that a list has beside its members is none of them', () => {
    expect(claimOf({ list: Object.assign(['a'], { '0x': 'b', x0: 'c' }) }, '/list/0x')).toEqual(ABSENT)
    expect(claimOf({ list: Object.assign(['a'], { '0x': 'b', x0: 'c' }) }, '/list/x0')).toEqual(ABSENT)
  })
})

describe('a rule', () => {
  const params = { id: '7', text: 'seven', zero: '07' }

  test.each<[object, unknown, boolean]>([
    [{}, 'a', false],
    [{ equal: 'a' }, 'a', false],
    [{ message: 'no' }, 'a', false],
    [{ includes: [] }, ['a'], false],
    [{ includes: ['a'] }, ['a', 'b'], true],
    [{ includes: ['a', 'c'] }, ['a', 'b'], false],
    [{ includes: ['a'] }, 'a', false],
    [{ includes: ['a'] }, ['a', null], false],
    [{ includes: [1, true] }, ['a', 1, true], true],
    [{ includesAny: [] }, ['a'], false],
    [{ includesAny: ['c', 'a'] }, ['a', 'b'], true],
    [{ includesAny: ['c'] }, ['a', 'b'], false],
    [{ includesAny: ['a'] }, ['a', {}], false],
    [{ present: true }, 0, true],
    [{ present: true }, null, false],
    [{ present: true }, undefined, false],
    [{ present: false }, 'a', false],
    [{ present: false }, undefined, false],
    [{ present: 1 }, 'a', false],
    [{ min: 3 }, 3, true],
    [{ min: 3 }, 2.9, false],
    [{ min: 3 }, '4', false],
    [{ min: 3 }, Number.POSITIVE_INFINITY, false],
    [{ max: 3 }, 3, true],
    [{ max: 3 }, 3.1, false],
    [{ max: 3 }, '2', false],
    [{ max: 3 }, null, false],
    [{ max: 3 }, Number.NEGATIVE_INFINITY, false],
    [{ min: 1, max: 3 }, 2, true],
    [{ min: 1, max: 3 }, 4, false],
    [{ param: 'text' }, 'seven', true],
    [{ param: 'text' }, 'eight', false],
    [{ param: 'id' }, 7, false],
    [{ param: 'other' }, undefined, false],
    [{ param: 'toString' }, Object.prototype.toString, false],
    [{ param: 'id', type: 'integer' }, 7, true],
    [{ param: 'id', type: 'integer' }, '7', false],
    [{ param: 'id', type: 'integer' }, 8, false],
    [{ param: 'zero', type: 'integer' }, 7, false],
    [{ param: 'text', type: 'integer' }, 'seven', false],
  ])('%j of %j: %s', (rule, value, met) => {
    expect(ruleMet(rule as ClaimRule, value, params)).toBe(met)
  })
})

describe('demands on claims', () => {
  const run = (name: string) => {
    if (name === 'throws') throw new TypeError('secret')
    return name === 'yes' ? true : name === 'later' ? Promise.resolve(1) : undefined
  }
  const claims = { tier: 'gold' }
  const gold = { equals: 'gold' }
  const lead = { equals: 'lead' }

  test.each<[string, readonly ClaimDemands[], unknown]>([
    ['no demand', [], { reason: 'no claim rule can be met' }],
    ['one that is met', [{ tier: gold }], undefined],
    ['one that is not', [{ tier: lead }], { claim: 'tier', found: true, reason: 'claim tier' }],
    ['one of two', [{ tier: lead }, { tier: gold }], undefined],
    ['none of two', [{ tier: lead }, { team: gold }], { claim: 'tier', found: true, reason: 'claim tier' }],
    ['half of one', [{ tier: gold, team: gold }], { claim: 'team', found: false, reason: 'claim team' }],
    [
      'one with a message',
      [{ tier: { ...lead, message: 'Leads only' } }],
      { claim: 'tier', found: true, reason: 'claim tier', message: 'Leads only' },
    ],
    ['a check', [{ $check: 'yes' }], undefined],
    ['a check that takes a while', [{ $check: 'later' }], undefined],
    ['a check with a message', [{ $check: { name: 'yes', message: 'No' } }], undefined],
    ['a check that refuses', [{ $check: 'no' }], { reason: 'check no' }],
    [
      'a check that refuses, with a message',
      [{ $check: { name: 'no', message: 'Not you' } }],
      { reason: 'check no', message: 'Not you' },
    ],
    ['a check that throws', [{ $check: { name: 'throws' } }], { reason: 'check throws threw TypeError' }],
    [
      'a check behind a claim that fails',
      [{ tier: lead, $check: 'yes' }],
      { claim: 'tier', found: true, reason: 'claim tier' },
    ],
    ['a check that fails behind a claim', [{ tier: gold, $check: 'no' }], { reason: 'check no' }],
    ['a claim after a check that refuses', [{ $check: 'no' }, { tier: gold }], undefined],
    ['a check that refuses, and a claim', [{ $check: 'no' }, { tier: lead }], { reason: 'check no' }],
  ])('%s', async (_, demands, unmet) => {
    expect(await unmetClaim(demands, claims, {}, run)).toStrictEqual(unmet)
  })

  test('are answered at once unless a check is asked', () => {
    expect(unmetClaim([{ tier: lead }, { tier: gold }], claims, {}, run)).toBeUndefined()
  })
})
