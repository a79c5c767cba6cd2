import type { JsonObject } from '../load/document.js'
import { type Kind, memberSlot, type Slot } from '../load/grammar.js'
import { readComponentReference } from '../load/reference.js'
import { isObject } from '../model/claims.js'
import { componentAt } from '../model/dereference.js'
import { SUBSCHEMAS } from '../model/json-schema-keywords.js'

/**
 * A copy of a resolved document that openapi-typescript can take, and may be changed.
 *
 * The document refers to its components only. What else looks like a reference is data (a description, an example, an
 * extension), which openapi-typescript would follow, and stop. From a discriminator it would take values of the property
 * that the schemas do not demand: a type says what was validated, and that is what the schemas say.
 */
export function typesDocument(root: JsonObject): TypesDocument {
  const copier = new Copier(root)
  const copy = copier.object(root, 'document')
  return { copy, originals: new Map([...copier.copies].map(([node, made]) => [made, node])) }
}

export interface TypesDocument {
  readonly copy: JsonObject
  /** An object of the copy → that of the document which it was made of. */
  readonly originals: ReadonlyMap<unknown, object>
}

class Copier {
  /** What stands behind a YAML alias is one object in many places, and stays one. */
  readonly copies = new Map<object, object>()
  private readonly references = new Map<string, string | undefined>()

  constructor(private readonly root: JsonObject) {}

  /** @param isPart is it in a list of schemas, which may name what others of the list describe? */
  object(node: JsonObject, kind: Kind | undefined, isPart = false): JsonObject {
    const copy: JsonObject = {}
    this.copies.set(node, copy)
    if (kind === 'schema' && isMisshapen(node)) return copy
    const left = kind === 'schema' ? leftOut(node) : []
    for (const name of Object.keys(node)) {
      const isOpen = kind === 'schema' && name === 'additionalProperties' && hasNamedMembers(node)
      const written = isOpen ? true : node[name]
      if (left.includes(name) || (kind !== undefined && WORDS.includes(name) && typeof written !== 'string')) continue
      const value = name === '$ref' && typeof written === 'string' ? this.reference(written) : written
      if (name === '$ref' && value === undefined) continue
      if (name === 'discriminator' && isObject(value) && typeof value.propertyName === 'string') continue
      const slot = kind === undefined ? undefined : memberSlot(kind, name)
      if (kind !== undefined && (name.startsWith('x-') || isMissing(slot, value))) continue
      const copied = isList(name, value)
        ? value.map(one => this.copy(asObject(one), 'schema', isPart || !isAlone(name, node, value)))
        : this.copy(slot === 'schema' && !(name === 'items' && Array.isArray(value)) ? asSchema(value) : value, slot)
      if (name === '__proto__') Object.defineProperty(copy, name, { value: copied, ...ORDINARY })
      else copy[name] = copied
    }
    const more = kind === 'schema' && !isPart ? undescribed(node) : []
    if (more.length > 0) {
      const properties = isObject(copy.properties) ? copy.properties : {}
      copy.properties = { ...properties, ...Object.fromEntries(more.map(name => [name, {}])) }
    }
    return copy
  }

  private copy(node: unknown, slot: Slot | undefined, isPart = false): unknown {
    if (typeof node !== 'object' || node === null) return node
    const known = this.copies.get(node)
    if (known !== undefined) return known
    const inside = typeof slot !== 'object' ? undefined : 'list' in slot ? slot.list : slot.map
    if (isObject(node) && (typeof slot === 'string' || inside === undefined)) {
      return this.object(node, typeof slot === 'string' ? slot : undefined, isPart)
    }
    const part = (one: unknown) => this.copy(inside === 'schema' ? asSchema(one) : one, inside)
    if (isObject(node)) {
      const copy: JsonObject = {}
      this.copies.set(node, copy)
      for (const [name, one] of Object.entries(node)) {
        if (isMissing(inside, one)) continue
        if (name === '__proto__') Object.defineProperty(copy, name, { value: part(one), ...ORDINARY })
        else copy[name] = part(one)
      }
      return copy
    }
    if (!Array.isArray(node)) return node
    const copy: unknown[] = []
    this.copies.set(node, copy)
    for (const one of node) copy.push(slot === 'schema' ? this.copy(asSchema(one), slot) : part(one))
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

/** Is there nothing, or an odd value, where an object should be? What needed it was refused when the model was made. */
function isMissing(slot: Slot | undefined, value: unknown): boolean {
  return slot !== undefined && slot !== 'schema' && (typeof value !== 'object' || value === null)
}

const ORDINARY = { enumerable: true, configurable: true, writable: true }

function isList(name: string, value: unknown): value is readonly unknown[] {
  return (name === 'allOf' || name === 'anyOf' || name === 'oneOf') && Array.isArray(value)
}

/** openapi-typescript takes no boolean in a list of schemas. */
function asObject(schema: unknown): unknown {
  return schema === false ? { not: {} } : isObject(schema) ? schema : {}
}

/** They come into comments; in maps from names, these are names like any others. */
const WORDS = ['title', 'summary', 'description', 'format']

/** What is no schema was reported when the model was made. */
function asSchema(value: unknown): unknown {
  return isObject(value) || typeof value === 'boolean' ? value : {}
}

/** Is a keyword not what openapi-typescript takes it to be? That was reported, too: its type is that of what nobody knows. */
function isMisshapen(schema: JsonObject): boolean {
  return Object.entries(schema).some(([keyword, value]) => {
    switch (SUBSCHEMAS.get(keyword)) {
      case 'one':
        return !isObject(value) && typeof value !== 'boolean' && !(keyword === 'items' && Array.isArray(value))
      case 'list':
        return !Array.isArray(value)
      case 'members':
        return !isObject(value)
      default:
        return keyword === '$defs' && !isObject(value)
    }
  })
}

/**
 * TypeScript knows no type for members besides those that have names: what their type says would be said of these, too,
 * and no value could be written down.
 */
function hasNamedMembers({ properties, additionalProperties }: JsonObject): boolean {
  return isObject(additionalProperties) && isObject(properties) && Object.keys(properties).length > 0
}

const COMPOSED = ['$ref', 'allOf', 'anyOf', 'oneOf']

/** Is no more than one of this `allOf` about members? */
function isAlone(name: string, { properties, $ref }: JsonObject, parts: readonly unknown[]): boolean {
  const about = parts.filter(one => isObject(one) && ['properties', ...COMPOSED].some(keyword => keyword in one))
  return name === 'allOf' && properties === undefined && $ref === undefined && about.length <= 1
}

/** Members that must be there, and of which nothing else is said: without a type, nobody could write them down. */
function undescribed({ type, properties, required, additionalProperties, ...rest }: JsonObject): string[] {
  const isOpen = additionalProperties !== false && !COMPOSED.some(keyword => keyword in rest)
  const isOfObjects = isObject(properties) || [type].flat().includes('object')
  if (!isOpen || !isOfObjects || !Array.isArray(required)) return []
  const described = isObject(properties) ? properties : {}
  return required.filter(name => typeof name === 'string' && name !== '__proto__' && !Object.hasOwn(described, name))
}

function leftOut({ type, enum: values, required }: JsonObject): readonly string[] {
  return [
    // openapi-typescript takes the values that an object may have for schemas.
    ...(type === 'object' && Array.isArray(values) ? ['type', 'enum'] : []),
    ...(Array.isArray(required) ? [] : ['required']),
    // It would take them for a member. Whatever refers into them leads to a component by now.
    '$defs',
  ]
}
