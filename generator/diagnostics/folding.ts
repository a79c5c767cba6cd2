import type { Diagnostic } from './diagnostic.js'

/** Diagnostics of one code and severity that are shown as one. */
export interface Fold {
  /** The first ones, in the order in which they were found. */
  readonly shown: readonly Diagnostic[]
  readonly count: number
}

/** More of one kind than this are folded, and then so many of them shown. */
const MOST = 5
const SHOWN = 3

/** What is left out of the router is always named: none of these is left away. */
const NAMED = 'operation-skipped'

/** Puts many of one kind together; the others stay on their own. */
export function fold(diagnostics: readonly Diagnostic[]): Fold[] {
  const kinds = new Map<string, Diagnostic[]>()
  for (const diagnostic of diagnostics) {
    const kind = `${diagnostic.severity} ${diagnostic.code}`
    const known = kinds.get(kind)
    if (known) known.push(diagnostic)
    else kinds.set(kind, [diagnostic])
  }
  return [...kinds.values()].flatMap((kind): Fold[] => {
    if (kind.length <= MOST) return kind.map(one => ({ shown: [one], count: 1 }))
    return [{ shown: kind[0]?.code === NAMED ? kind : kind.slice(0, SHOWN), count: kind.length }]
  })
}
