import { expect, test } from 'vitest'
import { loaded, openapi } from './folder.js'

const schemas = (members: object, version = '3.1.0') => ({
  'openapi.yaml': openapi({ components: { schemas: members } }, version),
})
const components = (root: unknown) => (root as { components: { schemas: Record<string, unknown> } }).components.schemas

test('an anchor is found in its schema resource, in this file and in another', async () => {
  const { root, diagnostics } = await loaded({
    ...schemas({
      A: { properties: { a: { $ref: '#here' }, b: { $ref: 'b.yaml#there' }, c: { $ref: 'b.yaml#/$defs/x' } } },
      B: { $defs: { x: { $anchor: 'here', title: 'here' } } },
      // In a resource of its own, the name is free.
      C: { $id: 'https://example.com/c', items: { $ref: '#here' }, $defs: { y: { $anchor: 'here', title: 'c' } } },
      // Data and names are no anchors.
      D: { example: { $anchor: 'here' }, properties: { $anchor: { const: 'here' } }, const: { $anchor: 'here' } },
    }),
    'b.yaml': '$defs: { x: { $anchor: there, title: there }, z: { $dynamicAnchor: z } }\n',
  })
  expect(diagnostics).toEqual([])
  expect(components(root)).toMatchObject({
    A: { properties: { a: { $ref: '#/components/schemas/x' }, b: { $ref: '#/components/schemas/x_2' } } },
    x: { title: 'here' },
    x_2: { title: 'there' },
    C: { items: { $ref: '#/components/schemas/y' } },
    y: { title: 'c' },
  })
})

test('the names of schemas are gone from what was resolved, and data that looks like them is not', async () => {
  const { root } = await loaded(
    schemas({
      A: {
        $id: 'https://example.com/a',
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $anchor: 'a',
        properties: { $id: { type: 'string' } },
        example: { $id: 'x' },
      },
    }),
  )
  expect(components(root)).toEqual({ A: { properties: { $id: { type: 'string' } }, example: { $id: 'x' } } })
})

test('a reference means what the "$id" above it makes of it', async () => {
  const { root, diagnostics } = await loaded({
    ...schemas({
      A: {
        $id: 'https://example.com/schemas/a',
        properties: {
          pointer: { $ref: '#/$defs/x' },
          self: { $ref: '#' },
          named: { $ref: 'b' },
          absolute: { $ref: 'https://example.com/schemas/b#/$defs/deep' },
          component: { $ref: '#/components/schemas/B' },
          file: { $ref: 'c.yaml' },
          nested: { $id: 'inner/d', $ref: '../b' },
        },
        $defs: { x: { title: 'x' } },
      },
      B: { $id: 'https://example.com/schemas/b', $defs: { deep: { title: 'deep' } } },
    }),
    'c.yaml': '$id: https://example.com/schemas/c\nproperties: { b: { $ref: b } }\n',
  })
  expect(diagnostics).toEqual([])
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  expect(components(root)).toMatchObject({
    A: {
      properties: {
        pointer: ref('x'),
        self: ref('A'),
        named: ref('B'),
        absolute: ref('deep'),
        component: ref('B'),
        file: ref('c'),
        nested: ref('B'),
      },
    },
    c: { properties: { b: ref('B') } },
  })
})

test.each([
  [
    'an anchor that is not there',
    { A: { $ref: '#nowhere' } },
    'reference-dangling',
    'names the anchor "nowhere", which is not there',
  ],
  [
    'an anchor that is there twice',
    { A: { $ref: '#x' }, B: { $anchor: 'x' }, C: { $anchor: 'x' } },
    'reference-unsupported',
    'which stands there more than once',
  ],
  [
    'an anchor of another resource',
    { A: { $ref: '#x' }, B: { $id: 'https://example.com/b', $anchor: 'x' } },
    'reference-dangling',
    'names the anchor "x"',
  ],
  [
    'an "$id" that two schemas have',
    { A: { $ref: 'urn:x' }, B: { $id: 'urn:x' }, C: { $id: 'urn:x' } },
    'reference-unsupported',
    'as more than one "$id" or "$self" calls itself',
  ],
  [
    'a file that calls itself otherwise',
    { A: { $id: 'https://example.com/a', items: { $ref: 'b.yaml' } } },
    'reference-unsupported',
    'means "https://example.com/b.yaml", and the file in that place calls itself "https://example.com/other"',
  ],
  [
    'what only the network has',
    { A: { $id: 'https://example.com/a', $ref: 'https://example.com/none' } },
    'reference-remote',
    'goes over the network',
  ],
])('%s is refused', async (_, members, code, message) => {
  const { document, codes, text } = await loaded({ ...schemas(members), 'b.yaml': '$id: https://example.com/other\n' })
  expect(document).toBeUndefined()
  expect(codes).toEqual([code])
  expect(text).toContain(message)
})

