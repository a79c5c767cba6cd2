import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const DOCUMENTS = fileURLToPath(new URL('documents/', import.meta.url))
const UNPACKED = fileURLToPath(new URL('out/documents/', import.meta.url))

/**
 * Where a real document is, by its path in `test/documents/`. Large ones are kept packed (`NAME.gz`, or `NAME.tar.gz` with the
 * files that they refer to), and are unpacked below `test/out/` when first asked for.
 */
export function documentPath(path: string): string {
  const plain = join(DOCUMENTS, path)
  if (existsSync(plain)) return plain
  const archive = [`${plain}.gz`, plain.replace(/\.[^.]+$/, '.tar.gz')].find(existsSync)
  if (archive === undefined) throw new Error(`test/documents holds no ${path}`)
  const packed = readFileSync(archive)
  const folder = join(UNPACKED, createHash('sha256').update(packed).digest('hex').slice(0, 12))
  if (!existsSync(folder)) unpack(archive, packed, folder)
  return join(folder, basename(path))
}

/** Beside its place, then renamed: another test may be doing the same. */
function unpack(archive: string, packed: Buffer, folder: string): void {
  mkdirSync(dirname(folder), { recursive: true })
  const made = mkdtempSync(`${folder}-`)
  if (archive.endsWith('.tar.gz')) execFileSync('tar', ['-xzf', archive, '-C', made])
  else writeFileSync(join(made, basename(archive, '.gz')), gunzipSync(packed))
  try {
    renameSync(made, folder)
  } catch (error) {
    rmSync(made, { recursive: true })
    if (!existsSync(folder)) throw error
  }
}
