import { expect, test } from 'vitest'
import { workspace } from './workspace.js'

/** Every object that the specification lets have extensions, each with `more`. */
const document = (more: object) => ({
  openapi: '3.1.0',
  info: { title: 'T', version: '1', contact: { ...more }, license: { name: 'MIT', ...more }, ...more },
  servers: [{ url: '/v1', ...more }],
  tags: [{ name: 'a', externalDocs: { url: 'https://example.com', ...more }, ...more }],
  security: [{ key: [] }],
  paths: {
    '/a/{id}': {
      summary: 'A',
      parameters: [{ in: 'path', name: 'id', required: true, schema: { type: 'string', ...more }, ...more }],
      post: {
        operationId: 'a',
        requestBody: {
          content: {
            'multipart/form-data': {
              schema: {
                type: 'object',
                properties: { file: { type: 'string', ...more } },
                discriminator: { propertyName: 'file', ...more },
                xml: { name: 'a', ...more },
                ...more,
              },
              encoding: { file: { contentType: 'text/plain', ...more } },
              examples: { one: { value: {}, ...more } },
              ...more,
            },
          },
          ...more,
        },
        responses: {
          '200': {
            description: 'OK',
            headers: { 'X-A': { schema: { type: 'integer', ...more }, ...more } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/A' }, ...more } },
            links: { next: { operationId: 'a', ...more } },
            ...more,
          },
          ...more,
        },
        callbacks: { done: { '{$request.body#/url}': { post: { responses: {}, ...more }, ...more }, ...more } },
        ...more,
      },
      ...more,
    },
    ...more,
  },
  components: {
    schemas: { A: { type: 'object', properties: { a: { type: 'string' } }, ...more } },
    securitySchemes: {
      key: { type: 'apiKey', in: 'header', name: 'X-Key', ...more },
      auth: {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: 'https://example.com', scopes: {}, ...more }, ...more },
        ...more,
      },
    },
    ...more,
  },
  ...more,
})

test.each(['text', 0, true, null, [], {}, [null], { type: 'x', $ref: '#/x', content: null }])(
  'extensions change nothing, whatever they hold: %j',
  async value => {
    const emitted = async (more: object) => {
      const work = workspace({ 'openapi.json': JSON.stringify(document(more)) })
      const { status, stderr } = await work.run('generate', 'openapi.json')
      expect(status, stderr).toBe(0)
      return ['types', 'policies', 'handlers', 'validators', 'replies', 'reply-validators', 'router'].map(name =>
        work.text(`generated/${name}.ts`),
      )
    }
    expect(await emitted({ 'x-vendor': value })).toEqual(await emitted({}))
  },
  60_000,
)

test('responses and components that hold nothing, or a text where an object should be, have no types', async () => {
  const { paths, components } = document({})
  const nothing = { A: null }
  const work = workspace({
    'openapi.json': JSON.stringify({
      ...document({}),
      paths: { ...paths, '/b': { get: { operationId: 'b', responses: { '200': null, default: 'text' } } } },
      components: {
        ...components,
        parameters: { ...nothing, B: { in: 'query', name: 'b', content: null } },
        responses: { ...nothing, B: { description: 'B', headers: null, content: { 'application/json': null } } },
        headers: nothing,
        links: nothing,
        requestBodies: { B: { content: null } },
        callbacks: null,
        pathItems: { B: { get: null, post: { responses: null } } },
      },
    }),
  })
  const { status, stderr } = await work.run('generate', 'openapi.json')
  expect(status, stderr).toBe(0)
}, 60_000)
