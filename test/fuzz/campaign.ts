import { type ChildProcess, fork } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Task, Verdict } from './judgement.js'
import { type Mutant, mutantOf } from './mutant.js'
import { Random } from './random.js'
import type { Answer } from './worker.js'

const OUT = fileURLToPath(new URL('../out/fuzz/', import.meta.url))
const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
const TSCONFIG = fileURLToPath(new URL('./tsconfig.json', import.meta.url))

export interface Limits {
  /** Of the processor's time, for one mutant, until its diagnostics are printed. Default 20. */
  readonly seconds?: number
  /** Of the generator's heap. Default 1024. */
  readonly megabytes?: number
}

/** One mutant, and what came of it. */
export interface Tried {
  readonly index: number
  readonly mutant: Mutant
  readonly verdict: Verdict
  /** Until its diagnostics were printed. */
  readonly seconds: number
}

/** A folder for a campaign, below `test/out/fuzz/`. */
export function campaignFolder(): string {
  mkdirSync(OUT, { recursive: true })
  return mkdtempSync(join(OUT, 'run-'))
}

/**
 * Generates mutants in a process of their own, one after the other. Those with faults stay in the folder, as
 * `SEED-INDEX/`.
 */
export class Campaign implements AsyncDisposable {
  private worker: ChildProcess | undefined
  /** What the last mutant that was written left: the next ones find it there. */
  private earlier: string | undefined

  constructor(
    private readonly folder: string,
    private readonly seed: number,
    private readonly limits: Limits = {},
  ) {}

  async attempt(index: number): Promise<Tried> {
    const mutant = mutantOf(this.seed, index)
    const random = new Random(`${this.seed} ${index} how`)
    const task: Task = {
      folder: join(this.folder, `${this.seed}-${index}`),
      entry: mutant.entry,
      lowered: random.chance(0.3),
      closely: random.chance(0.02),
    }
    for (const [name, bytes] of mutant.files) put(join(task.folder, 'document', name), bytes)
    if (this.earlier !== undefined && random.chance(0.3)) {
      cpSync(join(this.earlier, 'generated'), join(task.folder, 'generated'), { recursive: true })
    }
    const { verdict, seconds } = await this.judged(task)
    writeFileSync(
      join(task.folder, 'mutant.txt'),
      `${mutant.title}\n${JSON.stringify(task)}\n${verdict.faults.join('\n')}\n`,
    )
    if (verdict.faults.length === 0 && verdict.outcome === 'written') {
      const last = this.earlier
      this.earlier = task.folder
      if (last !== undefined) rmSync(last, { recursive: true })
    } else if (verdict.faults.length === 0) rmSync(task.folder, { recursive: true })
    return { index, mutant, verdict, seconds }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
    if (this.earlier !== undefined) rmSync(this.earlier, { recursive: true, force: true })
  }

  private end(): void {
    this.worker?.kill('SIGKILL')
    this.worker = undefined
  }

  private started(): ChildProcess {
    const { seconds = 20, megabytes = 1024 } = this.limits
    this.worker ??= fork(WORKER, {
      execArgv: ['--import', 'tsx', `--max-old-space-size=${megabytes}`],
      env: { ...process.env, TSX_TSCONFIG_PATH: TSCONFIG, FUZZ_SECONDS: String(seconds) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    return this.worker
  }

  private judged(task: Task): Promise<{ readonly verdict: Verdict; readonly seconds: number }> {
    const worker = this.started()
    const start = performance.now()
    let end: number | undefined
    let said = ''
    return new Promise(resolve => {
      const settle = (verdict: Verdict) => {
        clearTimeout(timer)
        worker.removeAllListeners()
        worker.stderr?.removeAllListeners()
        resolve({ verdict, seconds: ((end ?? performance.now()) - start) / 1000 })
      }
      const fail = (fault: string) => {
        settle({ outcome: 'refused', codes: [], faults: [fault], remarks: [], operations: 0 })
        this.end()
      }
      let timer = setTimeout(() => fail('no end in sight'), LONGEST_WAIT)
      worker.stderr?.on('data', chunk => {
        said = `${said}${chunk}`.slice(-4000)
      })
      worker.on('exit', (code, signal) => fail(`the process ended: ${signal ?? code}\n${said}`))
      worker.on('error', error => fail(`the process failed: ${error}`))
      worker.on('message', (answer: Answer) => {
        if ('verdict' in answer) return settle(answer.verdict)
        end = performance.now()
        clearTimeout(timer)
        // What is done with the output is slower than the generator.
        timer = setTimeout(() => fail('the output could not be looked at in time'), LONGEST_WAIT)
      })
      worker.send(task)
    })
  }
}

/** In milliseconds; for a process that does not even use the processor, on a machine that has much else to do. */
const LONGEST_WAIT = 240_000

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}
