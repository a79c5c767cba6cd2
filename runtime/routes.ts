import { decode, isParam, literalOf, matchSegment, type PathSegment } from './path.js'

/** A path template with what was registered for it. */
export interface Route<Entry> {
  readonly path: string
  readonly entry: Entry
}

export type RouteMatch<Entry> =
  | {
      readonly route: Route<Entry>
      /** The parameters' values, percent-decoded once. */
      readonly values: readonly string[]
      /** The same as they were sent, for a value whose commas separate before they are decoded. */
      readonly rawValues: readonly string[]
    }
  | 'malformed'
  | undefined

/** A segment of the request's path; `text` is absent where its percent-encoding is malformed. */
interface Piece {
  readonly text: string | undefined
  readonly raw: string
}

interface Node<Entry> {
  readonly literals: Map<string, Node<Entry>>
  readonly mixed: { readonly segment: PathSegment; readonly node: Node<Entry> }[]
  param?: Node<Entry>
  route?: Route<Entry>
}

function createNode<Entry>(): Node<Entry> {
  return { literals: new Map(), mixed: [] }
}

/**
 * The paths of a document as a radix tree over segments. From left to right a literal segment wins over one that
 * mixes literals and parameters, and that over a parameter, whatever the order in which they were added.
 */
export class Routes<Entry> {
  readonly #root: Node<Entry> = createNode()
  /** Templates without parameters, by the path that is sent for them: a literal wins over all others anyway. */
  readonly #literal = new Map<string, RouteMatch<Entry>>()

  /** @throws {Error} when a template of the same shape is there already. */
  add(segments: readonly PathSegment[], route: Route<Entry>): void {
    let node = this.#root
    for (const segment of segments) node = childFor(node, segment)
    if (node.route) throw new Error(`${node.route.path} and ${route.path} are the same path`)
    node.route = route
    const literals = segments.map(literalOf)
    if (literals.includes(undefined)) return
    const path = `/${literals.join('/')}`
    // What is sent encoded is read like every other path: `/a%2Fb` is one segment, and not `/a/b`.
    if (!path.includes('%') && path.split('/').length === segments.length + 1) {
      this.#literal.set(path, { route, values: [], rawValues: [] })
    }
  }

  /** Is there a template of literals alone that this path fits? */
  has(path: string): boolean {
    const match = this.match(path)
    return match !== undefined && match !== 'malformed' && match.values.length === 0
  }

  /** @param path the request's path, still percent-encoded, without its query. */
  match(path: string): RouteMatch<Entry> {
    const literal = this.#literal.get(path)
    if (literal !== undefined) return literal
    if (!path.startsWith('/')) return undefined
    const pieces = path.split('/').map(raw => ({ text: decode(raw), raw }))
    const values: Piece[] = []
    const route = find(this.#root, pieces, 1, values)
    if (!route) return undefined
    const decoded: string[] = []
    for (const { text } of values) {
      if (text === undefined) return 'malformed'
      decoded.push(text)
    }
    return { route, values: decoded, rawValues: values.map(value => value.raw) }
  }
}

function childFor<Entry>(node: Node<Entry>, segment: PathSegment): Node<Entry> {
  const literal = literalOf(segment)
  if (literal !== undefined) {
    const known = node.literals.get(literal)
    if (known) return known
    const child = createNode<Entry>()
    node.literals.set(literal, child)
    return child
  }
  if (isParam(segment)) {
    node.param ??= createNode()
    return node.param
  }
  const shape = shapeOf(segment)
  const known = node.mixed.find(one => shapeOf(one.segment) === shape)
  if (known) return known.node
  const child = createNode<Entry>()
  node.mixed.push({ segment, node: child })
  return child
}

/** Two segments of one shape match the same texts. */
export function shapeOf(segment: PathSegment): string {
  return JSON.stringify(segment.map(part => ('literal' in part ? part.literal : 0)))
}

function find<Entry>(
  node: Node<Entry>,
  pieces: readonly Piece[],
  index: number,
  values: Piece[],
): Route<Entry> | undefined {
  const piece = pieces[index]
  if (!piece) return node.route
  const literal = piece.text === undefined ? undefined : node.literals.get(piece.text)
  const concrete = literal && find(literal, pieces, index + 1, values)
  if (concrete) return concrete
  for (const { segment, node: child } of node.mixed) {
    const found = mixedValues(segment, piece)
    const route = found && findBelow(child, pieces, index, values, found)
    if (route) return route
  }
  // An empty segment is no value: `/users/` is not `/users/{id}`.
  return node.param && piece.raw !== '' ? findBelow(node.param, pieces, index, values, [piece]) : undefined
}

function findBelow<Entry>(
  child: Node<Entry>,
  pieces: readonly Piece[],
  index: number,
  values: Piece[],
  found: readonly Piece[],
): Route<Entry> | undefined {
  const depth = values.length
  values.push(...found)
  const route = find(child, pieces, index + 1, values)
  if (!route) values.length = depth
  return route
}

function mixedValues(segment: PathSegment, piece: Piece): readonly Piece[] | undefined {
  // Malformed encoding takes a parameter's place, so that the request is refused instead of passed on.
  if (piece.text === undefined) return [piece]
  return matchSegment(segment, piece.text)?.map(text => ({ text, raw: text.replaceAll('%', '%25') }))
}
