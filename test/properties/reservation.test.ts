import fc from 'fast-check'
import { expect, test } from 'vitest'
import { reservation } from '../../generator/model/reservation.js'
import { parsePath } from '../../runtime/path.js'
import { shapeOf } from '../../runtime/routes.js'

const piece = fc.constantFrom(
  '/',
  '{',
  '}',
  '?',
  '#',
  '%',
  '%2F',
  '%ff',
  'a',
  '.json',
  '{id}',
  '{id',
  '\ud800',
  '*',
  '~1',
)
const path = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join('')),
  fc.string({ unit: 'grapheme' }),
)

test('whatever a path is, what is reserved for it can be routed, and is what its template says', () => {
  fc.assert(
    fc.property(path, text => {
      const { template, segments } = reservation(text)
      const parsed = parsePath(template)
      expect('fault' in parsed ? parsed.fault : parsed.segments.map(shapeOf)).toEqual(segments.map(shapeOf))
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['/pets?all=true', '/pets'],
  ['/pets/{id}#draft', '/pets/{id}'],
  ['pets', '/pets'],
  ['/pets/{a}{b}', '/pets/{1}'],
  ['/pets/{id}/{id}', '/pets/{1}/{2}'],
  ['/pets/{id', '/pets/{1}'],
  ['/100%', '/100%25'],
  ['#', '/'],
  ['', '/'],
])('%s reserves %s', (written, template) => {
  expect(reservation(written).template).toBe(template)
})
