import { expect, test } from 'vitest'
import { faultsOfTypes } from '../sweep/compilation.js'
import { workspace } from './workspace.js'

const SHARED = `Limited:
  description: Too many
  headers:
    Retry-After: { $ref: '#/RetryAfter' }
    X-Left: { $ref: '#/Left' }
  content: { application/json: { schema: { type: object, required: [reason], properties: { reason: { type: string } } } } }
Mine: { description: Mine }
RetryAfter: { required: true, schema: { type: integer } }
Left: { schema: { type: integer } }
Page: { in: query, name: page, schema: { type: integer } }
`
const operation = (id: string, more = '') => `  /${id}:
    get:
      operationId: ${id}
      parameters: [{ $ref: 'shared.yaml#/Page' }]
      responses:
        '204': { description: Done, headers: { X-Left: { $ref: 'shared.yaml#/Left' } } }
        '429': { $ref: 'shared.yaml#/Limited' }
${more}`

test('what several operations have from another file is a type once, under a name of its own', async () => {
  const work = workspace({
    'openapi.yaml': `openapi: 3.0.3
info: { title: Shared, version: '1' }
security: []
paths:
${operation('one')}${operation('two', `        '409': { $ref: 'shared.yaml#/Mine' }\n`)}components:
  responses: { Limited: { description: Another } }
`,
    'shared.yaml': SHARED,
  })
  expect((await work.run('generate', 'openapi.yaml')).status).toBe(0)
  const types = work.text('generated/types.ts')
  expect(types.match(/reason: string/g)).toHaveLength(1)
  expect(types.match(/429: components\["responses"\]\["Limited_2"\]/g)).toHaveLength(2)
  expect(types.match(/page\?: components\["parameters"\]\["Page"\]/g)).toHaveLength(2)
  expect(types.match(/"X-Left"\?: components\["headers"\]\["Left"\]/g)).toHaveLength(3)
  // In one place only, it stays there.
  expect(types).not.toContain('"Mine"')

  const handler = (body: string, headers: string) =>
    `import type { Handlers } from './generated/handlers.js'

export const one: Handlers['one'] = ({ query }) => {
  const page: number | undefined = query.page
  if (page === undefined) return { status: 204 }
  return { status: 429, body: ${body}, headers: ${headers} }
}
`
  work.put({ 'good.ts': handler("{ reason: 'often' }", "{ 'Retry-After': 1 }") })
  expect(faultsOfTypes(work.folder).faults).toBe('')
  work.put({
    'body.ts': handler('{ reason: 1 }', "{ 'Retry-After': 1 }"),
    'header.ts': handler("{ reason: 'often' }", "{ 'X-Left': 1 }"),
  })
  const { faults } = faultsOfTypes(work.folder)
  expect(faults).toMatch(/^body\.ts/m)
  expect(faults).toMatch(/^header\.ts/m)
  expect(faults).not.toMatch(/^good\.ts/m)
}, 60_000)
