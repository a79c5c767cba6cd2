import { isParam, literalOf, matchSegment, type PathFault, type PathSegment } from '../../runtime/path.js'
import { shapeOf } from '../../runtime/routes.js'
import type { Location, Report } from '../diagnostics/diagnostic.js'
import { error, show } from './faults.js'

/** What a person does about a path that cannot be routed. */
export const PATH_FAULTS: { readonly [fault in PathFault]: { readonly message: string; readonly help: string } } = {
  'no-leading-slash': { message: 'does not begin with a slash', help: 'write it as /path' },
  'query-or-fragment': {
    message: 'holds ? or #, which no request has in its path',
    help: 'describe the query as parameters; operations that share a path and a method cannot be told apart',
  },
  braces: { message: 'has braces that name no parameter', help: 'write a parameter as {name}' },
  'adjacent-params': {
    message: 'has two parameters with nothing between them',
    help: 'put a separator between them, or make them one',
  },
  'repeated-param': { message: 'names a parameter twice', help: 'give each its own name' },
  encoding: { message: 'holds a malformed percent-encoding', help: 'write a literal % as %25' },
}

/** How two paths relate for the requests that both match; `apart` when there are none. */
export type PathRelation = 'same' | 'apart' | 'first-wins' | 'second-wins' | 'ambiguous'

/**
 * OpenAPI's rule: concrete before templated. Two paths are ambiguous where each is more concrete than the other
 * somewhere (`/{a}/me`, `/users/{b}`), or where neither is (`/{a}.json`, `/report-{b}`).
 */
export function relatePaths(first: readonly PathSegment[], second: readonly PathSegment[]): PathRelation {
  if (first.length !== second.length) return 'apart'
  const relations = new Set(first.map((segment, index) => relateSegments(segment, second[index] as PathSegment)))
  if (relations.has('apart')) return 'apart'
  if (relations.has('ambiguous') || (relations.has('first-wins') && relations.has('second-wins'))) return 'ambiguous'
  if (relations.has('first-wins')) return 'first-wins'
  return relations.has('second-wins') ? 'second-wins' : 'same'
}

function relateSegments(first: PathSegment, second: PathSegment): PathRelation {
  if (shapeOf(first) === shapeOf(second)) return 'same'
  const [one, other] = [literalOf(first), literalOf(second)]
  if (one !== undefined) return other === undefined && matchSegment(second, one) ? 'first-wins' : 'apart'
  if (other !== undefined) return matchSegment(first, other) ? 'second-wins' : 'apart'
  if (isParam(first)) return 'second-wins'
  if (isParam(second)) return 'first-wins'
  return overlap(first, second) ? 'ambiguous' : 'apart'
}

const ANY = Symbol('any character')
const REST = Symbol('any characters')

/** Is there a text that both match? A parameter is one character or more. */
function overlap(first: PathSegment, second: PathSegment): boolean {
  const [a, b] = [tokens(first), tokens(second)]
  const known = new Map<number, boolean>()
  const meet = (i: number, j: number): boolean => {
    if (i === a.length && j === b.length) return true
    const key = i * (b.length + 1) + j
    const seen = known.get(key)
    if (seen !== undefined) return seen
    known.set(key, false)
    const found = step(i, j)
    known.set(key, found)
    return found
  }
  const step = (i: number, j: number): boolean => {
    const [x, y] = [a[i], b[j]]
    if (x === REST) return meet(i + 1, j) || (y !== undefined && meet(i, j + 1))
    if (y === REST) return meet(i, j + 1) || (x !== undefined && meet(i + 1, j))
    return x !== undefined && y !== undefined && (x === ANY || y === ANY || x === y) && meet(i + 1, j + 1)
  }
  return meet(0, 0)
}

function tokens(segment: PathSegment): (string | symbol)[] {
  return segment.flatMap((part): (string | symbol)[] => ('literal' in part ? [...part.literal] : [ANY, REST]))
}

export interface PlacedPath {
  readonly path: string
  readonly segments: readonly PathSegment[]
  readonly location: Location
}

/** Any two paths that one request could match are told apart by OpenAPI's rule, or refused. */
export function checkPaths(paths: readonly PlacedPath[], report: Report): void {
  const bySize = new Map<number, PlacedPath[]>()
  for (const later of paths) {
    const others = bySize.get(later.segments.length) ?? []
    for (const earlier of others) {
      const relation = relatePaths(earlier.segments, later.segments)
      if (relation !== 'same' && relation !== 'ambiguous') continue
      const pair = `${show(earlier.path)} and ${show(later.path)}`
      const [message, help] =
        relation === 'same'
          ? [`${pair} are the same path`, 'put their operations under one path, with the same parameter names']
          : [
              `a request can be meant for ${pair}, and neither is the more concrete`,
              'change one of them so that no request matches both',
            ]
      report(
        error({
          code: relation === 'same' ? 'path-duplicate' : 'path-ambiguous',
          message,
          help,
          location: later.location,
          notes: [{ message: 'the other path is here', location: earlier.location }],
        }),
      )
    }
    others.push(later)
    bySize.set(later.segments.length, others)
  }
}
