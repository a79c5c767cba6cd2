import { expect, test } from 'vitest'
import { workspace } from '../golden/workspace.js'

type Reference = { readonly $ref: string }

/** Each schema uses the one before it twice, to look at one value. */
function doubling(form: (one: Reference) => object, depth: number, place: 'request' | 'reply' = 'request'): string {
  const reference = (at: number) => ({ $ref: `#/components/schemas/D${at}` })
  const json = (schema: Reference) => ({ content: { 'application/json': { schema } } })
  const schemas = Array.from({ length: depth }, (_, at) => [`D${at + 1}`, form(reference(at))] as const)
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Doubling', version: '1' },
    security: [],
    paths: {
      '/a': {
        post: {
          operationId: 'addA',
          ...(place === 'request' && { requestBody: json(reference(depth)) }),
          responses: { 200: { description: 'Done', ...(place === 'reply' && json(reference(depth))) } },
        },
      },
    },
    components: {
      schemas: { D0: { type: 'object', properties: { a: { type: 'string' } } }, ...Object.fromEntries(schemas) },
    },
  })
}

test.each([
  ['allOf', (one: Reference) => ({ allOf: [one, one] })],
  ['anyOf', (one: Reference) => ({ anyOf: [one, { type: 'null' }, one] })],
  ['oneOf', (one: Reference) => ({ oneOf: [one, one] })],
  ['if and not', (one: Reference) => ({ if: one, else: { not: one } })],
] as const)('schemas that double by %s are refused, whatever their number', async (_, form) => {
  const work = workspace({ 'openapi.json': doubling(form, 60) })
  const { status, stderr } = await work.run('generate', 'openapi.json')
  expect(status).toBe(1)
  expect(stderr).toMatch(/error schema-unsupported: schema "D\d+" is made of more than 20,000 schemas/)
  expect(Object.keys(work.texts())).toEqual(['openapi.json'])
})

test('schemas that double as members are not: each looks at a value of its own', async () => {
  const work = workspace({ 'openapi.json': doubling(one => ({ properties: { a: one, b: one } }), 60) })
  expect((await work.run('generate', 'openapi.json')).status).toBe(0)
})

test('where replies alone are made of them, their types are unknown: TypeScript would not read them to their end', async () => {
  const both = (one: Reference) => ({ allOf: [one], anyOf: [one], properties: { a: one } })
  const work = workspace({ 'openapi.json': doubling(both, 35, 'reply') })
  const { status, stderr } = await work.run('generate', 'openapi.json')
  expect(status, stderr).toBe(0)
  expect(stderr).toMatch(/warning schema-unsupported: schema "D13" is made of more than 20,000 schemas/)
  expect(work.texts()['generated/types.ts']).toContain('\n        D13: unknown;\n')
})
