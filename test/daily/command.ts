import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const TSX = fileURLToPath(new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url))

export interface Command {
  readonly process: ChildProcess
  /** What was printed so far, on both streams. */
  printed(): string
  /** Resolves when what was printed since the last call matches; rejects when the process ends before. */
  shows(pattern: RegExp): Promise<string>
  /** The exit status and the signal. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>
}

/** The command line as a process of its own, from the sources. */
export function command(cwd: string, ...args: string[]): Command {
  return script(cwd, '../../generator/bin.ts', ...args)
}

/** Another script, named from here. */
export function script(cwd: string, name: string, ...args: string[]): Command {
  const path = fileURLToPath(new URL(name, import.meta.url))
  const child = spawn(process.execPath, ['--import', TSX, path, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  let seen = 0
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      text += chunk
      for (const listener of listeners) listener()
    })
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>(resolve =>
    child.once('close', (code, signal) => resolve([code, signal])),
  )
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    process: child,
    printed: () => text,
    ended,
    shows(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const fresh = text.slice(seen)
          const found = pattern.exec(fresh)
          if (found === null) return
          listeners.delete(look)
          seen += found.index + found[0].length
          resolve(fresh)
        }
        listeners.add(look)
        ended.then(() => reject(new Error(`the process ended before it showed ${pattern}:\n${text.slice(seen)}`)))
        look()
      })
    },
  }
}
