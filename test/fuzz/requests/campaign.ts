import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generate } from '../../../generator/index.js'
import { type ScriptedIssuer, scriptedIssuer, testKey } from '../../tokens/scripted-issuer.js'
import { type Credentials, credentialsOf } from './credentials.js'
import { DOCUMENT } from './document.js'
import { CANARY, requestOf } from './requests.js'

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url))
const TSCONFIG = fileURLToPath(new URL('../tsconfig.json', import.meta.url))
const LANES = 64
/** Milliseconds without an answer, after which the rest of the request is taken for missing. */
const QUIET_BEFORE = 250
/** Milliseconds without more of an answer, after which it is taken for whole. */
const QUIET_AFTER = 15
/** Milliseconds until a connection is closed whose other side is. */
const PATIENCE = 20_000

export interface RequestTally {
  readonly requests: number
  /** By status; `none` where the connection was closed without an answer. */
  readonly answers: ReadonlyMap<string, number>
  /** Guarded handlers that ran for requests with good credentials: else these would show nothing. */
  readonly goodRuns: number
  readonly faults: readonly string[]
  /** Bytes of the server's heap after a collection: at the tenths of the campaign. */
  readonly heaps: readonly number[]
}

interface Report {
  readonly heap: number
  readonly runs: { readonly forged: number; readonly good: number }
  readonly thrown: readonly string[]
}

/** Sends `count` mutated requests to what was emitted for a document, over Express and over node:http. */
export async function fuzzRequests(folder: string, seed: number, count: number): Promise<RequestTally> {
  writeFileSync(join(folder, 'openapi.yaml'), DOCUMENT)
  const places = {
    document: join(folder, 'openapi.yaml'),
    out: join(folder, 'generated'),
    handlers: join(folder, 'handlers'),
  }
  const { diagnostics } = await generate(places)
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics))
  const key = await testKey('ES256', 'k')
  await using issuer = await scriptedIssuer(key)
  const credentials = await credentialsOf(issuer, key)
  const child = start(folder, issuer)
  const faults: string[] = []
  let ended = false
  child.on('exit', code => {
    if (!ended) faults.push(`the server ended with ${code}`)
    ended = true
  })
  try {
    const [ports] = (await once(child, 'message')) as [{ readonly forged: number[]; readonly good: number[] }]
    const answers = new Map<string, number>()
    const heaps: number[] = []
    let goodRuns = 0
    for (let tenth = 0; tenth < 10 && !ended; tenth++) {
      const [from, to] = [tenth, tenth + 1].map(one => Math.floor((one * count) / 10)) as [number, number]
      await inLanes(from, to, async index => {
        if (!ended) await attempt(seed, index, credentials, ports, answers, faults)
      })
      if (ended) break
      const { heap, runs, thrown } = await reportOf(child)
      heaps.push(heap)
      goodRuns = runs.good
      faults.push(...thrown.map(one => `thrown: ${one}`))
      if (runs.forged > 0) faults.push(`${runs.forged} guarded handlers ran for forged requests, of ${from} to ${to}`)
    }
    return { requests: count, answers, goodRuns, faults, heaps }
  } finally {
    ended = true
    child.kill()
  }
}

function start(folder: string, { issuer }: ScriptedIssuer): ChildProcess {
  return fork(SERVER, [folder, issuer], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    env: { ...process.env, NODE_ENV: 'test', TSX_TSCONFIG_PATH: TSCONFIG },
  })
}

async function reportOf(child: ChildProcess): Promise<Report> {
  child.send('report')
  const [report] = (await once(child, 'message')) as [Report]
  return report
}

async function inLanes(from: number, to: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = from
  const lane = async () => {
    while (next < to) await work(next++)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

async function attempt(
  seed: number,
  index: number,
  credentials: Credentials,
  ports: { readonly forged: readonly number[]; readonly good: readonly number[] },
  answers: Map<string, number>,
  faults: string[],
): Promise<void> {
  const { bytes, forged } = requestOf(seed, index, credentials)
  const port = ports[forged ? 'forged' : 'good'][index % 2] as number
  const answer = await exchange(port, bytes)
  const fault = (text: string) =>
    faults.push(`seed ${seed}, request ${index}: ${text}: ${bytes.toString('latin1').slice(0, 500)}`)
  if (answer === undefined) return void fault('no end of the answer')
  const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => status as string)
  for (const status of statuses.length > 0 ? statuses : ['none']) {
    answers.set(status, (answers.get(status) ?? 0) + 1)
    if (/^5/.test(status) && status !== '501') fault(`answered ${status}`)
  }
  if (forged && /^x-guarded: true/im.test(answer)) fault('let in')
  if (answer.includes(CANARY)) fault('echoed')
}

/** What was answered; `undefined` where the connection does not end although this side of it has. */
function exchange(port: number, bytes: Buffer): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    const done = (result: string | undefined) => {
      clearTimeout(timer)
      // Without the wait for what may still be on its way, of which a million connections would use up the ports.
      socket.resetAndDestroy()
      resolve(result)
    }
    // What waits for more of the request than there is, is told that there is no more.
    const giveUp = () => {
      socket.end()
      timer = setTimeout(() => done(undefined), PATIENCE)
    }
    let timer = setTimeout(giveUp, QUIET_BEFORE)
    socket.setEncoding('latin1')
    socket.on('data', text => {
      answer += text
      clearTimeout(timer)
      timer = setTimeout(() => done(answer), QUIET_AFTER)
    })
    socket.on('close', () => done(answer))
    socket.on('end', () => done(answer))
    socket.on('error', () => done(answer))
    socket.write(bytes)
  })
}
