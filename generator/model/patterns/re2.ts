import { type Characters, charactersOf, complement, LAST_CHARACTER } from './characters.js'
import type { Expression } from './syntax.js'

/**
 * Tests in RE2's syntax, which takes no more time than in proportion to the text, that together say what a pattern says:
 * a text fits if all of `all` are found in it and none of `none`.
 */
export interface LinearTest {
  readonly all: readonly string[]
  readonly none: readonly string[]
}

/** RE2 repeats no more than that. */
const MOST_REPEATED = 1000

/**
 * `expression` for RE2; `undefined` where that has no means for it: backreferences, and lookaround other than ahead of
 * what follows `^` or back from the end.
 */
export function linearTest(expression: Expression): LinearTest | undefined {
  const parts = expression.kind === 'sequence' ? [...expression.parts] : [expression]
  const all: Expression[] = []
  const none: Expression[] = []
  const [start, end]: Expression[] = [{ kind: 'start' }, { kind: 'end' }]
  if (start === undefined || end === undefined) return undefined
  if (parts[0]?.kind === 'start') {
    for (let look = parts[1]; look?.kind === 'look' && look.ahead; look = parts[1]) {
      ;(look.negated ? none : all).push({ kind: 'sequence', parts: [start, look.body] })
      parts.splice(1, 1)
    }
  }
  if (parts.at(-1)?.kind === 'end') {
    for (let look = parts.at(-2); look?.kind === 'look' && !look.ahead; look = parts.at(-2)) {
      ;(look.negated ? none : all).push({ kind: 'sequence', parts: [look.body, end] })
      parts.splice(-2, 1)
    }
  }
  all.unshift({ kind: 'sequence', parts })
  try {
    return { all: all.map(textOf), none: none.map(textOf) }
  } catch (error) {
    if (error instanceof NoText) return undefined
    throw error
  }
}

class NoText extends Error {}

function textOf(expression: Expression): string {
  switch (expression.kind) {
    case 'set':
      return setText(expression.characters ?? charactersOf(expression.source))
    case 'start':
      return '\\A'
    case 'end':
      return '\\z'
    case 'boundary':
      return expression.negated ? '\\B' : '\\b'
    case 'sequence':
      return expression.parts.map(one => (one.kind === 'choice' ? `(?:${textOf(one)})` : textOf(one))).join('')
    case 'choice':
      return expression.branches.map(textOf).join('|')
    case 'repeat': {
      const { body, min, max } = expression
      const most = max === Number.POSITIVE_INFINITY ? '' : max
      if (Math.max(min, Number(most)) > MOST_REPEATED) throw new NoText()
      const bounds = min === max ? `{${min}}` : `{${min},${most}}`
      const once = body.kind === 'set' ? textOf(body) : `(?:${textOf(body)})`
      return `${once}${SHORT_BOUNDS[bounds] ?? bounds}`
    }
    default:
      throw new NoText()
  }
}

const SHORT_BOUNDS: { readonly [bounds: string]: string } = { '{0,}': '*', '{1,}': '+', '{0,1}': '?' }

function setText(set: Characters): string {
  const [only, ...others] = set
  if (only !== undefined && others.length === 0 && only[0] === only[1]) return characterText(only[0])
  // RE2 takes no empty class.
  if (set.at(-1)?.[1] !== LAST_CHARACTER || complement(set).length === 0) return `[${rangesText(set)}]`
  return `[^${rangesText(complement(set))}]`
}

function rangesText(set: Characters): string {
  if (set.length === 0) return '^\\x{0}-\\x{10ffff}'
  return set
    .map(([first, last]) => (first === last ? characterText(first) : `${characterText(first)}-${characterText(last)}`))
    .join('')
}

/** RE2 takes an escaped mark for itself. */
function characterText(code: number): string {
  const text = String.fromCodePoint(code)
  if (/^[A-Za-z0-9_]$/.test(text)) return text
  return /^[!-/:-@[-`{-~]$/.test(text) ? `\\${text}` : `\\x{${code.toString(16)}}`
}
