import { isParam, literalOf, matchSegment, type PathFault, type PathSegment } from '../../runtime/path.js'
import { shapeOf } from '../../runtime/routes.js'
import type { Diagnostic, Location } from '../diagnostics/diagnostic.js'
import { error, show, warning } from './faults.js'
import { PathIndex } from './path-index.js'

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

/**
 * How two paths relate for the requests that both match; `apart` when there are none. `crossing`: each is more concrete
 * than the other somewhere (`/{a}/me`, `/users/{b}`); `ambiguous`: neither is (`/{a}.json`, `/report-{b}`).
 */
export type PathRelation = 'same' | 'apart' | 'first-wins' | 'second-wins' | 'crossing' | 'ambiguous'

/** OpenAPI's rule: concrete before templated. */
export function relatePaths(first: readonly PathSegment[], second: readonly PathSegment[]): PathRelation {
  if (first.length !== second.length) return 'apart'
  const relations = new Set(first.map((segment, index) => relateSegments(segment, second[index] as PathSegment)))
  if (relations.has('apart')) return 'apart'
  if (relations.has('ambiguous')) return 'ambiguous'
  if (relations.has('first-wins')) return relations.has('second-wins') ? 'crossing' : 'first-wins'
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
  /** Method → what it demands, in a form that can be compared; {@link UNKNOWN_DEMAND} where it was not read. */
  readonly demands: ReadonlyMap<string, string>
}

/** Told of a fault together with the two paths, or operations, that it belongs to. */
export type ReportPair<One> = (fault: Diagnostic, first: One, second: One) => void

/**
 * Any two operations that one request could reach are told apart, or refused. Where OpenAPI's rule leaves it open, the
 * first segment from the left that is concrete decides; it is a warning where the two demand different things.
 */
export function checkPaths<Path extends PlacedPath>(paths: readonly Path[], report: ReportPair<Path>): void {
  const index = new PathIndex<number>()
  for (const [number, later] of paths.entries()) {
    // In the document's order, whatever the index's own.
    for (const earlier of index.near(later.segments).sort((a, b) => a - b)) {
      checkPair(paths[earlier] as Path, later, report)
    }
    index.add(later.segments, number)
  }
}

function checkPair<Path extends PlacedPath>(earlier: Path, later: Path, report: ReportPair<Path>): void {
  const relation = relatePaths(earlier.segments, later.segments)
  if (relation !== 'same' && relation !== 'ambiguous' && relation !== 'crossing') return
  const shared = sharedMethods(earlier, later)
  if (shared.length === 0) return
  const pair = `${show(earlier.path)} and ${show(later.path)}`
  const place = { location: later.location, notes: [{ message: 'the other path is here', location: earlier.location }] }
  if (relation === 'same') {
    const help = 'put their operations under one path, with the same parameter names'
    report(error({ code: 'path-duplicate', message: `${pair} are the same path`, help, ...place }), earlier, later)
  } else if (relation === 'ambiguous') {
    const message = `a request can be meant for ${pair}, and neither is the more concrete`
    report(
      error({ code: 'path-ambiguous', message, help: 'change one of them so that no request matches both', ...place }),
      earlier,
      later,
    )
  } else if (shared.some(method => earlier.demands.get(method) !== later.demands.get(method))) {
    const winner = earlier.segments.findIndex(
      (segment, index) => relateSegments(segment, later.segments[index] as PathSegment) !== 'same',
    )
    const first =
      relateSegments(earlier.segments[winner] as PathSegment, later.segments[winner] as PathSegment) === 'first-wins'
    const message = `a request can be meant for ${pair}, which demand different things; ${show(first ? earlier.path : later.path)} serves it`
    report(
      warning({
        code: 'path-crossing',
        message,
        help: 'the concrete segment on the left decides; change one of them if that is not meant',
        ...place,
      }),
      earlier,
      later,
    )
  }
}

export interface UnroutablePath extends PlacedPath {
  readonly fault: PathFault
}

/** What such a path says belongs to all that a request meant for it could reach, but for what demands the very same. */
export function refuseUnroutable<Path extends PlacedPath>(
  unroutable: Path & UnroutablePath,
  others: readonly Path[],
  report: (fault: Diagnostic, reached: readonly { readonly path: Path; readonly method: string }[]) => void,
): void {
  const { message, help } = PATH_FAULTS[unroutable.fault]
  const alike = others.filter(other => /^(same|ambiguous)$/.test(relatePaths(unroutable.segments, other.segments)))
  const reached = alike.flatMap(path =>
    [...path.demands].flatMap(([method, demand]) => {
      const meant = [method, ...(AKIN.get(method) ?? [])].flatMap(one => unroutable.demands.get(one) ?? [])
      return meant.some(one => one === UNKNOWN_DEMAND || one !== demand) ? [{ path, method }] : []
    }),
  )
  const text = `path ${show(unroutable.path)} ${message}`
  report(error({ code: 'path-malformed', message: text, help, location: unroutable.location }), reached)
}

/** The demand of an operation that could not be read. */
export const UNKNOWN_DEMAND = ''

/** GET's operation answers HEAD. */
const AKIN: ReadonlyMap<string, readonly string[]> = new Map([
  ['get', ['head']],
  ['head', ['get']],
])

function sharedMethods(one: PlacedPath, other: PlacedPath): string[] {
  const methods = (path: PlacedPath) => new Set([...path.demands.keys(), ...(path.demands.has('get') ? ['head'] : [])])
  const others = methods(other)
  return [...methods(one)].filter(method => others.has(method))
}
