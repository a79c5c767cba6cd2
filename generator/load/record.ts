import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { RecordFiles } from './document.js'
import { SightingLog } from './sighting.js'

/**
 * Copies of what a document refers to over the network, in a folder beside it that is committed with it:
 * `openapi.yaml.remote/lock.json` says which file holds which URL, and the digest of its text.
 */
export interface RemoteRecord {
  /** The copy of `url`; nothing where it was never fetched. */
  text(url: string): { readonly text: string; readonly path: string } | { readonly fault: string } | undefined
  /** What the folder should hold, when these were used. */
  files(used: ReadonlyMap<string, string>): RecordFiles
}

interface Entry {
  readonly file: string
  readonly sha256: string
}

const LOCK = 'lock.json'

/** @param entry absolute path of the document. */
export function readRecord(entry: string, log = new SightingLog()): RemoteRecord {
  const folder = `${entry}.remote`
  const lock = readLock(join(folder, LOCK), log)
  const entries = 'entries' in lock ? lock.entries : new Map<string, Entry>()
  return {
    text(url) {
      if ('fault' in lock) return lock
      const known = entries.get(url)
      if (known === undefined) return undefined
      const path = join(folder, known.file)
      const text = readCopy(path, log)
      if (text === undefined) return { fault: `${basename(folder)}/${known.file}, its recorded copy, cannot be read` }
      if (digestOf(text) === known.sha256) return { text, path }
      return { fault: `${basename(folder)}/${known.file} is not the copy that was recorded: its digest differs` }
    },
    files(used) {
      const sorted = [...used].sort(([a], [b]) => (a < b ? -1 : 1))
      const files = new Map(sorted.map(([url, text]) => [join(folder, fileName(url)), text]))
      if (sorted.length > 0) files.set(join(folder, LOCK), lockText(basename(entry), sorted))
      const recorded = [...entries.values()].map(({ file }) => join(folder, file))
      if (entries.size > 0) recorded.push(join(folder, LOCK))
      return { files, obsolete: recorded.filter(path => !files.has(path) && existsSync(path)) }
    },
  }
}

function lockText(document: string, used: readonly (readonly [url: string, text: string])[]): string {
  const documents = used.map(([url, text]) => [url, { file: fileName(url), sha256: digestOf(text) }])
  const about = `What ${document} refers to over the network, as it was fetched. Commit this folder; to fetch again: gatewright generate --refresh-remote`
  return `${JSON.stringify({ about, documents: Object.fromEntries(documents) }, null, 2)}\n`
}

/** Unlike any other, also where case is not kept, and still a name that people recognise. */
function fileName(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? ''
  const readable = name.replace(/[^A-Za-z0-9._-]+/g, '_').slice(-60)
  return `${sha256(url).slice(0, 12)}-${readable === '' ? 'document' : readable}`
}

/** Of the text with `\n` at the end of lines: checking a file out on Windows may change these. */
function digestOf(text: string): string {
  return sha256(text.replaceAll('\r\n', '\n'))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function readCopy(path: string, log: SightingLog): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(log.read(log.find(path)))
  } catch {
    return undefined
  }
}

function readLock(
  path: string,
  log: SightingLog,
): { readonly entries: ReadonlyMap<string, Entry> } | { readonly fault: string } {
  const broken = { fault: `${basename(join(path, '..'))}/${LOCK} is no list of recorded copies` }
  let text: string
  try {
    text = log.read(log.find(path)).toString('utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return missing ? { entries: new Map() } : broken
  }
  let documents: unknown
  try {
    documents = (JSON.parse(text) as { documents?: unknown } | null)?.documents
  } catch {
    return broken
  }
  if (typeof documents !== 'object' || documents === null) return broken
  const entries = Object.entries(documents)
  return entries.every(isEntry) ? { entries: new Map(entries) } : broken
}

function isEntry(member: [string, unknown]): member is [string, Entry] {
  const [, entry] = member
  if (typeof entry !== 'object' || entry === null || !('file' in entry) || !('sha256' in entry)) return false
  // Nothing outside the folder is read, whatever the list says.
  return (
    typeof entry.file === 'string' &&
    /^[0-9a-f]{12}-[A-Za-z0-9._-]+$/.test(entry.file) &&
    typeof entry.sha256 === 'string'
  )
}
