import { doubling, type Extreme, extreme } from './extremes.js'
import { hostileName, hostileText, hostileValue } from './hostile-values.js'
import type { Random } from './random.js'

/** A parsed document while it is changed, and what stands in for values that are written out later. */
export interface Tree {
  root: unknown
  /** Text that stands in for it → JSON text. */
  readonly later: Map<string, string>
}

interface TreeMutation {
  readonly name: string
  /** @returns more of what was done; nothing where it could not be done. */
  readonly apply: (tree: Tree, random: Random) => string | undefined
}

type Parent = { [key: string]: unknown } | unknown[]

interface Place {
  readonly parent: Parent
  readonly key: string
  readonly pointer: string
}

const MUTATIONS: readonly TreeMutation[] = [
  {
    name: 'replace by another node',
    apply: (tree, random) =>
      at(tree, random, place => {
        const other = placeIn(tree, random)
        if (other !== undefined) set(place, structuredClone(get(other)))
        return other?.pointer
      }),
  },
  {
    name: 'use one node twice',
    apply: (tree, random) =>
      at(tree, random, place => {
        const other = placeIn(tree, random)
        // One that holds the place would hold itself.
        if (other === undefined || place.pointer.startsWith(`${other.pointer}/`)) return undefined
        set(place, get(other))
        return other.pointer
      }),
  },
  { name: 'set a value', apply: (tree, random) => at(tree, random, place => set(place, hostileValue(random))) },
  { name: 'set a text', apply: (tree, random) => atLeaf(tree, random, place => set(place, hostileText(random))) },
  {
    name: 'add a text',
    apply: (tree, random) => atLeaf(tree, random, place => set(place, `${get(place)}${hostileText(random)}`)),
  },
  {
    name: 'another type',
    apply: (tree, random) =>
      at(tree, random, place => {
        const value = get(place)
        return set(place, random.pick([[value], { value }, String(value), JSON.stringify(value) ?? '', Number(value)]))
      }),
  },
  {
    name: 'delete',
    apply: (tree, random) =>
      at(tree, random, ({ parent, key }) => {
        if (Array.isArray(parent)) parent.splice(Number(key), 1)
        else delete parent[key]
        return ''
      }),
  },
  {
    name: 'rename',
    apply: (tree, random) =>
      at(tree, random, ({ parent, key }) => {
        if (Array.isArray(parent)) return undefined
        const name = random.chance(0.2) ? `${key}${hostileText(random)}` : hostileName(random)
        const renamed = Object.entries(parent).map(([one, value]): [string, unknown] => [
          one === key ? name : one,
          value,
        ])
        for (const one of Object.keys(parent)) delete parent[one]
        for (const [one, value] of renamed) define(parent, one, value)
        return JSON.stringify(name).slice(0, 80)
      }),
  },
  {
    name: 'add a member',
    apply: (tree, random) =>
      atObject(tree, random, object => {
        const other = placeIn(tree, random)
        const name = hostileName(random)
        const value = random.chance(0.5) && other !== undefined ? structuredClone(get(other)) : hostileValue(random)
        define(object, name, value)
        return `${JSON.stringify(name).slice(0, 80)}: ${(JSON.stringify(value) ?? '').slice(0, 80)}`
      }),
  },
  {
    name: 'a name twice',
    apply: (tree, random) =>
      atObject(tree, random, object => {
        const names = Object.keys(object)
        if (names.length === 0) return undefined
        const name = random.pick(names)
        const stand = standIn(tree, 'name')
        tree.later.set(stand, JSON.stringify(name))
        object[stand] = hostileValue(random)
        return name.slice(0, 80)
      }),
  },
  {
    name: 'a reference',
    apply: (tree, random) =>
      at(tree, random, place => {
        const other = placeIn(tree, random)
        if (other === undefined) return undefined
        const $ref = random.chance(0.8) ? `#${other.pointer}` : `${hostileText(random)}#${other.pointer}`
        set(place, random.chance(0.8) ? { $ref } : { $ref, ...objectOf(get(place)) })
        return $ref.slice(0, 120)
      }),
  },
  {
    name: 'a reference to what stands around it',
    apply: (tree, random) =>
      at(tree, random, place => {
        const steps = place.pointer.split('/')
        const $ref = `#${steps.slice(0, 1 + random.below(steps.length)).join('/')}`
        set(place, { $ref })
        return $ref.slice(0, 120)
      }),
  },
  {
    name: 'references lead elsewhere',
    apply(tree, random) {
      const references = placesIn(tree).filter(({ key, parent }) => key === '$ref' && !Array.isArray(parent))
      if (references.length === 0) return undefined
      for (let count = random.magnitude(1, 6); count > 0; count--) {
        set(random.pick(references), get(random.pick(references)))
      }
      return ''
    },
  },
  {
    name: 'exchange two nodes',
    apply: (tree, random) =>
      at(tree, random, place => {
        const other = placeIn(tree, random)
        if (other === undefined) return undefined
        const [one, two] = [structuredClone(get(place)), structuredClone(get(other))]
        set(place, two)
        set(other, one)
        return other.pointer
      }),
  },
  {
    name: 'an extreme',
    apply: (tree, random) =>
      at(tree, random, place => {
        const { name, text }: Extreme = extreme(random)
        const stand = standIn(tree, 'value')
        tree.later.set(stand, text)
        set(place, stand)
        return name.slice(0, 120)
      }),
  },
  {
    name: 'an extreme schema',
    apply(tree, random) {
      const { text, name } = extreme(random)
      const stand = standIn(tree, 'value')
      tree.later.set(stand, text)
      return useSchema(tree, random, stand, name.slice(0, 120))
    },
  },
  {
    name: 'a name of any length',
    apply: (tree, random) =>
      atObject(tree, random, object => {
        const name = random.pick(['a', '/', 'é', '\u{1f600}', '__', '{a}']).repeat(random.magnitude(100, 100_000))
        define(object, name, Object.values(object)[0] ?? hostileValue(random))
        return `${name.length}`
      }),
  },
  {
    name: 'doubling',
    apply(tree, random) {
      const { name, schemas } = doubling(random)
      const { Doubled, ...rest } = schemas
      const components = componentSchemas(tree)
      if (components === undefined) return undefined
      Object.assign(components, rest)
      return useSchema(tree, random, Doubled, name)
    },
  },
  {
    name: 'a chain of references',
    apply(tree, random) {
      const components = componentSchemas(tree)
      if (components === undefined) return undefined
      const count = random.magnitude(10, 5000)
      for (let link = 0; link < count; link++) components[`C${link}`] = { $ref: `#/components/schemas/C${link + 1}` }
      components[`C${count}`] = random.chance(0.7) ? { type: 'string' } : { $ref: '#/components/schemas/C0' }
      return useSchema(tree, random, { $ref: '#/components/schemas/C0' }, `${count}`)
    },
  },
]

