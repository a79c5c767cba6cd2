import type { Diagnostic, Location } from '../diagnostics/diagnostic.js'
import type { Sighting } from './sighting.js'

export type JsonObject = { [member: string]: unknown }

/** Where each object and array of a resolved document was written. */
export interface Origins {
  /** The place of `node`, or of what stands under `path` in it. `node` must be an object or array of the document. */
  locate(node: object, ...path: readonly (string | number)[]): Location
}

/** The text of the files that were read; positions are worked out from it on demand. */
export interface Sources {
  /** Absolute paths of every file that was read, the entry first; URLs of those on other machines. */
  readonly files: readonly string[]
  text(file: string): string | undefined
  /** Where the run looked, found or not; absent where nobody took note. */
  readonly sightings?: readonly Sighting[]
  /** Absolute path of the recorded copy from which a file of another machine was read; none where it was fetched. */
  readonly copyOf?: (url: string) => string | undefined
}

/**
 * A document in one piece: what stood in other files is inside. Every `$ref` left in it is
 * `#/components/SECTION/NAME` and resolves; path items and operations by reference stand in their place.
 */
export interface ResolvedDocument {
  readonly version: '3.0' | '3.1' | '3.2'
  /** Absolute path. */
  readonly entry: string
  readonly root: JsonObject
  readonly origins: Origins
}

/** Copies of what was fetched, in a folder beside the document (see `LoadOptions`). */
export interface RecordFiles {
  /** Absolute path → text. Empty when nothing is remote. */
  readonly files: ReadonlyMap<string, string>
  /** Absolute paths of what was recorded and is used no longer. */
  readonly obsolete: readonly string[]
}

export interface Loaded {
  /** Absent when the document cannot be read, parsed or resolved. */
  readonly document?: ResolvedDocument
  /** What is to stand on disk so that the next run needs no network; there when the document is. */
  readonly record?: RecordFiles
  readonly sources: Sources
  readonly diagnostics: readonly Diagnostic[]
}