test('in OpenAPI 3.0, "$id" and "$anchor" mean nothing', async () => {
  const { root, diagnostics } = await loaded(
    schemas(
      { A: { $id: 'https://example.com/a', items: { $ref: '#/components/schemas/B' } }, B: { $anchor: 'b' } },
      '3.0.3',
    ),
  )
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(components(root)).toMatchObject({ A: { items: { $ref: '#/components/schemas/B' } } })
  expect((await loaded(schemas({ A: { $ref: '#b' }, B: { $anchor: 'b' } }, '3.0.3'))).codes).toContain(
    'reference-dangling',
  )
})

test('files keep their places to each other where "$self" says that they are elsewhere', async () => {
  const text = (ref: string) =>
    `openapi: 3.2.0\n$self: https://example.com/api/openapi.yaml\ninfo: { title: T, version: '1' }\npaths: {}\ncomponents: { schemas: { A: { $ref: '${ref}' }, B: { title: b } } }\n`
  const near = await loaded({ 'openapi.yaml': text('a.yaml'), 'a.yaml': 'title: a\n' })
  expect(near.diagnostics).toEqual([])
  expect(components(near.root)).toMatchObject({ A: { title: 'a' } })
  const own = await loaded({ 'openapi.yaml': text('https://example.com/api/openapi.yaml#/components/schemas/B') })
  expect(components(own.root)).toMatchObject({ A: { $ref: '#/components/schemas/B' } })
  const other = await loaded({
    'openapi.yaml': text('a.yaml'),
    'a.yaml': '$id: https://example.com/elsewhere/a\n',
  })
  expect(other.codes).toEqual(['reference-unsupported'])
})

test('a dynamic reference that can mean one schema only is a reference to it', async () => {
  const body = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Tree' } } } }
  const document = (members: object) => ({
    'openapi.yaml': openapi({
      paths: { '/a': { post: { requestBody: body, responses: {} } } },
      components: { schemas: members },
    }),
    'b.yaml': '$dynamicAnchor: node\n',
  })
  const tree = {
    $dynamicAnchor: 'node',
    properties: { next: { $dynamicRef: '#node' }, any: { $dynamicRef: '#/$defs/x' } },
  }
  const { root, diagnostics } = await loaded(
    document({
      Tree: { ...tree, properties: { next: { $dynamicRef: '#node', $ref: '#/components/schemas/X' } } },
      X: {},
    }),
  )
  expect(diagnostics).toEqual([])
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  expect(components(root)).toEqual({ Tree: { properties: { next: { ...ref('X'), allOf: [ref('Tree')] } } }, X: {} })

  const plain = await loaded(
    document({ Tree: { $id: 'tree', ...tree, $defs: { x: { properties: { a: { $dynamicRef: '#node' } } } } } }),
  )
  expect(plain.diagnostics).toEqual([])
  expect(components(plain.root)).toMatchObject({
    Tree: { properties: { next: ref('Tree'), any: ref('x') } },
    x: { properties: { a: ref('Tree') } },
  })
  // The second anchor is found when the other file is read, after the reference was met.
  for (const more of [{ Other: { items: { $ref: 'b.yaml' } } }, { Other: { $id: 'o', $dynamicAnchor: 'node' } }]) {
    const { codes, document: made } = await loaded(
      document({ Tree: { ...tree, properties: { next: tree.properties.next } }, ...more }),
    )
    expect(made).toBeUndefined()
    expect(codes).toEqual(['reference-unsupported'])
  }
})

test('a recursive reference is one to the only schema around it that says so', async () => {
  const body = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Filter' } } } }
  const made = (Filter: object) =>
    loaded({
      'openapi.yaml': openapi({
        paths: { '/a': { post: { requestBody: body, responses: {} } } },
        components: { schemas: { Filter } },
      }),
    })
  const items = { oneOf: [{ type: 'string' }, { $recursiveRef: '#' }] }
  const { root, diagnostics } = await made({ $recursiveAnchor: true, type: 'array', items })
  expect(diagnostics).toEqual([])
  const reference = { $ref: '#/components/schemas/Filter' }
  expect(components(root)).toEqual({ Filter: { type: 'array', items: { oneOf: [{ type: 'string' }, reference] } } })

  for (const filter of [
    { type: 'array', items },
    { $recursiveAnchor: false, type: 'array', items },
    { $recursiveAnchor: true, properties: { a: { $recursiveAnchor: true, items } } },
    { $recursiveAnchor: true, items: { $recursiveRef: '#/items' } },
  ]) {
    expect((await made(filter)).codes).toEqual(['reference-unsupported'])
  }
})

test('a file that only a dynamic reference opens may give it a second meaning', async () => {
  const { document, codes } = await loaded({
    ...schemas({ Tree: { items: { $dynamicRef: 'b.yaml#node' } } }),
    'b.yaml': '$dynamicAnchor: node\nitems: { $ref: c.yaml }\n',
    'c.yaml': '$dynamicAnchor: node\n',
  })
  expect(document).toBeUndefined()
  expect(codes).toEqual(['reference-unsupported'])
})