/** Changes something in a tree, and says what. */
export function mutateTree(tree: Tree, random: Random): string {
  for (let attempts = 0; attempts < 5; attempts++) {
    const { name, apply } = random.pick(MUTATIONS)
    const more = apply(tree, random)
    if (more !== undefined) return more === '' ? name : `${name}: ${more}`
  }
  return 'nothing'
}

/** Enough of them; an extreme that was put in place before may hold many more. */
const MOST_PLACES = 50_000

function placesIn({ root }: Tree): Place[] {
  const found: Place[] = []
  const waiting: { readonly node: unknown; readonly pointer: string }[] = [{ node: root, pointer: '' }]
  for (let one = waiting.pop(); one !== undefined && found.length < MOST_PLACES; one = waiting.pop()) {
    const { node, pointer } = one
    if (typeof node !== 'object' || node === null) continue
    for (const key of Object.keys(node)) {
      const place = {
        parent: node as Parent,
        key,
        pointer: `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      }
      found.push(place)
      waiting.push({ node: get(place), pointer: place.pointer })
    }
  }
  return found
}

/** Any place, or one to which each step on the way was as likely as the others: those are nearer to the root. */
function placeIn(tree: Tree, random: Random): Place | undefined {
  const places = placesIn(tree)
  if (places.length === 0) return undefined
  if (random.chance(0.5)) return random.pick(places)
  let [found, node] = [undefined as Place | undefined, tree.root]
  while (typeof node === 'object' && node !== null && (found === undefined || random.chance(0.85))) {
    const keys = Object.keys(node)
    if (keys.length === 0) break
    const key = random.pick(keys)
    const pointer = `${found?.pointer ?? ''}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    found = { parent: node as Parent, key, pointer }
    node = get(found)
  }
  return found
}

function at(tree: Tree, random: Random, change: (place: Place) => string | undefined): string | undefined {
  const place = placeIn(tree, random)
  const more = place && change(place)
  return more === undefined ? undefined : `${place?.pointer.slice(0, 200)} ${more}`.trim()
}

function atLeaf(tree: Tree, random: Random, change: (place: Place) => string | undefined): string | undefined {
  const leaves = placesIn(tree).filter(place => typeof get(place) === 'string')
  if (leaves.length === 0) return undefined
  const place = random.pick(leaves)
  return `${place.pointer.slice(0, 200)} ${change(place)}`
}

function atObject(
  tree: Tree,
  random: Random,
  change: (object: { [name: string]: unknown }, pointer: string) => string | undefined,
): string | undefined {
  const objects = placesIn(tree).flatMap(place => {
    const value = get(place)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? [{ place, value }] : []
  })
  if (objects.length === 0) return undefined
  const { place, value } = random.pick(objects)
  const more = change(value as { [name: string]: unknown }, place.pointer)
  return more === undefined ? undefined : `${place.pointer.slice(0, 200)} ${more}`
}

/** Puts a schema where there was one, so that something comes of it. */
function useSchema(tree: Tree, random: Random, schema: unknown, what: string): string | undefined {
  const uses = placesIn(tree).filter(({ key, parent }) => key === 'schema' && !Array.isArray(parent))
  if (uses.length === 0) return undefined
  const place = random.pick(uses)
  set(place, schema)
  return `${place.pointer.slice(0, 200)} ${what}`
}

function componentSchemas({ root }: Tree): { [name: string]: unknown } | undefined {
  const document = objectOf(root)
  if (document !== root) return undefined
  if (objectOf(document.components) !== document.components) document.components = {}
  const components = objectOf(document.components)
  if (objectOf(components.schemas) !== components.schemas) components.schemas = {}
  return objectOf(components.schemas)
}

function objectOf(value: unknown): { [name: string]: unknown } {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as { [name: string]: unknown }) : {}
}

function get({ parent, key }: Place): unknown {
  return Reflect.get(parent, key)
}

function set({ parent, key }: Place, value: unknown): string {
  define(parent, key, value)
  return (typeof value === 'object' ? '' : JSON.stringify(value))?.slice(0, 80) ?? ''
}

/** An assignment to `__proto__` would set the prototype. */
function define(parent: Parent, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true })
}

function standIn({ later }: Tree, what: string): string {
  return `@@later ${what} ${later.size}@@`
}
