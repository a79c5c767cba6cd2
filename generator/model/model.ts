import { type PathSegment, paramNames, parsePath } from '../../runtime/path.js'
import type { Diagnostic, Location, Report } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import { locateName } from '../load/origins.js'
import { escapeSegment } from '../load/pointer.js'
import type { ApiModel, JsonSchema, Method, Operation } from './api-model.js'
import { isObject, kindOf } from './claims.js'
import { error, show, UNSUPPORTED, warning } from './faults.js'
import { toJsonSchema } from './json-schema.js'
import { checkNames, type NamedOperation, operationName } from './operation-id.js'
import { checkPaths, PATH_FAULTS } from './paths.js'
import { type PolicyReader, readPolicy, readWrittenClaims } from './policy.js'
import { readParameters } from './request.js'
import { readRequestBody } from './request-body.js'
import { checkCircles } from './schema-circles.js'
import { type KnownScheme, readSchemes } from './schemes.js'

export interface ModelOptions {
  /** The entry file as headers name it: relative to where the generator runs, with `/`. */
  readonly document: string
  /** Leave operations out that cannot be enforced yet, instead of refusing the document. Default `false`. */
  readonly skipUnsupported?: boolean
}

export interface Modelled {
  /** Absent when the document has faults that stop the generation. */
  readonly model?: ApiModel
  readonly diagnostics: readonly Diagnostic[]
}

