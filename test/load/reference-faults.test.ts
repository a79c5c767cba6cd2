import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { load } from '../../generator/load/load.js'
import { folder, loaded, openapi } from './folder.js'

const head = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths: {}\n"
/** A document with this one schema. */
const schema = (text: string) => `${head}components:\n  schemas:\n    Food: ${text}\n`

test.each([
  'https://example.com/a.yaml',
  'http://127.0.0.1:9/a.yaml#/B',
  '//example.com/a.yaml',
  'file:///etc/passwd',
  'HTTPS:a',
])('a reference over the network is refused: %s', async ref => {
  const { document, codes } = await loaded({ 'openapi.yaml': schema(`{ $ref: '${ref}' }`) })
  expect(document).toBeUndefined()
  expect(codes).toEqual(['reference-remote'])
})

test.each(['https://example.com:port/a.yaml', 'http://localhost:{port}/a.yaml#/B', 'https://'])(
  'a reference over the network to no host is malformed: %s',
  async ref => {
    const { document, codes } = await loaded({ 'openapi.yaml': schema(`{ $ref: '${ref}' }`) })
    expect(document).toBeUndefined()
    expect(codes).toEqual(['reference-malformed'])
  },
)

test('the text of a reference over the network', async () => {
  const { text } = await loaded({ 'openapi.yaml': schema("{ $ref: 'https://example.com/a.yaml' }") })
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml:6:19 error reference-remote: the reference "https://example.com/a.yaml" goes over the network
      at #/components/schemas/Food/$ref

        5 |   schemas:
      > 6 |     Food: { $ref: 'https://example.com/a.yaml' }
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^

      help: save the file beside the document, and refer to it by its path; or let it be fetched and recorded, with --allow-remote
    "
  `)
})

test('a dangling reference says which part is missing, and what was meant', async () => {
  const { text, codes } = await loaded({ 'openapi.yaml': schema("{ items: { $ref: '#/components/schemas/Foodd' } }") })
  expect(codes).toEqual(['reference-dangling'])
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml:6:28 error reference-dangling: the reference "#/components/schemas/Foodd" leads to nothing
      at #/components/schemas/Food/items/$ref

        5 |   schemas:
      > 6 |     Food: { items: { $ref: '#/components/schemas/Foodd' } }
          |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^

      note: openapi.yaml:5:3 has no member "Foodd" in "#/components/schemas"
      help: write "Food", or define it
    "
  `)
})

