import { type BigIntStats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { FSWatcher } from 'chokidar'
import type { Sighting } from './load/sighting.js'

export interface WatchedPaths {
  /** Watches these paths, and those only; resolves when a change from now on would be seen. */
  watch(sightings: readonly Sighting[]): Promise<void>
  close(): Promise<void>
}

/**
 * Tells that something happened to one of some paths, whether anything stands there or not.
 *
 * Folders are watched, not files: editors put a new file in the place of the old one, and what is missing may come.
 * @param onEvent may be called for nothing, and several times for one change.
 */
export function createWatchedPaths(onEvent: () => void): WatchedPaths {
  let watcher: FSWatcher | undefined
  let watched = ''
  let usePolling = false

  const open = async (folders: readonly string[], paths: ReadonlySet<string>): Promise<void> => {
    const { watch } = await import('chokidar')
    const opened = watch([...folders], {
      depth: 0,
      ignored: path => !paths.has(path),
      ignoreInitial: true,
      // A link and the place where it leads are both among the paths.
      followSymlinks: false,
      ignorePermissionErrors: true,
      usePolling,
    })
    watcher = opened
    opened.on('all', onEvent)
    // A folder that is replaced at once is the same for chokidar, and its events have ended.
    opened.on('raw', onEvent)
    opened.on('error', error => {
      // The system watches only so many files.
      usePolling ||= error instanceof Error && 'code' in error && /^(ENOSPC|EMFILE)$/.test(String(error.code))
      watched = ''
      onEvent()
    })
    await new Promise<void>(resolve => opened.once('ready', () => resolve()))
  }

  return {
    async watch(sightings) {
      const paths = new Set(sightings.flatMap(({ path, real }) => (real === undefined ? [path] : [path, real])))
      const folders = [...new Set([...paths].map(path => nearestFolder(dirname(path))))].sort()
      const now = JSON.stringify([folders.map(identity), [...paths].sort(), usePolling])
      if (now === watched) return
      watched = now
      await watcher?.close()
      await open(folders, withFoldersAbove(paths))
    },
    async close() {
      await watcher?.close()
    },
  }
}

function nearestFolder(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (stateOf(folder)?.isDirectory() || folder === dirname(folder)) return folder
  }
}

/** Another one in its place has another. */
function identity(folder: string): string {
  const found = stateOf(folder)
  return `${folder} ${found?.dev} ${found?.ino}`
}

function stateOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return undefined
  }
}

function withFoldersAbove(paths: ReadonlySet<string>): Set<string> {
  const all = new Set(paths)
  for (const path of paths) {
    for (let folder = dirname(path); !all.has(folder); folder = dirname(folder)) all.add(folder)
  }
  return all
}
