import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type LocalIssuer, startLocalIssuer } from 'gatewright/testing'
import { load } from './load.js'
import { benchFolder, median, REPOSITORY, spread, table } from './measure.js'
import { documentOf, NAMES, SCOPE } from './peers/routes.mjs'
import { compileGenerated } from './service.js'

const PEERS = join(REPOSITORY, 'bench/peers')
const UNGUARDED = ['node:http, unguarded', 'Express, unguarded']
const GUARDED = [
  'express-oauth2-jwt-bearer',
  'express-jwt, jwks-rsa',
  'passport-jwt',
  'jose by hand',
  'fast-jwt, cached',
  'express-openapi-validator',
  'openapi-backend',
  'gatewright',
  'gatewright, listener',
]
/** They verify with jsonwebtoken, which knows no EdDSA. */
const WITHOUT_EDDSA = ['express-jwt, jwks-rsa', 'passport-jwt']
const OURS = ['gatewright', 'gatewright, listener']
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const

const HOT_TOKENS = 100
/** Before each measure, half as many are not counted, in which V8 compiles what they run through. */
const HOT_REQUESTS = 20_000
const COLD_REQUESTS = 8000
/** Longer than all rounds, on any machine. */
const LASTING = { expiresIn: 86_400 }

type Traffic = 'hot' | 'cold' | 'bad'

/**
 * Guards side by side: the same ten routes, tokens and connections, each server in a process of its own that is started
 * anew for each round; the load comes from this process. What counts is the CPU time that a request costs the server.
 */
export async function benchGuards(rounds = 5): Promise<void> {
  if (!existsSync(join(PEERS, 'node_modules'))) execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: PEERS })
  const only = process.env.BENCH_ALGORITHMS?.split(',') ?? ALGORITHMS
  for (const algorithm of ALGORITHMS.filter(one => only.includes(one))) await benchAlgorithm(algorithm, rounds)
}

async function benchAlgorithm(algorithm: (typeof ALGORITHMS)[number], rounds: number): Promise<void> {
  await using issuer = await startLocalIssuer({ algorithm })
  const folder = benchFolder('guards')
  const document = join(folder, 'openapi.json')
  writeFileSync(document, JSON.stringify(documentOf(issuer.issuer)))
  await compileGenerated(folder, document)
  const { audience } = issuer
  const generated = pathToFileURL(join(folder, 'compiled/router.js')).href
  const runtime = import.meta.resolve('gatewright/runtime')
  const settings = JSON.stringify({ issuer: issuer.issuer, audience, algorithm, runtime, generated })
  const tokens = await makeTokens(issuer)

  const names = selected().filter(name => algorithm !== 'EdDSA' || !WITHOUT_EDDSA.includes(name))
  const figures = new Map<string, { [traffic in Traffic]: number[] } & { memory: number[]; start: number[] }>()
  for (const name of names) figures.set(name, { hot: [], cold: [], bad: [], memory: [], start: [] })
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const figure = figures.get(name)
      await serving(name, settings, async (port, child, start) => {
        figure?.start.push(start)
        if (!UNGUARDED.includes(name)) await demandGuard(name, port, tokens)
        await cost(child, port, tokens.hot, HOT_REQUESTS / 2)
        figure?.hot.push(await cost(child, port, tokens.hot, HOT_REQUESTS))
        if (UNGUARDED.includes(name)) return
        await cost(child, port, tokens.cold.slice(COLD_REQUESTS), COLD_REQUESTS / 2)
        figure?.cold.push(await cost(child, port, tokens.cold.slice(0, COLD_REQUESTS), COLD_REQUESTS))
        figure?.bad.push(await cost(child, port, tokens.bad, COLD_REQUESTS, 401))
        figure?.memory.push((await asked(child, 'memory')) / 1e6)
      })
    }
  }

  console.log(`${algorithm}: µs of the server's CPU for a request, medians of ${rounds} rounds, least and most`)
  const unguarded = median(figures.get('Express, unguarded')?.hot ?? [])
  const rows = names.map(name => {
    const figure = figures.get(name)
    const shown = (values: readonly number[] = []) => (values.length > 0 ? spread(values, 1) : '')
    const hot = median(figure?.hot ?? [])
    return [
      name,
      shown(figure?.hot),
      (unguarded / hot).toFixed(2),
      shown(figure?.cold),
      shown(figure?.bad),
      figure?.memory.length ? median(figure.memory).toFixed(0) : '',
      median(figure?.start ?? []).toFixed(0),
    ]
  })
  console.log(
    table([['', 'hot', 'requests / unguarded', 'cold', 'bad signature', 'MB at the end', 'start ms'], ...rows]),
  )
  const best = (traffic: Traffic) => {
    const peers = names.filter(name => GUARDED.includes(name) && !OURS.includes(name))
    const [first] = peers
      .map(name => [median(figures.get(name)?.[traffic] ?? []), name] as const)
      .sort(([a], [b]) => a - b)
    return first ?? ([Number.NaN, 'no peer'] as const)
  }
  for (const name of OURS.filter(one => figures.has(one))) {
    for (const traffic of ['hot', 'cold'] as const) {
      const [least, peer] = best(traffic)
      const ours = median(figures.get(name)?.[traffic] ?? [])
      console.log(`${name}, ${traffic}: ${(least / ours).toFixed(2)} x the best peer (${peer})`)
    }
  }
  console.log('')
  rmSync(folder, { recursive: true })
}

