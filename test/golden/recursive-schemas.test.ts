import { expect, test } from 'vitest'
import { faultsOfTypes } from '../sweep/compilation.js'
import { workspace } from './workspace.js'

const list = (name: string) => `{ type: array, items: { $ref: '#/components/schemas/${name}' } }`
const content = (name: string) => `content: { application/json: { schema: { $ref: '#/components/schemas/${name}' } } }`
const DOCUMENT = `openapi: 3.1.0
info: { title: Recursive, version: '1' }
security: []
paths:
  /json:
    post:
      operationId: echo
      requestBody: { required: true, ${content('JsonValue')} }
      responses:
        '200': { description: Echo, ${content('JsonValue')} }
        '201': { description: Tree, ${content('Tree')} }
components:
  schemas:
    JsonValue:
      description: Whatever JSON can say
      oneOf:
        - { type: [string, number, boolean, 'null'] }
        - ${list('JsonValue')}
        - { type: object, additionalProperties: { $ref: '#/components/schemas/JsonValue' } }
    Tree: { type: array, items: { anyOf: [{ type: string }, { $ref: '#/components/schemas/Branch' }] } }
    Branch: { anyOf: [{ type: 'null' }, { $ref: '#/components/schemas/Tree' }] }
    '404': ${list('404')}
    Pair: { type: array, prefixItems: [{ $ref: '#/components/schemas/Pair' }], minItems: 1, maxItems: 1 }
    a-b: ${list('a b')}
    'a b': ${list('a-b')}
    Middle: { type: object, properties: { all: { type: array, items: { $ref: '#/components/schemas/Middle/properties/all' } } } }
    Endless: { allOf: [{ $ref: '#/components/schemas/Endless' }, { type: object, properties: { a: { type: string } } }] }
    Used: { type: object, properties: { endless: ${list('Endless')} } }
`

const handler = (body: string) => `import type { Handlers } from './generated/handlers.js'

export const echo: Handlers['echo'] = ({ body }) => {
  if (Array.isArray(body)) return { status: 201, body: ${body} }
  return { status: 200, body: [body, { inner: [body, 1, null] }] }
}
`

test('schemas that contain themselves in lists have types that compile, and tell right from wrong', async () => {
  const work = workspace({ 'openapi.yaml': DOCUMENT })
  const run = await work.run('generate', 'openapi.yaml')
  expect(run.status, run.stderr).toBe(0)
  const types = work.text('generated/types.ts')
  expect(types).toContain('type JsonValueSchema = (string | number | boolean | null) | JsonValueSchema[] | {')
  expect(types).toMatch(/Whatever JSON can say \*\/\n\s+JsonValue: JsonValueSchema;/)
  expect(types).toContain('Endless: unknown;')

  work.put({ 'good.ts': handler(`['leaf', [null, ['leaf']], null]`) })
  expect(faultsOfTypes(work.folder).faults).toBe('')
  work.put({ 'bad.ts': handler(`['leaf', [null, [1]]]`) })
  expect(faultsOfTypes(work.folder).faults).toMatch(/^bad\.ts/m)
}, 60_000)
