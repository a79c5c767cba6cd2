import type { Location } from '../diagnostics/diagnostic.js'
import type { JsonObject } from '../load/document.js'
import { pointerSegments } from '../load/pointer.js'
import { componentReference } from '../load/reference.js'
import { isObject } from '../model/claims.js'
import { behind } from '../model/dereference.js'

/** Where something stands in what is to be changed: `holder[key]`. */
interface Position {
  readonly holder: JsonObject | unknown[]
  readonly key: string | number
}

/**
 * Makes components of the responses, headers and parameters that stand in several places, as those do that came by
 * reference from other files: each has its type once.
 * @param locate where a node of `root` was written; its name is taken from there.
 */
export function shareComponents(root: JsonObject, locate: (node: object) => Location | undefined): void {
  const shared = new SharedComponents(root, locate)
  for (const item of values(root.paths)) {
    if (!isObject(item)) continue
    shared.addAll('parameters', item.parameters)
    for (const operation of Object.values(item)) {
      if (!isObject(operation)) continue
      shared.addAll('parameters', operation.parameters)
      shared.addAll('responses', operation.responses)
    }
  }
  const { components } = root
  const named = isObject(components) ? values(components.responses) : []
  for (const response of [...shared.nodes('responses'), ...named]) {
    if (isObject(response)) shared.addAll('headers', response.headers)
  }
  shared.move()
}

type Section = 'parameters' | 'responses' | 'headers'

class SharedComponents {
  private readonly found = { parameters: new Map(), responses: new Map(), headers: new Map() } as {
    readonly [section in Section]: Map<object, Position[]>
  }
  private readonly looked = new Set<object>()

  constructor(
    private readonly root: JsonObject,
    private readonly locate: (node: object) => Location | undefined,
  ) {}

  nodes(section: Section): Iterable<object> {
    return this.found[section].keys()
  }

  /** @param holder a list or a map of them; the same one may come again. */
  addAll(section: Section, holder: unknown): void {
    if (!(isObject(holder) || Array.isArray(holder)) || this.looked.has(holder)) return
    this.looked.add(holder)
    for (const [key, node] of Object.entries(holder)) {
      if (!isObject(node) || (key.startsWith('x-') && section === 'responses')) continue
      const known = this.found[section].get(node)
      if (known) known.push({ holder, key })
      else this.found[section].set(node, [{ holder, key }])
    }
  }

  move(): void {
    const components = isObject(this.root.components) ? this.root.components : {}
    for (const section of ['parameters', 'responses', 'headers'] as const) {
      const listed: JsonObject = isObject(components[section]) ? components[section] : {}
      const taken = new Set(Object.keys(listed))
      for (const [node, positions] of this.found[section]) {
        if (positions.length < 2 || '$ref' in node) continue
        const name = freeName(this.locate(node), taken)
        taken.add(name)
        listed[name] = node
        for (const position of positions) put(position, { $ref: componentReference(section, name) })
      }
      if (Object.keys(listed).length === 0) continue
      components[section] = listed
      this.root.components = components
    }
    for (const positions of this.found.headers.values()) for (const one of positions) this.keepOptional(one)
  }

  /** openapi-typescript takes every header by reference for a required one. */
  private keepOptional(position: Position): void {
    const { holder, key } = position
    const header = Reflect.get(holder, key)
    if (!isObject(header) || typeof header.$ref !== 'string') return
    const target = behind(this.root, header)
    const isRequired = isObject(target) && target.required === true
    put(position, { ...(isRequired && { required: true }), schema: { $ref: header.$ref } })
  }
}

function put({ holder, key }: Position, value: object): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}

function freeName(location: Location | undefined, taken: ReadonlySet<string>): string {
  const segments = pointerSegments(location?.pointer ?? '')
  const file = (location?.file.split(/[\\/]/).at(-1) ?? '').replace(/\.(?:ya?ml|json)$/i, '')
  const base = (segments.at(-1) ?? file).replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^_+|_+$/g, '') || 'shared'
  let name = base
  for (let number = 2; taken.has(name) || name in Object.prototype; number++) name = `${base}_${number}`
  return name
}

function values(owner: unknown): unknown[] {
  return isObject(owner) ? Object.values(owner) : []
}
