import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import type { ApiModel } from '../model/api-model.js'
import { isObject } from '../model/claims.js'
import { componentAt } from '../model/dereference.js'
import { header } from './header.js'

/** `types.ts`: the document's schemas and operations as types, by openapi-typescript. */
export async function emitTypes(document: ResolvedDocument, model: ApiModel): Promise<string> {
  // It changes what it is given.
  const copy = structuredClone(document.root)
  keepNamesApart(copy, model)
  dropLooseReferences(copy, copy)
  hidePercentSigns(copy)
  const nodes = await openapiTS(copy as unknown as OpenAPI3, {
    silent: true,
    alphabetize: false,
    // Defaults of a body's members are not filled in, so its type must not say that they are there.
    defaultNonNullable: false,
  })
  return `${header(model.document)}${astToString(nodes).replace(HIDDEN_PERCENT_SIGN, '%')}`
}

/**
 * Types of operations are kept by operationId: here that is the name of the operation in all emitted code. Those of
 * calls that the API makes must not take the place of one that it serves, nor those of path items that were put in
 * their place and stand in `components` too.
 */
function keepNamesApart(copy: JsonObject, { operations }: ApiModel): void {
  const { webhooks, components } = copy
  const names = new Map(operations.map(({ id, method, path }) => [`${method} ${path}`, id]))
  const paths = isObject(copy.paths) ? copy.paths : {}
  // What came by reference may stand in several places: each gets an object, and so a name, of its own.
  for (const [path, item] of Object.entries(paths)) {
    if (!isObject(item)) continue
    const named = Object.entries(item).map(([method, operation]) => {
      if (!isObject(operation)) return [method, operation]
      for (const callback of members(operation, 'callbacks')) forgetNames(callback)
      const { operationId: _written, ...rest } = operation
      const id = names.get(`${method} ${path}`)
      return [method, id === undefined ? rest : { ...rest, operationId: id }]
    })
    paths[path] = Object.fromEntries(named)
  }
  forgetNames(webhooks)
  if (!isObject(components)) return
  for (const callback of values(components.callbacks)) forgetNames(callback)
  delete components.pathItems
}

/** openapi-typescript decodes a path's percent-encoding twice, and stops where the second time is one too many. */
function hidePercentSigns(copy: JsonObject): void {
  if (!isObject(copy.paths)) return
  copy.paths = Object.fromEntries(
    Object.entries(copy.paths).map(([path, item]) => [path.replaceAll('%', '\ue000'), item]),
  )
}

/** A character of private use; a path of the document that holds one would show `%` in its type, and not compile. */
const HIDDEN_PERCENT_SIGN = /\ue000|\\ue000/gi

function forgetNames(pathItems: unknown): void {
  for (const item of values(pathItems)) {
    for (const operation of values(item)) {
      if (!isObject(operation)) continue
      delete operation.operationId
      for (const callback of members(operation, 'callbacks')) forgetNames(callback)
    }
  }
}

function members(owner: unknown, name: string): unknown[] {
  return isObject(owner) ? values(owner[name]) : []
}

function values(owner: unknown): unknown[] {
  return isObject(owner) ? Object.values(owner) : []
}

/**
 * A resolved document refers to its components only. What else looks like a reference is data (a description, an
 * example, an extension), which openapi-typescript would follow, and stop. From a discriminator it would take values of
 * the property that the schemas do not demand: a type says what was validated, and that is what the schemas say.
 */
function dropLooseReferences(node: unknown, root: JsonObject, seen = new Set<unknown>()): void {
  // What stands behind a YAML alias is one object in many places.
  if (typeof node !== 'object' || node === null || seen.has(node)) return
  seen.add(node)
  if (Array.isArray(node)) for (const one of node) dropLooseReferences(one, root, seen)
  if (!isObject(node)) return
  if (typeof node.$ref === 'string' && !resolves(node.$ref, root)) delete node.$ref
  if (isObject(node.discriminator) && typeof node.discriminator.propertyName === 'string') delete node.discriminator
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    const list = node[keyword]
    if (Array.isArray(list)) node[keyword] = list.map(asObject)
  }
  for (const value of Object.values(node)) dropLooseReferences(value, root, seen)
}

/** openapi-typescript takes no boolean in a list of schemas. */
function asObject(schema: unknown): unknown {
  if (typeof schema !== 'boolean') return schema
  return schema ? {} : { not: {} }
}

function resolves(reference: unknown, root: JsonObject): boolean {
  return typeof reference === 'string' && componentAt(root, reference) !== undefined
}
