import type { Clock } from './clock.js'
import { member, parseJsonObject } from './json-object.js'

export interface AnswerCacheSettings {
  /** Seconds. */
  readonly maxAge: number
  readonly maxEntries: number
}

/** What authorization servers said of active tokens, by the digest of the token. */
export interface AnswerCache {
  get(digest: string): Uint8Array | undefined
  /** `askedAt`: when it was asked, so that its age is never taken for less than it is. */
  set(digest: string, answer: Uint8Array, askedAt: number): void
}

interface Entry {
  readonly answer: Uint8Array
  readonly askedAt: number
  readonly until: number
}

/** Longer answers are not kept: with them a bound on the entries would be none on the bytes. */
const MAX_BYTES = 16 * 1024

/** Nothing is kept beyond the token's `exp`, whatever the clock tolerance. The oldest makes room. */
export function answerCache({ maxAge, maxEntries }: AnswerCacheSettings, clock: Clock): AnswerCache {
  const entries = new Map<string, Entry>()
  return {
    get(digest) {
      const entry = entries.get(digest)
      if (entry === undefined) return undefined
      const now = clock()
      // A clock that was set back must not make an old answer young.
      if (now >= entry.askedAt && now < entry.until) return entry.answer
      entries.delete(digest)
      return undefined
    },
    set(digest, answer, askedAt) {
      entries.delete(digest)
      if (answer.length > MAX_BYTES) return
      const exp = member(parseJsonObject(answer) ?? {}, 'exp')
      const until = Math.min(askedAt + maxAge, typeof exp === 'number' ? exp : Number.POSITIVE_INFINITY)
      if (clock() >= until) return
      const [oldest] = entries.keys()
      if (entries.size >= maxEntries && oldest !== undefined) entries.delete(oldest)
      entries.set(digest, { answer, askedAt, until })
    },
  }
}
