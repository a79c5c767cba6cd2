import type { ClaimDemands, StepUpDemand } from '../../runtime/policy.js'
import type { Diagnostic, Location, Report } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from '../load/document.js'
import { locateName } from '../load/origins.js'
import { parseClaims } from './claims.js'
import { error, show } from './faults.js'
import type { ReadSecurity } from './security.js'
import { parseStepUp } from './step-up.js'

/** An extension where it was written. Its faults belong to all that inherit it. */
export interface Written<Demand> {
  readonly owner: JsonObject
  /** Absent: it demands nothing, and lifts what was inherited. */
  readonly demand?: Demand
  readonly faults: readonly Diagnostic[]
}

/** What the document, a path item or an operation demands of tokens beside scopes. */
export interface WrittenDemands {
  readonly claims?: Written<readonly ClaimDemands[]>
  readonly stepUp?: Written<StepUpDemand>
}

const EXTENSIONS = ['x-claims', 'x-scope-match', 'x-step-up', 'x-token']

/** Reports names that are almost right, and no faults inside. */
export function readWrittenDemands(document: ResolvedDocument, owner: JsonObject, report: Report): WrittenDemands {
  refuseMisspelled(document, owner, report)
  const located = (name: string, path: readonly (string | number)[]) => document.origins.locate(owner, name, ...path)
  const claims = Object.hasOwn(owner, 'x-claims') ? parseClaims(owner['x-claims']) : undefined
  const stepUp = Object.hasOwn(owner, 'x-step-up') ? parseStepUp(owner['x-step-up']) : undefined
  return {
    ...(claims && {
      claims: {
        owner,
        ...(claims.demands.length > 0 && { demand: claims.demands }),
        faults: claims.faults.map(({ path, message, help }) =>
          error({ code: 'claims-malformed', message, help, location: located('x-claims', path) }),
        ),
      },
    }),
    ...(stepUp && {
      stepUp: {
        owner,
        ...(stepUp.demand && { demand: stepUp.demand }),
        faults: stepUp.faults.map(({ path, message, help }) =>
          error({ code: 'step-up-malformed', message, help, location: located('x-step-up', path) }),
        ),
      },
    }),
  }
}

export function faultsOf({ claims, stepUp }: WrittenDemands): readonly Diagnostic[] {
  return [...(claims?.faults ?? []), ...(stepUp?.faults ?? [])]
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

/** Where an operation may have its demands from: the first that is there wins whole. */
export interface DemandSources<Demand> {
  readonly own: Written<Demand> | undefined
  readonly inherited: readonly (Written<Demand> | undefined)[]
}

/** What an operation demands, with where it stands, and what faults of it say besides. */
export interface InForce<Demand> {
  readonly demand: Demand
  readonly owner: JsonObject
  readonly notes: { notes?: { message: string; location: Location }[] }
}

export interface DemandSite {
  /** `GET /path`, for messages. */
  readonly name: string
  readonly location: Location
}

/**
 * The nearest demand of a token, if the operation has one. Public operations inherit none; a demand that is written on
 * one, or that an alternative has no token for, is an error.
 */
export function demandInForce<Demand>(
  extension: 'x-claims' | 'x-step-up',
  { own, inherited }: DemandSources<Demand>,
  { security, schemes }: ReadSecurity,
  site: DemandSite,
  { document, report }: { readonly document: ResolvedDocument; readonly report: Report },
): InForce<Demand> | undefined {
  const nearest = own ?? inherited.find(one => one !== undefined)
  if (!nearest) return undefined
  const isPublic = security.every(alternative => Object.keys(alternative).length === 0)
  if (!isPublic) for (const fault of nearest.faults) report(fault)
  const { demand, owner } = nearest
  if (demand === undefined || (isPublic && nearest !== own)) return undefined
  const location = locateName(document.origins, owner, extension)
  const isClaims = extension === 'x-claims'
  if (isPublic) {
    const what = isClaims ? "no token's claims can be demanded there" : 'nobody authenticates there'
    const message = `${site.name} is public, and ${what}`
    const help = `write security for it, or remove ${extension}`
    report(error({ code: isClaims ? 'claims-on-public' : 'step-up-on-public', message, help, location }))
    return undefined
  }
  const notes = nearest === own ? {} : { notes: [{ message: `${site.name} inherits it`, location: site.location }] }
  const tokens = new Set(schemes.filter(one => one.scheme?.token).map(one => one.name))
  const bare = security.findIndex(alternative => !Object.keys(alternative).some(name => tokens.has(name)))
  if (bare >= 0 && !schemes.some(one => one.unsupported !== undefined)) {
    const names = Object.keys(security[bare] ?? {})
    const lacks = isClaims ? 'no token whose claims could be asked' : 'no token that says how its user authenticated'
    report(
      error({
        code: isClaims ? 'claims-without-token' : 'step-up-without-token',
        message: `an alternative of ${site.name} has ${lacks}: ${names.length === 0 ? '{}' : names.map(show).join(' and ')}`,
        help: `remove that alternative, or lift ${extension} with \`${extension}: {}\` on the operation`,
        location,
        ...notes,
      }),
    )
  }
  return { demand, owner, notes }
}
