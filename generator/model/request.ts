import type { Location, Report } from '../diagnostics/diagnostic.js'
import type { ResolvedDocument } from '../load/document.js'
import type { ApiModel, JsonSchema } from './api-model.js'

/** Brings a schema of the document to one dialect, and reports what cannot be compiled. */
export type ReadSchema = (schema: unknown, location: Location) => JsonSchema

export interface RequestReader {
  readonly document: ResolvedDocument
  /** `components.schemas` in one dialect. */
  readonly schemas: ApiModel['schemas']
  readonly readSchema: ReadSchema
  readonly report: Report
  /** Says that the operation cannot be generated yet, and why. */
  readonly unsupported: (what: string, location: Location) => void
}
