import type { Location } from '../diagnostics/diagnostic.js'
import type { Origins } from './document.js'
import { escapeSegment, pointerText } from './pointer.js'

/** Where one node was written: a chain of member names up to the root of its file. */
export interface Origin {
  readonly file: string
  readonly key: string
  /** Absent at the root of the file. */
  readonly parent?: Origin
}

export type OriginMap = WeakMap<object, Origin>

export function member(parent: Origin, key: string | number): Origin {
  return { file: parent.file, key: String(key), parent }
}

export function segmentsOf(origin: Origin): string[] {
  const segments: string[] = []
  for (let at = origin; at.parent !== undefined; at = at.parent) segments.push(at.key)
  return segments.reverse()
}

export function locationOf(origin: Origin): Location {
  return { file: origin.file, pointer: pointerText(segmentsOf(origin)) }
}

/** {@link Origins} from what the walk noted; a node that it never saw is placed at the start of `entry`. */
export function createOrigins(entry: string, nodes: OriginMap): Origins {
  return {
    locate(node, ...path) {
      let origin = nodes.get(node) ?? { file: entry, key: '' }
      let at: unknown = node
      for (const key of path) {
        at = isContainer(at) && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined
        // What stands here by reference was written somewhere else.
        origin = (isContainer(at) ? nodes.get(at) : undefined) ?? member(origin, key)
      }
      return locationOf(origin)
    },
  }
}

/**
 * The place of the member's name `key` in `node`: also where its value came by reference, and
 * {@link Origins.locate} would answer with the other file.
 */
export function locateName(origins: Origins, node: object, key: string | number): Location {
  const { file, pointer } = origins.locate(node)
  return { file, pointer: `${pointer}/${escapeSegment(String(key))}`, key: true }
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
