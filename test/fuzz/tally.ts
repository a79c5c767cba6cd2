import type { Tried } from './campaign.js'

/** What came of many mutants. */
export interface Tally {
  readonly mutants: number
  readonly faulty: number
  readonly written: number
  readonly refused: number
  add(tried: Tried): void
  text(): string
}

export function tallyOf(): Tally {
  const outcomes = new Map<string, number>()
  const codes = new Map<string, number>()
  const kinds = new Map<string, number>()
  const remarks = new Map<string, number>()
  let [mutants, faulty, operations, slowest] = [0, 0, 0, { seconds: 0, index: 0 }]
  return {
    get mutants() {
      return mutants
    },
    get faulty() {
      return faulty
    },
    get written() {
      return outcomes.get('written') ?? 0
    },
    get refused() {
      return outcomes.get('refused') ?? 0
    },
    add({ index, mutant, verdict, seconds }) {
      mutants++
      if (verdict.faults.length > 0) faulty++
      operations += verdict.operations
      if (seconds > slowest.seconds) slowest = { seconds, index }
      count(outcomes, verdict.outcome)
      for (const code of verdict.codes) count(codes, code)
      for (const kind of mutant.kinds) count(kinds, kind)
      for (const remark of verdict.remarks) count(remarks, remark)
    },
    text: () =>
      [
        `${mutants} mutants, ${faulty} with faults: ${listOf(outcomes)}; ${operations} operations emitted`,
        `slowest: ${slowest.seconds.toFixed(1)} s (mutant ${slowest.index})`,
        `changes: ${listOf(kinds)}`,
        `errors: ${listOf(codes)}`,
        ...[...remarks].map(([remark, times]) => `remark, ${times} times: ${remark}`),
      ].join('\n  '),
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ')
}
