/**
 * Which members of a value the document names: what its schema comes to where replies are stripped. Made by
 * {@link replyShapes} in generated code, and linked when the first value of its kind is sent.
 */
export interface Shape {
  /** Tells shapes apart. */
  readonly id: number
  readonly description: () => ShapeDescription
  readonly views: Views
}

/** What was found out about a shape. */
interface Views {
  /** Of one without branches. */
  only?: View
  byChoice?: Map<string, View>
  /** Do branches decide what a value is held to? */
  choosing?: boolean
  kinds?: readonly Kind[]
}

type Kind = 'object' | 'array'

/** What the name of a member is told by: a regular expression, or what stands in for one that could run for ever. */
export interface NameTest {
  test(name: string): boolean
}

/** The part of a JSON Schema that names members. An empty one lets everything through. */
export interface ShapeDescription {
  /** What the value may be if it is no scalar. Default: both. */
  readonly kinds?: readonly Kind[]
  readonly members?: { readonly [name: string]: Shape }
  /** Members that are demanded, and described nowhere here. */
  readonly demands?: readonly string[]
  readonly patterns?: readonly (readonly [NameTest, Shape])[]
  /** Of all other members, where the schema allows for them in so many words. */
  readonly rest?: Shape
  /** Other members are excluded in so many words. */
  readonly sealed?: true
  /** Of the first items, one by one. */
  readonly prefix?: readonly Shape[]
  /** Of all other items. */
  readonly items?: Shape
  /** What holds for the same value, too. */
  readonly all?: readonly Shape[]
  /** Groups, of each of which one branch at least holds for the same value. */
  readonly either?: readonly (readonly Branch[])[]
}

/** One of several schemas, and how a value that is meant for another is told. */
export interface Branch {
  readonly shape: Shape
  /** Members that it demands. */
  readonly has?: readonly string[]
  /** Member → the values that it may have where it is there. */
  readonly is?: { readonly [member: string]: readonly (string | number | boolean | null)[] }
}

/** How a value is cut: what the shapes that hold for it come to. */
export interface View {
  readonly kinds: ReadonlySet<Kind>
  readonly members: ReadonlyMap<string, Shape>
  readonly patterns: readonly (readonly [NameTest, Shape])[]
  /** Of all other members; without it they are left out. */
  readonly rest: Shape | undefined
  readonly prefix: readonly Shape[]
  readonly items: Shape
}

let count = 0

function shape(description: () => ShapeDescription): Shape {
  let known: ShapeDescription | undefined
  return {
    id: count++,
    views: {},
    description() {
      known ??= description()
      return known
    },
  }
}

/** Lets everything through. */
export const any = shape(() => ({}))
/** Of a scalar: what is none loses its members. */
export const none = shape(() => ({ kinds: [] }))
/** Of a member that is never sent: `writeOnly`. */
export const hidden = shape(() => ({ kinds: [] }))

/** What stripping is described with. For generated code only. `shape` takes a function: schemas refer to each other. */
export const replyShapes = { shape, any, none, hidden } as const

/** What `shape` says of `value`; the same for all values that its branches cannot tell apart. */
export function viewOf(shape: Shape, value: object): View {
  const { views } = shape
  if (views.only) return views.only
  if (!chooses(shape)) {
    views.only = toView(resolve(shape, [].values(), []))
    return views.only
  }
  const choices: number[] = []
  choose(shape, value, choices, [])
  const key = choices.join()
  views.byChoice ??= new Map()
  const known = views.byChoice.get(key)
  if (known) return known
  const view = toView(resolve(shape, choices.values(), []))
  // There may be as many as combinations of branches: few come up, and nobody may fill the memory with others.
  if (views.byChoice.size < 1000) views.byChoice.set(key, view)
  return view
}

function chooses({ views, description }: Shape): boolean {
  if (views.choosing === undefined) {
    // Of a circle: what leads back here chooses nothing that was not chosen before.
    views.choosing = false
    const { all = [], either = [] } = description()
    views.choosing = either.length > 0 || all.some(chooses)
  }
  return views.choosing
}

