import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLinear } from '../../generator/model/patterns/backtracking.js'
import { matchingOf } from '../../generator/model/patterns/matching.js'
import { linearTest } from '../../generator/model/patterns/re2.js'
import { type Expression, readExpression } from '../../generator/model/patterns/syntax.js'
import { linearPattern } from '../../runtime/linear-pattern.js'
import { bodyValidator } from './emitted.js'

const sets = [
  'a',
  'b',
  '-',
  '\\.',
  '.',
  '[ab]',
  '[^a]',
  '[a-c-]',
  '[\\]\\-^]',
  '\\d',
  '\\D',
  '\\w',
  '\\W',
  '\\s',
  '\\S',
]
const rareSets = [
  'é',
  '😀',
  '\\u{1f600}',
  '\\ud83d\\ude00',
  '\\u00e9',
  '\\x61',
  '\\cJ',
  '\\0',
  '[]',
  '[^]',
  '[\\b]',
  '[\\d\\s]',
]
const set = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...sets) }, fc.constantFrom(...rareSets))
const bound = fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,3}', '{2,}', '*?', '+?')

const { pattern } = fc.letrec<{ pattern: string; term: string; sequence: string }>(tie => ({
  term: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    set,
    fc.tuple(set, bound).map(parts => parts.join('')),
    fc.constantFrom('\\b', '\\B', '^', '$'),
    fc
      .tuple(fc.constantFrom('(', '(?:', '(?<n>'), tie('pattern'), fc.oneof(bound, fc.constant('')))
      .map(([open, inner, times]) => `${open}${inner})${times}`),
  ),
  sequence: fc.array(tie('term'), { maxLength: 4 }).map(terms => terms.join('')),
  pattern: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('sequence'),
    fc.tuple(tie('sequence'), tie('pattern')).map(branches => branches.join('|')),
  ),
}))
const plain = pattern.filter(compiles)
const looks = fc.tuple(fc.constantFrom('(?=', '(?!'), plain).map(([open, inner]) => `${open}${inner})`)
const looksBack = fc.tuple(fc.constantFrom('(?<=', '(?<!'), plain).map(([open, inner]) => `${open}${inner})`)
const whole = fc
  .tuple(fc.array(looks, { maxLength: 2 }), plain, fc.array(looksBack, { maxLength: 1 }))
  .map(([ahead, middle, back]) => `^${ahead.join('')}(?:${middle})${back.join('')}$`)
  .filter(compiles)

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', '.', '1', ' '), maxLength: 6 }),
  fc.string({
    unit: fc.constantFrom('a', '\n', '\u2028', 'é', '😀', '\ud83d', '\ude00', '\ufeff', '\0', '^', ']'),
    maxLength: 5,
  }),
)

function compiles(source: string): boolean {
  try {
    return new RegExp(source, 'u').test('') || true
  } catch {
    return false
  }
}

function read(source: string): Expression {
  const expression = readExpression(source)
  if (!expression) throw new Error(`${source} was not read`)
  return expression
}

describe('a pattern in the syntax of RE2', () => {
  it('says of every text what JavaScript says', () => {
    const counts = { true: 0, false: 0 }
    fc.assert(
      fc.property(fc.oneof(plain, whole), fc.array(text, { minLength: 5, maxLength: 15 }), (source, texts) => {
        const test = linearTest(read(source))
        if (!test) throw new Error(`${source} was not translated`)
        const engine = linearPattern(test.all, test.none)
        for (const one of texts) {
          const expected = new RegExp(source, 'u').test(one)
          counts[`${expected}`]++
          expect([source, one, engine.test(one)]).toEqual([source, one, expected])
        }
      }),
      { numRuns: 600 },
    )
    expect(Math.min(counts.true, counts.false)).toBeGreaterThan(500)
  })

  it('knows the properties of Unicode as JavaScript does', () => {
    for (const source of ['^\\p{Lu}+$', '^[\\p{Script=Greek}\\d_]+$', '^\\P{L}$', '^[^\\p{L}]$']) {
      const test = linearTest(read(source))
      const engine = linearPattern(test?.all ?? [], test?.none ?? [])
      for (const one of ['A', 'a', 'Ω', 'ω1_', '1', '\ud800', '😀', 'ÄÖ'])
        expect([source, one, engine.test(one)]).toEqual([source, one, new RegExp(source, 'u').test(one)])
    }
  })

  it.each(['(a)\\1', '^(?:a(?=b))+$', 'a(?<!b)c', '^a{1001}$', '^(?=a|(?!b))$'])('does not exist for %s', source => {
    expect(linearTest(read(source))).toBeUndefined()
  })
})

