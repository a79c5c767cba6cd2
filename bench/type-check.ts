import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'gatewright'
import { documentPath } from '../test/documents.js'
import { benchFolder, costOf, median, REPOSITORY, spread, table } from './measure.js'

const TSC = join(REPOSITORY, 'node_modules/typescript/bin/tsc')
const OPENAPI_TYPESCRIPT = join(REPOSITORY, 'node_modules/openapi-typescript/bin/cli.js')

/** `tsc` over all that is emitted for `github`, with its stubs, beside openapi-typescript's types alone. */
export async function benchTypeCheck(rounds = 3): Promise<void> {
  const document = documentPath('github/api.github.com.json')
  const folder = benchFolder('type-check')
  await generate({ document, out: join(folder, 'all/generated'), handlers: join(folder, 'all/handlers') })
  costOf(OPENAPI_TYPESCRIPT, [document, '-o', join(folder, 'types/types.ts')])
  const projects = ['types', 'all'].map(name => {
    const config = join(folder, `tsconfig.${name}.json`)
    const compilerOptions = {
      noEmit: true,
      strict: true,
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      skipLibCheck: true,
    }
    writeFileSync(config, JSON.stringify({ compilerOptions, include: [`${name}/**/*.ts`] }))
    return [name, config] as const
  })
  const costs = new Map(projects.map(([name]) => [name, [] as number[]]))
  const memory = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, config] of projects) {
      const cost = costOf(TSC, ['-p', config])
      costs.get(name)?.push(cost.cpu)
      memory.set(name, cost.memory)
    }
  }
  const figures = (name: string) => costs.get(name) ?? []
  console.log(`tsc over github, ${rounds} rounds`)
  console.log(
    table([
      ['', 'CPU s', 'MB'],
      ["openapi-typescript's types alone", spread(figures('types')), (memory.get('types') ?? 0).toFixed(0)],
      ['all that is emitted, and 1,223 stubs', spread(figures('all')), (memory.get('all') ?? 0).toFixed(0)],
    ]),
  )
  console.log(`CPU, all / types alone: ${(median(figures('all')) / median(figures('types'))).toFixed(2)}\n`)
  rmSync(folder, { recursive: true })
}
