import { describe, expect, test } from 'vitest'
import type { StepUpDemand } from '../../runtime/policy.js'
import { stepUpFault } from '../../runtime/step-up.js'

const NOW = 1_700_000_000

describe('a demand of how a user authenticated', () => {
  test('a maximum age holds to the second, and auth_time may be 5 s ahead of this clock', () => {
    const fault = (auth_time: unknown) => stepUpFault({ maxAge: 60 }, { auth_time }, NOW)
    for (const met of [NOW, NOW - 60, NOW + 5, NOW - 0.5]) expect(fault(met)).toBeUndefined()
    for (const [unmet, why] of [
      [NOW - 60.001, 'longer ago'],
      [NOW - 61, 'longer ago'],
      [NOW + 5.001, 'in the future'],
      [Number.POSITIVE_INFINITY, 'no number'],
      [Number.NaN, 'no number'],
      [undefined, 'no number'],
      [-1e308, 'longer ago'],
    ] as const) {
      expect(fault(unmet), String(unmet)).toContain(why)
    }
  })

  test.each([
    ['nothing', {}],
    ['no number', { maxAge: Number.NaN }],
    ['an empty list', { acr: [] }],
    ['a misspelled member', { maxage: 60 } as StepUpDemand],
  ])('%s is never met', (_, demand) => {
    expect(stepUpFault(demand, { acr: '', auth_time: NOW }, NOW)).toBeTypeOf('string')
  })

  test("only a token's own members are seen", () => {
    const claims = Object.create({ acr: 'mfa', auth_time: NOW })
    expect(stepUpFault({ acr: ['mfa'] }, claims, NOW)).toContain(`no 'acr'`)
    expect(stepUpFault({ maxAge: 60 }, claims, NOW)).toContain(`no 'auth_time'`)
  })
})
