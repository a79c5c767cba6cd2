import { expect, test } from 'vitest'
import { loaded, openapi } from './folder.js'

const get = (operation: object) => ({ paths: { '/a': { get: operation } } })
const reply = (schema: unknown) => ({ responses: { 200: { description: '', content: { 'text/plain': { schema } } } } })
/** What stands at `path`, however deep. */
const at = (node: unknown, ...path: (string | number)[]): unknown =>
  path.reduce((value: unknown, key) => (value as Record<string | number, unknown>)[key], node)
const schemaOf = (root: unknown) => at(root, 'paths', '/a', 'get', 'responses', 200, 'content', 'text/plain', 'schema')

test('references to components stay, and what is no reference stays as it is', async () => {
  const data = { $ref: 'nowhere.yaml' }
  const schema = {
    properties: { a: { $ref: '#/components/schemas/A' }, $ref: { type: 'string' } },
    example: data,
    examples: [data],
    default: data,
    enum: [data],
    const: data,
    'x-data': data,
    description: '$ref: nowhere.yaml',
  }
  const document = openapi({
    info: { title: 'T', version: '1', description: 'x', 'x-data': data },
    paths: {
      '/a': { 'x-claims': { $ref: 1 }, get: { ...reply(schema), security: [{ $ref: ['s'] }] } },
      'x-data': data,
    },
    components: { schemas: { A: { type: 'string' } }, examples: { E: { value: data } } },
  })
  const { root, codes } = await loaded({ 'openapi.yaml': document })
  expect(codes.filter(code => code !== 'document-form')).toEqual([])
  expect(root).toEqual(JSON.parse(JSON.stringify(document)))
})

test('operations, path items, maps and every kind of object come in place from other files', async () => {
  const { root, diagnostics } = await loaded({
    'openapi.yaml': `
openapi: 3.1.0
info: { title: T, version: '1' }
paths:
  /a: { get: { $ref: paths/a.yaml#/get } }
  /b: { $ref: 'paths/b@{id}%20x.yaml' }
  /c:
    parameters: [{ $ref: 'paths/b@{id}%20x.yaml#/parameters/0' }]
    post:
      requestBody: { $ref: bodies.yaml#/B }
      responses: { $ref: replies.yaml }
components:
  securitySchemes: { s: { $ref: schemes.yaml#/s } }
  schemas: { $ref: 'schemas/all.yaml' }
`,
    'paths/a.yaml': `get: { operationId: getA, x-claims: { admin: true }, security: [{ s: [a] }], responses: {} }\n`,
    'paths/b@{id} x.yaml': `
parameters: [{ name: p, in: query, schema: { $ref: ../schemas/all.yaml#/One } }]
get: { operationId: getB, responses: {}, callbacks: { c: { $ref: ../callback.yaml } } }
`,
    'bodies.yaml': 'B: { content: { application/json: { schema: { $ref: "schemas/all.yaml#/Two" } } } }\n',
    'replies.yaml':
      "200: { $ref: 'replies.yaml#/x-ok' }\nx-ok: { description: ok, headers: { H: { $ref: headers.yaml#/H } } }\n",
    'headers.yaml': 'H: { schema: { type: string } }\n',
    'schemes.yaml': 's: { type: http, scheme: bearer, x-token: { $ref: "schemas/token.yaml" } }\n',
    'callback.yaml': "'{$request.body#/url}': { post: { responses: {} } }\n",
    'schemas/all.yaml': 'One: { type: string }\nTwo: { $ref: "#/One" }\n',
    'schemas/token.yaml': 'type: object\n',
  })
  expect(diagnostics).toEqual([])
  const parameter = { name: 'p', in: 'query', schema: { $ref: '#/components/schemas/One' } }
  expect(root).toEqual({
    openapi: '3.1.0',
    info: { title: 'T', version: '1' },
    paths: {
      '/a': { get: { operationId: 'getA', 'x-claims': { admin: true }, security: [{ s: ['a'] }], responses: {} } },
      '/b': {
        parameters: [parameter],
        get: {
          operationId: 'getB',
          responses: {},
          callbacks: { c: { '{$request.body#/url}': { post: { responses: {} } } } },
        },
      },
      '/c': {
        parameters: [parameter],
        post: {
          requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Two' } } } },
          responses: {
            200: { description: 'ok', headers: { H: { schema: { type: 'string' } } } },
            'x-ok': { description: 'ok', headers: { H: { $ref: 'headers.yaml#/H' } } },
          },
        },
      },
    },
    components: {
      securitySchemes: { s: { type: 'http', scheme: 'bearer', 'x-token': { $ref: '#/components/schemas/token' } } },
      schemas: { One: { type: 'string' }, Two: { $ref: '#/components/schemas/One' }, token: { type: 'object' } },
    },
  })
})

