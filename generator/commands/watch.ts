import { resolve } from 'node:path'
import { loadStubs } from '../handlers.js'
import { isAsSeen, type Sighting, sight } from '../load/sighting.js'
import { createWatchedPaths } from '../watched-paths.js'
import { type Generated, type GenerateOptions, generate } from './generate.js'

/** What one run came to. An `error` is what {@link generate} threw; nothing was written then. */
export type Outcome = { readonly generated: Generated } | { readonly error: unknown }

export interface WatchOptions {
  /** Asked before each run. */
  readonly generate: () => GenerateOptions | Promise<GenerateOptions>
  /** Called after each run. */
  readonly onRun: (outcome: Outcome) => void | Promise<void>
  /** Further files that decide what a run does, such as a configuration's; they need not exist. */
  readonly files?: readonly string[]
}

export interface Watching {
  /** Absolute paths of the files that are watched, also of those that are missing. */
  readonly files: readonly string[]
  /** Ends it; resolves after the run that is at work, and so is not to be awaited in `onRun`. */
  close(): Promise<void>
}

/** A save comes as several events, and a change of branch as many: a run waits until it is quiet. In milliseconds. */
const QUIET = 60
const LONGEST_WAIT = 400

/**
 * Generates now, and again whenever a file that the last run read, or looked for in vain, has changed. A run that fails
 * is told to `onRun` as any other, and the watching goes on. Resolves after the first run, when changes are seen.
 *
 * Does not watch what it writes, nor the handlers: stubs are added when the document changes, not while somebody
 * moves handlers about. `refreshRemote` counts until a run has written what it fetched: each save asks nobody again.
 * @example const watching = await watch({ generate: () => ({ document: 'api.yaml' }), onRun: console.log })
 */
export async function watch(options: WatchOptions): Promise<Watching> {
  let sightings: readonly Sighting[] = []
  let timer: NodeJS.Timeout | undefined
  let firstEvent = 0
  let closed = false
  let refreshed = false

  const run = async (): Promise<void> => {
    const also = (options.files ?? []).map(path => sight(resolve(path)))
    let known = sightings.filter(({ path }) => !also.some(one => one.path === path)).map(({ path }) => sight(path))
    let outcome: Outcome
    try {
      const { refreshRemote = false, ...asked } = await options.generate()
      const entry = sight(resolve(asked.cwd ?? process.cwd(), asked.document ?? 'specs/openapi.yaml'))
      if (!known.some(({ path }) => path === entry.path)) known = [...known, entry]
      const generated = await generate({ ...asked, ...(refreshRemote && !refreshed && { refreshRemote }) })
      refreshed ||= generated.files !== undefined
      known = [...(generated.sources.sightings ?? known)]
      outcome = { generated }
    } catch (error) {
      outcome = { error }
    }
    sightings = [...also, ...known]
    await options.onRun(outcome)
  }

  const settle = async (): Promise<void> => {
    if (closed) return
    await paths.watch(sightings)
    // What changed while nobody watched, or while a run was at work, was not told.
    while (!closed && !sightings.every(one => isAsSeen(one))) {
      await run()
      await paths.watch(sightings)
    }
  }

  let work = Promise.resolve()
  const paths = createWatchedPaths(() => {
    if (closed) return
    const now = Date.now()
    if (timer === undefined) firstEvent = now
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        timer = undefined
        work = work.then(settle)
      },
      Math.max(0, Math.min(QUIET, firstEvent + LONGEST_WAIT - now)),
    )
  })

  work = run().then(settle)
  await work
  // The next run needs it, and then somebody waits.
  void loadStubs()
  return {
    get files() {
      return sightings.map(({ path }) => path)
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await work
      await paths.close()
    },
  }
}
