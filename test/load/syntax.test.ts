import { expect, test } from 'vitest'
import { loaded, openapi } from './folder.js'

const head = 'openapi: 3.1.0\ninfo: { title: T, version: "1" }\npaths: {}\n'

test('JSON and YAML are told apart by content, not by name', async () => {
  expect((await loaded({ 'openapi.yaml': openapi({}) })).document?.version).toBe('3.1')
  expect((await loaded({ 'openapi.json': head }, 'openapi.json')).document?.version).toBe('3.1')
})

test.each(['3.0.3', '3.1.1', '3.2.0'])('OpenAPI %s is read', async version => {
  const { document, diagnostics } = await loaded({ 'openapi.yaml': openapi({}, version) })
  expect(document?.version).toBe(version.slice(0, 3))
  expect(diagnostics).toEqual([])
})

test.each([
  ['a number', 'openapi: 3.1\npaths: {}\n'],
  ['not in full', 'openapi: "3.1"\npaths: {}\n'],
  ['of the future', 'openapi: 4.0.0\npaths: {}\n'],
  ['a prefix of another', 'openapi: 3.10.0\npaths: {}\n'],
  ['missing', 'paths: {}\n'],
  ['Swagger 1', 'swagger: "1.2"\n'],
])('a version that is %s is refused', async (_, text) => {
  const { document, codes } = await loaded({ 'openapi.yaml': text })
  expect(document).toBeUndefined()
  expect(codes).toEqual(['document-version'])
})

test('Swagger 2.0 is refused with the way out', async () => {
  const { document, text } = await loaded({ 'openapi.yaml': 'swagger: "2.0"\npaths: {}\n' })
  expect(document).toBeUndefined()
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml:1:10 error document-swagger-2: the document is Swagger 2.0
      at #/swagger

      > 1 | swagger: "2.0"
          |          ^^^^^
        2 | paths: {}

      help: convert it to OpenAPI 3, for example with "npx swagger2openapi --outfile openapi.yaml FILE"
    "
  `)
})

test('a document that is not there', async () => {
  const { text, document } = await loaded({ 'other.yaml': head })
  expect(document).toBeUndefined()
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml error file-unreadable: the document cannot be read: there is no such file
      help: name a readable file in UTF-8
    "
  `)
})

test('a folder and bytes that are no UTF-8 are unreadable', async () => {
  expect((await loaded({ 'openapi.yaml/x': '' })).text).toContain(
    'error file-unreadable: the document cannot be read: it is no regular file',
  )
  const latin = Uint8Array.from([...Buffer.from(head), 0x23, 0xe9])
  expect((await loaded({ 'openapi.yaml': latin })).text).toContain('its text is not UTF-8')
})

test.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['a list', '- a'],
  ['a comment', '# openapi: 3.1.0'],
])('a file that holds %s is malformed', async (_, text) => {
  expect((await loaded({ 'openapi.yaml': text })).codes).toEqual(['file-malformed'])
})

