import { refuseUnknownOptions } from '../schemes/options.js'
import { ConfigurationError } from '../verifier.js'
import { type Clock, systemClock } from './clock.js'

/** Remembers which DPoP proofs were used (RFC 9449 section 11.1). */
export interface ReplayStore {
  /**
   * Remembers `key` for `lifetime` seconds at least: `true` if it was not known, `false` if it was. Of several calls at
   * once, one only may be told `true`. Throws, or rejects, when it cannot be known: the request is answered 503.
   * @param key 43 characters of base64url.
   */
  remember(key: string, lifetime: number): boolean | Promise<boolean>
}

export interface MemoryReplayStoreOptions {
  /** The most proofs that are remembered at once, of some 150 bytes each. Default 500000. */
  maxEntries?: number
}

/**
 * A store in this process. When it is full, what is new is refused (503): nothing is forgotten that could still be
 * replayed. Several processes need one that they share, such as `redisReplayStore(client)`.
 * @throws {ConfigurationError} if `maxEntries` is no number from 1 to 10000000, or an option is unknown.
 * @param clock for tests.
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}, clock: Clock = systemClock): ReplayStore {
  refuseUnknownOptions('memoryReplayStore()', options, ['maxEntries'])
  const { maxEntries = 500_000 } = options
  if (!Number.isInteger(maxEntries) || maxEntries < 1 || maxEntries > 10_000_000) {
    throw new ConfigurationError(`memoryReplayStore(): 'maxEntries' must be a whole number from 1 to 10000000`)
  }
  const known = new Set<string>()
  /** By the second after which they are forgotten. */
  const endings = new Map<number, string[]>()
  let swept = 0

  function sweep(second: number): void {
    if (second <= swept) return
    swept = second
    for (const [ending, keys] of endings) {
      if (ending >= second) continue
      for (const key of keys) known.delete(key)
      endings.delete(ending)
    }
  }

  return {
    remember(key, lifetime) {
      const now = clock()
      sweep(Math.floor(now))
      if (known.has(key)) return false
      if (known.size >= maxEntries)
        throw Object.assign(new Error('the replay store is full'), { code: 'REPLAY_STORE_FULL' })
      known.add(key)
      const ending = Math.ceil(now + lifetime)
      const others = endings.get(ending)
      if (others === undefined) endings.set(ending, [key])
      else others.push(key)
      return true
    },
  }
}