test('schemas of other files become components: readable names, one for each, none taken twice', async () => {
  const { root, diagnostics } = await loaded({
    'openapi.yaml': openapi({
      ...get(
        reply({
          anyOf: [
            'a/pet.yaml',
            'b/pet.yaml',
            './b/../a/pet.yaml#',
            'b/pet.yaml#/properties/owner',
            '#/components/schemas/pet/properties/tag',
            'b/my%20list.json#/anyOf/0',
          ].map($ref => ({ $ref })),
        }),
      ),
      components: { schemas: { pet: { properties: { tag: { type: 'string' } } } } },
    }),
    'a/pet.yaml': 'title: a\n',
    'b/pet.yaml': 'title: b\nproperties: { owner: { title: owner } }\n',
    'b/my list.json': { anyOf: [{ title: 'first' }] },
  })
  expect(diagnostics).toEqual([])
  const names = ['pet_2', 'pet_3', 'pet_2', 'owner', 'tag', 'my_list_anyOf_0']
  expect(schemaOf(root)).toEqual({ anyOf: names.map(name => ({ $ref: `#/components/schemas/${name}` })) })
  expect(at(root, 'components', 'schemas')).toEqual({
    pet: { properties: { tag: { type: 'string' } } },
    pet_2: { title: 'a' },
    pet_3: { title: 'b', properties: { owner: { title: 'owner' } } },
    owner: { title: 'owner' },
    tag: { type: 'string' },
    my_list_anyOf_0: { title: 'first' },
  })
})

test('files whose schemas refer to each other in circles work', async () => {
  const { root, diagnostics } = await loaded({
    'openapi.yaml': openapi(get(reply({ $ref: 'node.yaml' }))),
    'node.yaml': 'properties: { next: { $ref: "#" }, leaf: { $ref: leaf.yaml } }\n',
    'leaf.yaml': 'properties: { up: { $ref: node.yaml }, self: { $ref: "#/properties/up" } }\n',
  })
  expect(diagnostics).toEqual([])
  expect(root?.components).toEqual({
    schemas: {
      node: {
        properties: { next: { $ref: '#/components/schemas/node' }, leaf: { $ref: '#/components/schemas/leaf' } },
      },
      leaf: { properties: { up: { $ref: '#/components/schemas/node' }, self: { $ref: '#/components/schemas/node' } } },
    },
  })
})

test('a component that is a reference to a file is what the file holds, under its own name everywhere', async () => {
  const { root, diagnostics } = await loaded({
    'openapi.yaml': openapi({
      ...get({ ...reply({ $ref: 'p.yaml' }), parameters: [{ $ref: 'p.yaml#/x-parameter' }] }),
      components: {
        schemas: { Pet: { $ref: 'p.yaml' }, Same: { $ref: 'p.yaml' }, Way: { $ref: 'way.yaml' } },
        parameters: { P: { $ref: 'p.yaml#/x-parameter' } },
      },
    }),
    'way.yaml': '$ref: p.yaml\n',
    'p.yaml': `title: pet\nx-parameter: { name: p, in: query, schema: { $ref: 'openapi.yaml#/components/schemas/Same' } }\n`,
  })
  expect(diagnostics).toEqual([])
  expect(schemaOf(root)).toEqual({ $ref: '#/components/schemas/Pet' })
  expect(root).toMatchObject({
    paths: { '/a': { get: { parameters: [{ $ref: '#/components/parameters/P' }] } } },
    components: {
      schemas: {
        Pet: { title: 'pet' },
        Same: { $ref: '#/components/schemas/Pet' },
        Way: { $ref: '#/components/schemas/Pet' },
      },
      parameters: { P: { name: 'p', schema: { $ref: '#/components/schemas/Same' } } },
    },
  })
})

