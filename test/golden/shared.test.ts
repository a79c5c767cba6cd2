import { expect, test } from 'vitest'
import { workspace } from './workspace.js'

const document = (schema: string) => `openapi: 3.1.0
info: { title: Shared, version: "1" }
paths:
  /a: { $ref: '#/components/pathItems/Shared' }
  /b: { $ref: '#/components/pathItems/Shared' }
components:
  pathItems:
    Shared:
      post:
        security: []
        requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/${schema}' } } } }
        responses: { '204': { description: Done } }
  schemas:
    Circle: { allOf: [{ $ref: '#/components/schemas/Part' }] }
    Part: { oneOf: [{ $ref: '#/components/schemas/Circle' }, { type: string }] }
    Tree: { type: object, properties: { parent: { $ref: '#/components/schemas/Tree' } } }
`

test('a path item that two paths refer to is two operations, each with a name of its own', async () => {
  const work = workspace({ 'openapi.yaml': document('Tree') })
  const { status, stderr } = await work.run('generate', 'openapi.yaml')
  expect([status, stderr]).toEqual([0, ''])
  expect(work.text('generated/policies.ts')).toMatch(/postA: .*\n.*POST \/b.*\n {2}postB: /)
  expect(work.text('generated/types.ts')).toMatch(/operations\["postA"\][\s\S]*operations\["postB"\]/)
})

test('a schema of requests that leads back to itself for the same value is refused', async () => {
  const work = workspace({ 'openapi.yaml': document('Circle') })
  const { status, stderr } = await work.run('generate', 'openapi.yaml')
  expect(status).toBe(1)
  expect(stderr).toContain(
    'error schema-malformed: schema "Circle" contains itself for one and the same value: "Circle" → "Part" → "Circle"',
  )
})

test('such a schema of a header of a part is, too', async () => {
  const part = `{ multipart/form-data: { schema: { type: object, properties: { a: { type: string } } }, encoding: { a: { headers: { X-A: { schema: { $ref: '#/components/schemas/Circle' } } } } } } }`
  const text = document('Tree').replace(/\{ application\/json: .* \} \} \}\n/, `${part} }\n`)
  const { status, stderr } = await workspace({ 'openapi.yaml': text }).run('generate', 'openapi.yaml')
  expect(status).toBe(1)
  expect(stderr).toContain('error schema-malformed: schema "Circle" contains itself')
})
