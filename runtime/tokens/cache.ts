import { hash } from 'node:crypto'

export interface CacheLimits {
  readonly maxEntries: number
  /** What the entries may weigh together, by {@link weightOf}. */
  readonly maxBytes: number
}

/** A hundred tokens a second, each used for two minutes, or 16 MiB: what a process has to spare. */
export const DEFAULT_CACHE_LIMITS: CacheLimits = { maxEntries: 10_000, maxBytes: 16 * 1024 * 1024 }

/** Digest of a token → what was verified of it. Knows nothing of time: who gets an entry must see that it is good. */
export interface TokenCache<Value> {
  get(digest: string): Value | undefined
  /** Did it come before, as far as is known? What comes once only is not worth its place, nor the work of making it. */
  admits(digest: string): boolean
  /** Makes room by dropping what was not used lately. Nothing that weighs more than `maxBytes` is kept. */
  set(digest: string, value: Value, bytes: number): void
  delete(digest: string): void
  readonly size: number
}

interface Entry<Value> {
  readonly value: Value
  readonly bytes: number
  /** Since the hand last passed. */
  used: boolean
}

/** SHA-256 of the whole text: tokens differ in any part of theirs, and none can be read from memory here. */
export function digestOf(token: string): string {
  return hash('sha256', token, 'binary')
}

/**
 * Evicts as SIEVE does: a hand goes from old to new, spares what was used since it last passed, and drops the first
 * entry that was not. Tokens that come only once go first, and a hit writes one bit.
 */
export function tokenCache<Value>({ maxEntries, maxBytes }: CacheLimits): TokenCache<Value> {
  const entries = new Map<string, Entry<Value>>()
  const cameBefore = doorkeeper(maxEntries)
  let bytesHeld = 0
  let hand = entries.entries()

  function drop(digest: string, { bytes }: Entry<Value>): void {
    entries.delete(digest)
    bytesHeld -= bytes
  }

  function evictOne(): void {
    for (let next = hand.next(); ; next = hand.next()) {
      if (next.done === true) hand = entries.entries()
      else if (next.value[1].used) next.value[1].used = false
      else return void drop(...next.value)
    }
  }

  return {
    get(digest) {
      const entry = entries.get(digest)
      if (entry === undefined) return undefined
      entry.used = true
      return entry.value
    },
    admits: cameBefore,
    set(digest, value, bytes) {
      this.delete(digest)
      if (bytes > maxBytes) return
      while (entries.size >= maxEntries || bytesHeld + bytes > maxBytes) evictOne()
      entries.set(digest, { value, bytes, used: false })
      bytesHeld += bytes
    },
    delete(digest) {
      const entry = entries.get(digest)
      if (entry === undefined) return
      drop(digest, entry)
      // One that rests while entries come and go by other ways would hold on to what the map has outgrown.
      hand = entries.entries()
    },
    get size() {
      return entries.size
    },
  }
}

/**
 * Knows which of the last `count` digests came before, as a Bloom filter of eight bits for each: one in twenty is taken
 * for one that did. Whose digest it is does not matter: it opens no door but that of the cache.
 */
function doorkeeper(count: number): (digest: string) => boolean {
  const bits = 2 ** Math.ceil(Math.log2(8 * count))
  const seen = new Uint8Array(bits / 8)
  let free = count

  function mark(digest: string, from: number): boolean {
    const bytes = (digest.charCodeAt(from) << 16) | (digest.charCodeAt(from + 1) << 8) | digest.charCodeAt(from + 2)
    const place = bytes & (bits - 1)
    const bit = 1 << (place & 7)
    const byte = seen[place >> 3] as number
    seen[place >> 3] = byte | bit
    return (byte & bit) !== 0
  }

  return digest => {
    const [first, second] = [mark(digest, 0), mark(digest, 3)]
    if (first && second) return true
    free -= 1
    if (free > 0) return false
    seen.fill(0)
    free = count
    return false
  }
}
