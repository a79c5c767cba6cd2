/** A copy of what `JSON.parse` gave that shares nothing with it, members named `__proto__` included. */
export function jsonCopy<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(one => jsonCopy(one)) as Value
  if (typeof value !== 'object' || value === null) return value
  // A spread defines members, and an assignment to one that is there writes to it: no setter of a prototype runs.
  const copy = { ...value }
  for (const name of Object.keys(copy) as (keyof Value)[]) {
    const member = copy[name]
    if (typeof member === 'object' && member !== null) copy[name] = jsonCopy(member)
  }
  return copy
}

/** Nested deeper than any claim in the field; a copy of more could run out of stack. */
const MAX_DEPTH = 32

/** Bytes that V8 takes for such a value, about, and never much less; `Infinity` if it is nested too deeply to copy. */
export function jsonWeight(value: unknown, depth = 0): number {
  if (typeof value === 'string') return 24 + 2 * value.length
  if (typeof value !== 'object' || value === null) return 16
  if (depth === MAX_DEPTH) return Number.POSITIVE_INFINITY
  let weight = 64
  for (const [name, one] of Object.entries(value)) weight += 16 + name.length + jsonWeight(one, depth + 1)
  return weight
}
