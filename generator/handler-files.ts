import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { digestOf } from './load/sighting.js'

/** Path within the handlers' folder, with `/` → the text of the file. */
export interface HandlerFiles {
  readonly [name: string]: string
}

/** The modules of the handlers' folder and of those below it, in order; none where there is no folder. */
export function readHandlers(folder: string): HandlerFiles {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
  const paths = entries.filter(one => one.isFile()).map(one => join(one.parentPath, one.name))
  const names = paths.map(path => relative(folder, path).split(sep).join('/'))
  const modules = names.filter(name => /(?<!\.d)\.m?[jt]s$/.test(name) && !/(^|\/)node_modules\//.test(name))
  const all = new Set(modules)
  // What a compiler wrote beside its source says nothing that the source does not say.
  const sources = modules.filter(name => !/js$/.test(name) || !all.has(name.replace(/js$/, 'ts')))
  return Object.fromEntries(sources.sort().map(name => [name, readFileSync(join(folder, name), 'utf8')]))
}

export function digestHandlers(files: HandlerFiles): string {
  return digestOf(JSON.stringify(Object.entries(files)))
}
