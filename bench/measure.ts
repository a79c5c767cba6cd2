import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('../', import.meta.url))

/** What one process cost. */
export interface Cost {
  /** Of all its threads, in user and system mode, in seconds. */
  readonly cpu: number
  /** From its start to its end, in seconds. */
  readonly wall: number
  /** The most memory that it held, in megabytes. */
  readonly memory: number
}

/** A new folder below `test/out/bench/`, where `gatewright/runtime` is this repository's own. */
export function benchFolder(name: string): string {
  const parent = join(REPOSITORY, 'test/out/bench')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, `${name}-`))
}

/** Runs a script of Node's to its end. @throws {Error} with its output, when it fails. */
export function costOf(script: string, args: readonly string[], cwd = REPOSITORY): Cost {
  const file = join(benchFolder('usage'), 'usage.json')
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', join(REPOSITORY, 'bench/usage.mjs'), script, ...args],
    { cwd, encoding: 'utf8', env: { ...process.env, BENCH_USAGE: file }, maxBuffer: 1e9 },
  )
  const wall = (performance.now() - start) / 1000
  if (status !== 0) throw new Error(`${script} ended with ${status}\n${stdout}${stderr}`)
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(file, 'utf8')) as NodeJS.ResourceUsage
  return { cpu: (userCPUTime + systemCPUTime) / 1e6, wall, memory: maxRSS / 1024 }
}

/** Runs each in turn, several rounds: what disturbs the machine disturbs them alike. */
export function interleaved<Name extends string>(
  rounds: number,
  tasks: { readonly [name in Name]: () => number },
): { readonly [name in Name]: number[] } {
  const names = Object.keys(tasks) as Name[]
  const figures = Object.fromEntries(names.map(name => [name, [] as number[]])) as { [name in Name]: number[] }
  for (let round = 0; round < rounds; round++) for (const name of names) figures[name].push(tasks[name]())
  return figures
}

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** `median (least to most)`. */
export function spread(figures: readonly number[], digits = 2): string {
  const [least, most] = [Math.min(...figures), Math.max(...figures)]
  return `${median(figures).toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`
}

export function table(rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map(row => row.map(String))
  const widths = texts[0]?.map((_, column) => Math.max(...texts.map(row => row[column]?.length ?? 0))) ?? []
  return texts
    .map(row =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
