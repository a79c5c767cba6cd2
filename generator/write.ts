import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Written {
  /** Absolute paths of the files that were new or changed. */
  readonly written: readonly string[]
  /** Absolute paths of those that were as they should be, and were not touched. */
  readonly unchanged: readonly string[]
  /** Absolute paths of the files that are gone. */
  readonly removed: readonly string[]
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
 * Writes all files and removes the obsolete ones, or does nothing: each text is laid beside its target first, then all
 * are renamed, and what is to go is renamed away. Where one cannot be, those before it are put back.
 * @param files absolute path → text.
 * @param obsolete absolute paths of files to remove.
 * @throws what the file system says; nothing has changed then.
 */
export function write(files: ReadonlyMap<string, string>, obsolete: readonly string[] = []): Written {
  const changes = [...files].map(([path, text]) => ({ path, text, before: readText(path), beside: '' }))
  const changed = changes.filter(({ text, before }) => text !== before)
  const settled: typeof changed = []
  const gone: { readonly path: string; readonly away: string }[] = []
  try {
    for (const folder of new Set(changed.map(({ path }) => dirname(path)))) mkdirSync(folder, { recursive: true })
    for (const change of changed) {
      change.beside = temporaryName(change.path)
      writeFileSync(change.beside, change.text, { flag: 'wx' })
    }
    for (const change of changed) {
      renameSync(change.beside, change.path)
      settled.push(change)
    }
    for (const path of obsolete) {
      const away = temporaryName(path)
      renameSync(path, away)
      gone.push({ path, away })
    }
  } catch (error) {
    for (const { path, away } of gone) renameSync(away, path)
    for (const { path, before } of settled) {
      if (before === undefined) rmSync(path, { force: true })
      else writeFileSync(path, before)
    }
    for (const { beside } of changed) if (beside !== '') rmSync(beside, { force: true })
    throw error
  }
  for (const { away } of gone) rmSync(away, { force: true })
  return {
    written: changed.map(({ path }) => path),
    unchanged: changes.filter(({ text, before }) => text === before).map(({ path }) => path),
    removed: gone.map(({ path }) => path),
  }
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`
}