const METHODS: readonly Method[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** Reads a resolved document into what the linters, emitters and the diff see: the one walk over its paths. */
export function model(document: ResolvedDocument, options: ModelOptions): Modelled {
  const diagnostics: Diagnostic[] = []
  const report: Report = diagnostic => {
    diagnostics.push(diagnostic)
  }
  const { root } = document
  const schemes = readSchemes(document, report)
  const policies: PolicyReader = { document, schemes, rootClaims: readWrittenClaims(document, root, report), report }
  const found: FoundOperation[] = []
  const items = readPathItems(document, report)
  for (const item of items) {
    const claims = readWrittenClaims(document, item.node, report)
    for (const [method, node] of operationsOf(item, document, report)) {
      const location = locateName(document.origins, item.node, method)
      const name = `${method.toUpperCase()} ${item.path}`
      const unsupported: Unsupported[] = []
      const request = {
        document,
        report,
        readSchema: (schema: unknown, at: Location) => readSchema(schema, at, document, report),
        unsupported: (what: string, at: Location) => {
          unsupported.push({ what, location: at })
        },
      }
      if (!node) {
        unsupported.push({ what: `the method ${show(method)}`, location })
        found.push({ method: method as Method, path: item.path, segments: item.segments, location, name, unsupported })
        continue
      }
      const names = paramNames(item.segments)
      const parameters = readParameters([item.node, node], names, request)
      const policy = readPolicy(node, { claims, names, parameters, name, location }, policies)
      if (policy?.unsupported) unsupported.push(policy.unsupported)
      const requestBody = readRequestBody(node, request)
      const operationId = readOperationId(node, name, document, report)
      const id = operationName(operationId, method, item.path)
      found.push({
        method: method as Method,
        path: item.path,
        segments: item.segments,
        location,
        name,
        unsupported,
        id,
        operationId,
        ...(policy && {
          schemes: policy.schemes,
          operation: {
            id,
            ...(operationId !== undefined && { operationId }),
            method: method as Method,
            path: item.path,
            ...(typeof node.summary === 'string' && { summary: node.summary }),
            ...(node.deprecated === true && { deprecated: true as const }),
            source: policy.source,
            scopeMatch: policy.scopeMatch,
            policy: policy.policy,
            parameters,
            ...(requestBody && { requestBody }),
            location,
          },
        }),
      })
    }
  }
  const demands = demandsByPath(found)
  checkPaths(
    items.map(({ path, segments, location }) => ({
      path,
      segments,
      location,
      demands: demands.get(path) ?? new Map(),
    })),
    report,
  )
  const kept = settleUnsupported(found, options.skipUnsupported ?? false, report)
  checkNames(kept, report)
  const schemas = readComponentSchemas(document, report)
  const operations = kept.flatMap(one => one.operation ?? [])
  checkCircles(operations, schemas, name => locateSchema(document, name), report)
  if (diagnostics.some(one => one.severity === 'error')) return { diagnostics }

  const demanded = new Set(kept.flatMap(one => (one.schemes ?? []).map(scheme => scheme.name)))
  const skipped = found.filter(one => !kept.includes(one)).map(({ method, path }) => ({ method, path }))
  if (operations.length + skipped.length !== found.length) throw new Error('The model has lost an operation')
  return {
    diagnostics,
    model: {
      openapi: document.version,
      document: options.document,
      title: isObject(root.info) && typeof root.info.title === 'string' ? root.info.title : '',
      schemes: [...schemes.values()].flatMap(known => (demanded.has(known.name) && known.scheme ? [known.scheme] : [])),
      operations,
      skipped,
      checks: checksOf(operations),
      schemas,
    },
  }
}

function demandsByPath(found: readonly FoundOperation[]): Map<string, Map<string, string>> {
  const demands = new Map<string, Map<string, string>>()
  for (const { path, method, operation } of found) {
    const methods = demands.get(path) ?? new Map<string, string>()
    demands.set(path, methods.set(method, JSON.stringify(operation?.policy ?? null)))
  }
  return demands
}

interface Unsupported {
  readonly what: string
  readonly location: Location
}

interface FoundOperation extends NamedOperation {
  readonly method: Method
  readonly path: string
  readonly segments: readonly PathSegment[]
  readonly location: Location
  readonly unsupported: readonly Unsupported[]
  readonly schemes?: readonly KnownScheme[]
  /** Absent when its policy could not be read: that was reported. */
  readonly operation?: Operation
}

interface PathItem {
  readonly path: string
  readonly segments: readonly PathSegment[]
  readonly node: JsonObject
  /** Of the path itself. */
  readonly location: Location
}

function readPathItems(document: ResolvedDocument, report: Report): PathItem[] {
  const { root, origins } = document
  const { paths } = root
  if (paths === undefined && document.version !== '3.0') return []
  if (!isObject(paths)) {
    const message = `paths must be an object, and is ${kindOf(paths)}`
    report(
      error({
        code: 'paths-malformed',
        message,
        help: 'write the paths of the API',
        location: origins.locate(root, 'paths'),
      }),
    )
    return []
  }
  return Object.entries(paths).flatMap(([path, node]): PathItem[] => {
    if (path.startsWith('x-')) return []
    const at = locateName(origins, paths, path)
    if (!isObject(node)) {
      const message = `${path} must be a Path Item Object, and is ${kindOf(node)}`
      report(error({ code: 'path-malformed', message, help: 'write its operations', location: at }))
      return []
    }
    const parsed = parsePath(path)
    if ('fault' in parsed) {
      const { message, help } = PATH_FAULTS[parsed.fault]
      report(error({ code: 'path-malformed', message: `path ${show(path)} ${message}`, help, location: at }))
      return []
    }
    return [{ path, segments: parsed.segments, node, location: at }]
  })
}

/** The operations of a path item; without a node for methods that are not supported yet. */
function operationsOf(item: PathItem, document: ResolvedDocument, report: Report): [string, JsonObject?][] {
  const operations = Object.keys(item.node)
    .filter(key => METHODS.includes(key as Method))
    .flatMap((method): [string, JsonObject][] => {
      const node = item.node[method]
      if (isObject(node)) return [[method, node]]
      const location = document.origins.locate(item.node, method)
      const message = `${method.toUpperCase()} ${item.path} must be an Operation Object, and is ${kindOf(node)}`
      report(error({ code: 'operation-malformed', message, help: 'write the operation', location }))
      return []
    })
  if (document.version !== '3.2') return operations
  const { query, additionalOperations } = item.node
  const later = [
    ...(query === undefined ? [] : ['query']),
    ...(isObject(additionalOperations) ? Object.keys(additionalOperations) : []),
  ]
  return [...operations, ...later.map((method): [string] => [method])]
}

function readOperationId(
  node: JsonObject,
  name: string,
  document: ResolvedDocument,
  report: Report,
): string | undefined {
  const { operationId } = node
  if (operationId === undefined || typeof operationId === 'string') return operationId
  report(
    error({
      code: 'operation-malformed',
      message: `the operationId of ${name} must be a text, and is ${kindOf(operationId)}`,
      help: 'write it in quotes',
      location: document.origins.locate(node, 'operationId'),
    }),
  )
  return undefined
}

/** Operations that cannot be enforced yet are left out where that was asked for, and stop the generation elsewhere. */
function settleUnsupported(found: readonly FoundOperation[], skip: boolean, report: Report): FoundOperation[] {
  return found.filter(({ unsupported, name, location }) => {
    for (const { what, location: at } of unsupported) {
      if (skip) continue
      report(
        error({
          code: UNSUPPORTED,
          message: `${name} needs what is not supported yet: ${what}`,
          help: 'change it, or leave such operations out of the router with --skip-unsupported',
          location: at,
        }),
      )
    }
    const [first] = unsupported
    if (!first) return true
    if (!skip) return false
    report(
      warning({
        code: 'operation-skipped',
        message: `${name} is left out: ${first.what}`,
        help: 'requests to it are answered as if the document had no such operation',
        location,
      }),
    )
    return false
  })
}

function checksOf(operations: readonly Operation[]): string[] {
  const names = operations.flatMap(({ policy }) =>
    (policy.claims ?? []).flatMap(({ $check }) => {
      if ($check === undefined) return []
      return typeof $check === 'string' ? $check : (($check as { name?: string }).name ?? [])
    }),
  )
  return [...new Set(names)]
}

function readComponentSchemas(document: ResolvedDocument, report: Report): { [name: string]: JsonSchema } {
  const { components } = document.root
  if (!isObject(components) || !isObject(components.schemas)) return {}
  const { schemas } = components
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      readSchema(schema, document.origins.locate(schemas, name), document, report),
    ]),
  )
}

function locateSchema({ root, origins }: ResolvedDocument, name: string): Location {
  const { components } = root
  return isObject(components) && isObject(components.schemas)
    ? origins.locate(components.schemas, name)
    : origins.locate(root)
}

function readSchema(schema: unknown, location: Location, document: ResolvedDocument, report: Report): JsonSchema {
  return toJsonSchema(schema, document.version, fault => {
    const inside = fault.path.map(key => `/${escapeSegment(String(key))}`).join('')
    report(
      error({
        code: fault.code,
        message: fault.message,
        help: fault.help,
        location: { ...location, pointer: `${location.pointer}${inside}` },
      }),
    )
  })
}
