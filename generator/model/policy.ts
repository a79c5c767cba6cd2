import type { ClaimDemands, ClaimRule, Policy } from '../../runtime/policy.js'
import type { Diagnostic, Location, Report } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import { locateName } from '../load/origins.js'
import type { Operation, Parameter } from './api-model.js'
import { type ParsedClaims, parseClaims } from './claims.js'
import { error, show } from './faults.js'
import type { KnownScheme, KnownSchemes } from './schemes.js'
import { type ReadSecurity, readSecurity } from './security.js'

export interface PolicyReader {
  readonly document: ResolvedDocument
  readonly schemes: KnownSchemes
  readonly rootClaims: WrittenClaims | undefined
  readonly report: Report
}

/** `x-claims` where it was written. Its faults belong to all that inherit it. */
export interface WrittenClaims {
  readonly owner: JsonObject
  readonly demands: ParsedClaims['demands']
  readonly faults: readonly Diagnostic[]
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
  readonly claims: WrittenClaims | undefined
  /** Of the path's parameters. */
  readonly names: readonly string[]
  readonly parameters: readonly Parameter[]
  /** `GET /path`, for messages. */
  readonly name: string
  readonly location: Location
}

const EXTENSIONS = ['x-claims', 'x-scope-match', 'x-step-up', 'x-token']

/** `x-claims` of the document, a path item or an operation. Reports names that are almost right, and no faults inside. */
export function readWrittenClaims(
  document: ResolvedDocument,
  owner: JsonObject,
  report: Report,
): WrittenClaims | undefined {
  refuseMisspelled(document, owner, report)
  if (!Object.hasOwn(owner, 'x-claims')) return undefined
  const { demands, faults } = parseClaims(owner['x-claims'])
  const at = (path: readonly (string | number)[]) => document.origins.locate(owner, 'x-claims', ...path)
  return {
    owner,
    demands,
    faults: faults.map(({ path, message, help }) =>
      error({ code: 'claims-malformed', message, help, location: at(path) }),
    ),
  }
}

/** A demand under a name that is almost right would be a demand that nobody makes. */
function refuseMisspelled(document: ResolvedDocument, owner: JsonObject, report: Report): void {
  for (const key of Object.keys(owner)) {
    const plain = key.toLowerCase().replace(/[^a-z]/g, '')
    const meant = EXTENSIONS.find(one => {
      const word = one.replace(/[^a-z]/g, '')
      return plain === word || plain === word.replace(/s$/, '') || plain === `${word}s`
    })
    if (!key.toLowerCase().startsWith('x') || meant === undefined || key === meant) continue
    report(
      error({
        code: 'extension-unknown',
        message: `${show(key)} is not known, and looks like ${meant}`,
        help: `write ${meant}`,
        location: locateName(document.origins, owner, key),
      }),
    )
  }
}

/** The policy of one operation, after inheritance; nothing where it could not be read, which is reported. */
export function readPolicy(operation: JsonObject, site: PolicySite, reader: PolicyReader): ReadPolicy | undefined {
  const { document, report, schemes } = reader
  const own = readWrittenClaims(document, operation, report)
  for (const fault of own?.faults ?? []) report(fault)
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
  const unsupported = unsupportedOf(operation, security, site, document)
  return {
    policy: { security: security.security, ...(claims && { claims }) },
    source,
    scopeMatch,
    schemes: security.schemes,
    ...(unsupported && { unsupported }),
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

function unsupportedOf(
  operation: JsonObject,
  security: ReadSecurity,
  site: PolicySite,
  document: ResolvedDocument,
): ReadPolicy['unsupported'] {
  if (Object.hasOwn(operation, 'x-step-up')) {
    return { what: 'x-step-up', location: locateName(document.origins, operation, 'x-step-up') }
  }
  return security.unsupported === undefined ? undefined : { what: security.unsupported, location: site.location }
}

/** The nearest `x-claims` wins whole; public operations inherit none. */
function readClaims(
  own: WrittenClaims | undefined,
  site: PolicySite,
  { security, schemes }: ReadSecurity,
  { document, rootClaims, report }: PolicyReader,
): readonly ClaimDemands[] | undefined {
  const nearest = own ?? site.claims ?? rootClaims
  if (!nearest) return undefined
  const isPublic = security.every(alternative => Object.keys(alternative).length === 0)
  if (!isPublic) for (const fault of nearest.faults) report(fault)
  if (nearest.demands.length === 0) return undefined
  const at = (...path: (string | number)[]) => document.origins.locate(nearest.owner, 'x-claims', ...path)
  const notes = nearest === own ? {} : { notes: [{ message: `${site.name} inherits it`, location: site.location }] }
  const tokens = new Set(schemes.filter(one => one.scheme?.token).map(one => one.name))
  if (isPublic) {
    if (nearest !== own) return undefined
    report(
      error({
        code: 'claims-on-public',
        message: `${site.name} is public, and no token's claims can be demanded there`,
        help: 'write security for it, or remove x-claims',
        location: locateName(document.origins, nearest.owner, 'x-claims'),
      }),
    )
    return undefined
  }
  const bare = security.findIndex(alternative => !Object.keys(alternative).some(name => tokens.has(name)))
  if (bare >= 0 && !schemes.some(one => one.unsupported !== undefined)) {
    const names = Object.keys(security[bare] ?? {})
    report(
      error({
        code: 'claims-without-token',
        message: `an alternative of ${site.name} has no token whose claims could be asked: ${names.length === 0 ? '{}' : names.map(show).join(' and ')}`,
        help: 'remove that alternative, or lift x-claims with `x-claims: {}` on the operation',
        location: locateName(document.origins, nearest.owner, 'x-claims'),
        ...notes,
      }),
    )
  }
  const list = Array.isArray(nearest.owner['x-claims'])
  return nearest.demands.map((demands, index) =>
    bindParams(demands, site, (...path) => at(...(list ? [index] : []), ...path), notes, report),
  )
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
