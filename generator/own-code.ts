import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf } from './load/sighting.js'

let digest: string | undefined

/**
 * A digest of everything that decides what is emitted, but for the document: this package's code, byte by byte, the
 * versions of all packages behind it, and Node's.
 *
 * Does not see a dependency that was edited in place.
 * @throws {Error} where a package behind cannot be found.
 */
export function ownCodeDigest(): string {
  digest ??= digestOf(JSON.stringify([process.version, process.platform, ownFiles(), packagesBehind()]))
  return digest
}

function ownFiles(): string[] {
  // Sources in the repository, compiled code in the package.
  return ['./', '../runtime/'].flatMap(name => {
    const folder = fileURLToPath(new URL(name, import.meta.url))
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(file => /(?<!\.d)\.[jt]s$/.test(file))
      .sort()
      .map(file => `${file} ${digestOf(readFileSync(join(folder, file)))}`)
  })
}

/** `name@version` of each package that is loaded, its dependencies' dependencies too. */
function packagesBehind(): string[] {
  const found = new Map<string, string>()
  const waiting = [ownManifest()]
  for (let manifest = waiting.pop(); manifest !== undefined; manifest = waiting.pop()) {
    if (found.has(manifest)) continue
    const { name, version, dependencies = {} } = readManifest(manifest)
    found.set(manifest, `${name}@${version}`)
    for (const dependency of Object.keys(dependencies)) waiting.push(manifestOf(dependency, dirname(manifest)))
  }
  return [...found.values()].sort()
}

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: { readonly [name: string]: string }
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function ownManifest(): string {
  return above(fileURLToPath(new URL('.', import.meta.url)), folder => join(folder, 'package.json'))
}

/** As Node looks for a package: in each `node_modules` on the way up. */
function manifestOf(name: string, from: string): string {
  return above(from, folder => join(folder, 'node_modules', ...name.split('/'), 'package.json'))
}

function above(start: string, fileIn: (folder: string) => string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = fileIn(folder)
    // A link may lead to where a package's own dependencies stand beside it.
    if (existsSync(file)) return realpathSync(file)
    if (folder === dirname(folder)) throw new Error(`There is no ${file.split(sep).slice(-3).join('/')} above ${start}`)
  }
}
