import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repeatsMember } from '../../runtime/tokens/json-members.js'

test.each<[string, boolean]>([
  ['{}', false],
  ['7', false],
  ['"a:{"', false],
  ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', false],
  ['{"a":":","b":"\\"a\\":1","c":"\\\\"}', false],
  ['{"a":"b","b":"a"}', false],
  ['{"a":1,"a":1}', true],
  ['{"a":1 , "a" : 1}', true],
  ['{"a":{"b":1},"c":[1],"a":2}', true],
  ['{"x":[{"b":1,"b":2}]}', true],
  ['{"a":1,"\\u0061":2}', true],
  ['{"\\"":1,"\\u0022":2}', true],
  ['{"__proto__":1,"__proto__":2}', true],
  ['{"":1,"":2}', true],
])('%s', (text, repeats) => {
  JSON.parse(text)
  expect(repeatsMember(text)).toBe(repeats)
})

test('what JSON.stringify makes has no name twice, until one is added', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), object => {
      const text = JSON.stringify(object)
      const [name = ''] = Object.keys(object)
      return !repeatsMember(text) && repeatsMember(`${text.slice(0, -1)},${JSON.stringify(name)}:0}`)
    }),
  )
})