test('JSON Pointer and percent escapes are undone once each', async () => {
  const { root, diagnostics } = await loaded({
    'openapi.yaml': openapi({
      paths: {
        '/a~b/{c}': { get: reply({ title: 'here' }) },
        '/x': { get: { ...reply({ $ref: '#/paths/~1a~0b~1%7Bc%7D/get/responses/200/content/text~1plain/schema' }) } },
      },
      components: { schemas: { 'A%20B': { title: 'odd' }, 'C~D': { $ref: '#/components/schemas/A%2520B' } } },
    }),
  })
  expect(diagnostics.filter(({ code }) => code !== 'document-form')).toEqual([])
  expect(at(root, 'components', 'schemas')).toEqual({
    'A%20B': { title: 'odd' },
    'C~D': { $ref: '#/components/schemas/A%2520B' },
    text_plain_schema: { title: 'here' },
  })
})

test('a name that reads like an escape is no escape once it is undone', async () => {
  const schemas = { 'a~1b': { title: 'tilde' }, 'a/b': { title: 'slash' }, C: { $ref: '#/components/schemas/a~01b' } }
  const { root, codes } = await loaded({ 'openapi.yaml': openapi({ components: { schemas } }) })
  expect(codes).not.toContain('reference-dangling')
  expect(at(root, 'components', 'schemas', 'C')).toEqual({ $ref: '#/components/schemas/a~01b' })
  const moved = openapi({ ...get(reply({ $ref: '#/x-schemas/a~01b' })), 'x-schemas': schemas })
  const { root: other } = await loaded({ 'openapi.yaml': moved })
  expect(Object.values(at(other, 'components', 'schemas') as object)).toEqual([{ title: 'tilde' }])
})

test('a pointer may lead through references', async () => {
  const { root, diagnostics } = await loaded({
    'openapi.yaml': openapi({
      ...get(reply({ $ref: '#/components/responses/R/content/text~1plain/schema/properties/a' })),
      components: { responses: { R: { $ref: 'r.yaml' } } },
    }),
    'r.yaml': `description: r\ncontent: { text/plain: { schema: { $ref: s.yaml } } }\n`,
    's.yaml': 'properties: { a: { title: found } }\n',
  })
  expect(diagnostics).toEqual([])
  expect(at(root, 'components', 'schemas')).toEqual({
    s: { properties: { a: { title: 'found' } } },
    a: { title: 'found' },
  })
})

test('siblings of $ref count from 3.1 on, and not in 3.0', async () => {
  const members = {
    ...get({
      ...reply({ $ref: 's.yaml', title: 'mine' }),
      parameters: [{ $ref: 'p.yaml', description: 'mine', name: 'no' }],
    }),
    components: {
      parameters: { P: { name: 'p', in: 'query', schema: {} } },
      schemas: { S: { $ref: 's.yaml', title: 'S' } },
    },
  }
  const files = { 's.yaml': 'title: theirs\n', 'p.yaml': 'name: p\nin: query\ndescription: theirs\nschema: {}\n' }
  const newer = await loaded({ 'openapi.yaml': openapi(members), ...files })
  expect(newer.codes).toEqual(['reference-siblings-ignored'])
  expect(schemaOf(newer.root)).toEqual({ $ref: '#/components/schemas/s', title: 'mine' })
  expect(newer.root).toMatchObject({ components: { schemas: { S: { $ref: '#/components/schemas/s', title: 'S' } } } })
  expect(at(newer.root, 'paths', '/a', 'get', 'parameters')).toEqual([
    { name: 'p', in: 'query', description: 'mine', schema: {} },
  ])
  const older = await loaded({ 'openapi.yaml': openapi(members, '3.0.3'), ...files })
  expect(schemaOf(older.root)).toEqual({ $ref: '#/components/schemas/S' })
  expect(at(older.root, 'paths', '/a', 'get', 'parameters')).toEqual([
    { name: 'p', in: 'query', description: 'theirs', schema: {} },
  ])
})

