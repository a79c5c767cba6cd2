import { expect, test } from 'vitest'
import { loaded, openapi } from './folder.js'

test.each(['3.0.3', '3.1.0', '3.2.0'])(
  'faults of form are warnings, and the document is there all the same: %s',
  async version => {
    const { document, diagnostics } = await loaded({
      'openapi.yaml': openapi(
        { info: { title: 1, version: '1' }, paths: { '/a': { get: { responses: {}, tags: 'x' } } } },
        version,
      ),
    })
    expect(document).toBeDefined()
    expect(new Set(diagnostics.map(({ code, severity }) => `${severity} ${code}`))).toEqual(
      new Set(['warning document-form']),
    )
    expect(diagnostics.map(({ location }) => location?.pointer)).toEqual(
      expect.arrayContaining(['/info/title', '/paths/~1a/get/tags']),
    )
  },
)

test('the text of a fault of form', async () => {
  const { text } = await loaded({
    'openapi.yaml': "openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths:\n  /a: { fetch: {} }\n",
  })
  expect(text).toMatchInlineSnapshot(`
    "openapi.yaml:4:9 warning document-form: "/a" holds "fetch", which has no place there
      at #/paths/~1a/fetch

        3 | paths:
      > 4 |   /a: { fetch: {} }
          |         ^^^^^

      help: see OpenAPI 3.1, "Schema"; the generation goes on
    "
  `)
})

test('a fault in another file is shown there', async () => {
  const { diagnostics, cwd } = await loaded({
    'openapi.yaml': openapi({ paths: { '/a': { get: { $ref: 'o.yaml' } } } }, '3.0.3'),
    'o.yaml': 'responses: { 200: { description: 1 } }\n',
  })
  expect(diagnostics.map(({ location }) => location)).toEqual([
    { file: `${cwd}/o.yaml`, pointer: '/responses/200/description' },
  ])
})

test('of many faults, each is told', async () => {
  const paths = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`/p${i}`, { get: { tags: i, responses: {} } }]),
  )
  const { diagnostics } = await loaded({ 'openapi.yaml': openapi({ paths }) })
  expect(diagnostics).toHaveLength(50)
})

test.each(['3.0.3', '3.1.0', '3.2.0'])('the case of an authentication scheme is no fault: %s', async version => {
  const securitySchemes = {
    a: { type: 'http', scheme: 'Bearer', bearerFormat: 'JWT' },
    b: { type: 'http', scheme: 'BASIC' },
  }
  const document = openapi({ components: { securitySchemes } }, version)
  const { diagnostics, document: read } = await loaded({ 'openapi.yaml': document })
  expect(diagnostics).toEqual([])
  expect(read?.root.components).toEqual({ securitySchemes })
})

test('what has none of several forms is told once, and what is wrong inside it alone', async () => {
  const parameters = [
    { name: 'a', in: 'quer', schema: {} },
    { name: 'b', in: 'query', schema: { type: 'text' } },
    { name: 'c', in: 'query', schema: {} },
  ]
  const document = openapi(
    {
      paths: { '/a': { get: { parameters, responses: { 204: { description: 'D' } } } } },
      components: { securitySchemes: { odd: { type: 'key', name: 'a' } } },
    },
    '3.0.3',
  )
  const { diagnostics } = await loaded({ 'openapi.yaml': document })
  expect(diagnostics.map(({ location, message }) => `${location?.pointer} ${message}`)).toEqual([
    '/paths/~1a/get/parameters/1/schema/type "type" must be one of "array", "boolean", "integer", "number", "object", "string"',
    '/paths/~1a/get/parameters/0 "0" has none of the forms that it can have',
    '/components/securitySchemes/odd "odd" has none of the forms that it can have',
  ])
})

test.each(['3.1.0', '3.2.0'])('a document of %s needs no paths', async version => {
  const { paths: _, ...document } = openapi({ components: {} }, version) as Record<string, unknown>
  expect((await loaded({ 'openapi.yaml': document })).diagnostics).toEqual([])
})

test('a newer patch of a version is read by its rules', async () => {
  expect((await loaded({ 'openapi.yaml': openapi({}, '3.0.9') })).diagnostics).toEqual([])
  expect((await loaded({ 'openapi.yaml': openapi({}, '3.1.9') })).diagnostics).toEqual([])
})

test('the validators follow no reference, also not in data', async () => {
  const value = { $ref: 'http://127.0.0.1:9/never' }
  const members = { components: { examples: { E: { value } } }, 'x-data': value }
  for (const version of ['3.0.3', '3.1.0', '3.2.0']) {
    const { document, diagnostics } = await loaded({ 'openapi.yaml': openapi(members, version) })
    expect(document?.root['x-data']).toEqual(value)
    expect(diagnostics).toEqual([])
  }
})

test('the description of a server variable is no fault', async () => {
  const servers = [{ url: 'https://{host}', variables: { host: { default: 'a', description: 'b' } } }]
  expect((await loaded({ 'openapi.yaml': openapi({ servers }) })).diagnostics).toEqual([])
})
