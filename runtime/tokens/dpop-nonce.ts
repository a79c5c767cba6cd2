import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from './clock.js'

/** Nonces that a server demands in DPoP proofs (RFC 9449 section 9). It keeps none of them. */
export interface Nonces {
  /** What clients are to use now: the same for all of them, until the next. */
  current(): string
  /** Was it made here, or by a replica with the same secret, and not too long ago? */
  isGood(nonce: string): boolean
}

/** Base64url characters of the 6 bytes that hold the time. */
const TIME = 8

/**
 * A nonce is the time it was made and an HMAC of that. A new one is made in each half of the lifetime, so that each
 * serves for half a lifetime at least.
 * @param lifetime seconds.
 * @param clockTolerance seconds by which the clock of another replica may be fast.
 */
export function statelessNonces(secret: Uint8Array, lifetime: number, clockTolerance: number, clock: Clock): Nonces {
  const period = lifetime / 2

  function nonceOf(made: number): string {
    const time = Buffer.alloc(6)
    time.writeUIntBE(made, 0, 6)
    const mac = createHmac('sha256', secret).update('gatewright DPoP-Nonce ').update(time).digest('base64url')
    return time.toString('base64url') + mac
  }

  return {
    current: () => nonceOf(Math.floor(Math.floor(clock() / period) * period)),
    isGood(nonce) {
      const made = Buffer.from(nonce.slice(0, TIME), 'base64url')
      if (made.length !== 6) return false
      const time = made.readUIntBE(0, 6)
      const now = clock()
      if (time > now + clockTolerance || now - time >= lifetime) return false
      const sent = Buffer.from(nonce)
      const real = Buffer.from(nonceOf(time))
      return sent.length === real.length && timingSafeEqual(sent, real)
    },
  }
}
