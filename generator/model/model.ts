import { type PathSegment, paramNames } from '../../runtime/path.js'
import type { Policy } from '../../runtime/policy.js'
import type { Diagnostic, Location, Report } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import { type RuleSettings, readRuleSettings } from '../rules/settings.js'
import type { ApiModel, JsonSchema, Operation, SkippedOperation } from './api-model.js'
import { isObject, kindOf } from './claims.js'
import { FaultLedger, type OperationSite, reasonText } from './fault-ledger.js'
import { error, show } from './faults.js'
import { toJsonSchema } from './json-schema.js'
import type { WrittenOperation } from './methods.js'
import { checkNames, type NamedOperation, operationName } from './operation-id.js'
import { queryTaken } from './parameter-styles.js'
import { readParameters } from './parameters.js'
import { type PathItem, readPathItems } from './path-items.js'
import { checkPaths, refuseUnroutable, UNKNOWN_DEMAND } from './paths.js'
import { type PolicyReader, readPolicy, readWrittenClaims, type WrittenClaims } from './policy.js'
import { readRequestBody } from './request-body.js'
import { readResponses, withoutUnusable } from './responses.js'
import { checkCircles } from './schema-circles.js'
import { DEEPEST_PARTS, MOST_PARTS, type Overgrowth, overgrown } from './schema-parts.js'
import { type Request, SchemaReach } from './schema-reach.js'
import { schemaReporter } from './schema-report.js'
import { type KnownScheme, readSchemes } from './schemes.js'
import { basePath } from './servers.js'
import { warnOfUnread } from './unread-schemas.js'

export interface ModelOptions {
  /** The entry file as headers name it: relative to where the generator runs, with `/`. */
  readonly document: string
  /** Severities of rules instead of their defaults. Lowered, an error leaves the operations out that it belongs to. */
  readonly rules?: RuleSettings
}

