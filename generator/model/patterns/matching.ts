import { RE2JS } from 're2js'
import { isSafePattern } from 'redos-detector'
import { isLinear } from './backtracking.js'
import { type LinearTest, linearTest } from './re2.js'
import { type Expression, readExpression } from './syntax.js'

/** How a pattern is matched in time that no text can blow up. */
export type Matching = { readonly by: 'backtracking' } | ({ readonly by: 're2' } & LinearTest)

/** Deterministic, where a limit of time would not be. */
const MOST_STEPS = 1000
/** Instructions of a program of RE2: what it costs per code point, at worst. */
const LARGEST_PROGRAM = 1000

/**
 * Chooses how `pattern`, a regular expression with the `u` flag, is matched: by the engine of JavaScript where that is
 * known to take no more time than in proportion to the text, else by RE2. `undefined` if neither will do.
 */
export function matchingOf(pattern: string): Matching | undefined {
  if (!known.has(pattern)) {
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(pattern, choose(pattern))
  }
  return known.get(pattern)
}

// Documents say the same pattern hundreds of times.
const known = new Map<string, Matching | undefined>()
const MOST_KNOWN = 10_000

function choose(pattern: string): Matching | undefined {
  const expression = readExpression(pattern)
  if (!expression) return undefined
  if (isLinear(expression)) return { by: 'backtracking' }
  const test = linearTest(expression)
  if (test && [...test.all, ...test.none].every(isSmall)) return { by: 're2', ...test }
  return looksBackSafely(expression) && isUnsuspicious(pattern) ? { by: 'backtracking' } : undefined
}

function isSmall(text: string): boolean {
  try {
    return RE2JS.compile(text).programSize() <= LARGEST_PROGRAM
  } catch {
    return false
  }
}

function isUnsuspicious(pattern: string): boolean {
  try {
    return isSafePattern(pattern, { unicode: true, maxSteps: MOST_STEPS }).safe
  } catch {
    // It does not know all of the syntax.
    return false
  }
}

/** The detector does not look into what looks back. */
function looksBackSafely(expression: Expression, inside = false): boolean {
  switch (expression.kind) {
    case 'look':
      return looksBackSafely(expression.body, inside || !expression.ahead)
    case 'sequence':
      return expression.parts.every(one => looksBackSafely(one, inside))
    case 'choice':
      return expression.branches.every(one => looksBackSafely(one, inside))
    case 'repeat':
      return !(inside && expression.max > 1) && looksBackSafely(expression.body, inside)
    default:
      return true
  }
}
