import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Written {
  /** Absolute paths of the files that were new or changed. */
  readonly written: readonly string[]
  /** Absolute paths of those that were as they should be, and were not touched. */
  readonly unchanged: readonly string[]
}

/** The text of a file, or nothing where there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Writes all files or none: each beside its target first, then all are renamed. Where one cannot be, those before it
 * are put back.
 * @param files absolute path → text.
 * @throws what the file system says; nothing has changed then.
 */
export function write(files: ReadonlyMap<string, string>): Written {
  const changes = [...files].map(([path, text]) => ({ path, text, before: readText(path), beside: '' }))
  const changed = changes.filter(({ text, before }) => text !== before)
  const settled: typeof changed = []
  try {
    for (const change of changed) {
      mkdirSync(dirname(change.path), { recursive: true })
      change.beside = `${change.path}.${randomBytes(6).toString('hex')}.tmp`
      writeFileSync(change.beside, change.text, { flag: 'wx' })
    }
    for (const change of changed) {
      renameSync(change.beside, change.path)
      settled.push(change)
    }
  } catch (error) {
    for (const { path, before } of settled) {
      if (before === undefined) rmSync(path, { force: true })
      else writeFileSync(path, before)
    }
    for (const { beside } of changed) if (beside !== '') rmSync(beside, { force: true })
    throw error
  }
  return {
    written: changed.map(({ path }) => path),
    unchanged: changes.filter(({ text, before }) => text === before).map(({ path }) => path),
  }
}
