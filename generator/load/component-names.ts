import { segmentsOf } from './origins.js'
import { type Target, targetKey } from './targets.js'

/** What each component is called: those that the document defines, and schemas that are moved there. */
export class ComponentNames {
  private readonly named = new Map<string, Map<string, string>>()
  private readonly own = new Set<string>()
  private readonly taken = new Set<string>()

  /** The document's own name for `target`; the first one wins. */
  give(section: string, target: Target, name: string): boolean {
    const names = this.named.get(section) ?? new Map<string, string>()
    this.named.set(section, names)
    const key = targetKey(target.origin)
    if (names.has(key)) return false
    names.set(key, name)
    return true
  }

  /** The document defines a schema of this name: none that is moved may be called so. */
  reserve(name: string): void {
    this.own.add(name)
    this.taken.add(name)
  }

  /** Does the document define a schema of this name? */
  isOwn(name: string): boolean {
    return this.own.has(name)
  }

  of(section: string, target: Target): string | undefined {
    return this.named.get(section)?.get(targetKey(target.origin))
  }

  /** The section in which `target` is a component, if it is one. */
  sectionOf(target: Target): string | undefined {
    const key = targetKey(target.origin)
    for (const [section, names] of this.named) if (names.has(key)) return section
    return undefined
  }

  /** A name for a schema that becomes a component: from where it was written, with a number if that is taken. */
  invent(target: Target): string {
    const base = readableName(target)
    let name = base
    for (let number = 2; this.taken.has(name) || name in Object.prototype; number++) name = `${base}_${number}`
    this.taken.add(name)
    this.give('schemas', target, name)
    return name
  }
}

/** Names of these say nothing without what stands above them. */
const structural = /^(?:\d+|schema|items|additionalProperties|allOf|anyOf|oneOf|not)$/

function readableName({ origin }: Target): string {
  const segments = segmentsOf(origin)
  const start = segments.findLastIndex(segment => !structural.test(segment))
  const words = segments.slice(Math.max(start, 0))
  if (start === -1) words.unshift(fileName(origin.file))
  const name = words
    .join('_')
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return name === '' ? 'schema' : name
}

function fileName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? '').replace(/\.(?:ya?ml|json)$/i, '')
}