test('a path item or operation by reference keeps what stands beside the reference', async () => {
  const { root, diagnostics } = await loaded({
    'openapi.yaml': openapi({
      paths: {
        '/a': {
          $ref: 'a.yaml',
          'x-claims': { a: true },
          post: { $ref: 'o.yaml', security: [], 'x-scope-match': 'any' },
        },
      },
    }),
    'a.yaml': 'get: { responses: {} }\n',
    'o.yaml': 'operationId: post\nresponses: {}\n',
  })
  expect(diagnostics).toEqual([])
  expect(root?.paths).toEqual({
    '/a': {
      get: { responses: {} },
      'x-claims': { a: true },
      post: { operationId: 'post', responses: {}, security: [], 'x-scope-match': 'any' },
    },
  })
})

test('a discriminator without a mapping means schemas by the names that references say, whatever they are called here', async () => {
  const tagged = (...refs: string[]) => ({
    oneOf: [...refs.map($ref => ({ $ref })), { type: 'null' }],
    discriminator: { propertyName: 't' },
  })
  const pets = {
    components: { schemas: { Cat: { type: 'object' }, Pet: tagged('#/components/schemas/Cat', 'Dog.yaml') } },
  }
  const { root, codes } = await loaded({
    'openapi.yaml': openapi({
      ...get(reply({ $ref: 'pets.yaml#/components/schemas/Pet' })),
      components: { schemas: { Cat: { type: 'string' }, Own: tagged('#/components/schemas/Cat') } },
    }),
    'pets.yaml': pets,
    'Dog.yaml': { type: 'object' },
  })
  expect(codes).toEqual([])
  const schemas = at(root, 'components', 'schemas')
  expect(at(schemas, 'Own', 'discriminator')).toEqual({ propertyName: 't' })
  const [cat, dog] = at(schemas, 'Pet', 'oneOf') as { $ref: string }[]
  expect([cat?.$ref, dog?.$ref]).toEqual(['#/components/schemas/Cat_2', '#/components/schemas/Dog'])
  expect(at(schemas, 'Pet', 'discriminator')).toEqual({ propertyName: 't', mapping: { Cat: cat?.$ref } })
})

test('discriminator mappings that name places are rewritten, names stay', async () => {
  const mapping = { a: 'a.yaml', b: '#/components/schemas/B', c: 'B', d: './a.yaml#', e: 'E.v1' }
  const { root, diagnostics } = await loaded({
    'openapi.yaml': openapi({
      ...get(reply({ oneOf: [{ $ref: 'a.yaml' }], discriminator: { propertyName: 't', mapping, 'x-a': 1 } })),
      components: { schemas: { B: { type: 'object' } } },
    }),
    'a.yaml': 'type: object\n',
  })
  expect(diagnostics).toEqual([])
  const A = '#/components/schemas/a'
  expect(schemaOf(root)).toEqual({
    oneOf: [{ $ref: A }],
    discriminator: {
      propertyName: 't',
      mapping: { a: A, b: '#/components/schemas/B', c: 'B', d: A, e: 'E.v1' },
      'x-a': 1,
    },
  })
})

test('every subschema position is walked', async () => {
  const one = [
    'not',
    'if',
    'then',
    'else',
    'items',
    'contains',
    'propertyNames',
    'additionalProperties',
    'unevaluatedItems',
    'unevaluatedProperties',
    'contentSchema',
  ]
  const list = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
  const map = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']
  const build = (ref: string) => ({
    ...Object.fromEntries(one.map(keyword => [keyword, { $ref: ref }])),
    ...Object.fromEntries(list.map(keyword => [keyword, [{ $ref: ref }]])),
    ...Object.fromEntries(map.map(keyword => [keyword, { default: { $ref: ref } }])),
  })
  const { root, diagnostics } = await loaded({
    'openapi.yaml': openapi(get(reply(build('s.yaml')))),
    's.yaml': 'true\n',
  })
  expect(diagnostics).toEqual([])
  expect(schemaOf(root)).toEqual(build('#/components/schemas/s'))
  expect(root?.components).toEqual({ schemas: { s: true } })
})

