import { segmentsOf } from './origins.js'
import { type Target, targetKey } from './targets.js'

/** What each component is called: those that the document defines, and schemas that are moved there. */
export class ComponentNames {
  private readonly named = new Map<string, Map<string, string>>()
  private readonly sections = new Map<string, string>()
  private readonly own = new Set<string>()
  private readonly taken = new Set<string>()

  /** References to `target` shall lead to this component; the first name wins. */
  give(section: string, target: Target, name: string): void {
    const names = this.named.get(section) ?? new Map<string, string>()
    this.named.set(section, names)
    const key = targetKey(target.origin)
    if (!names.has(key)) names.set(key, name)
  }

  /** `target` is what the document defines as this component. */
  define(section: string, target: Target, name: string): void {
    this.give(section, target, name)
    this.sections.set(targetKey(target.origin), section)
    if (section !== 'schemas') return
    // None that is moved may be called so.
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

  /** The section in which the document defines `target`, if it is a component. */
  sectionOf(target: Target): string | undefined {
    return this.sections.get(targetKey(target.origin))
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
