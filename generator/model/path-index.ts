import { isParam, literalOf, matchSegment, type PathSegment } from '../../runtime/path.js'
import { shapeOf } from '../../runtime/routes.js'

interface Node<Entry> {
  readonly literals: Map<string, Node<Entry>>
  readonly templated: Map<string, { readonly segment: PathSegment; readonly node: Node<Entry> }>
  readonly entries: Entry[]
}

function createNode<Entry>(): Node<Entry> {
  return { literals: new Map(), templated: new Map(), entries: [] }
}

/** Paths by their segments: finds those that may have a request in common without comparing every pair. */
export class PathIndex<Entry> {
  readonly #root: Node<Entry> = createNode()

  add(segments: readonly PathSegment[], entry: Entry): void {
    let node = this.#root
    for (const segment of segments) node = childFor(node, segment)
    node.entries.push(entry)
  }

  /** What was added under paths of which a request may be meant for `segments` as well; in no certain order. */
  near(segments: readonly PathSegment[]): Entry[] {
    const found: Entry[] = []
    const visit = (node: Node<Entry>, index: number) => {
      const segment = segments[index]
      if (segment === undefined) found.push(...node.entries)
      else for (const child of childrenNear(node, segment)) visit(child, index + 1)
    }
    visit(this.#root, 0)
    return found
  }
}

function childFor<Entry>(node: Node<Entry>, segment: PathSegment): Node<Entry> {
  const literal = literalOf(segment)
  const known = literal === undefined ? node.templated.get(shapeOf(segment))?.node : node.literals.get(literal)
  if (known) return known
  const child = createNode<Entry>()
  if (literal === undefined) node.templated.set(shapeOf(segment), { segment, node: child })
  else node.literals.set(literal, child)
  return child
}

function childrenNear<Entry>({ literals, templated }: Node<Entry>, segment: PathSegment): Node<Entry>[] {
  const literal = literalOf(segment)
  if (literal !== undefined) {
    const same = literals.get(literal)
    const others = [...templated.values()].filter(one => matchSegment(one.segment, literal)).map(one => one.node)
    return same ? [same, ...others] : others
  }
  const concrete = isParam(segment)
    ? [...literals.values()]
    : [...literals].filter(([text]) => matchSegment(segment, text)).map(([, node]) => node)
  return [...concrete, ...[...templated.values()].map(one => one.node)]
}
