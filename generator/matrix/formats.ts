import { visible } from '../diagnostics/code-frame.js'
import type { Matrix, MatrixClaims, MatrixOperation, MatrixRequirement } from './matrix.js'

export type MatrixFormat = 'text' | 'json' | 'md'

export const MATRIX_FORMATS: readonly MatrixFormat[] = ['text', 'json', 'md']

/** A matrix as people (`text`), programs (`json`) or reviews (`md`) read it. Ends with a line end. */
export function formatMatrix(matrix: Matrix, format: MatrixFormat): string {
  if (format === 'json') return `${JSON.stringify(matrix, undefined, 2)}\n`
  return format === 'md' ? markdown(matrix) : text(matrix)
}

const HEADS = ['method', 'path', 'operation', 'demands', 'claims', 'step-up']
const SKIPPED_HEADS = ['method', 'path', 'left out because']

function text({ operations, skipped }: Matrix): string {
  const tables = [aligned(HEADS, operations.map(rowOf)), aligned(SKIPPED_HEADS, skipped.map(skippedRow))]
  return tables.filter(lines => lines !== '').join('\n')
}

/** Columns that begin below each other; nothing for no rows. */
function aligned(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const lines = [heads, ...rows].map(row => row.map(visible))
  const widths = heads.map((_, column) => Math.max(...lines.map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return lines.map(row => `${line(row).trimEnd()}\n`).join('')
}

function markdown({ document, operations, skipped }: Matrix): string {
  const parts = [`# Who may call what: ${escaped(document)}\n`, table(HEADS, operations.map(rowOf))]
  if (skipped.length > 0) parts.push('## Left out of the router\n', table(SKIPPED_HEADS, skipped.map(skippedRow)))
  return parts.join('\n')
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return [heads, heads.map(() => '---'), ...rows.map(row => row.map(escaped))].map(line).join('')
}

/**
 * A text that Markdown shows and does not read: as code, where GitHub sees no names, numbers or emoji either; where it
 * would end that or the cell, every mark is a character reference, which means its character only (CommonMark 2.5).
 */
function escaped(content: string): string {
  const shown = visible(content).trim()
  if (shown === '') return ''
  if (!/[`|]/.test(shown)) return `\`${shown}\``
  return shown.replace(/[^\p{L}\p{N} ]/gu, mark => `&#${mark.codePointAt(0)};`)
}

function rowOf(operation: MatrixOperation): string[] {
  const { method, path, id, claims, stepUp } = operation
  const claimed = claims === null ? '' : claims.map(claimsText).join(' or ')
  return [method, path, id, demandsText(operation), claimed, stepUp === null ? '' : JSON.stringify(stepUp)]
}

function skippedRow({ method, path, reasons }: Matrix['skipped'][number]): string[] {
  return [method, path, reasons.map(({ code, message }) => `${code}: ${message}`).join('; ')]
}

function demandsText({ alternatives, scopeMatch, source }: MatrixOperation): string {
  if (alternatives.length === 0) return source === 'none' ? 'public by omission' : 'public'
  return alternatives
    .map(alternative => {
      if (alternative.length === 0) return 'anonymous'
      return alternative.map(one => requirementText(one, scopeMatch)).join(' and ')
    })
    .join(' or ')
}

function requirementText({ scheme, scopes }: MatrixRequirement, scopeMatch: MatrixOperation['scopeMatch']): string {
  if (scopes.length === 0) return scheme
  return `${scheme} (${scopeMatch === 'any' && scopes.length > 1 ? 'one of ' : ''}${scopes.join(' ')})`
}

function claimsText(claims: MatrixClaims): string {
  return Object.entries(claims)
    .map(([name, rule]) => `${name} ${JSON.stringify(rule)}`)
    .join(' and ')
}
