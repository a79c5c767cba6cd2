import type { ClaimDemands, ClaimRule, Policy, StepUpDemand } from '../../runtime/policy.js'
import type { Location, Report } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import { locateName } from '../load/origins.js'
import type { Operation, Parameter } from './api-model.js'
import { error, show } from './faults.js'
import type { KnownScheme, KnownSchemes } from './schemes.js'
import { type ReadSecurity, readSecurity } from './security.js'
import { demandInForce, faultsOf, readWrittenDemands, type WrittenDemands } from './written-demands.js'

export interface PolicyReader {
  readonly document: ResolvedDocument
  readonly schemes: KnownSchemes
  /** Of the document's root. */
  readonly rootDemands: WrittenDemands
  readonly report: Report
}

export interface ReadPolicy {
  readonly policy: Policy
  readonly source: Operation['source']
  readonly scopeMatch: Operation['scopeMatch']
  readonly schemes: readonly KnownScheme[]
  readonly unsupported?: { readonly what: string; readonly location: Location }
}

/** What the reading of a policy needs to know of its operation. */
export interface PolicySite {
  /** Of the path item. */
  readonly demands: WrittenDemands
  /** Of the path's parameters. */
  readonly names: readonly string[]
  readonly parameters: readonly Parameter[]
  /** `GET /path`, for messages. */
  readonly name: string
  readonly location: Location
}

/** The policy of one operation, after inheritance; nothing where it could not be read, which is reported. */
export function readPolicy(operation: JsonObject, site: PolicySite, reader: PolicyReader): ReadPolicy | undefined {
  const { document, report, schemes } = reader
  const own = readWrittenDemands(document, operation, report)
  for (const fault of faultsOf(own)) report(fault)
  const source = operation.security !== undefined ? 'operation' : document.root.security !== undefined ? 'root' : 'none'
  const owner = source === 'operation' ? operation : document.root
  const scopeMatch = readScopeMatch(operation, document, report)
  const security =
    source === 'none'
      ? { security: [], schemes: [] }
      : readSecurity(
          owner.security,
          scopeMatch ?? 'all',
          schemes,
          (...path) => document.origins.locate(owner, 'security', ...path),
          report,
        )
  if (!security || !scopeMatch) return undefined
  if (scopeMatch === 'any') checkScopeMatch(operation, security, document, report)
  const claims = readClaims(own, site, security, reader)
  const stepUp = readStepUp(own, site, security, reader)
  return {
    policy: { security: security.security, ...(claims && { claims }), ...(stepUp && { stepUp }) },
    source,
    scopeMatch,
    schemes: security.schemes,
    ...(security.unsupported !== undefined && {
      unsupported: { what: security.unsupported, location: site.location },
    }),
  }
}

function readScopeMatch(operation: JsonObject, document: ResolvedDocument, report: Report): 'all' | 'any' | undefined {
  const match = Object.hasOwn(operation, 'x-scope-match') ? operation['x-scope-match'] : 'all'
  if (match === 'all' || match === 'any') return match
  report(
    error({
      code: 'scope-match-malformed',
      message: `x-scope-match is ${show(match)}`,
      help: 'write all (the default) or any',
      location: document.origins.locate(operation, 'x-scope-match'),
    }),
  )
  return undefined
}

function checkScopeMatch(
  operation: JsonObject,
  { security }: ReadSecurity,
  document: ResolvedDocument,
  report: Report,
): void {
  if (
    security.some(alternative => Object.values(alternative).some(demand => !Array.isArray(demand) || demand.length > 0))
  )
    return
  report(
    error({
      code: 'scope-match-malformed',
      message: 'x-scope-match: any has no scopes to choose from',
      help: 'list scopes in security, or remove it',
      location: locateName(document.origins, operation, 'x-scope-match'),
    }),
  )
}

/** The nearest `x-claims` wins whole. */
function readClaims(
  own: WrittenDemands,
  site: PolicySite,
  security: ReadSecurity,
  reader: PolicyReader,
): readonly ClaimDemands[] | undefined {
  const sources = { own: own.claims, inherited: [site.demands.claims, reader.rootDemands.claims] }
  const inForce = demandInForce('x-claims', sources, security, site, reader)
  if (!inForce) return undefined
  const { demand, owner, notes } = inForce
  const at = (...path: (string | number)[]) => reader.document.origins.locate(owner, 'x-claims', ...path)
  const list = Array.isArray(owner['x-claims'])
  return demand.map((demands, index) =>
    bindParams(demands, site, (...path) => at(...(list ? [index] : []), ...path), notes, reader.report),
  )
}

/** The nearest `x-step-up` wins whole. */
function readStepUp(
  own: WrittenDemands,
  site: PolicySite,
  security: ReadSecurity,
  reader: PolicyReader,
): StepUpDemand | undefined {
  const sources = { own: own.stepUp, inherited: [site.demands.stepUp, reader.rootDemands.stepUp] }
  return demandInForce('x-step-up', sources, security, site, reader)?.demand
}

/** `{ param }` rules, with the type that the path's parameter has. */
function bindParams(
  demands: ClaimDemands,
  site: PolicySite,
  at: (...path: string[]) => Location,
  notes: { notes?: { message: string; location: Location }[] },
  report: Report,
): ClaimDemands {
  const bound = Object.entries(demands).map(([name, rule]): [string, ClaimDemands[string]] => {
    if (name === '$check' || typeof rule !== 'object' || !('param' in rule)) return [name, rule]
    const { param } = rule as Extract<ClaimRule, { param: string }>
    if (!site.names.includes(param)) {
      report(
        error({
          code: 'claims-param-undefined',
          message: `the path of ${site.name} has no parameter ${show(param)}`,
          help: site.names.length === 0 ? 'name a parameter of the path' : `use one of ${site.names.join(', ')}`,
          location: at(name),
          ...notes,
        }),
      )
      return [name, rule]
    }
    const type = typeOfParam(site.parameters.find(one => one.in === 'path' && one.name === param))
    if (type === undefined) {
      report(
        error({
          code: 'claims-param-type',
          message: `path parameter ${show(param)} of ${site.name} is neither a string nor an integer`,
          help: 'give its schema the type string or integer: nothing else can be compared with a claim',
          location: at(name),
          ...notes,
        }),
      )
    }
    return [name, type === 'integer' ? { ...(rule as Extract<ClaimRule, { param: string }>), type } : rule]
  })
  return Object.fromEntries(bound)
}

function typeOfParam(parameter: Parameter | undefined): 'string' | 'integer' | undefined {
  // Undeclared, or of no declared type: the text of the path.
  const schema = parameter?.schema ?? true
  if (typeof schema === 'boolean' || (schema.type === undefined && schema.$ref === undefined)) return 'string'
  return schema.type === 'string' || schema.type === 'integer' ? schema.type : undefined
}
