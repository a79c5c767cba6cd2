/** So many cooldowns at most, so that an issuer that is back is noticed within minutes. */
const LONGEST = 4
/** At most this part is added, so that many replicas do not all come at once. */
const JITTER = 0.25

/** Seconds to leave somebody alone after so many failures in a row: the cooldown, doubled with each further one. */
export function restAfter(failures: number, cooldown: number): number {
  return Math.min(LONGEST, 2 ** (failures - 1)) * cooldown * (1 + JITTER * Math.random())
}
