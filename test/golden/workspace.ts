import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type ExitStatus, run } from '../../generator/cli.js'

const OUT = fileURLToPath(new URL('../out/', import.meta.url))

/** File name, relative and with `/` → its content. */
export interface Files {
  readonly [name: string]: string | Uint8Array
}

/** A file as it was found: what it holds, and when and as which file it was last written. */
export interface FileState {
  readonly text: string
  readonly modified: bigint
  readonly inode: bigint
}

export interface Ran {
  readonly status: ExitStatus
  readonly stdout: string
  readonly stderr: string
}

export interface Workspace {
  /** Absolute. */
  readonly folder: string
  put(files: Files): void
  text(name: string): string
  /** Every file of the folder, in order of their names. */
  texts(): { [name: string]: string }
  /** The same, with what tells that a file was written again. */
  states(): { [name: string]: FileState }
  /** The command line, run in this folder. */
  run(...args: string[]): Promise<Ran>
}

/** An empty folder for the length of a test, with these files in it. */
export function workspace(files: Files = {}): Workspace {
  const made = temporaryFolder()
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  const work = workspaceIn(made)
  work.put(files)
  return work
}

/** A new folder below `test/out/`; who makes it removes it. */
export function temporaryFolder(): string {
  mkdirSync(OUT, { recursive: true })
  return mkdtempSync(join(OUT, 'work-'))
}

export function workspaceIn(folder: string): Workspace {
  const names = () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort()
  return {
    folder,
    put(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), content)
      }
    },
    text: name => readFileSync(join(folder, name), 'utf8'),
    texts: () => Object.fromEntries(names().map(name => [name, readFileSync(join(folder, name), 'utf8')])),
    states: () =>
      Object.fromEntries(
        names().map(name => {
          const { mtimeNs, ino } = statSync(join(folder, name), { bigint: true })
          return [name, { text: readFileSync(join(folder, name), 'utf8'), modified: mtimeNs, inode: ino }]
        }),
      ),
    async run(...args) {
      const [stdout, stderr] = [collector(), collector()]
      const status = await run(args, { stdout, stderr, cwd: folder })
      return { status, stdout: stdout.collected(), stderr: stderr.collected() }
    },
  }
}

function collector(): Writable & { collected(): string } {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  return Object.assign(stream, { collected: () => text })
}
