import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PathIndex } from '../../generator/model/path-index.js'
import { relatePaths } from '../../generator/model/paths.js'
import { type PathSegment, parsePath } from '../../runtime/path.js'
import { Routes } from '../../runtime/routes.js'

/** A segment as it is written, each parameter as `*`. */
const segment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'ab', 'a.b', '') },
  { weight: 2, arbitrary: fc.constant('*') },
  { weight: 3, arbitrary: fc.constantFrom('a*', '*a', '*.b', 'a*b', '*.*', '*b*a', '*.a*', 'ab*', '*ab', '*a*a') },
  { weight: 1, arbitrary: fc.constantFrom('%61', '%25', 'a%2Fb', '*%2F*', '+') },
)
const template = fc.array(segment, { minLength: 1, maxLength: 3 }).map(named)

/** Gives each parameter a name of its own. */
function named(segments: readonly string[]): string {
  let number = 0
  return `/${segments.join('/')}`.replace(/\*/g, () => `{p${number++}}`)
}

function segmentsOf(path: string): readonly PathSegment[] {
  const parsed = parsePath(path)
  if ('fault' in parsed) throw new Error(`${path}: ${parsed.fault}`)
  return parsed.segments
}

/** The texts of a segment as a regular expression that backtracks: the slow and obvious way. */
function expressionOf(path: string): RegExp {
  const pattern = path
    .slice(1)
    .split(/(\{[^{}]*\})/)
    .map(piece => (piece.startsWith('{') ? '([^]+?)' : decodeURIComponent(piece).replace(/[^\w]/g, '\\$&')))
  return new RegExp(`^${pattern.join('')}$`)
}

/** 0 for a literal segment, 1 for a mixed one, 2 for a parameter. */
function openness(segment: string): number {
  return !segment.includes('{') ? 0 : /^\{[^{}]*\}$/.test(segment) ? 2 : 1
}

interface Match {
  readonly path: string
  readonly values: readonly string[]
}

/** Tries every template, and takes the one that is the most concrete, read from left to right. */
function naiveMatch(templates: readonly string[], path: string): Match | 'malformed' | undefined {
  const pieces = path.slice(1).split('/')
  const matches = templates.flatMap((one): { path: string; values: (string | undefined)[]; rank: string }[] => {
    const segments = one.slice(1).split('/')
    if (segments.length !== pieces.length) return []
    const values: (string | undefined)[] = []
    for (const [index, written] of segments.entries()) {
      const piece = pieces[index] ?? ''
      const text = decoded(piece)
      if (text === undefined) {
        if (openness(written) === 0) return []
        values.push(undefined)
        continue
      }
      const found = expressionOf(`/${written}`).exec(text)
      if (!found) return []
      values.push(...found.slice(1))
    }
    return [{ path: one, values, rank: segments.map(openness).join('') }]
  })
  const [best] = matches.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
  if (!best) return undefined
  const { path: found, values } = best
  return values.some(value => value === undefined) ? 'malformed' : { path: found, values: values as string[] }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The templates, without those that one request could be meant for as well as an earlier one's. */
function told(templates: readonly string[]): string[] {
  const kept: string[] = []
  for (const one of templates) {
    const clash = kept.some(other => /^(same|ambiguous)$/.test(relatePaths(segmentsOf(other), segmentsOf(one))))
    if (!clash) kept.push(one)
  }
  return kept
}

const requestPiece = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 5 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('%61', '%2e', '%2F', 'a%2Fb', '%25', '%2561', '%', '%zz', '%ff', '%E2%82%AC', '+', 'A'),
  },
)
const requestPath = fc.array(requestPiece, { minLength: 1, maxLength: 3 }).map(pieces => `/${pieces.join('/')}`)

describe('routes', () => {
  test('find what the most concrete of all templates that match finds', () => {
    const tally = { matched: 0, malformed: 0, unknown: 0 }
    fc.assert(
      fc.property(
        fc.array(template, { minLength: 1, maxLength: 8 }),
        fc.array(requestPath, { minLength: 1, maxLength: 8 }),
        (all, paths) => {
          const templates = told(all)
          const routes = new Routes<string>()
          for (const path of templates) {
            const segments = segmentsOf(path)
            routes.add(segments, { path, entry: path })
          }
          for (const path of paths) {
            const found = routes.match(path)
            const shown = typeof found === 'object' ? { path: found.route.path, values: found.values } : found
            tally[typeof shown === 'object' ? 'matched' : (shown ?? 'unknown')]++
            expect(shown, `${path} in ${templates.join(' ')}`).toEqual(naiveMatch(templates, path))
          }
        },
      ),
      { numRuns: 4000 },
    )
    expect(Math.min(tally.matched, tally.unknown)).toBeGreaterThan(1500)
    expect(tally.malformed).toBeGreaterThan(20)
  })

  test('a literal slash within a segment is none between segments', () => {
    const routes = new Routes<string>()
    for (const path of ['/a%2Fb', '/c']) routes.add(segmentsOf(path), { path, entry: path })
    expect(routes.match('/a/b')).toBeUndefined()
    expect(routes.match('/a%2Fb')).toMatchObject({ route: { path: '/a%2Fb' } })
  })

  test('find the same in whatever order they were added', () => {
    fc.assert(
      fc.property(fc.array(template, { minLength: 2, maxLength: 6 }), requestPath, (all, path) => {
        const templates = told(all)
        const [forth, back] = [templates, [...templates].reverse()].map(order => {
          const routes = new Routes<string>()
          for (const one of order) routes.add(segmentsOf(one), { path: one, entry: one })
          const found = routes.match(path)
          return typeof found === 'object' ? found.route.entry : found
        })
        expect(back).toBe(forth)
      }),
      { numRuns: 2000 },
    )
  })
})

