import type { Location } from '../diagnostics/diagnostic.js'
import type { Sources } from './document.js'
import { type Found, jsonFinder, type Span } from './json-text.js'
import { isJson } from './parse.js'
import { pointerSegments } from './pointer.js'
import { yamlFinder } from './yaml-text.js'

/** A place as editors show it: lines and columns count from 1, columns in UTF-16 units. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
  /** One past the last column, where the place ends on the same line. */
  readonly endColumn?: number
}

export interface SourceMap {
  /** The place of `location`, or of what is nearest above it. Absent only for a file that was never read. */
  position(location: Location): Position | undefined
  /** The text of a line, without its end. */
  line(file: string, line: number): string | undefined
}

interface SourceText {
  readonly text: string
  readonly lineStarts: readonly number[]
  find(segments: readonly string[]): Found
}

/** Positions in `sources`. A file is parsed for them when the first is asked for, and once. */
export function createSourceMap(sources: Sources): SourceMap {
  const opened = new Map<string, SourceText | undefined>()
  const open = (file: string): SourceText | undefined => {
    if (!opened.has(file)) opened.set(file, openText(sources.text(file)))
    return opened.get(file)
  }
  return {
    position({ file, pointer, key, offset }) {
      const source = open(file)
      if (source === undefined) return undefined
      if (offset !== undefined) return place(file, source, { start: offset, end: offset })
      const { value, name } = source.find(pointerSegments(pointer))
      return place(file, source, key === true ? (name ?? value) : value)
    },
    line(file, line) {
      const source = open(file)
      const start = source?.lineStarts[line - 1]
      if (source === undefined || start === undefined) return undefined
      const next = source.lineStarts[line] ?? source.text.length + 1
      const end = source.text.charAt(next - 2) === '\r' ? next - 2 : next - 1
      return source.text.slice(start, Math.max(start, end))
    },
  }
}

function openText(text: string | undefined): SourceText | undefined {
  if (text === undefined) return undefined
  const lineStarts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  let finder: ((segments: readonly string[]) => Found) | undefined
  return {
    text,
    lineStarts,
    find(segments) {
      finder ??= isJson(text) ? jsonFinder(text) : yamlFinder(text)
      return finder(segments)
    },
  }
}

function place(file: string, { text, lineStarts }: SourceText, span: Span): Position {
  const start = Math.min(span.start, text.length)
  const line = lineAt(lineStarts, start)
  const lineStart = lineStarts[line] ?? 0
  const nextLine = lineStarts[line + 1] ?? text.length + 1
  const column = start - lineStart + 1
  const position = { file, line: line + 1, column }
  return span.end > start && span.end < nextLine ? { ...position, endColumn: span.end - lineStart + 1 } : position
}

/** The index of the last line that starts at or before `offset`. */
function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0
  let high = lineStarts.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
