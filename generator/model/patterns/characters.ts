/** Code points as ranges: in order, apart from each other. */
export type Characters = readonly (readonly [first: number, last: number])[]

export const LAST_CHARACTER = 0x10ffff

export function characters(...ranges: readonly (readonly [number, number])[]): Characters {
  const merged: [number, number][] = []
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const previous = merged.at(-1)
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
    else merged.push([first, last])
  }
  return merged
}

export function complement(set: Characters): Characters {
  const result: [number, number][] = []
  let next = 0
  for (const [first, last] of set) {
    if (first > next) result.push([next, first - 1])
    next = last + 1
  }
  if (next <= LAST_CHARACTER) result.push([next, LAST_CHARACTER])
  return result
}

export function overlap(a: Characters, b: Characters): boolean {
  return a.some(([first, last]) => b.some(([start, end]) => first <= end && start <= last))
}

/** The code points that `source` (`\p{L}`, or a class that holds one) matches with the `u` flag, asked one by one. */
export function charactersOf(source: string): Characters {
  const expression = new RegExp(`^${source}$`, 'u')
  const result: [number, number][] = []
  for (let code = 0; code <= LAST_CHARACTER; code++) {
    if (!expression.test(String.fromCodePoint(code))) continue
    const previous = result.at(-1)
    if (previous && previous[1] === code - 1) previous[1] = code
    else result.push([code, code])
  }
  return result
}

/** ECMA-262 section 22.2.2.9: `\d`, `\w`, `\s`, and what `.` leaves out. */
export const DIGITS = characters([0x30, 0x39])
export const WORD = characters([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a])
export const SPACE = characters(
  [0x9, 0xd],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
)
export const LINE_ENDS = characters([0xa, 0xa], [0xd, 0xd], [0x2028, 0x2029])
