import { relative, sep } from 'node:path'
import { styleText } from 'node:util'
import type { Sources } from '../load/document.js'
import { isRemote } from '../load/remote-url.js'
import { createSourceMap, type Position, type SourceMap } from '../load/source-map.js'
import { codeFrame, visible } from './code-frame.js'
import type { Diagnostic, Location, Severity } from './diagnostic.js'

export interface FormatOptions {
  /** The folder that file names are relative to. */
  readonly cwd: string
}

export interface TextOptions extends FormatOptions {
  /** With the terminal's colours; whether it takes them is for the caller to know. Default false. */
  readonly colour?: boolean
}

/** A place as plain data: `file` relative, with `/`; `line` and `column` count from 1. */
export interface PlainPlace {
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** JSON Pointer within the file; absent where the file could not be parsed. */
  readonly pointer?: string
}

export interface PlainDiagnostic extends PlainPlace {
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly help: string
  readonly notes: readonly (PlainPlace & { readonly message: string })[]
}

/** As people read them: position, code, message, pointer, code frame, notes, help. Sorted; without a count. */
export function formatText(diagnostics: readonly Diagnostic[], sources: Sources, options: TextOptions): string {
  const map = createSourceMap(sources)
  return sorted(diagnostics, sources, map)
    .map(({ diagnostic, position }) => textOf(diagnostic, position, map, options))
    .join('\n')
}

/** As programs read them: sorted, in a stable shape. */
export function formatJson(
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  { cwd }: FormatOptions,
): readonly PlainDiagnostic[] {
  const map = createSourceMap(sources)
  return sorted(diagnostics, sources, map).map(({ diagnostic, position }) => ({
    ...placeOf(diagnostic.location, position, cwd),
    code: diagnostic.code,
    severity: diagnostic.severity,
    message: diagnostic.message,
    help: diagnostic.help,
    notes: (diagnostic.notes ?? []).map(({ message, location }) => ({
      ...placeOf(location, location && map.position(location), cwd),
      message,
    })),
  }))
}

/** The document's own faults first, then file by file, from top to bottom. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[], sources: Sources): Diagnostic[] {
  return sorted(diagnostics, sources, createSourceMap(sources)).map(({ diagnostic }) => diagnostic)
}

/** `1 error, 0 warnings. Nothing was written.` */
export function countLine(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  const warnings = diagnostics.length - errors
  const count = `${plural(errors, 'error')}, ${plural(warnings, 'warning')}.`
  return errors > 0 ? `${count} Nothing was written.` : count
}

interface Placed {
  readonly diagnostic: Diagnostic
  readonly position: Position | undefined
}

function sorted(diagnostics: readonly Diagnostic[], sources: Sources, map: SourceMap): Placed[] {
  const entry = sources.files[0]
  const placed = diagnostics.map(diagnostic => {
    const { location } = diagnostic
    return { diagnostic, position: location && map.position(location) }
  })
  const rank = ({ diagnostic: { location } }: Placed) => (location === undefined ? 0 : location.file === entry ? 1 : 2)
  return placed.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      compare(a.diagnostic.location?.file ?? '', b.diagnostic.location?.file ?? '') ||
      (a.position?.line ?? 0) - (b.position?.line ?? 0) ||
      (a.position?.column ?? 0) - (b.position?.column ?? 0) ||
      compare(a.diagnostic.code, b.diagnostic.code),
  )
}

/** By code unit: the same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function textOf(
  { code, severity, message, help, notes, location }: Diagnostic,
  position: Position | undefined,
  map: SourceMap,
  { cwd, colour = false }: TextOptions,
): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) => {
    return colour ? styleText(style, text, { validateStream: false }) : text
  }
  const red = severity === 'error' ? 'red' : 'yellow'
  const where = location === undefined ? '' : `${positionText(location, position, cwd)} `
  const lines = [`${paint('bold', where)}${paint(red, `${severity} ${code}`)}: ${paint('bold', visible(message))}`]
  if (location !== undefined && position !== undefined && location.offset === undefined) {
    lines.push(paint('dim', `  at #${visible(location.pointer)}`))
  }
  if (location !== undefined && position !== undefined) {
    const { line, column } = position
    const end = position.endColumn ?? lineEnd(map, location.file, position)
    const frame = codeFrame(wanted => map.line(location.file, wanted), { line, start: column, end })
    if (frame.length > 0)
      lines.push('', ...frame.map(row => paint(/^ +\| *\^+$/.test(row) ? red : 'dim', `  ${row}`)), '')
  }
  for (const note of notes ?? []) {
    const place = note.location && `${positionText(note.location, map.position(note.location), cwd)} `
    lines.push(`  ${paint('cyan', 'note:')} ${place ?? ''}${visible(note.message)}`)
  }
  lines.push(`  ${paint('cyan', 'help:')} ${visible(help)}`)
  return `${lines.join('\n')}\n`
}

/** A place that spans several lines is marked by its first word. */
function lineEnd(map: SourceMap, file: string, { line, column }: Position): number {
  const text = map.line(file, line) ?? ''
  const word = /^(?:[\w$./~-]+|.)/u.exec(text.slice(column - 1))
  return column + (word?.[0].length ?? 1)
}

function placeOf(location: Location | undefined, position: Position | undefined, cwd: string): PlainPlace {
  if (location === undefined) return {}
  return {
    file: relativePath(location.file, cwd),
    ...(position === undefined ? {} : { line: position.line, column: position.column }),
    ...(location.offset === undefined ? { pointer: location.pointer } : {}),
  }
}

function positionText(location: Location, position: Position | undefined, cwd: string): string {
  const file = visible(relativePath(location.file, cwd))
  return position === undefined ? file : `${file}:${position.line}:${position.column}`
}

function relativePath(file: string, cwd: string): string {
  if (isRemote(file)) return file
  return relative(cwd, file).split(sep).join('/')
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
