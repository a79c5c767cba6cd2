import type { Diagnostic, Location, Note } from '../diagnostics/diagnostic.js'

/** What the parts of the model report with: the code decides the severity, the caller says where and how to mend it. */
export interface Fault {
  readonly code: string
  readonly message: string
  readonly help: string
  readonly location: Location
  readonly notes?: readonly Note[]
}

export function error(fault: Fault): Diagnostic {
  return { severity: 'error', ...fault }
}

export function warning(fault: Fault): Diagnostic {
  return { severity: 'warning', ...fault }
}

/** A name as messages show it. */
export function show(text: unknown): string {
  if (text === undefined) return 'nothing'
  return typeof text === 'string' ? JSON.stringify(text) : (JSON.stringify(text) ?? String(text))
}