function selected(): string[] {
  const all = [...UNGUARDED, ...GUARDED]
  const wanted = process.env.BENCH_SERVERS?.split(';')
  return wanted ? all.filter(name => wanted.includes(name)) : all
}

interface Tokens {
  readonly hot: readonly string[]
  readonly cold: readonly string[]
  readonly bad: readonly string[]
  readonly withoutScope: string
}

async function makeTokens(issuer: LocalIssuer): Promise<Tokens> {
  const make = (index: number) =>
    issuer.token({ sub: `user|${index}`, scope: `openid ${SCOPE}`, permissions: ['a', 'b'] }, LASTING)
  const many = (count: number) => Promise.all(Array.from({ length: count }, (_, index) => make(index)))
  const hot = await many(HOT_TOKENS)
  const cold = await many(COLD_REQUESTS * 1.5)
  const bad = cold.slice(0, COLD_REQUESTS).map((token, index) => {
    const other = cold[index + 1] ?? ''
    return `${token.slice(0, token.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`
  })
  return { hot, cold, bad, withoutScope: await issuer.token({ scope: 'openid' }, LASTING) }
}

/** @throws {Error} unless the server lets in who may come in, and nobody else. */
async function demandGuard(name: string, port: number, { hot, bad, withoutScope }: Tokens): Promise<void> {
  const expected: [string | undefined, number][] = [
    [undefined, 401],
    [bad[0], 401],
    [withoutScope, 403],
    [hot[0], 200],
  ]
  for (const [token, status] of expected) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await fetch(`http://127.0.0.1:${port}${NAMES[0]}`, { headers })
    await answer.arrayBuffer()
    if (answer.status !== status) throw new Error(`${name} answers ${answer.status} where ${status} is right`)
  }
}

/** Microseconds of the server's CPU for one request. */
async function cost(
  child: ChildProcess,
  port: number,
  tokens: readonly string[],
  requests: number,
  status = 200,
): Promise<number> {
  const before = await asked(child, 'cpu')
  await load({ port, paths: NAMES, tokens, requests, status })
  return ((await asked(child, 'cpu')) - before) / requests
}

async function asked(child: ChildProcess, what: 'cpu' | 'memory'): Promise<number> {
  child.send(what)
  const [figure] = await once(child, 'message')
  return figure
}

async function serving(
  name: string,
  settings: string,
  work: (port: number, child: ChildProcess, start: number) => Promise<void>,
): Promise<void> {
  const started = performance.now()
  const child = fork(join(PEERS, 'serve.mjs'), [name, settings], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  try {
    const [{ port }] = await once(child, 'message')
    await work(port, child, performance.now() - started)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}
