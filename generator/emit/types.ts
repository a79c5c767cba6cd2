import type { GlobalContext, OpenAPI3 } from 'openapi-typescript'
import { astToString } from 'openapi-typescript/dist/lib/ts.cjs'
import transformSchema from 'openapi-typescript/dist/transform/index.cjs'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import type { ApiModel } from '../model/api-model.js'
import { isObject } from '../model/claims.js'
import { behind } from '../model/dereference.js'
import { isFixedMethod } from '../model/methods.js'
import { header } from './header.js'
import { putBack, type SetAside, setAside } from './other-methods.js'
import { describeParameters } from './parameter-types.js'
import { nameRecursiveSchemas } from './recursive-schemas.js'
import { shareComponents } from './shared-components.js'
import { typesDocument } from './types-document.js'

/** `types.ts`: the document's schemas and operations as types, by openapi-typescript. */
export async function emitTypes(document: ResolvedDocument, model: ApiModel): Promise<string> {
  const { copy, originals } = typesDocument(document.root)
  dropLeftOut(copy, model)
  forgetRefused(copy, model)
  shareComponents(copy, node => {
    const original = originals.get(node)
    return original && document.origins.locate(original)
  })
  const aside = setAside(copy, model)
  keepNamesApart(copy, model, aside)
  describeParameters(copy, new Map(aside.map(({ key, path }) => [key, path])))
  hidePercentSigns(copy)
  const nodes = nameRecursiveSchemas(transformSchema(copy as unknown as OpenAPI3, contextOf(copy)))
  return `${header(model.document)}${astToString(putBack(nodes, aside.map(hidden))).replace(HIDDEN_PERCENT_SIGN, '%')}`
}

/** What was left out of the router has no types: what is wrong with it may be more than a type can be made of. */
function dropLeftOut(copy: JsonObject, { skipped, absent, operations }: ApiModel): void {
  if (!isObject(copy.paths) || (skipped.length === 0 && absent.length === 0)) return
  const served = new Set(operations.map(({ path }) => path))
  const left = new Set(skipped.map(({ method, path }) => `${method} ${path}`))
  const paths = Object.entries(copy.paths).flatMap(([path, item]): [string, unknown][] => {
    if (!isObject(item) || !served.has(path)) return []
    // A method of `additionalOperations` may be called as another member is.
    const kept = Object.entries(item).filter(([name]) => !isFixedMethod(name) || !left.has(`${name} ${path}`))
    return [[path, Object.fromEntries(kept)]]
  })
  copy.paths = Object.fromEntries(paths)
}

/** A schema that nobody can read was reported when the model was made; TypeScript would not read it to its end either. */
function forgetRefused({ components }: JsonObject, model: ApiModel): void {
  const schemas = isObject(components) && isObject(components.schemas) ? components.schemas : {}
  for (const [name, schema] of Object.entries(model.schemas)) {
    if (schema === false && isObject(schemas[name])) schemas[name] = {}
  }
}

/**
 * What openapi-typescript's own entry would make of its options. That one bundles and lints first, which takes longer
 * than the types do; the document is in one piece already.
 */
function contextOf(document: JsonObject): GlobalContext {
  return {
    ...OPTIONS,
    // None is left in the copy.
    discriminators: { objects: {}, refsHandled: [] },
    injectFooter: [],
    // Its own calls itself at each reference of a chain.
    resolve: <T>(ref: string) => behind(document, { $ref: ref }) as T | undefined,
    postTransform: undefined,
    transform: undefined,
    transformProperty: undefined,
    // Only its bundling and linting ask for it.
    redoc: undefined as never,
  }
}

const OPTIONS = {
  additionalProperties: false,
  alphabetize: false,
  arrayLength: false,
  conditionalEnums: false,
  dedupeEnums: false,
  // Defaults of a body's members are not filled in, so its type must not say that they are there.
  defaultNonNullable: false,
  // An object of which nothing is said may hold anything.
  emptyObjectsUnknown: true,
  enum: false,
  enumValues: false,
  excludeDeprecated: false,
  exportType: false,
  generatePathParams: false,
  immutable: false,
  makePathsEnum: false,
  pathParamsAsTypes: false,
  propertiesRequiredByDefault: false,
  readWriteMarkers: false,
  rootTypes: false,
  rootTypesKeepCasing: false,
  rootTypesNoSchemaPrefix: false,
  silent: true,
} as const

/**
 * Types of operations are kept by operationId: here that is the name of the operation in all emitted code. Those of
 * calls that the API makes must not take the place of one that it serves, nor those of path items that were put in
 * their place and stand in `components` too.
 */
function keepNamesApart(copy: JsonObject, { operations }: ApiModel, aside: readonly SetAside[]): void {
  const { webhooks, components } = copy
  const names = new Map(operations.map(({ id, method, path }) => [`${method} ${path}`, id]))
  for (const { key, id } of aside) names.set(`post ${key}`, id)
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
  copy.paths = Object.fromEntries(Object.entries(copy.paths).map(([path, item]) => [hidePercent(path), item]))
}

function hidden({ key, path, ...rest }: SetAside): SetAside {
  return { ...rest, key: hidePercent(key), path: hidePercent(path) }
}

function hidePercent(text: string): string {
  return text.replaceAll('%', '\ue000')
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
