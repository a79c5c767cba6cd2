/** The one of `names` that `name` was probably meant to be: few characters apart for its length. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  // Nobody mistypes a name of such a length, and comparing takes its square.
  if (name.length > 200) return undefined
  const most = Math.max(1, Math.floor(name.length / 4))
  const alike = names.filter(one => Math.abs(one.length - name.length) <= most)
  const [near] = alike.map(one => ({ one, distance: distance(name, one) })).sort((a, b) => a.distance - b.distance)
  return near && near.distance <= most ? near.one : undefined
}

/** Levenshtein's: how many characters to change, add or drop. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