test.each([
  ['https://json-schema.org/draft/2020-12/schema', []],
  ['https://spec.openapis.org/oas/3.1/dialect/base', []],
  ['https://spec.openapis.org/oas/3.2/dialect/2025-09-17', []],
  ['http://json-schema.org/draft-07/schema#', []],
  ['https://json-schema.org/draft/2019-09/schema', []],
  ['https://example.com/dialect', ['schema-dialect-unsupported']],
  ['http://json-schema.org/draft-03/schema#', ['schema-dialect-unsupported']],
  ['http://json-schema.org/schema#', ['schema-dialect-unsupported']],
  [7, ['schema-dialect-unsupported']],
])('the dialect %s', async (dialect, expected) => {
  const { codes } = await loaded({
    'openapi.yaml': openapi({ jsonSchemaDialect: dialect, components: { schemas: { A: {} } } }),
  })
  expect(codes.filter(code => code !== 'document-form')).toEqual(expected)
  if (typeof dialect !== 'string') return
  expect((await loaded(schemas({ A: { $schema: dialect } }))).codes).toEqual(expected)
  expect(
    (await loaded({ ...schemas({ A: { $ref: 'b.yaml#/x' } }), 'b.yaml': `$schema: ${dialect}\nx: {}\n` })).codes,
  ).toEqual(expected)
})

test('what the document itself is checked by is no dialect of its schemas', async () => {
  const $schema = 'https://spec.openapis.org/oas/3.1/schema/2025-02-13'
  const document = { $schema, components: { schemas: { A: { type: 'string' } } } }
  const { codes } = await loaded({ 'openapi.yaml': openapi(document) })
  expect(codes.filter(code => code !== 'document-form')).toEqual([])
  const elsewhere = { ...schemas({ A: { $ref: 'b.yaml#/components/schemas/A' } }), 'b.yaml': openapi(document) }
  expect((await loaded(elsewhere)).codes).toEqual([])
  const dialect = { ...elsewhere, 'b.yaml': openapi({ ...document, jsonSchemaDialect: 7 }) }
  expect((await loaded(dialect)).codes).toEqual(['schema-dialect-unsupported'])
})

test('what an older draft means otherwise is refused where it stands', async () => {
  const draft = (text: string, $schema = 'http://json-schema.org/draft-07/schema#') =>
    loaded({
      ...schemas({ A: { $ref: 'b.yaml#/definitions/x' }, B: {} }),
      'b.yaml': `$schema: ${$schema}\ndefinitions: { x: ${text}, y: {} }\n`,
    })
  for (const text of ['{ items: [{}] }', '{ additionalItems: false }', '{ $ref: "#/definitions/y", minimum: 1 }']) {
    const { codes, document } = await draft(text)
    expect([codes, document]).toEqual([['schema-dialect-unsupported'], undefined])
  }
  expect((await draft('{ $ref: "#/definitions/y", title: a }')).codes).toEqual([])
  expect(
    (await draft('{ $ref: "#/definitions/y", minimum: 1 }', 'https://json-schema.org/draft/2019-09/schema')).codes,
  ).toEqual([])
  const { text } = await draft('{ properties: { a: { items: [{}] } } }')
  expect(text).toMatchInlineSnapshot(`
    "b.yaml:2:40 error schema-dialect-unsupported: "items" of draft-07 says what "prefixItems" and "items" say in JSON Schema 2020-12
      at #/definitions/x/properties/a/items

        1 | $schema: http://json-schema.org/draft-07/schema#
      > 2 | definitions: { x: { properties: { a: { items: [{}] } } }, y: {} }
          |                                        ^^^^^

      help: write it in the newer words, and remove "$schema"
    "
  `)
})

test('what stands beside a reference and does not count is a warning, where it looks as if it should', async () => {
  const parameters = [{ $ref: '#/components/parameters/P', required: true, description: 'mine', 'x-a': 1 }]
  const members = {
    paths: { '/a': { get: { parameters, responses: {} } } },
    components: {
      parameters: { P: { name: 'p', in: 'query', schema: {} } },
      schemas: {
        A: { $ref: '#/components/schemas/B', title: 'A', description: 'a' },
        B: {},
        C: { $ref: '#/components/schemas/B', nullable: true, enum: [1] },
      },
    },
  }
  const places = async (version: string) => {
    const { diagnostics } = await loaded({ 'openapi.yaml': openapi(members, version) })
    return diagnostics.flatMap(({ code, severity, location }) =>
      code === 'reference-siblings-ignored' ? `${severity} ${location?.pointer}` : [],
    )
  }
  expect(await places('3.0.3')).toEqual([
    'warning /paths/~1a/get/parameters/0/required',
    'warning /components/schemas/C/nullable',
    'warning /components/schemas/C/enum',
  ])
  expect(await places('3.1.0')).toEqual(['warning /paths/~1a/get/parameters/0/required'])
})