test('a reference to a file that does not exist', async () => {
  const { text, codes } = await loaded({ 'openapi.yaml': schema('{ $ref: b.yaml#/B }') })
  expect(codes).toEqual(['reference-dangling'])
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml:6:19 error reference-dangling: the reference "b.yaml#/B" names a file that does not exist
      at #/components/schemas/Food/$ref

        5 |   schemas:
      > 6 |     Food: { $ref: b.yaml#/B }
          |                   ^^^^^^^^^

      help: create the file, or correct the path
    "
  `)
})

test('a fault in another file is shown there', async () => {
  const { text } = await loaded({
    'openapi.yaml': schema('{ $ref: parts/b.yaml }'),
    'parts/b.yaml': 'title: b\nitems:\n  $ref: "#/x/y"\n',
  })
  expect(text).toMatchInlineSnapshot(`
    "parts/b.yaml:3:9 error reference-dangling: the reference "#/x/y" leads to nothing
      at #/items/$ref

        2 | items:
      > 3 |   $ref: "#/x/y"
          |         ^^^^^^^

      note: parts/b.yaml:1:1 has no member "x"
      help: define it, or correct the reference
    "
  `)
})

test.each([
  '../secret.yaml',
  '..',
  'sub/../../secret.yaml',
  '%2e%2e/secret.yaml',
  '/etc/hostname',
  'link.yaml',
  'linked/secret.yaml',
  '../missing.yaml',
])('a reference that leaves the root folder is refused: %s', async ref => {
  const cwd = folder({
    'root/openapi.yaml': schema(`{ $ref: '${ref}#/a' }`),
    'root/sub/x.yaml': '',
    'secret.yaml': 'a: { type: string }',
  })
  symlinkSync(join(cwd, 'secret.yaml'), join(cwd, 'root/link.yaml'))
  symlinkSync(cwd, join(cwd, 'root/linked'))
  const { document, diagnostics, sources } = await load(join(cwd, 'root/openapi.yaml'))
  expect(document).toBeUndefined()
  expect(diagnostics.map(({ code }) => code)).toEqual(['reference-outside-root'])
  expect(sources.files).toEqual([join(cwd, 'root/openapi.yaml')])
})

test('a folder whose name begins like the root is outside of it', async () => {
  const cwd = folder({
    'api/openapi.yaml': schema('{ $ref: ../api-private/a.yaml }'),
    'api-private/a.yaml': 'type: string',
  })
  expect((await load(join(cwd, 'api/openapi.yaml'))).diagnostics.map(({ code }) => code)).toEqual([
    'reference-outside-root',
  ])
})

test('a wider root lets the reference through, and a narrower one does not', async () => {
  const cwd = folder({
    'api/openapi.yaml': schema('{ $ref: ../common/a.yaml }'),
    'common/a.yaml': '$ref: b.yaml',
    'common/b.yaml': 'type: string',
  })
  const { document, diagnostics } = await load(join(cwd, 'api/openapi.yaml'), { root: cwd })
  expect(diagnostics).toEqual([])
  expect(document?.root).toMatchObject({ components: { schemas: { Food: { type: 'string' } } } })
  const narrow = await load(join(cwd, 'api/openapi.yaml'), { root: join(cwd, 'api') })
  expect(narrow.diagnostics.map(({ code }) => code)).toEqual(['reference-outside-root'])
})

test('a link inside the root is followed, and a file with two names is one file', async () => {
  const cwd = folder({
    'openapi.yaml': schema('{ anyOf: [{ $ref: a.yaml }, { $ref: b.yaml }] }'),
    'a.yaml': 'type: string',
  })
  symlinkSync(join(cwd, 'a.yaml'), join(cwd, 'b.yaml'))
  const { document, diagnostics } = await load(join(cwd, 'openapi.yaml'))
  expect(diagnostics).toEqual([])
  const a = { $ref: '#/components/schemas/a' }
  expect(document?.root).toMatchObject({ components: { schemas: { Food: { anyOf: [a, a] }, a: { type: 'string' } } } })
})

test('an entry that is a link is read where it lives', async () => {
  const cwd = folder({ 'real/openapi.yaml': schema('{ $ref: a.yaml }'), 'real/a.yaml': 'type: string' })
  mkdirSync(join(cwd, 'here'))
  symlinkSync(join(cwd, 'real/openapi.yaml'), join(cwd, 'here/openapi.yaml'))
  expect((await load(join(cwd, 'here/openapi.yaml'))).diagnostics).toEqual([])
})

test('the text of a reference that leaves the root folder', async () => {
  const { text } = await loaded({ 'openapi.yaml': schema('{ $ref: ../a.yaml }') })
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml:6:19 error reference-outside-root: the reference "../a.yaml" leaves the root folder
      at #/components/schemas/Food/$ref

        5 |   schemas:
      > 6 |     Food: { $ref: ../a.yaml }
          |                   ^^^^^^^^^

      help: name a folder that holds all files of the document: --root DIR
    "
  `)
})

test.each([
  [
    'components that lead to each other',
    { 'openapi.yaml': `${schema("{ $ref: '#/components/schemas/B' }")}    B: { $ref: '#/components/schemas/Food' }\n` },
  ],
  ['a component that leads to itself', { 'openapi.yaml': schema("{ $ref: '#/components/schemas/Food' }") }],
  [
    'through another file',
    { 'openapi.yaml': schema('{ $ref: b.yaml }'), 'b.yaml': '$ref: openapi.yaml#/components/schemas/Food' },
  ],
  [
    'in other files',
    { 'openapi.yaml': schema('{ items: { $ref: b.yaml } }'), 'b.yaml': '$ref: c.yaml', 'c.yaml': '$ref: b.yaml' },
  ],
  ['with siblings', { 'openapi.yaml': schema("{ $ref: '#/components/schemas/Food', title: a }") }],
  [
    'of path items',
    { 'openapi.yaml': `${head}webhooks: { a: { $ref: '#/webhooks/b' }, b: { $ref: '#/webhooks/a' } }\n` },
  ],
  [
    'of parameters',
    {
      'openapi.yaml': `${head}components: { parameters: { A: { $ref: '#/components/parameters/B' }, B: { $ref: '#/components/parameters/A' } } }\n`,
    },
  ],
  [
    'of path items that hold each other',
    {
      'openapi.yaml': `${head}webhooks: { a: { $ref: a.yaml } }\n`,
      'a.yaml': '$ref: b.yaml\nsummary: a\n',
      'b.yaml': '$ref: a.yaml\n',
    },
  ],
  [
    'of an operation that leads to itself',
    {
      'openapi.yaml': `openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths: { /a: { get: { $ref: '#/paths/~1a/get' } } }\n`,
    },
  ],
  [
    'of lists of parameters',
    {
      'openapi.yaml': `openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths: { /a: { get: { parameters: [{ $ref: p.yaml#/0 }], responses: {} } } }\n`,
      'p.yaml': '- $ref: p.yaml#/1\n- $ref: p.yaml#/0\n',
    },
  ],
  ['of pointers', { 'openapi.yaml': schema("{ items: { $ref: '#/components/schemas/Food/items/a/b' } }") }],
  [
    'of a callback that holds itself',
    {
      'openapi.yaml': `${head}webhooks: { a: { post: { responses: {}, callbacks: { c: { $ref: c.yaml } } } } }\n`,
      'c.yaml': "'{$url}': { post: { responses: {}, callbacks: { c: { $ref: c.yaml } } } }",
    },
  ],
])('references in a circle that reach nothing are refused: %s', async (_, files) => {
  const { document, codes } = await loaded(files)
  expect(document).toBeUndefined()
  expect(new Set(codes)).toEqual(new Set(['reference-cycle']))
})

