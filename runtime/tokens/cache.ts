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
