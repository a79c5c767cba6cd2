import { type Compiled, type CompileOptions, compile } from '../compile.js'
import { readText } from '../write.js'

/** A file that is not as the document demands. */
export interface StaleFile {
  /** Absolute path. */
  readonly path: string
  readonly state: 'missing' | 'differs'
  /** The first line that differs, from 1. */
  readonly line?: number
}

export interface Checked extends Pick<Compiled, 'diagnostics' | 'sources' | 'model'> {
  readonly stale: readonly StaleFile[]
}

/** Compares what is on disk with what {@link generate} would write. Writes nothing. */
export async function check(options: CompileOptions = {}): Promise<Checked> {
  const { diagnostics, sources, model, emitted, stubs, record } = await compile(options)
  const stale = [...emitted, ...stubs, ...record.files].flatMap(([path, text]): StaleFile[] => {
    const found = readText(path)
    if (found === undefined) return [{ path, state: 'missing' }]
    return found === text ? [] : [{ path, state: 'differs', line: firstDifference(found, text) }]
  })
  return { diagnostics, sources, stale, ...(model && { model }) }
}

function firstDifference(found: string, expected: string): number {
  const [one, other] = [found.split('\n'), expected.split('\n')]
  const index = one.findIndex((line, at) => line !== other[at])
  return (index < 0 ? one.length : index) + 1
}