test('the text of a circle', async () => {
  const { text } = await loaded({ 'openapi.yaml': schema("{ $ref: '#/components/schemas/Food' }") })
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml:6:19 error reference-cycle: the reference leads back to itself
      at #/components/schemas/Food/$ref

        5 |   schemas:
      > 6 |     Food: { $ref: '#/components/schemas/Food' }
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^

      help: let one of the references lead to the thing itself
    "
  `)
})

test.each([
  ['a number', '{ $ref: 1 }'],
  ['an object', '{ $ref: { a: 1 } }'],
  ['nothing', '{ $ref: }'],
  ['malformed encoding', "{ $ref: '#/components/schemas/%ZZ' }"],
  ['a zero byte', '{ $ref: "a%00.yaml" }'],
  ['a path of Windows', "{ $ref: 'schemas\\pet.yaml' }"],
  ['a path of Windows from its root', "{ $ref: 'C:\\schemas\\pet.yaml#/A' }"],
  ['a host of Windows', "{ $ref: '\\\\host\\pet.yaml' }"],
])('a reference that is %s is malformed', async (_, text) => {
  expect((await loaded({ 'openapi.yaml': schema(text) })).codes).toEqual(['reference-malformed'])
})

test('an $id beside references to components, or at the root of a file, is no obstacle', async () => {
  const { diagnostics } = await loaded({
    'openapi.yaml': schema(
      "{ $id: 'https://example.com/x', items: { anyOf: [{ $ref: '#/components/schemas/Food' }, { $ref: a.yaml }] } }",
    ),
    'a.yaml': "$id: 'https://example.com/a'\nitems: { $ref: '#/$defs/b' }\n$defs: { b: true }\n",
  })
  expect(diagnostics).toEqual([])
})

test('a dynamic reference is an error in a request, and a warning elsewhere', async () => {
  const dynamic = { content: { 'a/b': { schema: { $ref: '#/components/schemas/List' } } } }
  const components = {
    schemas: {
      List: { items: { $dynamicRef: '#item' }, $defs: { any: { $dynamicAnchor: 'item' } } },
      Pets: { $id: 'pets', $ref: '#/components/schemas/List', $defs: { pet: { $dynamicAnchor: 'item' } } },
    },
  }
  const operation = { responses: { 200: { description: '', ...dynamic } } }
  const reply = await loaded({ 'openapi.yaml': openapi({ paths: { '/a': { get: operation } }, components }) })
  expect(reply.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
    ['reference-unsupported', 'warning'],
  ])
  const request = await loaded({
    'openapi.yaml': openapi({ paths: { '/a': { post: { ...operation, requestBody: dynamic } } }, components }),
  })
  expect(request.document).toBeUndefined()
  expect(request.text).toMatchInlineSnapshot(`
    "openapi.yaml:38:26 error reference-unsupported: "$dynamicRef" is not supported in what describes a request: it could not be validated
      at #/components/schemas/List/items/$dynamicRef

        37 |         "items": {
      > 38 |           "$dynamicRef": "#item"
           |                          ^^^^^^^
        39 |         },

      help: use "$ref", with a place such as "#/components/schemas/NAME"
    "
  `)
})

test.each([
  ['a schema', 'parameters', '{ $ref: "#/components/schemas/Food" }'],
  ['a list', 'parameters', '{ $ref: "#/x-list" }'],
  ['text', 'headers', '{ $ref: "#/openapi" }'],
  ['the document', 'responses', '{ $ref: "#" }'],
  ['the document', 'schemas', '{ $ref: "#" }'],
  ['a parameter', 'schemas', '{ $ref: "#/components/parameters/P" }'],
])('a reference to %s where something else is wanted is refused: %s', async (_, section, text) => {
  const own = { schemas: 'Food: { type: string }', parameters: 'P: { name: p, in: query, schema: {} }' }
  const components = { ...own, [section]: `${own[section as keyof typeof own] ?? ''}\n    X: ${text}` }
  const lines = Object.entries(components).map(([name, entry]) => `  ${name}:\n    ${entry.trim()}\n`)
  const { document, codes } = await loaded({ 'openapi.yaml': `${head}x-list: []\ncomponents:\n${lines.join('')}` })
  expect(document).toBeUndefined()
  expect(codes).toEqual(['reference-mistyped'])
})

test('what stands beside a reference and in its target is refused', async () => {
  const { document, text } = await loaded({
    'openapi.yaml': `openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths:\n  /a:\n    get: { $ref: o.yaml, security: [] }\n`,
    'o.yaml': 'security: [{ s: [] }]\nresponses: {}\n',
  })
  expect(document).toBeUndefined()
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml:5:26 error reference-conflict: "security" stands beside "$ref" and in what it leads to
      at #/paths/~1a/get/security

        4 |   /a:
      > 5 |     get: { $ref: o.yaml, security: [] }
          |                          ^^^^^^^^

      note: o.yaml:1:1 holds the other one
      help: remove one of them
    "
  `)
})

