import { describe, expect, test } from 'vitest'
import { compile } from '../../generator/compile.js'
import { workspace } from '../golden/workspace.js'

type Reference = { readonly $ref: string }

const LINKS = {
  'a bare reference': (one: Reference) => one,
  allOf: (one: Reference) => ({ allOf: [one] }),
  anyOf: (one: Reference) => ({ anyOf: [one, { type: 'null' }] }),
  properties: (one: Reference) => ({ type: 'object', properties: { a: { type: 'string', readOnly: true }, x: one } }),
  items: (one: Reference) => ({ type: 'array', items: one }),
}
const PLACES = ['body', 'reply', 'parameter', 'nowhere'] as const

/** Each schema refers to the next, the last to none. */
function chain(link: (one: Reference) => object, length: number): { readonly [name: string]: object } {
  const entries = Array.from({ length }, (_, at) => [
    `A${at + 1}`,
    at + 1 === length ? { type: 'string' } : link({ $ref: `#/components/schemas/A${at + 2}` }),
  ])
  return Object.fromEntries(entries)
}

function documentWith(place: (typeof PLACES)[number], schema: object | boolean, components: object): string {
  const content = { 'application/json': { schema: '@' } }
  const text = JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Chains', version: '1' },
    security: [],
    paths: {
      '/a': {
        post: {
          operationId: 'addA',
          ...(place === 'body' && { requestBody: { content } }),
          ...(place === 'parameter' && { parameters: [{ in: 'query', name: 'q', schema: '@' }] }),
          responses: { 200: { description: 'Done', ...(place === 'reply' && { content }) } },
        },
      },
    },
    components,
  })
  return text.replace('"@"', () => JSON.stringify(schema))
}

async function outcome(text: string) {
  const work = workspace({ 'openapi.json': text })
  const { diagnostics, emitted } = await compile({ document: 'openapi.json', cwd: work.folder })
  for (const { message, location } of diagnostics) expect(location, message).toBeDefined()
  const errors = diagnostics.filter(one => one.severity === 'error')
  expect(emitted.size === 0).toBe(errors.length > 0)
  return { written: emitted.size > 0, errors, diagnostics }
}

describe.each(Object.entries(LINKS))('a chain of schemas, by %s', (name, link) => {
  test.each([...PLACES.map(place => [place, 5_000] as const), ['body', 20_000] as const, ['reply', 20_000] as const])(
    'from %s, of %i: written, or refused with a place',
    async (place, length) => {
      const { written, errors } = await outcome(
        documentWith(place, { $ref: '#/components/schemas/A1' }, { schemas: chain(link, length) }),
      )
      if (place === 'nowhere') expect(written).toBe(true)
      if (place === 'body') expect(errors).not.toEqual([])
      if (place === 'reply' && name !== 'properties' && name !== 'items') expect(written).toBe(true)
    },
  )

  test.each(PLACES)('from %s, of 90: written, without a word', async place => {
    if (place === 'parameter' && name === 'items') return
    const components = { schemas: chain(link, 90) }
    const found = await outcome(documentWith(place, { $ref: '#/components/schemas/A1' }, components))
    expect(found).toMatchObject({ written: true, diagnostics: [] })
  })
})

test('a chain of 20,000 bare references, from within schemas that nothing is held to', async () => {
  const first = { $ref: '#/components/schemas/A1' }
  const outer = { type: 'object', allOf: [first], required: ['x'], properties: { x: first } }
  const schemas = { ...chain(LINKS['a bare reference'], 20_000), Outer: outer }
  expect(await outcome(documentWith('nowhere', true, { schemas }))).toMatchObject({ written: true, errors: [] })
})

test.each(['properties', 'allOf'])('5,000 schemas nested by %s are refused with a place', async keyword => {
  const [open, close] = keyword === 'allOf' ? ['{"allOf":[', ']}'] : ['{"properties":{"x":', '}}']
  const schema = `${open.repeat(5_000)}{}${close.repeat(5_000)}`
  const { errors } = await outcome(documentWith('body', {}, {}).replace('"schema":{}', () => `"schema":${schema}`))
  expect(errors.map(one => one.code)).toEqual(['file-malformed'])
})

test.each(['parameters', 'responses', 'requestBodies', 'headers'])(
  '20,000 %s, each a reference to the next',
  async section => {
    const whole = {
      parameters: { in: 'query', name: 'q', schema: { type: 'string' } },
      responses: { description: 'Done' },
      requestBodies: { content: { 'application/json': { schema: { type: 'string' } } } },
      headers: { schema: { type: 'string' } },
    }[section]
    const first = { $ref: `#/components/${section}/A1` }
    const listed = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, at) => [
        `A${at + 1}`,
        at === 19_999 ? whole : { $ref: `#/components/${section}/A${at + 2}` },
      ]),
    )
    const responses = section === 'responses' ? { 200: first } : { 200: { description: '', headers: { 'X-A': first } } }
    const text = JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'Chains', version: '1' },
      security: [],
      paths: {
        '/a': {
          post: {
            operationId: 'addA',
            ...(section === 'parameters' && { parameters: [first] }),
            ...(section === 'requestBodies' && { requestBody: first }),
            responses: section === 'headers' || section === 'responses' ? responses : { 204: { description: '' } },
          },
        },
      },
      components: { [section]: listed },
    })
    expect(await outcome(text)).toMatchObject({ errors: [] })
  },
)
