import { demandFunction, numberOption, refuseUnknownOptions } from '../schemes/options.js'
import { ConfigurationError } from '../verifier.js'
import type { ReplayStore } from './replay-store.js'

/** The part of a client of the package `redis` (4 to 6) that is used. */
export interface RedisClient {
  /** `SET key value NX PX milliseconds`: `OK`, or null if the key is there. */
  set(key: string, value: string, options: { readonly NX: true; readonly PX: number }): Promise<unknown>
  /** Where it is `false`, nothing is asked: the client would put commands into a queue. */
  readonly isReady?: boolean
}

export interface RedisReplayStoreOptions {
  /** What keys begin with. Default `gatewright:dpop:`. */
  prefix?: string
  /** Time that one answer may take, in seconds. Default 1, from 0.01 to 60. */
  timeout?: number
}

/** A Redis that hangs must not fill memory with questions that nobody waits for any more. */
const MOST_UNANSWERED = 10_000

/**
 * A store that processes share, in Redis. Atomic: of two that use a proof at once, one only is told that it is new. While
 * Redis is out of reach or takes too long, requests with a DPoP proof are answered 503.
 *
 * Does not connect the client, nor close it. Does not check how Redis is set up: a server that evicts keys or loses
 * writes (`maxmemory-policy` other than `noeviction`, a failover to a replica that lags) forgets what was used.
 * @throws {ConfigurationError} at once, if `client` has no `set` or an option is unknown or out of range.
 * @example bearer({ issuer, audience, dpop: { replayStore: redisReplayStore(await createClient({ url }).connect()) } })
 */
export function redisReplayStore(client: RedisClient, options: RedisReplayStoreOptions = {}): ReplayStore {
  demandFunction('redisReplayStore()', client?.set, 'set, as clients of the package redis have it')
  refuseUnknownOptions('redisReplayStore()', options, ['prefix', 'timeout'])
  const { prefix = 'gatewright:dpop:' } = options
  if (typeof prefix !== 'string') throw new ConfigurationError(`redisReplayStore(): 'prefix' must be a string`)
  const timeout = numberOption('redisReplayStore()', 'timeout', options.timeout, { otherwise: 1, min: 0.01, max: 60 })

  let unanswered = 0

  return {
    async remember(key, lifetime) {
      if (client.isReady === false) throw new Error('Redis is out of reach')
      if (unanswered >= MOST_UNANSWERED) throw new Error('Redis leaves too much unanswered')
      const answer = client.set(prefix + key, '1', { NX: true, PX: Math.ceil(lifetime * 1000) })
      unanswered++
      const answered = () => void unanswered--
      answer.then(answered, answered)
      const reply = await inTime(answer, timeout)
      if (reply === 'OK') return true
      if (reply === null) return false
      throw new Error('Redis gave an answer that is none to SET NX')
    },
  }
}

/** Rejects when `promise` takes longer than `seconds`. */
async function inTime(promise: Promise<unknown>, seconds: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Redis did not answer in time')), seconds * 1000)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