/** Appends, group by group, how many branches `value` may be meant for, and which. */
function choose(shape: Shape, value: object, choices: number[], trail: readonly Shape[]): void {
  if (trail.includes(shape) || !chooses(shape)) return
  const within = [...trail, shape]
  const { all = [], either = [] } = shape.description()
  for (const one of all) choose(one, value, choices, within)
  for (const group of either) {
    const candidates = candidatesOf(group, value)
    choices.push(candidates.length, ...candidates)
    for (const index of candidates) {
      choose((group[index] as Branch).shape, value, choices, within)
    }
  }
}

/** One that fits no branch is cut as if meant for any: what it then keeps is documented, if elsewhere. */
function candidatesOf(group: readonly Branch[], value: object): number[] {
  const kind = Array.isArray(value) ? 'array' : 'object'
  const ofKind: number[] = []
  const fitting: number[] = []
  for (const [index, branch] of group.entries()) {
    if (!kindsOf(branch.shape).includes(kind)) continue
    ofKind.push(index)
    if (mayBeMeant(branch, value)) fitting.push(index)
  }
  return fitting.length > 0 ? fitting : ofKind
}

function mayBeMeant({ has = [], is = {} }: Branch, value: object): boolean {
  if (Array.isArray(value)) return true
  const members = value as { readonly [name: string]: unknown }
  for (const name of has) if (!Object.hasOwn(members, name) || members[name] === undefined) return false
  for (const name in is) {
    const found = Object.hasOwn(members, name) ? members[name] : undefined
    if (found !== undefined && !(is[name] as readonly unknown[]).includes(found)) return false
  }
  return true
}

function kindsOf(shape: Shape): readonly Kind[] {
  shape.views.kinds ??= kindsAt(shape, [])
  return shape.views.kinds
}

function kindsAt(shape: Shape, trail: readonly Shape[]): readonly Kind[] {
  if (trail.includes(shape)) return BOTH
  const within = [...trail, shape]
  const { kinds = BOTH, all = [], either = [] } = shape.description()
  const demands = [
    ...all.map(one => kindsAt(one, within)),
    ...either.map(group => group.flatMap(branch => kindsAt(branch.shape, within))),
  ]
  return kinds.filter(kind => demands.every(demand => demand.includes(kind)))
}

const BOTH: readonly Kind[] = ['object', 'array']

/** What some shapes say together, before it is settled what becomes of members that none of them names. */
interface Resolved {
  readonly kinds: readonly Kind[]
  readonly members: ReadonlyMap<string, Shape>
  readonly patterns: readonly (readonly [NameTest, Shape])[]
  /** Of other members: nothing is said, they are not documented, excluded, or of one of these shapes. */
  readonly others: 'unsaid' | 'undocumented' | 'excluded' | readonly Shape[]
  readonly prefix: readonly Shape[]
  /** Absent: nothing is said of items. */
  readonly items?: Shape
}

const UNSAID: Resolved = { kinds: BOTH, members: new Map(), patterns: [], others: 'unsaid', prefix: [] }

/** @param choices what {@link choose} appended, taken from the front. */
function resolve(shape: Shape, choices: ArrayIterator<number>, trail: readonly Shape[]): Resolved {
  if (trail.includes(shape)) return UNSAID
  const within = [...trail, shape]
  const description = shape.description()
  const { all = [], either = [] } = description
  const parts = [own(description), ...all.map(one => resolve(one, choices, within))]
  for (const group of either) {
    // Where schemas lead in a circle, there may be no choices, or those of another group: what is not there is cut.
    const length = choices.next().value ?? 0
    const branches = Array.from({ length }, () => group[choices.next().value as number]?.shape ?? none)
    parts.push(eitherOf(branches.map(branch => resolve(branch, choices, within))))
  }
  const [only, ...more] = parts
  return only && more.length === 0 ? only : allOf(parts)
}

function own(description: ShapeDescription): Resolved {
  const { kinds = BOTH, members, demands = [], patterns, rest, sealed, prefix = [], items } = description
  const names = members !== undefined || patterns !== undefined
  return {
    kinds,
    members: new Map([...demands.map(name => [name, any] as const), ...Object.entries(members ?? {})]),
    patterns: patterns ?? [],
    others: sealed ? 'excluded' : rest ? [rest] : names ? 'undocumented' : 'unsaid',
    prefix,
    ...(items && { items }),
  }
}

