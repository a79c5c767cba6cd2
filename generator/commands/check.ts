import { type Compiled, type CompileOptions, compile } from '../compile.js'
import { obsoleteFiles } from '../obsolete.js'
import { readText } from '../write.js'

/** A file that is not as the document demands. */
export interface StaleFile {
  /** Absolute path. */
  readonly path: string
  /** `obsolete`: an earlier run emitted or recorded it, and it is no part of the output any more. */
  readonly state: 'missing' | 'differs' | 'obsolete'
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
  const unused = [...obsoleteFiles(emitted.keys()), ...record.obsolete]
  const obsolete = unused.map((path): StaleFile => ({ path, state: 'obsolete' }))
  return { diagnostics, sources, stale: [...stale, ...obsolete], ...(model && { model }) }
}

function firstDifference(found: string, expected: string): number {
  const [one, other] = [found.split('\n'), expected.split('\n')]
  const index = one.findIndex((line, at) => line !== other[at])
  return (index < 0 ? one.length : index) + 1
}
