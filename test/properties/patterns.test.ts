import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unicodePattern } from '../../generator/model/pattern.js'

const tokens = fc.constantFrom(
  ...['[', ']', '[^', '{', '}', '-', '\\', '\\w', '\\d', '\\s', '\\-', '\\.', '\\_', '\\@', 'a', 'z', '0', '2', ','],
  ...['{2}', '{1,}', '{1,2}', '.', '/', '_', ':', '@', '^', '$', '(', ')', '(?:', '?', '*', '+', '|', ' ', 'w', 'd'],
)
const texts = fc.array(fc.string({ unit: fc.constantFrom(...'[]{}-\\wds.,019az_@/: ^$()?*+|'), maxLength: 6 }), {
  minLength: 10,
  maxLength: 20,
})

test('a pattern that only does without the u flag matches what it matched, once it is written out for it', () => {
  let changed = 0
  fc.assert(
    fc.property(fc.array(tokens, { maxLength: 12 }), texts, (parts, samples) => {
      const pattern = parts.join('')
      const plain = unicodePattern(pattern)
      if (plain === undefined || plain === pattern) return
      changed++
      const [written, read] = [new RegExp(pattern), new RegExp(plain, 'u')]
      for (const text of samples) expect(read.test(text), `${plain} on ${text}`).toBe(written.test(text))
    }),
    { numRuns: 20_000 },
  )
  expect(changed).toBeGreaterThan(1000)
})
