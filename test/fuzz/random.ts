/** Numbers that look random and are the same for the same seed, on every machine. */
export class Random {
  private state = 0x811c9dc5

  constructor(seed: string) {
    for (let at = 0; at < seed.length; at++) this.state = Math.imul(this.state ^ seed.charCodeAt(at), 0x01000193)
  }

  /** From 0 up to 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to `end`, which is not among them. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  /** A whole number from `least` to `most`, small ones as often as large ones. */
  magnitude(least: number, most: number): number {
    return Math.floor(least * (most / least) ** this.next())
  }

  chance(part: number): boolean {
    return this.next() < part
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('There is nothing to pick')
    return list[this.below(list.length)] as T
  }
}