test('malformed YAML is shown where it breaks', async () => {
  const { text, document } = await loaded({ 'openapi.yaml': `${head}tags: [a, b\nx: 1\n` })
  expect(document).toBeUndefined()
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml:5:1 error file-malformed: the text cannot be parsed: flow sequence in block collection must be sufficiently indented and end with a ]

        4 | tags: [a, b
      > 5 | x: 1
          | ^

      help: correct the text at this place
    "
  `)
})

test('malformed JSON is shown where it breaks', async () => {
  const { text } = await loaded({ 'openapi.json': '{\n  "openapi": "3.1.0"\n  "paths": {}\n}\n' }, 'openapi.json')
  expect(text).toMatchInlineSnapshot(`
    "openapi.json:3:3 error file-malformed: the text cannot be parsed: missing , between flow map items

        2 |   "openapi": "3.1.0"
      > 3 |   "paths": {}
          |   ^
        4 | }

      help: correct the text at this place
    "
  `)
})

test('a name that stands twice is a fault in YAML and in JSON', async () => {
  const yaml = await loaded({ 'openapi.yaml': `${head}paths:\n  /a: {}\n` })
  expect(yaml.text).toMatchInlineSnapshot(`
    "openapi.yaml:4:1 error file-malformed: the member "paths" stands twice in one object

        3 | paths: {}
      > 4 | paths:
          | ^^^^^
        5 |   /a: {}

      help: remove one of them, or rename it
    "
  `)
  const json = '{"openapi": "3.1.0", "paths": {"/a": {}, "\\u002fa": {}}, "tags": [{"name": "a"}, {"name": "b"}]}'
  const { text, document } = await loaded({ 'openapi.json': json }, 'openapi.json')
  expect(document).toBeUndefined()
  expect(text).toMatchInlineSnapshot(`
    "openapi.json:1:42 error file-malformed: the member "/a" stands twice in one object

      > 1 | {"openapi": "3.1.0", "paths": {"/a": {}, "\\u002fa": {}}, "tags": [{"name": "a"}, {"name": "b"}]}
          |                                          ^

      help: remove one of them, or rename it
    "
  `)
})

test.each([
  ['openapi.yaml', `${head}components:\n  securitySchemes:\n    __proto__: { type: http, scheme: bearer }\n`],
  ['openapi.json', '{"openapi": "3.1.0", "paths": {}, "components": {"\\u005f_proto__": {}}}'],
])('a member named __proto__ is refused: %s', async (name, content) => {
  const { codes, document } = await loaded({ [name]: content }, name)
  expect(document).toBeUndefined()
  expect(codes).toEqual(['name-reserved'])
})

test('names of other inherited members are members like any other', async () => {
  const text = `${head}components:\n  schemas:\n    constructor: { type: string }\n    toString: { $ref: '#/components/schemas/constructor' }\n`
  const { root, diagnostics } = await loaded({ 'openapi.yaml': text })
  expect(diagnostics).toEqual([])
  expect(root?.components).toEqual({
    schemas: { constructor: { type: 'string' }, toString: { $ref: '#/components/schemas/constructor' } },
  })
  const { codes } = await loaded({
    'openapi.yaml': `${head}x: 1\ncomponents: { schemas: { A: { $ref: '#/components/schemas/valueOf' } } }\n`,
  })
  expect(codes).toEqual(['reference-dangling'])
})

test('a byte order mark and CRLF change neither values nor positions', async () => {
  const text = `\ufeff${head}x-a: [1]\nx-b: { $ref: 1 }\nwebhooks:\n  w: { $ref: nowhere.yaml }\n`
  const { text: shown } = await loaded({ 'openapi.yaml': text.replaceAll('\n', '\r\n') })
  expect(shown).toContain('openapi.yaml:7:14 error reference-dangling')
  expect(shown).not.toContain('\r')
  expect((await loaded({ 'openapi.yaml': `\ufeff${JSON.stringify(openapi({}))}` })).diagnostics).toEqual([])
})

test('aliases repeat, merges yield to own members and to earlier ones', async () => {
  const text = `${head}x-a: &a { p: 1, q: 1 }\nx-b: &b { q: 2, r: 2 }\nx-c:\n  r: 3\n  <<: [*a, *b]\n  s: 3\nx-d: *a\nx-e: { "<<": quoted }\n`
  const { root, diagnostics } = await loaded({ 'openapi.yaml': text })
  expect(diagnostics).toEqual([])
  expect(root?.['x-c']).toEqual({ r: 3, p: 1, q: 1, s: 3 })
  expect(root?.['x-d']).toEqual({ p: 1, q: 1 })
  expect(root?.['x-e']).toEqual({ '<<': 'quoted' })
})

test.each([
  ['merges no object', 'x-a: { <<: 1 }', '"<<" merges what is no object'],
  ['an alias without an anchor', 'x-a: *b', '*b'],
  ['an alias inside its own anchor', 'x-a: &a { b: *a }', 'names no anchor that ends before it'],
  ['a map as a name', 'x-a: { ? { b: 1 } : 2 }', ''],
  ['two documents', 'x-a: 1\n---\nb: 1', ''],
])('%s is a fault', async (_, line, message) => {
  const { codes, text, document } = await loaded({ 'openapi.yaml': `${head}${line}\n` })
  expect(document).toBeUndefined()
  expect(new Set(codes)).toEqual(new Set(['file-malformed']))
  expect(text).toContain(message)
})

test('aliases that multiply without bound are refused', async () => {
  const bomb = Array.from(
    { length: 30 },
    (_, i) =>
      `x-${i}: &a${i} [${Array(9)
        .fill(i === 0 ? 'x' : `*a${i - 1}`)
        .join(', ')}]`,
  )
  const { codes, text } = await loaded({ 'openapi.yaml': `${head}${bomb.join('\n')}\n` })
  expect(new Set(codes)).toEqual(new Set(['file-malformed']))
  expect(text).toContain('aliases repeat more than 500,000 values')
})

test('one anchor may be used often', async () => {
  const many = Array.from({ length: 2000 }, (_, i) => `  - *one # ${i}`).join('\n')
  const { root, diagnostics } = await loaded({ 'openapi.yaml': `${head}x-one: &one { a: 1 }\nx-many:\n${many}\n` })
  expect(diagnostics).toEqual([])
  expect(root?.['x-many']).toHaveLength(2000)
})

