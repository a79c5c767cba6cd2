export type Severity = 'error' | 'warning'

/** A place in one file of the document. Line and column are worked out only when a diagnostic is shown. */
export interface Location {
  /** Absolute path. */
  readonly file: string
  /** JSON Pointer (RFC 6901) within that file, without `#`; `''` is the whole file. */
  readonly pointer: string
  /** Point at the member's name instead of its value. */
  readonly key?: boolean
  /** Known where the file could not be parsed: an offset into its text, instead of the pointer. */
  readonly offset?: number
}

export interface Note {
  readonly message: string
  readonly location?: Location
}

/** A fault of the document, as data: every stage returns them beside its result. */
export interface Diagnostic {
  /** `noun-condition`, never renamed; the table is in docs/diagnostics.md. */
  readonly code: string
  readonly severity: Severity
  /** The fact. */
  readonly message: string
  /** The deed that mends it. */
  readonly help: string
  /** The other place, where there is one. */
  readonly notes?: readonly Note[]
  readonly location?: Location
}

export type Report = (diagnostic: Diagnostic) => void
