import type { JsonObject } from '../load/document.js'
import { readComponentReference } from '../load/reference.js'
import { isObject } from '../model/claims.js'
import { componentAt } from '../model/dereference.js'

/**
 * A copy of a resolved document that openapi-typescript can take, and may be changed.
 *
 * The document refers to its components only. What else looks like a reference is data (a description, an example, an
 * extension), which openapi-typescript would follow, and stop. From a discriminator it would take values of the property
 * that the schemas do not demand: a type says what was validated, and that is what the schemas say.
 */
export function typesDocument(root: JsonObject): JsonObject {
  return new Copier(root).object(root)
}

class Copier {
  /** What stands behind a YAML alias is one object in many places, and stays one. */
  private readonly copies = new Map<object, object>()
  private readonly references = new Map<string, string | undefined>()

  constructor(private readonly root: JsonObject) {}

  object(node: JsonObject): JsonObject {
    const copy: JsonObject = {}
    this.copies.set(node, copy)
    for (const name of Object.keys(node)) {
      const written = node[name]
      const value = name === '$ref' && typeof written === 'string' ? this.reference(written) : written
      if (name === '$ref' && value === undefined) continue
      if (name === 'discriminator' && isObject(value) && typeof value.propertyName === 'string') continue
      const copied = isList(name, value) ? value.map(one => this.copy(asObject(one))) : this.copy(value)
      if (name === '__proto__') Object.defineProperty(copy, name, { value: copied, ...ORDINARY })
      else copy[name] = copied
    }
    return copy
  }

  private copy(node: unknown): unknown {
    if (typeof node !== 'object' || node === null) return node
    const known = this.copies.get(node)
    if (known !== undefined) return known
    if (isObject(node)) return this.object(node)
    if (!Array.isArray(node)) return node
    const copy: unknown[] = []
    this.copies.set(node, copy)
    for (const one of node) copy.push(this.copy(one))
    return copy
  }

  private reference(written: string): string | undefined {
    const passed: string[] = []
    let reference: string | undefined = written
    while (reference !== undefined && !this.references.has(reference)) {
      passed.push(reference)
      const target = this.targetOf(reference)
      const isSchema = reference.startsWith('#/components/schemas/')
      // openapi-typescript calls itself at each that is nothing but a reference to the next.
      if (isSchema || !isObject(target) || typeof target.$ref !== 'string') {
        this.references.set(reference, target === undefined ? undefined : reference)
      } else reference = target.$ref
    }
    const found = reference === undefined ? undefined : this.references.get(reference)
    for (const one of passed) this.references.set(one, found)
    return found
  }

  private targetOf(reference: string): unknown {
    // These stand in their places, and are no components of the copy.
    if (readComponentReference(reference)?.section === 'pathItems') return undefined
    return componentAt(this.root, reference)
  }
}

const ORDINARY = { enumerable: true, configurable: true, writable: true }

function isList(name: string, value: unknown): value is readonly unknown[] {
  return (name === 'allOf' || name === 'anyOf' || name === 'oneOf') && Array.isArray(value)
}

/** openapi-typescript takes no boolean in a list of schemas. */
function asObject(schema: unknown): unknown {
  if (typeof schema !== 'boolean') return schema
  return schema ? {} : { not: {} }
}