export interface Modelled {
  /** Absent when the document has faults that stop the generation. */
  readonly model?: ApiModel
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Reads a resolved document into what the linters, emitters and the diff see: the one walk over its paths.
 * @throws {UsageError} for rules that do not exist or cannot be lowered.
 */
export function model(document: ResolvedDocument, options: ModelOptions): Modelled {
  const { root } = document
  const rules = readRuleSettings(options.rules ?? {})
  const faults = new FaultLedger()
  const schemes = readSchemes(document, faults.reportFor())
  const items = readPathItems(document, faults)
  const sites = items.flatMap(item => item.operations.map(({ site }) => site))
  const rootClaims = readWrittenClaims(document, root, faults.reportFor(...sites))
  const components = readComponentSchemas(document)
  const { schemas } = components
  const policies = { document, schemes, rootClaims, schemas }
  for (const fault of rootClaims?.faults ?? []) faults.reportFor()(fault)
  const found = items.flatMap(item => readOperations(item, policies, faults))

  checkRoutes(items, found, faults)
  settleComponentFaults(components, found, faults)
  const withoutNames = faults.leftOut(rules)
  checkNames(
    found.filter(({ site }) => !withoutNames.has(site)),
    (fault, one, other) => faults.reportFor(one.site, other.site)(fault),
  )
  const leftOut = faults.leftOut(rules)
  const kept = found.filter(({ site }) => !leftOut.has(site))
  const operations = withoutUnusable(
    kept.flatMap(one => one.operation ?? []),
    { schemas, faulty: new Set(components.faulty.map(one => one.name)) },
    faults.reportFor(),
  )
  warnOfUnread(document, faults)
  const diagnostics = faults.diagnostics(rules)
  if (diagnostics.some(one => one.severity === 'error')) return { diagnostics }

  const demanded = new Set(kept.flatMap(one => (one.schemes ?? []).map(scheme => scheme.name)))
  const skipped = [...leftOut].map(([site, reasons]) => skippedOperation(site, reasons))
  // One that is neither served nor named has a fault that nobody reported for it.
  if (operations.length + skipped.length !== sites.length) throw new Error('The model has lost an operation')
  const path = basePath(document)
  return {
    diagnostics,
    model: {
      openapi: document.version,
      document: options.document,
      ...(path !== undefined && { basePath: path }),
      title: isObject(root.info) && typeof root.info.title === 'string' ? root.info.title : '',
      schemes: [...schemes.values()].flatMap(known => (demanded.has(known.name) && known.scheme ? [known.scheme] : [])),
      operations,
      skipped,
      absent: absentPaths(items, operations),
      checks: checksOf(operations),
      schemas,
    },
  }
}

interface FoundOperation extends NamedOperation {
  readonly site: OperationSite
  /** What was read of its request, whatever else is wrong. */
  readonly request?: Request
  readonly schemes?: readonly KnownScheme[]
  /** Absent when its policy could not be read: that was reported. */
  readonly operation?: Operation
}

/** What the operations of a document have in common. */
type Shared = Omit<PolicyReader, 'report'> & { readonly schemas: ApiModel['schemas'] }

function readOperations(item: PathItem, shared: Shared, faults: FaultLedger): FoundOperation[] {
  const { node } = item
  if (node === undefined) return item.operations.map(({ site }) => foundOnly(site))
  const claims = readWrittenClaims(shared.document, node, faults.reportFor(...item.operations.map(one => one.site)))
  for (const fault of claims?.faults ?? []) faults.reportFor()(fault)
  return item.operations.map(one => readOperation(one, { node, segments: item.segments, claims }, shared, faults))
}

function foundOnly(site: OperationSite): FoundOperation {
  return { site, name: site.name, location: site.location }
}

interface OperationPath {
  /** The path item. */
  readonly node: JsonObject
  readonly segments: readonly PathSegment[]
  readonly claims: WrittenClaims | undefined
}

function readOperation(
  { site, node, unreachable }: WrittenOperation,
  { node: item, segments, claims }: OperationPath,
  shared: Shared,
  faults: FaultLedger,
): FoundOperation {
  const { document, schemas } = shared
  const { method, path, name, location } = site
  const report = faults.reportFor(site)
  const unsupported = (what: string, at: Location) => report(unsupportedFault(name, what, at))
  if (unreachable !== undefined) unsupported(unreachable, location)
  if (!node) return foundOnly(site)
  const readSchemaHere = (schema: unknown, at: Location) => readSchema(schema, at, document, report)
  const reader = { document, schemas, report, readSchema: readSchemaHere, unsupported }
  const names = paramNames(segments)
  const parameters = readParameters([item, node], { names, location }, reader)
  const policy = readPolicy(node, { claims, names, parameters, name, location }, { ...shared, report })
  if (policy?.unsupported) unsupported(policy.unsupported.what, policy.unsupported.location)
  const demanded = (policy?.schemes ?? []).flatMap(known => known.scheme?.scheme ?? [])
  for (const { parameter, why } of queryTaken(parameters, demanded)) {
    unsupported(`${parameter.in} parameter ${show(parameter.name)} with ${why}`, parameter.location)
  }
  const requestBody = readRequestBody(node, reader)
  const request = { parameters, ...(requestBody && { requestBody }) }
  const operationId = readOperationId(node, name, document, report)
  const id = operationName(operationId, method.toLowerCase(), path)
  return {
    site,
    name,
    location,
    id,
    operationId,
    request,
    ...(policy && {
      schemes: policy.schemes,
      operation: {
        id,
        ...(operationId !== undefined && { operationId }),
        method,
        path,
        ...(typeof node.summary === 'string' && { summary: node.summary }),
        ...(node.deprecated === true && { deprecated: true as const }),
        source: policy.source,
        scopeMatch: policy.scopeMatch,
        policy: policy.policy,
        ...request,
        responses: readResponses(node, { document, report }),
        location,
      },
    }),
  }
}

function unsupportedFault(name: string, what: string, location: Location): Diagnostic {
  return error({
    code: 'feature-unsupported',
    message: `${name} needs what is not supported yet: ${what}`,
    help: 'change it, or leave such operations out of the router with --rule feature-unsupported=warn',
    location,
  })
}

/** Also with those that are left out: nothing else may serve their requests. */
function checkRoutes(items: readonly PathItem[], found: readonly FoundOperation[], faults: FaultLedger): void {
  const policies = new Map(found.map(({ site, operation }) => [site, operation?.policy]))
  const placed = items.map(({ path, segments, location, fault, operations }) => ({
    path,
    segments,
    location,
    fault,
    sites: new Map(operations.map(({ site }) => [site.method, site])),
    demands: new Map(operations.map(({ site }) => [site.method, demandText(policies.get(site))])),
  }))
  const sound = placed.filter(({ fault }) => fault === undefined)
  checkPaths(sound, (fault, first, second) =>
    faults.reportFor(...first.sites.values(), ...second.sites.values())(fault),
  )
  for (const { fault, ...unroutable } of placed) {
    if (fault === undefined) continue
    refuseUnroutable({ ...unroutable, fault }, sound, (found, reached) => {
      const others = reached.flatMap(({ path, method }) => path.sites.get(method) ?? [])
      faults.reportFor(...unroutable.sites.values(), ...others)(found)
    })
  }
}

function demandText(policy: Policy | undefined): string {
  return policy === undefined ? UNKNOWN_DEMAND : JSON.stringify(policy)
}

/** Templates whose requests nothing may serve, because what they are for was left out. */
function absentPaths(items: readonly PathItem[], operations: readonly Operation[]): string[] {
  const served = new Set(operations.map(one => one.path))
  const absent = items.filter(({ path, node, operations: written }) => {
    return !served.has(path) && (node === undefined || written.length > 0)
  })
  return [...new Set(absent.map(({ reserved }) => reserved))].filter(template => !served.has(template))
}

function skippedOperation({ method, path, name }: OperationSite, reasons: readonly Diagnostic[]): SkippedOperation {
  return {
    method,
    path,
    reasons: reasons.map(({ code, message }) => ({ code, message: reasonText(name, message) })),
  }
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

function checksOf(operations: readonly Operation[]): string[] {
  const names = operations.flatMap(({ policy }) =>
    (policy.claims ?? []).flatMap(({ $check }) => {
      if ($check === undefined) return []
      return typeof $check === 'string' ? $check : (($check as { name?: string }).name ?? [])
    }),
  )
  return [...new Set(names)]
}

interface ComponentSchemas {
  readonly schemas: ApiModel['schemas']
  /** What is wrong with them, by the names of those that hold it. */
  readonly faulty: readonly { readonly name: string; readonly fault: Diagnostic }[]
  readonly locate: (name: string) => Location
}

function readComponentSchemas(document: ResolvedDocument): ComponentSchemas {
  const { components } = document.root
  const written = isObject(components) && isObject(components.schemas) ? components.schemas : {}
  const locate = (name: string) => document.origins.locate(written, name)
  const faulty: { readonly name: string; readonly fault: Diagnostic }[] = []
  const schemas: { [name: string]: JsonSchema } = Object.fromEntries(
    Object.entries(written).map(([name, schema]) => [
      name,
      readSchema(schema, locate(name), document, fault => faulty.push({ name, fault })),
    ]),
  )
  const tooMany = overgrown(schemas)
  for (const [name, by] of tooMany) {
    faulty.push({ name, fault: overgrownFault(name, by, locate(name)) })
    // Nothing fits it, and nobody has to read it.
    schemas[name] = false
  }
  return { schemas, faulty, locate }
}

function overgrownFault(name: string, by: Overgrowth, location: Location): Diagnostic {
  const [most, how] =
    by === 'parts'
      ? [MOST_PARTS, 'schemas, each counted as often as it is referred to']
      : [DEEPEST_PARTS, 'schemas within one another, references among them, for one and the same value']
  return error({
    code: 'schema-unsupported',
    message: `schema ${show(name)} is made of more than ${most.toLocaleString('en')} ${how}`,
    help: 'refer to a schema once in allOf, anyOf or oneOf, or from properties or items',
    location,
  })
}

/**
 * Faults in the component schemas that requests reach belong to these operations; any others are warnings: nothing is
 * held to such a schema.
 */
function settleComponentFaults(
  { schemas, faulty, locate }: ComponentSchemas,
  found: readonly FoundOperation[],
  faults: FaultLedger,
): void {
  const reach = new SchemaReach(schemas)
  const users = new Map<string, OperationSite[]>()
  for (const { site, request } of found) {
    for (const name of request ? reach.of(request) : []) {
      const known = users.get(name)
      if (known) known.push(site)
      else users.set(name, [site])
    }
  }
  const circles: { readonly name: string; readonly fault: Diagnostic }[] = []
  checkCircles(users.keys(), schemas, locate, (fault, name) => circles.push({ name, fault }))
  for (const { name, fault } of [...faulty, ...circles]) {
    const sites = users.get(name)
    if (sites) faults.reportFor(...sites)(fault)
    else faults.reportFor()({ ...fault, severity: 'warning' })
  }
}

function readSchema(schema: unknown, location: Location, document: ResolvedDocument, report: Report): JsonSchema {
  return toJsonSchema(schema, document.version, schemaReporter(location, report))
}
