import { type Characters, characters, complement, DIGITS, LINE_ENDS, SPACE, WORD } from './characters.js'

/** A regular expression with the `u` flag and no other. Captures are groups, and lazy is greedy: a test asks no more. */
export type Expression =
  /** One code point. Without `characters`, those that `source` says: it names a property of Unicode. */
  | { readonly kind: 'set'; readonly characters?: Characters; readonly source: string }
  | { readonly kind: 'start' | 'end' | 'backreference' }
  | { readonly kind: 'boundary'; readonly negated: boolean }
  | { readonly kind: 'look'; readonly ahead: boolean; readonly negated: boolean; readonly body: Expression }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'choice'; readonly branches: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly body: Expression; readonly min: number; readonly max: number }

const DEEPEST = 100

/** Reads a pattern that `new RegExp(pattern, 'u')` takes; `undefined` if it holds what is not known here, such as `(?i:…)`. */
export function readExpression(pattern: string): Expression | undefined {
  const reader = new Reader(pattern)
  try {
    return reader.read()
  } catch (error) {
    if (error instanceof Unknown) return undefined
    throw error
  }
}

class Unknown extends Error {}

const OPENINGS: readonly (readonly [string, { ahead: boolean; negated: boolean } | undefined])[] = [
  ['(?:', undefined],
  ['(?=', { ahead: true, negated: false }],
  ['(?!', { ahead: true, negated: true }],
  ['(?<=', { ahead: false, negated: false }],
  ['(?<!', { ahead: false, negated: true }],
]

const CONTROLS: { readonly [letter: string]: number } = { t: 0x9, n: 0xa, v: 0xb, f: 0xc, r: 0xd, 0: 0 }

class Reader {
  private at = 0
  private depth = 0

  constructor(private readonly text: string) {}

  read(): Expression {
    const expression = this.choice()
    if (this.at < this.text.length) throw new Unknown()
    return expression
  }

  private choice(): Expression {
    if (++this.depth > DEEPEST) throw new Unknown()
    const branches = [this.sequence()]
    while (this.take('|')) branches.push(this.sequence())
    this.depth--
    const [only, ...others] = branches
    return only !== undefined && others.length === 0 ? only : { kind: 'choice', branches }
  }

  private sequence(): Expression {
    const parts: Expression[] = []
    while (this.at < this.text.length && !this.sees('|') && !this.sees(')')) parts.push(this.repeated(this.term()))
    const [only, ...others] = parts
    return only !== undefined && others.length === 0 ? only : { kind: 'sequence', parts }
  }

  private repeated(body: Expression): Expression {
    const bounds = this.bounds()
    if (!bounds) return body
    this.take('?')
    return { kind: 'repeat', body, ...bounds }
  }

  private bounds(): { min: number; max: number } | undefined {
    if (this.take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.take('?')) return { min: 0, max: 1 }
    const found = this.match(/\{(\d+)(?:(,)(\d*))?\}/y)
    if (!found) return undefined
    const min = Number(found[1])
    if (found[2] === undefined) return { min, max: min }
    return { min, max: found[3] === undefined || found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3]) }
  }

  private term(): Expression {
    if (this.take('^')) return { kind: 'start' }
    if (this.take('$')) return { kind: 'end' }
    if (this.sees('(')) return this.group()
    const start = this.at
    if (this.take('.')) return { kind: 'set', characters: complement(LINE_ENDS), source: '.' }
    if (this.take('[')) return this.bracket(start)
    if (this.match(/\\[1-9]\d*|\\k<[^>]*>/y)) return { kind: 'backreference' }
    const boundary = this.match(/\\([bB])/y)
    if (boundary) return { kind: 'boundary', negated: boundary[1] === 'B' }
    return this.set(this.character(), start)
  }

  private group(): Expression {
    const opening = OPENINGS.find(([text]) => this.take(text))
    if (!opening && !this.match(/\(\?<[^>]*>/y)) {
      this.take('(')
      if (this.sees('?')) throw new Unknown()
    }
    const body = this.choice()
    if (!this.take(')')) throw new Unknown()
    const look = opening?.[1]
    return look ? { kind: 'look', ...look, body } : body
  }

  private bracket(start: number): Expression {
    const negated = this.take('^')
    const ranges: (readonly [number, number])[] = []
    let known = true
    while (!this.take(']')) {
      if (this.at >= this.text.length) throw new Unknown()
      const first = this.character()
      const last = typeof first === 'number' && this.match(/-(?!\])/y) ? this.character() : first
      if (typeof first === 'number' && typeof last === 'number') ranges.push([first, last])
      else if (typeof first === 'object' && last === first) ranges.push(...first)
      else known = false
    }
    const source = this.text.slice(start, this.at)
    if (!known) return { kind: 'set', source }
    const set = characters(...ranges)
    return { kind: 'set', characters: negated ? complement(set) : set, source }
  }

  private set(found: number | Characters | undefined, start: number): Expression {
    const source = this.text.slice(start, this.at)
    if (found === undefined) return { kind: 'set', source }
    return { kind: 'set', characters: typeof found === 'number' ? [[found, found]] : found, source }
  }

  /** A code point, or a set of them; `undefined` for a property of Unicode. */
  private character(): number | Characters | undefined {
    if (!this.sees('\\')) return this.codePoint()
    const set = this.match(/\\([dDwWsS])/y)?.[1]
    if (set !== undefined) return SETS[set]
    if (this.match(/\\[pP]\{[^}]*\}/y)) return undefined
    const pair = this.match(/\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})/iy)
    if (pair) {
      const [, high = '', low = ''] = pair
      return 0x10000 + (Number.parseInt(high, 16) - 0xd800) * 0x400 + Number.parseInt(low, 16) - 0xdc00
    }
    const hex = this.match(/\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2}))/iy)
    if (hex) return Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16)
    const control = this.match(/\\c([a-z])/iy)?.[1]
    if (control !== undefined) return control.charCodeAt(0) % 32
    const letter = this.match(/\\([tnvfr0])/y)?.[1]
    if (letter !== undefined) return CONTROLS[letter]
    // In a class: elsewhere it is a boundary, and was read as one.
    if (this.take('\\b')) return 0x8
    if (!this.match(/\\(?=[\^$\\.*+?()[\]{}|/-])/y)) throw new Unknown()
    return this.codePoint()
  }

  private codePoint(): number {
    const code = this.text.codePointAt(this.at)
    if (code === undefined) throw new Unknown()
    this.at += code > 0xffff ? 2 : 1
    return code
  }

  private sees(text: string): boolean {
    return this.text.startsWith(text, this.at)
  }

  private take(text: string): boolean {
    if (!this.sees(text)) return false
    this.at += text.length
    return true
  }

  private match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at
    const found = expression.exec(this.text)
    if (!found) return undefined
    this.at = expression.lastIndex
    return found
  }
}

const SETS: { readonly [letter: string]: Characters } = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
}