test('origins say where a thing was written, in which file', async () => {
  const { document, cwd } = await loaded({
    'openapi.yaml': openapi({ paths: { '/a': { get: { $ref: 'o.yaml#/the~1one' } }, '/b': {} } }),
    'o.yaml': 'the/one: { responses: {}, security: [{ s: [a] }] }\n',
  })
  const { root, origins } = document ?? expect.fail()
  expect(origins.locate(root, 'paths', '/a', 'get', 'security', 0, 's', 0)).toEqual({
    file: `${cwd}/o.yaml`,
    pointer: '/the~1one/security/0/s/0',
  })
  expect(origins.locate(root, 'paths', '/b')).toEqual({ file: `${cwd}/openapi.yaml`, pointer: '/paths/~1b' })
  expect(origins.locate(root, 'nowhere')).toEqual({ file: `${cwd}/openapi.yaml`, pointer: '/nowhere' })
})

test('what nothing reaches in another file is not read', async () => {
  const { diagnostics } = await loaded({
    'openapi.yaml': openapi(get(reply({ $ref: 'a.yaml#/Good' }))),
    'a.yaml': 'Good: { type: string }\nBad: { $ref: https://example.com/x.yaml }\n',
  })
  expect(diagnostics).toEqual([])
})

test('the same document is loaded the same twice', async () => {
  const files = {
    'openapi.yaml': openapi(get(reply({ anyOf: [{ $ref: 'b/x.yaml' }, { $ref: 'a/x.yaml' }] }))),
    'a/x.yaml': 'title: a\n',
    'b/x.yaml': 'title: b\n',
  }
  expect(JSON.stringify((await loaded(files)).root)).toBe(JSON.stringify((await loaded(files)).root))
})

test('every name of a member, and of a file, can be referred to', async () => {
  const names = [
    '',
    'a/b',
    'a~b',
    'a%b',
    'a b',
    'ä',
    '日本',
    '#',
    '?',
    '"',
    '~1',
    '%25',
    '0',
    '-1',
    '@{x}',
    "it's",
    '$ref x',
  ]
  const pointer = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')
  const escapes = [encodeURIComponent, (text: string) => text.replaceAll('%', '%25')]
  for (const escaped of escapes) {
    const { root, text } = await loaded({
      'openapi.yaml': openapi({
        ...get(
          reply({
            anyOf: names.map(name => ({ $ref: `odd%20%23%25@%7Bname%7D.json#/x/${escaped(pointer(name))}/1` })),
          }),
        ),
      }),
      'odd #%@{name}.json': { x: Object.fromEntries(names.map(name => [name, [{}, { title: name }]])) },
    })
    expect(text).toBe('')
    const schemas = Object.values(at(root, 'components', 'schemas') as object)
    expect(schemas).toEqual(names.map(title => ({ title })))
  }
})

test.each(['#/x/01', '#/x/-', '#/x/2', '#/x/length', '#/x/', '#x', '#/x/0/'])(
  'what is no member of a list is not found: %s',
  async ref => {
    const { codes } = await loaded({ 'openapi.yaml': openapi({ ...get(reply({ $ref: ref })), x: [{ '': 1 }, {}] }) })
    expect(codes.filter(code => code !== 'document-form')).toEqual([
      ref === '#/x/0/' ? 'reference-mistyped' : 'reference-dangling',
    ])
  },
)

test('path items of components stand in every place that refers to them', async () => {
  const { root, text } = await loaded({
    'openapi.yaml': openapi({
      paths: { '/a': { $ref: '#/components/pathItems/Shared' }, '/b': { $ref: 'b.yaml#/components/pathItems/Other' } },
      components: {
        pathItems: {
          Shared: { get: { $ref: '#/components/pathItems/Whole/post' } },
          Whole: { post: { operationId: 'x', responses: {} } },
        },
      },
    }),
    'b.yaml': openapi({
      components: { pathItems: { Other: { $ref: '#/components/pathItems/Last' }, Last: { put: { responses: {} } } } },
    }),
  })
  expect(text).toBe('')
  expect(root?.paths).toEqual({ '/a': { get: { operationId: 'x', responses: {} } }, '/b': { put: { responses: {} } } })
})
