import { relative, sep } from 'node:path'
import { styleText } from 'node:util'
import type { Sources } from '../load/document.js'
import { isRemote } from '../load/remote-url.js'
import { createSourceMap, type Position, type SourceMap } from '../load/source-map.js'
import { codeFrame, legible } from './code-frame.js'
import type { Diagnostic, Location, Severity } from './diagnostic.js'
import { fold } from './folding.js'

export interface FormatOptions {
  /** The folder that file names are relative to. */
  readonly cwd: string
}

export interface TextOptions extends FormatOptions {
  /** With the terminal's colours; whether it takes them is for the caller to know. Default false. */
  readonly colour?: boolean
  /** Show each on its own, also where there are many of one code. Default false. */
  readonly verbose?: boolean
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

/**
 * As people read them: position, code, message, pointer, code frame, notes, help. Sorted; without a count. Many of one
 * code are one entry with their number and the first places.
 */
export function formatText(diagnostics: readonly Diagnostic[], sources: Sources, options: TextOptions): string {
  const map = createSourceMap(sources)
  const folds = options.verbose ? diagnostics.map(one => ({ shown: [one], count: 1 })) : fold(diagnostics)
  // Places are worked out for those that are shown only: it takes long where there are thousands.
  const entries = folds.map(({ shown, count }) => ({ places: sorted(shown, sources, map), count }))
  const firsts = new Map(entries.flatMap(entry => (entry.places[0] ? [[entry.places[0], entry]] : [])))
  return [...firsts.keys()]
    .sort(byPlace(sources))
    .map(first => {
      const { places = [], count = 0 } = firsts.get(first) ?? {}
      return count > 1 ? foldText(places, count, options) : textOf(first.diagnostic, first.position, map, options)
    })
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
  const placed = diagnostics.map(diagnostic => {
    const { location } = diagnostic
    return { diagnostic, position: location && map.position(location) }
  })
  return placed.sort(byPlace(sources))
}

function byPlace({ files: [entry] }: Sources): (a: Placed, b: Placed) => number {
  const rank = ({ diagnostic: { location } }: Placed) => (location === undefined ? 0 : location.file === entry ? 1 : 2)
  return (a, b) =>
    rank(a) - rank(b) ||
    compare(a.diagnostic.location?.file ?? '', b.diagnostic.location?.file ?? '') ||
    (a.position?.line ?? 0) - (b.position?.line ?? 0) ||
    (a.position?.column ?? 0) - (b.position?.column ?? 0) ||
    compare(a.diagnostic.code, b.diagnostic.code)
}

/** By code unit: the same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function textOf(
  { code, severity, message, help, notes, location }: Diagnostic,
  position: Position | undefined,
  map: SourceMap,
  options: TextOptions,
): string {
  const { cwd } = options
  const paint = painter(options)
  const red = colourOf(severity)
  const where = location === undefined ? '' : `${positionText(location, position, cwd)} `
  const lines = [`${paint('bold', where)}${paint(red, `${severity} ${code}`)}: ${paint('bold', legible(message))}`]
  if (location !== undefined && position !== undefined && location.offset === undefined) {
    lines.push(paint('dim', `  at #${legible(location.pointer)}`))
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
    lines.push(`  ${paint('cyan', 'note:')} ${place ?? ''}${legible(note.message)}`)
  }
  lines.push(`  ${paint('cyan', 'help:')} ${legible(help)}`)
  return `${lines.join('\n')}\n`
}

/** Many of one code: how many, and the first of them, each on a line. */
function foldText(places: readonly Placed[], count: number, options: TextOptions): string {
  const paint = painter(options)
  const { code = '', severity = 'error' } = places[0]?.diagnostic ?? {}
  const first = count > places.length ? `, of which the first ${places.length} are shown; --verbose shows all` : ''
  const helps = new Set(places.map(({ diagnostic }) => diagnostic.help))
  const lines = [`${paint(colourOf(severity), `${severity} ${code}`)}: ${paint('bold', `${count} times${first}`)}`]
  const helpText = (help: string) => `${paint('cyan', 'help:')} ${legible(help)}`
  for (const { diagnostic, position } of places) {
    const { location, message, help } = diagnostic
    lines.push(
      `  ${location === undefined ? '' : `${positionText(location, position, options.cwd)} `}${legible(message)}`,
    )
    if (helps.size > 1) lines.push(`    ${helpText(help)}`)
  }
  const [help] = helps
  if (helps.size === 1 && help !== undefined) lines.push(`  ${helpText(help)}`)
  return `${lines.join('\n')}\n`
}

function painter({ colour = false }: TextOptions): (style: Parameters<typeof styleText>[0], text: string) => string {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text)
}

function colourOf(severity: Severity): 'red' | 'yellow' {
  return severity === 'error' ? 'red' : 'yellow'
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
  const file = legible(relativePath(location.file, cwd))
  return position === undefined ? file : `${file}:${position.line}:${position.column}`
}

function relativePath(file: string, cwd: string): string {
  if (isRemote(file)) return file
  return relative(cwd, file).split(sep).join('/')
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
