import { closeSync, type Dirent, openSync, readdirSync, readSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { HEADER_MARK } from './emit/header.js'

/**
 * Files that an earlier run emitted and that are no part of the output any more: they stand beside emitted files, have
 * the ending of one, and begin with our header. Links are left alone, and so are other folders, which may hold the
 * output of another document.
 * @param emitted absolute paths of the output.
 */
export function obsoleteFiles(emitted: Iterable<string>): string[] {
  const current = new Set(emitted)
  const folders = new Set([...current].map(path => dirname(path)))
  // A compiler that writes beside its sources (`policies.js`, `policies.d.ts`) carries the header along.
  const endings = new Set([...current].map(endingOf))
  return [...folders].flatMap(folder =>
    entriesOf(folder)
      .filter(entry => entry.isFile() && endings.has(endingOf(entry.name)))
      .map(entry => join(folder, entry.name))
      .filter(path => !current.has(path) && beginsWithHeader(path))
      .sort(),
  )
}

/** From the first dot on: `.d.ts` is another ending than `.ts`. */
function endingOf(path: string): string {
  return /\..*$/s.exec(basename(path))?.[0] ?? ''
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // Where nothing was emitted yet; a folder that cannot be read fails when it is written to.
    return []
  }
}

function beginsWithHeader(path: string): boolean {
  const mark = Buffer.from(`// ${HEADER_MARK} `)
  const start = Buffer.alloc(mark.length)
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return false
  }
  try {
    return readSync(file, start, 0, mark.length, 0) === mark.length && start.equals(mark)
  } catch {
    return false
  } finally {
    closeSync(file)
  }
}
