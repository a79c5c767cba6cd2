import { type Denial, deny } from '../verifier.js'
import type { Clock } from './clock.js'

/**
 * Remembers that a server is out of reach, so that not every request finds it out anew, each after its own timeout.
 * After a failure it is left alone for a short rest, longer with each further one; then one request asks it, and the
 * others go on when it has answered.
 */
export interface Outage {
  /** The answer for all who must not ask now. */
  denial(): Denial | undefined
  /** May be asked once {@link denial} is none: who is told so must tell how it went. */
  begin(): void
  answered(): void
  failed(reason: string): void
}

/** Seconds: short, since a server that is back must be noticed soon. */
const LONGEST_REST = 8

export function outageOf(clock: Clock): Outage {
  let failures = 0
  let reason = ''
  let failedAt = 0
  let probing = false

  const rest = () => Math.min(LONGEST_REST, 2 ** (failures - 1))
  // A clock that was set back must not make a rest longer.
  const left = () => rest() - Math.abs(clock() - failedAt)

  return {
    denial() {
      if (failures === 0 || (!probing && left() <= 0)) return undefined
      return deny('unavailable', { reason, retryAfter: Math.max(1, Math.ceil(left())) })
    },
    begin() {
      probing = failures > 0
    },
    answered() {
      failures = 0
      probing = false
    },
    failed(text) {
      // Those that were under way together are one failure.
      if (failures === 0 || left() <= 0) failures++
      failedAt = clock()
      reason = text
      probing = false
    },
  }
}
