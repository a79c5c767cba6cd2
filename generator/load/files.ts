import { realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute as isAbsolutePath, join, relative, resolve, sep } from 'node:path'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { RecordFiles, Sources } from './document.js'
import { parse } from './parse.js'
import { decoded, isAbsolute } from './reference.js'
import { createRemoteFiles, type OpenedRemote, type RemoteOptions } from './remote-files.js'
import { isRemote } from './remote-url.js'
import { SightingLog } from './sighting.js'

/** A file that was read and parsed. */
export interface SourceFile {
  /** Absolute, as the user would write it: below the root folder as given. Of a file on another machine, its URL. */
  readonly path: string
  readonly value: unknown
}

export type Opened =
  | { readonly file: SourceFile }
  | { readonly failure: 'outside' | 'missing' }
  | { readonly failure: 'unreadable'; readonly reason: string }
  /** Its faults were reported when it was first opened. */
  | { readonly failure: 'malformed' }
  | Exclude<OpenedRemote, { text: string }>

/** The files of one document: opened when asked for, read and parsed once, and none outside the root folder. */
export interface SourceFiles {
  readonly sources: Sources
  /** What is wrong with the texts of the files that were opened. */
  readonly diagnostics: readonly Diagnostic[]
  /** The document's own file. It may stand outside the root: the user named it. */
  openEntry(): Opened
  /** @param uri as it is written in the file `from`, without its fragment; absolute where that is remote. */
  open(uri: string, from: string): Opened
  /** Fetches remote files that were asked for. False when none were pending. */
  fetchPending(): Promise<boolean>
  /** What is to be recorded of remote files. */
  record(): RecordFiles
}

export interface FileOptions extends RemoteOptions {
  /** The folder that no reference may leave. Default: the folder of the document. */
  readonly root?: string
}

export function createFiles(entry: string, options: FileOptions): SourceFiles {
  const texts = new Map<string, string>()
  const diagnostics: Diagnostic[] = []
  const byRealPath = new Map<string, Opened>()
  const realPaths = new Map<string, string>()
  const log = new SightingLog()
  const remote = createRemoteFiles(resolve(entry), options, log)
  let folder: { readonly given: string; readonly real: string } | undefined

  const look = (path: string): string | Opened => {
    try {
      return log.find(path)
    } catch (error) {
      return failureOf(error)
    }
  }
  const read = (real: string, path: string): Opened => {
    const known = byRealPath.get(real)
    if (known !== undefined) return known
    const opened = readParsed(real, path, texts, diagnostics, log)
    byRealPath.set(real, opened)
    realPaths.set(path, real)
    return opened
  }

  const openRemote = (url: string, from: string): Opened => {
    const known = byRealPath.get(url)
    if (known !== undefined) return known
    const opened = remote.open(url, from)
    if ('failure' in opened) return opened
    const file = parsed(url, opened.text, texts, diagnostics)
    byRealPath.set(url, file)
    return file
  }

  return {
    sources: {
      get files() {
        return [...texts.keys()]
      },
      text: file => texts.get(file),
      get sightings() {
        return log.sightings
      },
      copyOf: url => remote.copyOf(url),
    },
    diagnostics,
    openEntry() {
      const path = resolve(entry)
      const real = look(path)
      if (typeof real !== 'string') return real
      folder = rootFolder(path, real, options.root)
      look(folder.given)
      return read(real, path)
    },
    open(uri, from) {
      if (isRemote(uri)) return openRemote(uri, from)
      if (isAbsolute(uri)) return OTHER_SCHEME
      const path = decoded(uri)
      const base = realPaths.get(from)
      if (folder === undefined || base === undefined || path === undefined) return { failure: 'missing' }
      const wanted = resolve(dirname(base), path)
      // Before anything is looked up: whether a file outside exists is nothing to tell.
      if (!isInside(folder.real, wanted)) return { failure: 'outside' }
      const real = look(wanted)
      if (typeof real !== 'string') return real
      // A link inside the root may point out of it.
      if (!isInside(folder.real, real)) return { failure: 'outside' }
      return read(real, join(folder.given, relative(folder.real, real)))
    },
    fetchPending: () => remote.fetchPending(),
    record: () => remote.record(),
  }
}

const OTHER_SCHEME: Opened = {
  failure: 'remote',
  code: 'reference-remote',
  reason: 'is a URL that is not followed',
  help: 'refer to a file by its path from this one, with "/" between folders; to another machine by https',
}

function rootFolder(path: string, real: string, root: string | undefined): { given: string; real: string } {
  if (root !== undefined) {
    const given = resolve(root)
    const realRoot = realPath(given)
    return { given, real: typeof realRoot === 'string' ? realRoot : given }
  }
  const given = dirname(path)
  // An entry that is a link to another folder lives there, and so do the files that it names.
  return realPath(given) === dirname(real)
    ? { given, real: dirname(real) }
    : { given: dirname(real), real: dirname(real) }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolutePath(way)
}

function realPath(path: string): string | Opened {
  try {
    return realpathSync(path)
  } catch (error) {
    return failureOf(error)
  }
}

function readParsed(
  real: string,
  path: string,
  texts: Map<string, string>,
  diagnostics: Diagnostic[],
  log: SightingLog,
): Opened {
  let bytes: Buffer
  try {
    // A device or a pipe may never end.
    if (!statSync(real).isFile()) return { failure: 'unreadable', reason: 'it is no regular file' }
    bytes = log.read(real)
  } catch (error) {
    return failureOf(error)
  }
  const text = decodeText(bytes)
  return typeof text === 'string' ? parsed(path, text, texts, diagnostics) : text
}

function decodeText(bytes: Buffer): string | Opened {
  const [first, second] = bytes
  // YAML 1.2 section 5.2: without a byte order mark, a zero beside the first ASCII character tells.
  const isWide =
    (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || first === 0 || second === 0
  if (isWide) return { failure: 'unreadable', reason: 'its text is UTF-16 or UTF-32, and must be UTF-8' }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { failure: 'unreadable', reason: 'its text is not UTF-8' }
  }
}

function parsed(path: string, text: string, texts: Map<string, string>, diagnostics: Diagnostic[]): Opened {
  texts.set(path, text)
  const { value, diagnostics: faults } = parse(path, text)
  diagnostics.push(...faults)
  return faults.length > 0 ? { failure: 'malformed' } : { file: { path, value } }
}

function failureOf(error: unknown): Opened {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return { failure: 'missing' }
  if (code === 'EACCES' || code === 'EPERM') return { failure: 'unreadable', reason: 'permission denied' }
  if (code === 'ELOOP') return { failure: 'unreadable', reason: 'its links run in a circle' }
  return { failure: 'unreadable', reason: code === '' ? 'the system gave no reason' : code }
}
