import { expect, test } from 'vitest'
import { createSourceMap } from '../../generator/load/source-map.js'

function placed(text: string, pointer: string, key?: true) {
  const map = createSourceMap({ files: ['f'], text: file => (file === 'f' ? text : undefined) })
  const position = map.position({ file: 'f', pointer, ...(key ? { key } : {}) })
  return position && [position.line, position.column, position.endColumn]
}

const yaml = `# a comment
a:
  b~c/d: [1, "two", {x: y}]
  empty:
  block: |
    text
base: &base { p: 1 }
merged:
  <<: *base
  q: 2
alias: *base
`
const json = `{
  "a": {"b~c/d": [1, "tw\\"o", {"x": "y"}], "empty": null},
  "e\\u0301": [[], {}, [true ,false]]
}
`

test.each<[string, string, true | undefined, (number | undefined)[]]>([
  [yaml, '/a/b~0c~1d', undefined, [3, 10, 28]],
  [yaml, '/a/b~0c~1d', true, [3, 3, 8]],
  [yaml, '/a/b~0c~1d/1', undefined, [3, 14, 19]],
  [yaml, '/a/b~0c~1d/1', true, [3, 14, 19]],
  [yaml, '/a/b~0c~1d/2/x', undefined, [3, 25, 26]],
  [yaml, '/a/b~0c~1d/7', undefined, [3, 10, 28]],
  [yaml, '/a/nowhere/at/all', true, [2, 1, 2]],
  [yaml, '/a/empty', undefined, [4, 9, undefined]],
  [yaml, '/a/block', undefined, [5, 10, undefined]],
  [yaml, '/merged/q', undefined, [10, 6, 7]],
  [yaml, '/merged/p', undefined, [7, 18, 19]],
  [yaml, '/alias/p', true, [7, 15, 16]],
  [yaml, '', undefined, [2, 1, undefined]],
  [json, '', undefined, [1, 1, undefined]],
  [json, '/a/b~0c~1d', undefined, [2, 18, 42]],
  [json, '/a/b~0c~1d', true, [2, 9, 16]],
  [json, '/a/b~0c~1d/1', undefined, [2, 22, 29]],
  [json, '/a/b~0c~1d/2/x', undefined, [2, 37, 40]],
  [json, '/a/empty', undefined, [2, 53, 57]],
  [json, '/a/nowhere', undefined, [2, 8, 58]],
  [json, '/é', true, [3, 3, 12]],
  [json, '/é/1', undefined, [3, 19, 21]],
  [json, '/é/2/1', undefined, [3, 30, 35]],
  [json, '/é/2/9', undefined, [3, 23, 36]],
])('%# finds the place of %s', (text, pointer, key, expected) => {
  expect(placed(text, pointer.replace('é', 'e\u0301'), key)).toEqual(expected)
})

test('positions are the same with CRLF', () => {
  expect(placed(yaml.replaceAll('\n', '\r\n'), '/merged/q')).toEqual([10, 6, 7])
  expect(placed(json.replaceAll('\n', '\r\n'), '/a/b~0c~1d/1')).toEqual([2, 22, 29])
})

test('columns count UTF-16 units, as editors do', () => {
  expect(placed('"😀": x', '/😀')).toEqual([1, 7, 8])
})

test('a text that cannot be parsed still has places', () => {
  expect(placed('a: 1\nb: [1, 2\nc: 3\n', '/a')).toEqual([1, 4, 5])
})

test('an offset is a place, and one beyond the text is its end', () => {
  const map = createSourceMap({ files: ['f'], text: () => 'ab\ncd' })
  expect(map.position({ file: 'f', pointer: '', offset: 4 })).toEqual({ file: 'f', line: 2, column: 2 })
  expect(map.position({ file: 'f', pointer: '', offset: 99 })).toEqual({ file: 'f', line: 2, column: 3 })
})

test('a file that was never read has no places', () => {
  const map = createSourceMap({ files: [], text: () => undefined })
  expect(map.position({ file: 'f', pointer: '' })).toBeUndefined()
  expect(map.line('f', 1)).toBeUndefined()
})

test('lines are given without their ends', () => {
  const map = createSourceMap({ files: ['f'], text: () => 'a\r\n\r\nb\n' })
  expect([0, 1, 2, 3, 4, 5].map(line => map.line('f', line))).toEqual([undefined, 'a', '', 'b', '', undefined])
})
