import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import type { ApiModel } from '../model/api-model.js'
import { isObject } from '../model/claims.js'
import { header } from './header.js'

/** `types.ts`: the document's schemas and operations as types, by openapi-typescript. */
export async function emitTypes(document: ResolvedDocument, model: ApiModel): Promise<string> {
  // It changes what it is given.
  const copy = structuredClone(document.root)
  keepNamesApart(copy, model)
  dropLooseReferences(copy, copy)
  hidePercentSigns(copy)
  const nodes = await openapiTS(copy as unknown as OpenAPI3, { silent: true, alphabetize: false })
  return `${header(model.document)}${astToString(nodes).replace(HIDDEN_PERCENT_SIGN, '%')}`
}

/**
 * Types of operations are kept by operationId: here that is the name of the operation in all emitted code. Those of
 * calls that the API makes must not take the place of one that it serves, nor those of path items that were put in
 * their place and stand in `components` too.
 */
function keepNamesApart({ paths, webhooks, components }: JsonObject, { operations }: ApiModel): void {
  for (const item of values(paths)) {
    for (const operation of values(item)) {
      for (const callback of members(operation, 'callbacks')) forgetNames(callback)
      if (isObject(operation)) delete operation.operationId
    }
  }
  for (const { id, method, path } of operations) {
    const item = isObject(paths) ? paths[path] : undefined
    const operation = isObject(item) ? item[method] : undefined
    if (isObject(operation)) operation.operationId = id
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
 * example, an extension), and a discriminator may name what is not there: openapi-typescript would follow both, and stop.
 */
function dropLooseReferences(node: unknown, root: JsonObject, seen = new Set<unknown>()): void {
  // What stands behind a YAML alias is one object in many places.
  if (typeof node !== 'object' || node === null || seen.has(node)) return
  seen.add(node)
  if (Array.isArray(node)) for (const one of node) dropLooseReferences(one, root, seen)
  if (!isObject(node)) return
  if (typeof node.$ref === 'string' && !resolves(node.$ref, root)) delete node.$ref
  if (isObject(node.discriminator) && isObject(node.discriminator.mapping)) {
    const { mapping } = node.discriminator
    for (const [value, target] of Object.entries(mapping)) {
      const named = `#/components/schemas/${target}`
      if (resolves(named, root)) mapping[value] = named
      else if (!resolves(target, root)) delete mapping[value]
    }
  }
  for (const value of Object.values(node)) dropLooseReferences(value, root, seen)
}

function resolves(reference: unknown, { components }: JsonObject): boolean {
  const [, section = '', name = ''] =
    (typeof reference === 'string' && /^#\/components\/([^/]+)\/([^/]+)$/.exec(reference)) || []
  const owner = isObject(components) && Object.hasOwn(components, section) ? components[section] : undefined
  return isObject(owner) && Object.hasOwn(owner, name.replaceAll('~1', '/').replaceAll('~0', '~'))
}
