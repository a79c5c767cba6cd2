import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Diagnostic } from './diagnostics/diagnostic.js'
import type { Sources } from './load/document.js'
import { digestOf, isAsSeen, type Sighting } from './load/sighting.js'
import { obsoleteFiles } from './obsolete.js'
import { ownCodeDigest } from './own-code.js'

/** A run that ended well: what it found and what it left. */
export interface Run {
  readonly sources: Sources
  readonly diagnostics: readonly Diagnostic[]
  readonly operations: number
  readonly skipped: number
  /** Absolute path → text. */
  readonly emitted: ReadonlyMap<string, string>
  /** A digest of the handlers' files as that run left them. */
  readonly handlers: string
}

/** What the same run would find and leave now. */
export interface Recalled extends Pick<Run, 'sources' | 'diagnostics' | 'operations' | 'skipped'> {
  /** Absolute paths of the emitted files: all are on disk, byte by byte. */
  readonly emitted: readonly string[]
}

/** The last good run with the same options in the same folder. */
export interface Memory {
  /** Nothing at the least doubt: then the whole work is to be done. */
  recall(handlers: () => string): Recalled | undefined
  /** Never throws: what cannot be kept is done again. */
  keep(run: Run): void
}

interface Kept extends Pick<Run, 'diagnostics' | 'operations' | 'skipped' | 'handlers'> {
  readonly sightings: readonly Sighting[]
  /** The sources, in order: the name that diagnostics give them, and where the file is. */
  readonly files: readonly (readonly [file: string, real: string])[]
  readonly emitted: readonly (readonly [path: string, digest: string])[]
}

/** Documents and options that are remembered in one place; the oldest are forgotten. */
const MOST_KEPT = 32

/**
 * The memory of runs in `node_modules/.cache/gatewright/` of the nearest folder that has `node_modules`. A file there
 * counts only when this very code wrote it, whole.
 * @param options whatever decides what a run does; as JSON.
 * @returns nothing where there is no such folder, or where it cannot be told what code is at work.
 */
export function openMemory(cwd: string, options: object): Memory | undefined {
  // Whether a function does the same as the last time cannot be told.
  if (Object.values(options).some(one => typeof one === 'function')) return undefined
  const folder = cacheFolder(cwd)
  const code = folder === undefined ? undefined : attempt(ownCodeDigest)
  if (folder === undefined || code === undefined) return undefined
  const key = JSON.stringify([cwd, Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))])
  const path = join(folder, `${digestOf(key)}.json`)
  const seal = (body: string) => digestOf(JSON.stringify([code, key, body]))
  return {
    recall: handlers => attempt(() => recallKept(readSealed(path, seal), handlers)),
    keep(run) {
      attempt(() => {
        const kept = keptOf(run)
        if (kept === undefined) return
        const body = JSON.stringify(kept)
        mkdirSync(folder, { recursive: true })
        const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`
        writeFileSync(beside, `${seal(body)}\n${body}`, { flag: 'wx' })
        renameSync(beside, path)
        forgetOldest(folder)
      })
    },
  }
}

function cacheFolder(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules')
    if (attempt(() => statSync(modules).isDirectory()) === true) return join(modules, '.cache', 'gatewright')
    if (folder === dirname(folder)) return undefined
  }
}

function readSealed(path: string, seal: (body: string) => string): Kept | undefined {
  const text = readFileSync(path, 'utf8')
  const end = text.indexOf('\n')
  const body = text.slice(end + 1)
  return text.slice(0, Math.max(end, 0)) === seal(body) ? JSON.parse(body) : undefined
}

function keptOf({ sources, diagnostics, operations, skipped, emitted, handlers }: Run): Kept | undefined {
  const { sightings = [] } = sources
  const read = new Set(sightings.flatMap(({ real, digest }) => (digest === undefined ? [] : [real])))
  // What was fetched has no copy yet: the next run reads that, and is the first to be kept.
  const files = sources.files.map(file => [file, realpathSync(sources.copyOf?.(file) ?? file)] as const)
  // What was read in another way cannot be looked at again.
  if (files.some(([, real]) => !read.has(real))) return undefined
  const digests = [...emitted].map(([path, text]) => [path, digestOf(text)] as const)
  return { diagnostics, operations, skipped, handlers, sightings, files, emitted: digests }
}

function recallKept(kept: Kept | undefined, handlers: () => string): Recalled | undefined {
  if (kept === undefined) return undefined
  const { diagnostics, operations, skipped, sightings } = kept
  const emitted = kept.emitted.map(([path]) => path)
  if (kept.emitted.some(([path, digest]) => digestOf(readFileSync(path)) !== digest)) return undefined
  if (obsoleteFiles(emitted).length > 0) return undefined
  const bytes = new Map<string, Uint8Array>()
  if (!sightings.every(one => isAsSeen(one, (real, read) => bytes.set(real, read)))) return undefined
  if (handlers() !== kept.handlers) return undefined
  return { diagnostics, operations, skipped, emitted, sources: sourcesOf(kept, bytes) }
}

function sourcesOf({ files, sightings }: Kept, bytes: ReadonlyMap<string, Uint8Array>): Sources {
  const reals = new Map(files)
  const texts = new Map<string, string>()
  return {
    files: [...reals.keys()],
    sightings,
    text(file) {
      const found = bytes.get(reals.get(file) ?? '')
      if (found === undefined) return undefined
      // Decoded when a diagnostic shows a place in it.
      const text = texts.get(file) ?? new TextDecoder().decode(found)
      texts.set(file, text)
      return text
    },
  }
}

function forgetOldest(folder: string): void {
  const kept = readdirSync(folder).map(name => ({
    path: join(folder, name),
    time: statSync(join(folder, name)).mtimeMs,
  }))
  kept.sort((a, b) => b.time - a.time)
  for (const { path } of kept.slice(MOST_KEPT)) rmSync(path, { force: true })
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
