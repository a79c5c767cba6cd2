import { createRequire } from 'node:module'
import type { RE2JS } from 're2js'

export interface LinearPattern {
  test(text: string): boolean
}

/**
 * A pattern that no text can make slow: RE2 takes no more time than in proportion to it. A text fits if each of `all` is
 * found in it and none of `none`; both are in RE2's syntax.
 *
 * RE2 is loaded, and the pattern compiled, with the first text that is tested.
 * @throws {Error} then, if one of them is no pattern.
 */
export function linearPattern(all: readonly string[], none: readonly string[]): LinearPattern {
  let compiled: { readonly all: readonly RE2JS[]; readonly none: readonly RE2JS[] } | undefined
  return {
    test(text) {
      compiled ??= { all: all.map(compile), none: none.map(compile) }
      return compiled.all.every(one => one.test(text)) && !compiled.none.some(one => one.test(text))
    },
  }
}

const load = createRequire(import.meta.url)

function compile(pattern: string): RE2JS {
  const engine: typeof import('re2js') = load('re2js')
  return engine.RE2JS.compile(pattern)
}
