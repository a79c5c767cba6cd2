import { expect, test } from 'vitest'
import { faultsOfTypes } from '../sweep/compilation.js'
import { workspace } from './workspace.js'

const content = (name: string) => `content: { application/json: { schema: { $ref: '#/components/schemas/${name}' } } }`
const operation = (name: string) => `  /${name}:
    put:
      operationId: put${name}
      requestBody: { required: true, ${content(name)} }
      responses: { '200': { description: The same, ${content(name)} } }
`
const SCHEMAS = `    Free: { type: object }
    Holder: { type: object, properties: { metadata: { type: object } } }
    Mixed: { allOf: [{ type: object, properties: { a: { type: string } } }, { type: object }] }
    Others: { type: object, properties: { id: { type: integer } }, additionalProperties: { type: string } }
    Map: { type: object, additionalProperties: { type: string } }
    Undescribed: { type: object, required: [kind], properties: { id: { type: integer } } }
    Wrapped: { allOf: [{ type: object, required: [kind], properties: { id: { type: integer } } }, { description: It }] }
    Defining: { type: object, properties: { id: { $ref: '#/components/schemas/Defining/$defs/Id' } }, $defs: { Id: { type: integer } } }
`
const names = [...SCHEMAS.matchAll(/^ {4}(\w+):/gm)].map(([, name = '']) => name)
const DOCUMENT = `openapi: 3.1.0
info: { title: Values, version: '1' }
security: []
paths:
${names.map(operation).join('')}components:
  schemas:
${SCHEMAS}`

/** What the schemas take. */
const GOOD: { readonly [name: string]: string } = {
  Free: '{ any: 1 }',
  Holder: '{ metadata: { any: [1] } }',
  Mixed: `{ a: 'a', b: 1 }`,
  Others: `{ id: 1, other: 'text' }`,
  Map: `{ other: 'text' }`,
  Undescribed: `{ id: 1, kind: 'any' }`,
  Wrapped: `{ id: 1, kind: ['any'] }`,
  Defining: '{ id: 1 }',
}
/** What they refuse, as far as TypeScript has words for it. */
const BAD: { readonly [name: string]: string } = {
  Free: '1',
  Holder: '{ metadata: 1 }',
  Mixed: '{ a: 1 }',
  Others: `{ id: 'text' }`,
  Map: '{ other: 1 }',
  Undescribed: '{ id: 1 }',
  Wrapped: '{ id: 1 }',
  Defining: `{ id: 'text' }`,
}

const handler = (name: string, body: string) => `import type { Handlers } from './generated/handlers.js'

export const put${name}: Handlers['put${name}'] = () => ({ status: 200, body: ${body} })
export const read = ({ body }: Parameters<Handlers['put${name}']>[0]) => body satisfies object
`

test('replies that fit can be written down, and those that do not are faults', async () => {
  const work = workspace({ 'openapi.yaml': DOCUMENT })
  const run = await work.run('generate', 'openapi.yaml')
  expect(run.status, run.stderr).toBe(0)
  work.put(Object.fromEntries(names.map(name => [`good-${name}.ts`, handler(name, GOOD[name] ?? '')])))
  expect(faultsOfTypes(work.folder).faults).toBe('')
  work.put(Object.fromEntries(names.map(name => [`bad-${name}.ts`, handler(name, BAD[name] ?? '')])))
  const faults = faultsOfTypes(work.folder).faults.match(/^[\w-]+\.ts/gm)
  expect([...new Set(faults)].sort()).toEqual(names.map(name => `bad-${name}.ts`).sort())
}, 60_000)