test.each([
  ['JSON lists', 'file-malformed', `{"openapi": "3.1.0", "x": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['YAML lists', 'file-malformed', `${head}x-a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['YAML maps', 'file-malformed', `${head}x-a: ${'{a: '.repeat(600)}1${'}'.repeat(600)}`],
  [
    'a chain of aliases',
    'file-malformed',
    `${head}x-0: &a0 []\n${Array.from({ length: 1500 }, (_, i) => `x-${i + 1}: &a${i + 1} [*a${i}]`).join('\n')}`,
  ],
])('what nests without bound is refused: %s', async (_, code, text) => {
  const { document, codes } = await loaded({ 'openapi.yaml': text })
  expect(document).toBeUndefined()
  expect(codes).toEqual([code])
})

test('words that YAML could take for something else are text, as JSON has them', async () => {
  const text = `${head}x-a: 2024-01-01\nx-b: 12e9999\nx-c: yes\nx-d: .nan\nx-e: { 200: a, null: b, true: c }\nx-f: 1.0\n`
  const { root } = await loaded({ 'openapi.yaml': text })
  expect(root).toMatchObject({ 'x-a': '2024-01-01', 'x-b': '12e9999', 'x-c': 'yes', 'x-d': '.nan', 'x-f': 1 })
  expect(Object.keys(root?.['x-e'] as never)).toEqual(['200', 'null', 'true'])
})

test('JSON with comments or trailing commas is YAML, and positions are found in it', async () => {
  const { text } = await loaded(
    { 'openapi.json': '{\n  "openapi": "3.1.0", # new\n  "paths": {"/a": {"$ref": "b.yaml"},},\n}\n' },
    'openapi.json',
  )
  expect(text).toContain('openapi.json:3:28 error reference-dangling')
})

test.each([
  [
    'words',
    'x-a: [no, on, yes, y, off, NO, True, ~, Null, 1_000, 0o7, 07, 0x1F, +1, .5, 1e3, 2024-01-01, 12:30:00]',
    ['no', 'on', 'yes', 'y', 'off', 'NO', true, null, null, '1_000', 7, 7, 31, 1, 0.5, 1000, '2024-01-01', '12:30:00'],
  ],
  [
    'names',
    'x-a: { 200: a, 2024-01-01: b, true: c, 1.0: d, 0x10: e, no: f, ~: g }',
    { 200: 'a', '2024-01-01': 'b', true: 'c', '1.0': 'd', '0x10': 'e', no: 'f', '~': 'g' },
  ],
  ['tabs between words', 'x-a:\t{\ta:\t1,\tb: [\t2 ] }\t# c', { a: 1, b: [2] }],
  ['a bracket below its name', 'x-a: [\n  1,\n]', [1]],
  [
    'tags',
    'x-a: [!!str 1, !!int 7, !!float 1, !!binary aGk=, !!set { a }, !!omap [b: 1], !Sub x, !Ref { c: 1 }]',
    ['1', 7, 1, 'aGk=', { a: null }, [{ b: 1 }], 'x', { c: 1 }],
  ],
  ['an anchor that is given anew', 'x-b: &a 1\nx-c: &a 2\nx-a: *a', 2],
  ['the end of the document', 'x-a: 1\n...\n# no more', 1],
  ['a very long line', `x-a: ${'long '.repeat(200_000)}`, 'long '.repeat(200_000).trim()],
  [
    'merges twice in one object',
    'x-b: &b { p: 1 }\nx-c: &c { p: 2, q: 3 }\nx-a:\n  <<: *b\n  <<: *c\n  q: 0',
    { p: 1, q: 0 },
  ],
])('YAML as people write it: %s', async (_, lines, value) => {
  const { root, text } = await loaded({ 'openapi.yaml': `${head}${lines}\n` })
  expect([root?.['x-a'], text]).toEqual([value, ''])
})

test.each([
  [
    'a number and a text of the same name',
    'x-a: { 200: a, "200": b }',
    '4:16',
    'the member "200" stands twice in one object',
  ],
  ['a tab as indentation', 'x-a:\n\tb: 1', '5:1', 'tabs are not allowed as indentation'],
  ['an alias as a name', 'x-a: &a b\nx-b: { *a : 1 }', '5:8', 'a name in an object must be plain text'],
  ['a value that is not what its tag says', 'x-a: !!int seven', '4:12', 'the value is not what its tag says: "!!int"'],
  ['a second document', '---\nb: 1', '4:1', 'the file holds more than one document'],
  ['a second document that is empty', '---', '4:1', 'the file holds more than one document'],
  ['__proto__ by a merge', 'x-a: &a { "__proto__": 1 }\nx-b: { <<: *a }', '4:11', '"__proto__" is reserved'],
])('YAML that is refused with its place: %s', async (_, lines, place, message) => {
  const { document, text } = await loaded({ 'openapi.yaml': `${head}${lines}\n` })
  expect(document).toBeUndefined()
  expect(text).toContain(`openapi.yaml:${place} error `)
  expect(text).toContain(message)
})

test('YAML 1.1 is refused, for its words mean something else', async () => {
  const { document, text } = await loaded({ 'openapi.yaml': `%YAML 1.1\n---\n${head}` })
  expect(document).toBeUndefined()
  expect(text).toContain('openapi.yaml:1:1 error file-malformed: the text says that it is YAML 1.1')
  for (const version of ['1.2', '1.3'])
    expect((await loaded({ 'openapi.yaml': `%YAML ${version}\n---\n${head}` })).text).toBe('')
})

test('UTF-16 is called by its name', async () => {
  const marked = Buffer.from(`\ufeff${head}`, 'utf16le')
  for (const bytes of [
    marked,
    Buffer.from(marked).swap16(),
    marked.subarray(2),
    Buffer.from(marked).swap16().subarray(2),
  ]) {
    expect((await loaded({ 'openapi.yaml': new Uint8Array(bytes) })).text).toContain(
      'its text is UTF-16 or UTF-32, and must be UTF-8',
    )
  }
})
