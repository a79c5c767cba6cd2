import { createHash } from 'node:crypto'
import { readFileSync, realpathSync, statSync } from 'node:fs'

/** What stood at a path when a run looked there. */
export interface Sighting {
  /** Absolute, before links are followed. */
  readonly path: string
  /** Where the links lead; absent where nothing was found. */
  readonly real?: string
  /** Of the bytes that were read; absent where none were. */
  readonly digest?: string
}

export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Looks for files and reads them, and takes note of what it found where. */
export class SightingLog {
  readonly #reals = new Map<string, string | undefined>()
  readonly #digests = new Map<string, string>()

  get sightings(): Sighting[] {
    return [...this.#reals].map(([path, real]) => {
      const digest = this.#digests.get(real ?? '')
      return { path, ...(real !== undefined && { real }), ...(digest !== undefined && { digest }) }
    })
  }

  /**
   * Where the links of `path` lead.
   * @throws what the file system says.
   */
  find(path: string): string {
    this.#reals.set(path, undefined)
    const real = realpathSync(path)
    this.#reals.set(path, real)
    return real
  }

  /**
   * @param real what {@link find} said.
   * @throws what the file system says.
   */
  read(real: string): Buffer {
    const bytes = readFileSync(real)
    this.#digests.set(real, digestOf(bytes))
    return bytes
  }
}

/** What stands there now. */
export function sight(path: string): Sighting {
  const real = realPathOf(path)
  const bytes = real === undefined ? undefined : readRegular(real)
  return { path, ...(real !== undefined && { real }), ...(bytes !== undefined && { digest: digestOf(bytes) }) }
}

/**
 * Would a run find there now what it found then? A file that was not read then is not read now either: only where it
 * stands is compared.
 * @param onRead told of the bytes, when they are as they were.
 */
export function isAsSeen(
  { path, real, digest }: Sighting,
  onRead: (real: string, bytes: Uint8Array) => void = () => {},
): boolean {
  const found = realPathOf(path)
  if (found !== real) return false
  if (found === undefined || digest === undefined) return true
  const bytes = readRegular(found)
  if (bytes === undefined || digestOf(bytes) !== digest) return false
  onRead(found, bytes)
  return true
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function readRegular(path: string): Uint8Array | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path) : undefined
  } catch {
    return undefined
  }
}
