import { describe, expect, it } from 'vitest'
import { workspace } from './workspace.js'

/** What generating says of an operation with these parameters, and whether it writes. */
async function said(parameters: string, { version = '3.2.0', security = '[]' } = {}): Promise<string> {
  const work = workspace({
    'openapi.yaml': `openapi: ${version}
info: { title: Parameters, version: "1" }
security: ${security}
paths:
  /a:
    get:
      operationId: readA
      parameters:
${parameters
  .trim()
  .split('\n')
  .map(line => `        - ${line.trim()}\n`)
  .join('')}      responses: { "204": { description: Done } }
components:
  securitySchemes: { key: { type: apiKey, in: query, name: key } }
  schemas:
    Wide: { type: object, properties: { ${[...'abcdefgh'].map(name => `${name}: { $ref: "#/components/schemas/Wide" }`).join(', ')} } }
`,
  })
  const { status, stderr } = await work.run('generate', 'openapi.yaml')
  const lines = stderr.split('\n').filter(line => /: (error|warning)|^openapi.yaml:/.test(line))
  const errors = lines.flatMap(line => / error ([a-z-]+): (.*)$/.exec(line)?.slice(1) ?? [])
  expect(status === 0).toBe(errors.length === 0)
  return lines
    .map(line => line.replace(/^openapi.yaml:\d+:\d+ /, '').replace('GET /a needs what is not supported yet: ', ''))
    .filter(line => !line.startsWith('warning document-form'))
    .join('\n')
}

const MAP = '{ type: object, additionalProperties: { type: string } }'
const PAIR = '{ type: object, properties: { x: { type: string } } }'

describe('parameters that a request could not tell apart are an error', () => {
  it.each([
    [
      `{ name: a, in: query, schema: ${MAP} }\n{ name: b, in: query, schema: ${MAP} }`,
      'error feature-unsupported: query parameter "b" with members of any name, as the parameter "a" has',
    ],
    [
      `{ name: a, in: query, schema: ${PAIR} }\n{ name: b, in: query, schema: ${PAIR} }`,
      'error feature-unsupported: query parameter "b" with a member "x", as the parameter "a" has',
    ],
    [
      `{ name: a, in: query, schema: ${PAIR} }\n{ name: x, in: query, schema: { type: string } }`,
      'error feature-unsupported: query parameter "a" with a member that is spelled like the parameter "x"',
    ],
    [
      `{ name: a, in: query, style: deepObject, schema: ${MAP} }\n{ name: "a[b]", in: query, schema: { type: string } }`,
      'error feature-unsupported: query parameter "a" with members that are spelled like the parameter "a[b]"',
    ],
    [
      '{ name: a, in: querystring, content: { application/json: {} } }\n{ name: b, in: query, schema: { type: string } }',
      'error parameter-malformed: parameter "a" is the whole query, and "b" is in it, too',
    ],
    [
      '{ name: a, in: querystring, content: { application/json: {} } }\n{ name: b, in: querystring, content: { text/plain: {} } }',
      'error parameter-malformed: parameter "a" is the whole query, and "b" is in it, too',
    ],
  ])('%s', async (parameters, expected) => {
    expect(await said(parameters)).toBe(expected)
  })

  it.each([
    `{ name: a, in: query, schema: ${MAP} }\n{ name: b, in: cookie, schema: ${MAP} }`,
    `{ name: a, in: query, schema: ${MAP} }\n{ name: b, in: query, schema: ${PAIR} }\n{ name: c, in: query, schema: { type: string } }`,
    `{ name: a, in: query, schema: ${MAP} }\n{ name: b, in: query, style: deepObject, schema: ${MAP} }`,
    `{ name: a, in: query, explode: false, schema: ${MAP} }\n{ name: b, in: query, schema: ${MAP} }`,
  ])('but not these: %s', async parameters => {
    expect(await said(parameters)).toBe('')
  })

  it('an API key in a query that is no form', async () => {
    const json = '{ name: a, in: querystring, content: { application/json: {} } }'
    const security = '[{ key: [] }]'
    const fault = 'error feature-unsupported: querystring parameter "a" with an API key beside it in the query'
    expect(await said(json, { security })).toBe(fault)
    const form = '{ name: a, in: querystring, content: { application/x-www-form-urlencoded: {} } }'
    expect(await said(form, { security })).toBe('')
  })
})

describe('a style that a place does not have is an error', () => {
  it.each([
    ['{ name: a, in: query, style: label, schema: {} }', '3.1.0', 'query parameter "a" has the style "label"'],
    ['{ name: a, in: header, style: form, schema: {} }', '3.1.0', 'header parameter "a" has the style "form"'],
    ['{ name: a, in: cookie, style: simple, schema: {} }', '3.1.0', 'cookie parameter "a" has the style "simple"'],
    ['{ name: a, in: cookie, style: cookie, schema: {} }', '3.1.0', 'cookie parameter "a" has the style "cookie"'],
    ['{ name: a, in: query, style: 1, schema: {} }', '3.1.0', 'query parameter "a" has the style 1'],
    ['{ name: a, in: querystring, content: { text/plain: {} } }', '3.1.0', 'parameter "a" is in "querystring"'],
    ['{ name: a, in: querystring, schema: {} }', '3.2.0', 'parameter "a" in querystring has no content'],
    ['{ name: a, in: query, content: {} }', '3.1.0', 'the content of parameter "a" is not one media type'],
    [
      '{ name: a, in: query, schema: {}, content: { text/plain: {} } }',
      '3.1.0',
      'the content of parameter "a" is not one media type',
    ],
    [
      '{ name: a, in: query, allowReserved: 1, schema: {} }',
      '3.1.0',
      'allowReserved of parameter "a" must be true or false',
    ],
  ])('%s in %s', async (parameter, version, message) => {
    expect(await said(parameter, { version })).toBe(`error parameter-malformed: ${message}`)
  })

  it('but 3.2 has a style and a place of its own', async () => {
    expect(await said('{ name: a, in: cookie, style: cookie, schema: {} }')).toBe('')
    expect(await said('{ in: querystring, content: { text/plain: {} } }')).toBe('')
  })
})

describe('a required parameter that nobody could send is an error', () => {
  it.each([
    ['schema: { type: array, items: { type: object } }', 'a list whose items are lists or objects'],
    [
      'style: pipeDelimited, schema: { type: string }',
      'style pipeDelimited under a schema that cannot be read from it',
    ],
    ['style: deepObject, schema: { type: string }', 'style deepObject under a schema that cannot be read from it'],
    [
      'style: deepObject, schema: { $ref: "#/components/schemas/Wide" }',
      'style deepObject under a schema that cannot be read from it',
    ],
    [
      'content: { application/xml: { schema: { type: object } } }',
      'content of type "application/xml" under a schema that cannot be read from it',
    ],
    ['content: { "*/*": {} }', 'content of type "*/*" under a schema that cannot be read from it'],
    [
      'schema: { type: object, required: [x], properties: { x: { type: object } } }',
      'a required member "x" that holds lists or objects',
    ],
    ['content: { application/json: { encoding: { a: {} } } }', 'encoding in "application/json"'],
  ])('%s', async (rest, why) => {
    const fault = `error feature-unsupported: query parameter "a" with ${why}`
    expect(await said(`{ name: a, in: query, required: true, ${rest} }`)).toBe(fault)
  })
})
