/** The columns that a frame marks; `end` is one past the last. */
export interface Mark {
  readonly line: number
  readonly start: number
  readonly end: number
}

const CONTEXT = 1
const WIDEST = 100
const ELLIPSIS = '…'

/**
 * Source text around a place, as a person sees it: one line before and after, and carets below the place. Long
 * lines (a minified document is one) are cut around it; control characters are printed escaped.
 *
 * `lineOf` gives the text of a line, counted from 1, and undefined beyond the text.
 */
export function codeFrame(lineOf: (line: number) => string | undefined, mark: Mark): string[] {
  const text = lineOf(mark.line)
  if (text === undefined) return []
  const from = text.length > WIDEST ? windowStart(text.length, mark) : 0
  const width = String(mark.line + CONTEXT).length
  const rows: string[] = []
  for (let line = Math.max(1, mark.line - CONTEXT); line <= mark.line + CONTEXT; line++) {
    const source = lineOf(line)
    if (source === undefined || (line > mark.line && source === '' && lineOf(line + 1) === undefined)) continue
    const gutter = `${line === mark.line ? '>' : ' '} ${String(line).padStart(width)} |`
    rows.push(`${gutter} ${visible(excerpt(source, from))}`.trimEnd())
    if (line === mark.line) rows.push(`  ${' '.repeat(width)} | ${carets(source, from, mark)}`)
  }
  return rows
}

/** `text` on one line, without anything that a terminal would act on or that the eye cannot see. */
export function visible(text: string): string {
  return text.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, character => {
    const code = character.codePointAt(0) ?? 0
    if (code === 0x0a) return '\\n'
    if (code === 0x0d) return '\\r'
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** The longest text of a document that helps whoever reads a message. */
const LONGEST = 1000

/** {@link visible}, without the middle of a text that nobody reads to its end. */
export function legible(text: string): string {
  if (text.length <= LONGEST) return visible(text)
  const [start, end] = [text.slice(0, (LONGEST * 3) / 4), text.slice(-LONGEST / 4)]
  return `${visible(start)} ${ELLIPSIS} ${visible(end)}`
}

function windowStart(length: number, { start, end }: Mark): number {
  const marked = Math.min(end - start, WIDEST / 2)
  const before = Math.floor((WIDEST - marked) / 2)
  return Math.max(0, Math.min(start - 1 - before, length - WIDEST))
}

function excerpt(line: string, from: number): string {
  const cut = wholeCharacters(line.slice(from, from + WIDEST))
  const head = from > 0 && line.length > 0 ? ELLIPSIS : ''
  const tail = from + WIDEST < line.length ? ELLIPSIS : ''
  return `${head}${cut}${tail}`
}

/** Without the halves of characters that were cut through. */
function wholeCharacters(text: string): string {
  return text.replace(/^[\udc00-\udfff]/, ' ').replace(/[\ud800-\udbff]$/, '')
}

function carets(line: string, from: number, { start, end }: Mark): string {
  const before = wholeCharacters(line.slice(from, start - 1))
  const marked = wholeCharacters(line.slice(start - 1, Math.min(end - 1, from + WIDEST)))
  const indent = visible(before).length + (from > 0 ? ELLIPSIS.length : 0)
  return `${' '.repeat(indent)}${'^'.repeat(Math.max(1, visible(marked).length))}`
}
