import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { Sources } from './document.js'
import { parse } from './parse.js'
import { digestOf, type Sighting } from './sighting.js'

/** A file that was read and parsed. */
export interface SourceFile {
  /** Absolute, as the user would write it: below the root folder as given. */
  readonly path: string
  readonly value: unknown
}

export type Opened =
  | { readonly file: SourceFile }
  | { readonly failure: 'outside' | 'missing' }
  | { readonly failure: 'unreadable'; readonly reason: string }
  /** Its faults were reported when it was first opened. */
  | { readonly failure: 'malformed' }

/** The files of one document: opened when asked for, read and parsed once, and none outside the root folder. */
export interface SourceFiles {
  readonly sources: Sources
  /** What is wrong with the texts of the files that were opened. */
  readonly diagnostics: readonly Diagnostic[]
  /** The document's own file. It may stand outside the root: the user named it. */
  openEntry(): Opened
  /** `path` as it is written in the file `from`. */
  open(path: string, from: string): Opened
}

export function createFiles(entry: string, root: string | undefined): SourceFiles {
  const texts = new Map<string, string>()
  const diagnostics: Diagnostic[] = []
  const byRealPath = new Map<string, Opened>()
  const realPaths = new Map<string, string>()
  const looked = new Map<string, string | undefined>()
  const digests = new Map<string, string>()
  let folder: { readonly given: string; readonly real: string } | undefined

  const look = (path: string): string | Opened => {
    const real = realPath(path)
    looked.set(path, typeof real === 'string' ? real : undefined)
    return real
  }
  const read = (real: string, path: string): Opened => {
    const known = byRealPath.get(real)
    if (known !== undefined) return known
    const opened = readParsed(real, path, texts, diagnostics, digests)
    byRealPath.set(real, opened)
    realPaths.set(path, real)
    return opened
  }

  return {
    sources: {
      get files() {
        return [...texts.keys()]
      },
      text: file => texts.get(file),
      get sightings() {
        return [...looked].map(([path, real]): Sighting => {
          const digest = digests.get(real ?? '')
          return { path, ...(real !== undefined && { real }), ...(digest !== undefined && { digest }) }
        })
      },
    },
    diagnostics,
    openEntry() {
      const path = resolve(entry)
      const real = look(path)
      if (typeof real !== 'string') return real
      folder = rootFolder(path, real, root)
      look(folder.given)
      return read(real, path)
    },
    open(path, from) {
      const base = realPaths.get(from)
      if (folder === undefined || base === undefined) return { failure: 'missing' }
      const wanted = resolve(dirname(base), path)
      // Before anything is looked up: whether a file outside exists is nothing to tell.
      if (!isInside(folder.real, wanted)) return { failure: 'outside' }
      const real = look(wanted)
      if (typeof real !== 'string') return real
      // A link inside the root may point out of it.
      if (!isInside(folder.real, real)) return { failure: 'outside' }
      return read(real, join(folder.given, relative(folder.real, real)))
    },
  }
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
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
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
  digests: Map<string, string>,
): Opened {
  let bytes: Buffer
  try {
    // A device or a pipe may never end.
    if (!statSync(real).isFile()) return { failure: 'unreadable', reason: 'it is no regular file' }
    bytes = readFileSync(real)
    digests.set(real, digestOf(bytes))
  } catch (error) {
    return failureOf(error)
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { failure: 'unreadable', reason: 'its text is not UTF-8' }
  }
  texts.set(path, text)
  const parsed = parse(path, text)
  diagnostics.push(...parsed.diagnostics)
  return parsed.diagnostics.length > 0 ? { failure: 'malformed' } : { file: { path, value: parsed.value } }
}

function failureOf(error: unknown): Opened {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return { failure: 'missing' }
  if (code === 'EACCES' || code === 'EPERM') return { failure: 'unreadable', reason: 'permission denied' }
  if (code === 'ELOOP') return { failure: 'unreadable', reason: 'its links run in a circle' }
  return { failure: 'unreadable', reason: code === '' ? 'the system gave no reason' : code }
}