/** Every text of up to seven characters: as long as the two longest segments together. */
const TEXTS = ['']
for (let start = 0, length = 1; length <= 7; length++) {
  const end = TEXTS.length
  for (let at = start; at < end; at++) for (const letter of 'ab.') TEXTS.push(`${TEXTS[at]}${letter}`)
  start = end
}

const plainSegment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'ab', '', '*', '*') },
  { weight: 3, arbitrary: fc.constantFrom('a*', '*a', '*.b', 'a*b', '*.*', '*b*a', '*.a*', 'ab*', '*ab', '*a*a') },
)
const known = new Map<string, ReadonlySet<string>>()

function textsOf(segment: string): ReadonlySet<string> {
  const found = known.get(segment) ?? new Set(TEXTS.filter(text => expressionOf(`/${segment}`).test(text)))
  known.set(segment, found)
  return found
}

const isSubset = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].every(one => b.has(one))
const meet = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].some(one => b.has(one))

describe('two paths are related', () => {
  const pair = fc.tuple(
    fc.array(plainSegment, { minLength: 1, maxLength: 2 }),
    fc.array(plainSegment, { minLength: 1, maxLength: 2 }),
  )

  test('as the texts say that each of them matches', () => {
    const tally: Record<string, number> = {}
    fc.assert(
      fc.property(pair, ([first, second]) => {
        const relation = relatePaths(segmentsOf(named(first)), segmentsOf(named(second)))
        tally[relation] = (tally[relation] ?? 0) + 1
        const sets = first.map(
          (one, index) =>
            [textsOf(one.replaceAll('*', '{p}')), textsOf((second[index] ?? '').replaceAll('*', '{p}'))] as const,
        )
        const meets = first.length === second.length && sets.every(([a, b]) => meet(a, b))
        const [within, around] = [sets.every(([a, b]) => isSubset(a, b)), sets.every(([a, b]) => isSubset(b, a))]
        if (relation === 'apart') expect(meets).toBe(false)
        else expect(meets).toBe(true)
        if (relation === 'same') expect([within, around]).toEqual([true, true])
        if (relation === 'crossing') expect([within, around]).toEqual([false, false])
        if (relation === 'first-wins') expect([within, around]).toEqual([true, false])
        if (relation === 'second-wins') expect([within, around]).toEqual([false, true])
      }),
      { numRuns: 4000 },
    )
    for (const relation of ['same', 'apart', 'first-wins', 'second-wins', 'crossing', 'ambiguous'])
      expect(tally[relation], relation).toBeGreaterThan(20)
  })

  test('the other way round when they are exchanged', () => {
    const turned = {
      same: 'same',
      apart: 'apart',
      ambiguous: 'ambiguous',
      crossing: 'crossing',
      'first-wins': 'second-wins',
      'second-wins': 'first-wins',
    }
    fc.assert(
      fc.property(template, template, (first, second) => {
        const [one, other] = [segmentsOf(first), segmentsOf(second)]
        expect(relatePaths(other, one)).toBe(turned[relatePaths(one, other)])
      }),
    )
  })

  test('and none that has requests in common with another is missed by the index', () => {
    let near = 0
    fc.assert(
      fc.property(fc.array(template, { minLength: 1, maxLength: 12 }), template, (earlier, later) => {
        const index = new PathIndex<string>()
        for (const one of earlier) index.add(segmentsOf(one), one)
        const found = index.near(segmentsOf(later))
        const wanted = earlier.filter(one => relatePaths(segmentsOf(one), segmentsOf(later)) !== 'apart')
        near += wanted.length
        for (const one of wanted) expect(found).toContain(one)
        expect(found.length).toBeLessThanOrEqual(earlier.length)
      }),
      { numRuns: 2000 },
    )
    expect(near).toBeGreaterThan(500)
  })
})