test('a malformed file is one fault, however often it is referred to', async () => {
  const { document, text } = await loaded({
    'openapi.yaml': schema('{ anyOf: [{ $ref: a.yaml }, { $ref: a.yaml#/b }] }'),
    'a.yaml': 'b: {\n',
  })
  expect(document).toBeUndefined()
  expect(text).toMatchInlineSnapshot(`
    "a.yaml:2:1 error file-malformed: the text cannot be parsed: flow map in block collection must be sufficiently indented and end with a }

        1 | b: {
      > 2 |
          | ^

      help: correct the text at this place
    "
  `)
})

test('a folder and a text that is no UTF-8 cannot be referred to', async () => {
  const { codes } = await loaded({
    'openapi.yaml': schema('{ anyOf: [{ $ref: sub }, { $ref: b.yaml }] }'),
    'sub/a.yaml': '',
    'b.yaml': Uint8Array.of(0xff, 0xfe, 0x41, 0),
  })
  expect(codes).toEqual(['file-unreadable', 'file-unreadable'])
})

test('every reference of the entry is looked at, also where nothing leads', async () => {
  const { codes } = await loaded({
    'openapi.yaml': `${head}components:\n  responses: { A: { $ref: '#/components/responses/B' } }\n  headers: { H: { $ref: 'https://example.com' } }\n  pathItems: { P: { get: { $ref: x.yaml } } }\n`,
  })
  expect(codes.toSorted()).toEqual(['reference-dangling', 'reference-dangling', 'reference-remote'])
})

test('what examples and links refer to need not be there', async () => {
  const examples = "examples: { a: { $ref: '#/components/examples/B' }, b: { $ref: https://example.com/b.json } }"
  const links = "links: { l: { $ref: 'links.yaml#/L' } }"
  const { document, codes } = await loaded({
    'openapi.yaml': `${head}components:\n  ${examples}\n  ${links}\n  responses:\n    R:\n      description: R\n      ${links}\n      content: { application/json: { ${examples} } }\n  parameters: { P: { in: query, name: p, schema: {}, ${examples} } }\n`,
  })
  expect(codes).toEqual([])
  expect(document).toBeDefined()
})

test('references that multiply without bound are refused', async () => {
  const files: Record<string, string> = { 'openapi.yaml': `${head}webhooks: { a: { $ref: 0.yaml } }\n` }
  for (let i = 0; i < 40; i++) {
    const callback = `{ '{$url}': { $ref: ${i + 1}.yaml } }`
    files[`${i}.yaml`] = `post: { responses: {}, callbacks: { a: ${callback}, b: ${callback}, c: ${callback} } }\n`
  }
  files['40.yaml'] = 'post: { responses: {} }\n'
  const { document, codes } = await loaded(files)
  expect(document).toBeUndefined()
  expect(codes).toEqual(['document-oversized'])
})