describe('a pattern that is left to JavaScript', () => {
  it('is tried in a number of steps that grows with the text only', () => {
    let judged = 0
    fc.assert(
      fc.property(plain, fc.boolean(), fc.array(text, { maxLength: 2 }), (inner, anchored, pieces) => {
        const source = anchored ? `^(?:${inner})$` : inner
        const expression = read(source)
        if (!isLinear(expression)) return
        judged++
        for (const piece of ['a', 'b', 'ab', 'a1-', '.', ...pieces]) {
          const short = steps(expression, `${piece.repeat(50)}!`)
          const long = steps(expression, `${piece.repeat(200)}!`)
          // Four times as long; what is not linear takes sixteen times the steps, or more than can be counted.
          expect([source, piece, long <= 6 * short + 500]).toEqual([source, piece, true])
        }
      }),
      { numRuns: 1500 },
    )
    expect(judged).toBeGreaterThan(300)
  })

  it.each([
    ['^a*(?:b|c)*$', true],
    ['^[a-z]+(-[a-z]+)*$', true],
    ['^\\d{4}-\\d{2}$', true],
    ['^(cat|car|dog)$', true],
    ['^[a-z][a-z0-9-]{0,30}[a-z0-9]$', true],
    ['sha256:[0-9a-f]{64}', true],
    ['a.*', true],
    ['^.{1,100000}$', true],
    ['^(?:(?:){1000}){1000000000}$', false],
    ['^(a+)+$', false],
    ['^(?:a|a)*$', false],
    ['^(?:a|ab)*$', false],
    ['^(?:a*)*$', false],
    ['^(?:a?){30}$', false],
    ['^a*a*$', false],
    ['^.*a.*b$', false],
    ['a+b', false],
    ['(?:a|^b)+c', false],
    ['^b(?:(a+)+x)*', false],
    ['(?:a*b){0}c', true],
    ['^(?:\\p{L}|\\p{Lu})+$', false],
    ['^(?=a)b$', false],
    ['^(a)\\1$', false],
  ])('%s: %s', (source, expected) => {
    expect(isLinear(read(source))).toBe(expected)
  })
})

describe('patterns that neither can match safely', () => {
  it.each(['^(a+)\\1+$', '^(?:a(?!b)|a)+$', '(?<=(a+)+)b', '^(((a{1,100}){1,100}){1,10})b$', '^(?:[a-z]+(?!z)){2}$'])(
    '%s is refused',
    source => {
      expect(matchingOf(source)).toBeUndefined()
      expect(() => bodyValidator({ pattern: source })).toThrow('stands still')
      expect(() => bodyValidator({ propertyNames: { pattern: source } })).toThrow('stands still')
      expect(() => bodyValidator({ patternProperties: { [source]: true } })).toThrow('stands still')
    },
  )

  it.each(['^(.)\\1$', '^(?:a(?!b))+$', '^a(?<!b)c$'])('%s is harmless all the same', source => {
    expect(matchingOf(source)).toEqual({ by: 'backtracking' })
  })
})

// Backtracking would not come back from these within the life of the universe.
describe('a text that is made for it stops no server', () => {
  it.each([
    ['^(a+)+$', 'a'],
    ['^(?:a|a)*$', 'a'],
    ['^(\\w+\\s?)*$', 'a'],
    ['(x+x+)+y', 'x'],
    ['^(?=(?:a|aa)+$)a*b', 'a'],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'],
  ])('%s', (source, piece) => {
    const evil = `${piece.repeat(20_000)}!`
    const as = (schema: unknown) => bodyValidator(schema).body?.content[0]?.valid
    expect(as({ pattern: source })?.(evil)).toBe(false)
    expect(as({ propertyNames: { pattern: source } })?.({ [evil]: 1 })).toBe(false)
    expect(as({ patternProperties: { [source]: false } })?.({ [evil]: 1 })).toBe(true)
    expect(as({ patternProperties: { [source]: false }, additionalProperties: false })?.({ [evil]: 1 })).toBe(false)
  })
})

/** Counts what a plain backtracking matcher does until it knows; gives up when that is a lot. */
function steps(expression: Expression, subject: string): number {
  const points = [...subject]
  let count = 0
  const isWord = (index: number) => /^\w$/.test(points[index] ?? '')
  const step = (one: Expression, at: number, go: (at: number) => boolean): boolean => {
    if (++count > 200_000) throw new Error('too many steps')
    switch (one.kind) {
      case 'set': {
        const point = points[at]
        if (point === undefined || !new RegExp(`^${one.source}$`, 'u').test(point)) return false
        return go(at + 1)
      }
      case 'start':
        return at === 0 && go(at)
      case 'end':
        return at === points.length && go(at)
      case 'boundary':
        return (isWord(at - 1) !== isWord(at)) !== one.negated && go(at)
      case 'sequence': {
        const from = (index: number, place: number): boolean => {
          const part = one.parts[index]
          return part === undefined ? go(place) : step(part, place, next => from(index + 1, next))
        }
        return from(0, at)
      }
      case 'choice':
        return one.branches.some(branch => step(branch, at, go))
      case 'repeat': {
        const again = (times: number, place: number): boolean =>
          (times < one.max &&
            step(one.body, place, next => (next > place || times < one.min) && again(times + 1, next))) ||
          (times >= one.min && go(place))
        return again(0, at)
      }
      default:
        throw new Error(one.kind)
    }
  }
  try {
    for (let at = 0; at <= points.length; at++) if (step(expression, at, () => true)) break
  } catch (error) {
    if (error instanceof RangeError || count > 200_000) return Number.POSITIVE_INFINITY
    throw error
  }
  return count
}
