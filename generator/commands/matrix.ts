import { type CompileOptions, type ReadDocument, read } from '../compile.js'
import { type Matrix, matrixOf } from '../matrix/matrix.js'

export interface Surveyed extends Pick<ReadDocument, 'diagnostics' | 'sources'> {
  /** Absent when the document has faults. */
  readonly matrix?: Matrix
}

/**
 * Every operation of a document with what it demands. Writes nothing.
 * @throws {UsageError} for rules that do not exist or cannot be lowered.
 */
export async function matrix(options: Omit<CompileOptions, 'out' | 'handlers'> = {}): Promise<Surveyed> {
  const { diagnostics, sources, model } = await read(options)
  return { diagnostics, sources, ...(model && { matrix: matrixOf(model) }) }
}
