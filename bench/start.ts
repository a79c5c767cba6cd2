import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { documentPath } from '../test/documents.js'
import { benchFolder, median, spread, table } from './measure.js'
import { buildServices } from './service.js'

/** From the start of the process to the first answer, `digitalocean` beside a hand-written app with as many routes. */
export async function benchStart(rounds = 10): Promise<void> {
  const folder = benchFolder('start')
  const { operations } = await buildServices(folder, documentPath('digitalocean/DigitalOcean-public.v2.yaml'))
  const asked = operations.find(one => one.policy.security.length === 0)?.path
  if (asked === undefined) throw new Error('no public operation to ask')
  const figures = { express: [] as number[], gatewright: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    for (const name of ['express', 'gatewright'] as const) {
      figures[name].push(await timeToAnswer(join(folder, `${name}.js`), asked))
    }
  }
  console.log(`process start to the first answer, digitalocean (${operations.length} operations), ${rounds} rounds`)
  console.log(
    table([
      ['', 'ms'],
      ['Express, as many plain routes', spread(figures.express, 0)],
      ['gatewright', spread(figures.gatewright, 0)],
    ]),
  )
  console.log(`gatewright / Express: ${(median(figures.gatewright) / median(figures.express)).toFixed(2)}\n`)
  rmSync(folder, { recursive: true })
}

async function timeToAnswer(script: string, path: string): Promise<number> {
  const start = performance.now()
  // Without the loader of this process, which would be part of what is measured.
  const child: ChildProcess = fork(script, { execArgv: [], env: { ...process.env, NODE_ENV: 'production' } })
  const [port] = (await once(child, 'message')) as [number]
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  await answer.text()
  const time = performance.now() - start
  child.kill()
  await once(child, 'exit')
  return time
}
