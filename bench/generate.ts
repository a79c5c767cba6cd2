import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { documentPath } from '../test/documents.js'
import { benchFolder, type Cost, costOf, median, REPOSITORY, spread, table } from './measure.js'

const GATEWRIGHT = join(REPOSITORY, 'dist/generator/bin.js')
const OPENAPI_TYPESCRIPT = join(REPOSITORY, 'node_modules/openapi-typescript/bin/cli.js')

/** Generating everything for `github`, beside openapi-typescript's types alone, and again where nothing changed. */
export function benchGenerate(rounds = 3): void {
  const document = documentPath('github/api.github.com.json')
  const folder = benchFolder('generate')
  const types: Cost[] = []
  const first: Cost[] = []
  const second: Cost[] = []
  for (let round = 0; round < rounds; round++) {
    const [out, handlers] = [join(folder, `out${round}`), join(folder, `handlers${round}`)]
    const run = () => costOf(GATEWRIGHT, ['generate', document, '--out', out, '--handlers', handlers])
    types.push(costOf(OPENAPI_TYPESCRIPT, [document, '-o', join(folder, 'types.ts')]))
    first.push(run())
    second.push(run())
  }
  const row = (name: string, costs: readonly Cost[]) => [
    name,
    spread(costs.map(one => one.cpu)),
    spread(costs.map(one => one.wall)),
    Math.max(...costs.map(one => one.memory)).toFixed(0),
  ]
  const cpu = (costs: readonly Cost[]) => median(costs.map(one => one.cpu))
  console.log(`github, 1,223 operations, ${rounds} rounds`)
  console.log(
    table([
      ['', 'CPU s', 'wall s', 'MB'],
      row('openapi-typescript, types alone', types),
      row('gatewright generate', first),
      row('gatewright generate, unchanged', second),
    ]),
  )
  console.log(`CPU, generate / types alone: ${(cpu(first) / cpu(types)).toFixed(2)}\n`)
  rmSync(folder, { recursive: true })
}

/** How the work grows with the number of operations. */
export function benchGrowth(): void {
  const folder = benchFolder('growth')
  const rows = [10, 100, 1000, 2500, 5000].map(operations => {
    const document = join(folder, `${operations}.json`)
    writeFileSync(document, JSON.stringify(documentOf(operations)))
    const [out, handlers] = [join(folder, `out${operations}`), join(folder, `handlers${operations}`)]
    const { cpu, wall, memory } = costOf(GATEWRIGHT, ['generate', document, '--out', out, '--handlers', handlers])
    return [operations, cpu.toFixed(2), wall.toFixed(2), memory.toFixed(0), ((cpu / operations) * 1000).toFixed(2)]
  })
  console.log('documents made for the purpose: each operation with a scope of its own, a schema for every two')
  console.log(`${table([['operations', 'CPU s', 'wall s', 'MB', 'ms an operation'], ...rows])}\n`)
  rmSync(folder, { recursive: true })
}

function documentOf(operations: number): object {
  const numbers = Array.from({ length: operations / 2 }, (_, index) => index)
  const schema = (number: number) => ({ $ref: `#/components/schemas/Thing${number}` })
  const json = (number: number) => ({ content: { 'application/json': { schema: schema(number) } } })
  const scopes = numbers.flatMap(number => [`read:${number}`, `write:${number}`])
  const path = (number: number) => ({
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
    get: {
      operationId: `readThing${number}`,
      security: [{ auth: [`read:${number}`] }],
      parameters: [{ name: 'filter', in: 'query', schema: { type: 'string', maxLength: 20 } }],
      responses: { '200': { description: 'Found', ...json(number) } },
    },
    put: {
      operationId: `writeThing${number}`,
      security: [{ auth: [`write:${number}`] }],
      requestBody: json(number),
      responses: { '204': { description: 'Written' } },
    },
  })
  const thing = (number: number) => ({
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', minLength: 1 },
      count: { type: 'integer', minimum: number },
      tags: { type: 'array', items: { type: 'string', enum: ['first', 'second', `tag-${number}`] } },
      next: schema(number),
    },
  })
  return {
    openapi: '3.1.0',
    info: { title: 'Things', version: '1' },
    paths: Object.fromEntries(numbers.map(number => [`/things${number}/{id}`, path(number)])),
    components: {
      schemas: Object.fromEntries(numbers.map(number => [`Thing${number}`, thing(number)])),
      securitySchemes: {
        auth: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: 'https://issuer.example/token',
              scopes: Object.fromEntries(scopes.map(scope => [scope, ''])),
            },
          },
        },
      },
    },
  }
}
