import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import express, { type Request, type Response } from 'express'
import type { ApiModel } from 'gatewright'
import { expressPath, parsePath } from '../runtime/path.js'
import { Routes, shapeOf } from '../runtime/routes.js'
import { documentPath } from '../test/documents.js'
import { benchFolder, interleaved, median, spread, table } from './measure.js'
import { buildServices } from './service.js'

const REQUESTS = 20_000
const CONNECTIONS = 20

/** What a request costs among all 1,223 routes of `github` and among ten of them, with everything around it. */
export async function benchRoutes(rounds = 5): Promise<void> {
  const folder = benchFolder('routes')
  const document = documentPath('github/api.github.com.json')
  const whole = JSON.parse(readFileSync(document, 'utf8')) as { paths: { [path: string]: object } }
  const all = await buildServices(join(folder, 'all'), document)
  const ten = await tenThatAnswer(join(folder, 'all/gatewright.js'), all)
  const few = join(folder, 'few.json')
  const items = ten.map(path => [path, { get: Reflect.get(whole.paths[path] ?? {}, 'get') }])
  writeFileSync(few, JSON.stringify({ ...whole, paths: Object.fromEntries(items) }))
  const paths = ten.map(requestPath)
  const some = await buildServices(join(folder, 'some'), few)

  const services = { 'all/gatewright': all, 'some/gatewright': some, 'all/express': all, 'some/express': some }
  const figures = Object.fromEntries(Object.keys(services).map(name => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(services)) figures[name]?.push(await cpuOfRequest(join(folder, `${name}.js`), paths))
  }
  const row = (title: string, name: string) => [
    title,
    services[name as keyof typeof services].operations.length,
    spread(figures[name] ?? [], 1),
  ]
  console.log(`CPU of the server for one request, ${REQUESTS} requests to ten paths, ${rounds} rounds`)
  console.log(
    table([
      ['', 'routes', 'µs'],
      row('gatewright', 'some/gatewright'),
      row('gatewright', 'all/gatewright'),
      row('Express, plain routes', 'some/express'),
      row('Express, plain routes', 'all/express'),
    ]),
  )
  const ratio = (name: string) =>
    (median(figures[`all/${name}`] ?? []) / median(figures[`some/${name}`] ?? [])).toFixed(2)
  console.log(`all / ten: gatewright ${ratio('gatewright')}, Express ${ratio('express')}\n`)
  routerAlone(
    all.operations.map(one => one.path),
    some.operations.map(one => one.path),
    paths,
  )
  rmSync(folder, { recursive: true })
}

function requestPath(template: string): string {
  return template.replace(/\{[^}]*\}/g, '1')
}

/** Ten paths, from all over the document, whose GET takes a request without parameters but for `1` in its path. */
async function tenThatAnswer(script: string, { operations }: ApiModel): Promise<string[]> {
  const gets = operations.flatMap(({ method, path }) => (method === 'get' ? [path] : []))
  return serving(script, async port => {
    const answering: string[] = []
    for (const path of gets) {
      const { status } = await fetch(`http://127.0.0.1:${port}${requestPath(path)}`)
      if (status === 200) answering.push(path)
    }
    return answering.filter((_, index) => index % Math.floor(answering.length / 10) === 0).slice(0, 10)
  })
}

async function cpuOfRequest(script: string, paths: readonly string[]): Promise<number> {
  return serving(script, async (port, child) => {
    await load(port, paths, REQUESTS / 4)
    const before = await cpuTime(child)
    await load(port, paths, REQUESTS)
    return ((await cpuTime(child)) - before) / REQUESTS
  })
}

async function serving<Result>(
  script: string,
  work: (port: number, child: ChildProcess) => Promise<Result>,
): Promise<Result> {
  // Without the loader of this process, which would be part of what is measured.
  const child = fork(script, { execArgv: [], env: { ...process.env, NODE_ENV: 'production' } })
  try {
    const [port] = (await once(child, 'message')) as [number]
    return await work(port, child)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}

async function cpuTime(child: ChildProcess): Promise<number> {
  child.send('usage')
  const [usage] = (await once(child, 'message')) as [NodeJS.ResourceUsage]
  return usage.userCPUTime + usage.systemCPUTime
}

async function load(port: number, paths: readonly string[], requests: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let sent = 0
  const ask = (path: string) =>
    new Promise<void>((resolve, reject) => {
      get({ agent, host: '127.0.0.1', port, path }, response => {
        if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`))
        response.resume().on('end', resolve)
      }).on('error', reject)
    })
  const connection = async () => {
    while (sent < requests) await ask(paths[sent++ % paths.length] ?? '/')
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  agent.destroy()
}

/** The routing alone, in this process. */
function routerAlone(all: readonly string[], some: readonly string[], paths: readonly string[]): void {
  const tasks = {
    'radix tree, ten': ours(some, paths),
    'radix tree, all': ours(all, paths),
    "Express's router, ten": theirs(some, paths),
    "Express's router, all": theirs(all, paths),
  }
  const figures = interleaved(5, tasks)
  console.log('routing alone')
  console.log(`${table([['', 'µs'], ...Object.entries(figures).map(([name, times]) => [name, spread(times, 1)])])}\n`)
}

function ours(templates: readonly string[], paths: readonly string[]): () => number {
  const routes = new Routes<string>()
  const shapes = new Set<string>()
  for (const path of templates) {
    const parsed = parsePath(path)
    if ('fault' in parsed) continue
    const shape = parsed.segments.map(shapeOf).join('/')
    if (!shapes.has(shape)) routes.add(parsed.segments, { path, entry: path })
    shapes.add(shape)
  }
  return () => timed(2000, () => paths.map(path => routes.match(path))) / paths.length
}

function theirs(templates: readonly string[], paths: readonly string[]): () => number {
  const router = express.Router()
  let reached = 0
  for (const path of new Set(templates)) {
    const parsed = parsePath(path)
    if (!('fault' in parsed)) router.get(expressPath(parsed.segments), () => reached++)
  }
  const ask = (url: string) => router({ method: 'GET', url } as Request, {} as Response, () => {})
  return () => {
    reached = 0
    const time = timed(200, () => paths.map(ask)) / paths.length
    if (reached < 200 * paths.length) throw new Error(`Express's router reached ${reached} handlers only`)
    return time
  }
}

/** Microseconds for one call. */
function timed(times: number, call: () => void): number {
  call()
  const start = performance.now()
  for (let time = 0; time < times; time++) call()
  return ((performance.now() - start) * 1000) / times
}
