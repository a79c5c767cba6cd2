import { resolve } from 'node:path'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { Loaded } from './document.js'
import { createFiles, type FileOptions, type Opened } from './files.js'
import { createOrigins } from './origins.js'
import { resolveReferences } from './references.js'
import { isObject } from './targets.js'
import { validate } from './validate.js'
import { versionOf } from './versions.js'

export type LoadOptions = FileOptions

/**
 * Reads an OpenAPI document (3.0, 3.1 or 3.2; JSON or YAML, told apart by content) and the files that it refers
 * to, and puts them in one piece. Files are read inside the root folder only, links followed.
 *
 * Nothing is fetched over the network unless the options allow it. What was fetched is to be recorded beside the
 * document (`record`), and a recorded copy whose digest is right is read instead of asking again, whatever the
 * options say but `refreshRemote`. Writes nothing.
 *
 * Never throws for a fault of the document: each is a diagnostic, and if one is an error there is no document.
 * Faults of form that touch neither references nor versions are warnings; what routing, security and types need
 * is checked by the model.
 * @example const { document, diagnostics } = await load('specs/openapi.yaml')
 */
export async function load(entry: string, options: LoadOptions = {}): Promise<Loaded> {
  const files = createFiles(entry, options)
  const opened = files.openEntry()
  if (!('file' in opened)) {
    const diagnostics = opened.failure === 'malformed' ? files.diagnostics : [unreadable(entry, opened)]
    return { sources: files.sources, diagnostics }
  }
  const { path, value } = opened.file
  const fail = (diagnostic: Diagnostic): Loaded => ({ sources: files.sources, diagnostics: [diagnostic] })
  if (!isObject(value)) {
    const help = 'write an OpenAPI document, or name the right file'
    const location = { file: path, pointer: '' }
    return fail({ code: 'file-malformed', severity: 'error', message: 'the file holds no object', help, location })
  }
  const version = versionOf(path, value)
  if (typeof version !== 'string') return fail(version)

  let faults: Diagnostic[] = []
  const report = (fault: Diagnostic) => faults.push(fault)
  let resolved = resolveReferences(opened.file, files, version, report)
  // Each document that is fetched may refer to others: resolving starts again until it meets no new one.
  while (await files.fetchPending()) {
    faults = []
    resolved = resolveReferences(opened.file, files, version, report)
  }
  const { root, nodes } = resolved
  const diagnostics = [...files.diagnostics, ...faults]
  if (diagnostics.some(({ severity }) => severity === 'error')) return { sources: files.sources, diagnostics }
  const document = { version, entry: path, root, origins: createOrigins(path, nodes) }
  const form = await validate(document)
  return { document, record: files.record(), sources: files.sources, diagnostics: [...diagnostics, ...form] }
}

function unreadable(entry: string, opened: Opened): Diagnostic {
  const reason = 'reason' in opened ? opened.reason : 'there is no such file'
  return {
    code: 'file-unreadable',
    severity: 'error',
    message: `the document cannot be read: ${reason}`,
    help: 'name a readable file in UTF-8',
    location: { file: resolve(entry), pointer: '' },
  }
}