function allOf(parts: readonly Resolved[]): Resolved {
  const others = parts.map(part => part.others)
  const opened = others.filter(one => typeof one !== 'string').flat()
  const items = parts.flatMap(part => part.items ?? [])
  return {
    kinds: BOTH.filter(kind => parts.every(part => part.kinds.includes(kind))),
    members: merged(parts, (part, name) => part.members.get(name), together),
    patterns: parts.flatMap(part => part.patterns),
    others: others.includes('excluded')
      ? 'excluded'
      : opened.length > 0
        ? opened
        : others.includes('undocumented')
          ? 'undocumented'
          : 'unsaid',
    prefix: mergedPrefix(parts, together),
    ...(items.length > 0 && { items: together(items) }),
  }
}

function eitherOf(branches: readonly Resolved[]): Resolved {
  const [only, ...more] = branches
  if (only === undefined) return { ...UNSAID, kinds: [] }
  if (more.length === 0) return only
  const others = branches.map(branch => branch.others)
  const opened = others.filter(one => typeof one !== 'string').flat()
  const items = branches.flatMap(branch => branch.items ?? [])
  return {
    kinds: BOTH.filter(kind => branches.some(branch => branch.kinds.includes(kind))),
    members: merged(branches, memberOf, apart),
    patterns: branches.flatMap(branch => branch.patterns),
    others:
      opened.length > 0
        ? opened
        : others.includes('unsaid')
          ? 'unsaid'
          : others.includes('undocumented')
            ? 'undocumented'
            : 'excluded',
    prefix: mergedPrefix(branches, apart),
    ...(items.length > 0 && items.length === branches.length && { items: apart(items) }),
  }
}

type Combine = (shapes: readonly Shape[]) => Shape

function merged(
  parts: readonly Resolved[],
  pick: (part: Resolved, name: string) => Shape | undefined,
  combine: Combine,
): ReadonlyMap<string, Shape> {
  const names = new Set(parts.flatMap(part => [...part.members.keys()]))
  return new Map([...names].map(name => [name, combine(parts.flatMap(part => pick(part, name) ?? []))]))
}

function mergedPrefix(parts: readonly Resolved[], combine: Combine): readonly Shape[] {
  const length = Math.max(...parts.map(part => part.prefix.length))
  return Array.from({ length }, (_, index) => combine(parts.flatMap(part => part.prefix[index] ?? part.items ?? [])))
}

/** What a branch says of a member that another one names. */
function memberOf({ members, patterns, others }: Resolved, name: string): Shape | undefined {
  const found = members.get(name) ?? patterns.find(([pattern]) => pattern.test(name))?.[1]
  if (found) return found
  if (typeof others !== 'string') return together(others)
  return others === 'unsaid' ? any : undefined
}

const combined = new Map<string, Shape>()

/** The shape of what several shapes hold for. */
function together(shapes: readonly Shape[]): Shape {
  return combine(
    'all',
    shapes.filter(one => one !== any),
    distinct => ({ all: distinct }),
  )
}

/** The shape of what one of several shapes holds for, and nothing tells which. */
function apart(shapes: readonly Shape[]): Shape {
  return combine('either', shapes, distinct => ({ either: [distinct.map(one => ({ shape: one }))] }))
}

function combine(
  how: string,
  shapes: readonly Shape[],
  describe: (distinct: readonly Shape[]) => ShapeDescription,
): Shape {
  // What is never sent by one of the schemas is not sent because of another.
  if (shapes.includes(hidden)) return hidden
  const distinct = [...new Set(shapes)]
  const [only = any, ...more] = distinct
  if (more.length === 0) return only
  const key = `${how} ${distinct.map(one => one.id).join()}`
  const known = combined.get(key)
  if (known) return known
  const made = shape(() => describe(distinct))
  if (combined.size < 10_000) combined.set(key, made)
  return made
}

function toView({ kinds, members, patterns, others, prefix, items = any }: Resolved): View {
  const rest = typeof others === 'string' ? (others === 'unsaid' ? any : undefined) : together(others)
  return { kinds: new Set(kinds), members, patterns, rest, prefix, items }
}
