import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { compile } from '../../generator/compile.js'
import type { OperationValidator } from '../../runtime/validator.js'
import { bodyValidator, run } from './emitted.js'
import { oldSchemaOver, oldSchemas, reference, schemaOver, schemas, toNew, value } from './random-schemas.js'

const folder = fileURLToPath(new URL('../out/agreement', import.meta.url))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const samples = fc.array(value, { minLength: 1, maxLength: 25 })

describe('what is emitted decides as ajv does on the schemas of the document', () => {
  it('on random schemas and values', () => {
    const counts = new Counts()
    fc.assert(
      fc.property(schemas, schemaOver('A', 'B', 'C'), samples, (schemas, body, values) => {
        const { valid = () => true } = bodyValidator(body, schemas).body?.content[0] ?? {}
        counts.compare(reference(schemas, body), valid, values)
      }),
      { numRuns: 200 },
    )
    // A generator of schemas that nothing fits, or everything, would prove nothing.
    expect(Math.min(counts.valid, counts.invalid)).toBeGreaterThan(300)
  })

  it.each([
    ['3.0.3', oldSchemas, oldSchemaOver, toNew],
    ['3.1.0', schemas, schemaOver, (schema: unknown) => schema],
  ] as const)(
    'from documents of OpenAPI %s, through the whole generator',
    async (openapi, components, over, rewrite) => {
      const counts = new Counts()
      const bodies = fc.array(over('A', 'B', 'C'), { minLength: 20, maxLength: 20 })
      await fc.assert(
        fc.asyncProperty(components, bodies, samples, async (schemas, bodies, values) => {
          const validators = await emitted(openapi, schemas, bodies)
          if (!validators) return
          const renewed = Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, rewrite(one)]))
          for (const [index, body] of bodies.entries()) {
            const { valid = () => true } = validators[`it${index}`]?.body?.content[0] ?? {}
            counts.compare(reference(renewed, rewrite(body)), valid, values)
          }
        }),
        { numRuns: 10 },
      )
      expect(Math.min(counts.valid, counts.invalid)).toBeGreaterThan(80)
    },
  )
})

class Counts {
  valid = 0
  invalid = 0

  compare(
    expected: (value: unknown) => boolean | undefined,
    valid: (value: unknown) => boolean,
    values: unknown[],
  ): void {
    for (const one of values.map(each => JSON.parse(JSON.stringify(each)))) {
      const answer = expected(one)
      const emitted = valid(one)
      if (answer === undefined) continue
      if (answer) this.valid++
      else this.invalid++
      expect(emitted).toBe(answer)
    }
  }
}

async function emitted(
  openapi: string,
  schemas: object,
  bodies: readonly unknown[],
): Promise<Record<string, OperationValidator> | undefined> {
  const operations = bodies.map((schema, index) => [
    `/it${index}`,
    {
      post: {
        operationId: `it${index}`,
        requestBody: { required: true, content: { 'application/json': { schema } } },
        responses: { 204: { description: 'Done' } },
      },
    },
  ])
  const paths = Object.fromEntries(operations)
  const document = { openapi, info: { title: 'T', version: '1' }, security: [], paths, components: { schemas } }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(document))
  const { emitted, diagnostics } = await compile({ cwd: folder, document: 'openapi.json' })
  const text = emitted.get(join(folder, 'generated', 'validators.ts'))
  // openapi-typescript takes no objects that are numbers, though nothing fits these.
  if (diagnostics.some(({ code }) => code === 'emit-failed')) return undefined
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return run(text ?? '')
}
