import { challengeFault, challengersOf } from './challenge.js'
import { credentialReader, type ReadCredential } from './credentials.js'
import { type CrossSiteFault, sameSiteOnly } from './cross-site.js'
import type { Demands, Requirement } from './decide.js'
import type { CheckRule, Policies, Policy, SecurityScheme, SecuritySchemes } from './policy.js'
import { type AnyVerifier, ConfigurationError, type CredentialKind, type DiscoveredVerifier } from './verifier.js'

/** Verifiers as `createRouter` is given them. */
export interface Verifiers {
  readonly [scheme: string]: AnyVerifier | DiscoveredVerifier<unknown>
}

/** What the options say of credentials, whatever their scheme. */
export interface CredentialSettings {
  /** Where the metadata of this resource are, for challenges. */
  readonly resourceMetadata?: string
  /** Absent: keys in cookies are taken with any request. */
  readonly crossSite?: CrossSiteFault
}

export interface BoundRequirements {
  readonly demandsOf: CompileDemands
  /** By the schemes that the policies demand. */
  readonly verifiers: ReadonlyMap<string, AnyVerifier>
}

/** Turns each policy into what {@link decide} works on, with everything that it needs at hand. */
export type CompileDemands = (policy: Policy) => Demands

/**
 * Pairs the schemes of a document with the user's verifiers and its `$check` names with the user's functions.
 * @throws {ConfigurationError} naming every scheme and check that is missing or of the wrong kind.
 */
export function bindRequirements(
  schemes: SecuritySchemes,
  policies: Policies,
  verifiers: Verifiers,
  checks: { readonly [name: string]: unknown },
  { resourceMetadata, crossSite }: CredentialSettings = {},
): BoundRequirements {
  const faults: string[] = []
  const bound = new Map<string, AnyVerifier>()
  for (const name of demandedSchemes(policies)) {
    const scheme = ownMember(schemes, name)
    if (!scheme) faults.push(`the policies demand the security scheme ${name}, which the document does not define`)
    else {
      const verifier = bindVerifier(name, scheme, ownMember(verifiers, name))
      if (typeof verifier === 'string') faults.push(verifier)
      else bound.set(name, verifier)
    }
  }
  for (const name of demandedChecks(policies)) {
    if (typeof ownMember(checks, name) !== 'function')
      faults.push(`checks.${name} is missing: a function (req, token) => boolean`)
  }
  if (faults.length > 0) throw new ConfigurationError(`createRouter: ${faults.join('; ')}`)

  const demandsOf: CompileDemands = policy => {
    const slots = [...new Set(policy.security.flatMap(one => Object.keys(one)))]
    const compile = ([name, scopes]: [string, Requirement['scopes']]): Requirement => {
      const scheme = schemes[name] as SecurityScheme
      const verifier = bound.get(name) as AnyVerifier
      return {
        scheme: name,
        slot: slots.indexOf(name),
        read: readerOf(scheme, verifier),
        verifier:
          crossSite && inCookie(scheme) && verifier.kind === 'apiKey' ? sameSiteOnly(verifier, crossSite) : verifier,
        scopes,
        challengers: challengersOf(name, scheme, verifier, resourceMetadata),
      }
    }
    const alternatives = policy.security.map(alternative => Object.entries(alternative).map(compile))
    return {
      alternatives: alternatives.filter(one => one.length > 0),
      anonymous: alternatives.some(one => one.length === 0),
      ...(policy.claims && { claims: policy.claims }),
      ...(policy.stepUp && { stepUp: policy.stepUp }),
    }
  }
  return { demandsOf, verifiers: bound }
}

/** Browsers send it along with whatever request a page makes. */
function inCookie(scheme: SecurityScheme): boolean {
  return (
    scheme.type === 'apiKey' &&
    (scheme.in === 'cookie' || (scheme.in === 'header' && scheme.name.toLowerCase() === 'cookie'))
  )
}

function bindVerifier(
  name: string,
  scheme: SecurityScheme,
  verifier: Verifiers[string] | undefined,
): AnyVerifier | string {
  const kind = kindOf(scheme)
  if (typeof verifier !== 'object' || verifier === null) {
    return `schemes.${name} is missing: a verifier of ${scheme.type} credentials, such as ${suggestion(scheme)}`
  }
  if (verifier.kind === 'openIdConnect') {
    if (scheme.type === 'openIdConnect') return verifier.at(scheme.openIdConnectUrl)
    if (scheme.type === 'oauth2' && scheme.oauth2MetadataUrl !== undefined) return verifier.at(scheme.oauth2MetadataUrl)
    return `schemes.${name} is of type ${scheme.type} and has no discovery URL: use ${suggestion(scheme)}`
  }
  if (verifier.kind !== kind || typeof verifier.verify !== 'function') {
    return `schemes.${name} must verify ${kind} credentials, such as ${suggestion(scheme)}`
  }
  if (scheme.type === 'http' && scheme.scheme === 'dpop' && verifier.kind === 'bearer') {
    if (verifier.tokenTypes?.includes('DPoP') !== true)
      return `schemes.${name} must verify DPoP proofs, such as ${suggestion(scheme)}`
  }
  if (verifier.kind === 'mutualTLS' && typeof verifier.read !== 'function') {
    return `schemes.${name} must find certificates as well, such as ${suggestion(scheme)}`
  }
  if (verifier.kind === 'http' && scheme.type === 'http') {
    if (verifier.scheme !== scheme.scheme) {
      return `schemes.${name} verifies ${String(verifier.scheme)} credentials, and the document demands ${scheme.scheme}`
    }
    const fault = challengeFault(scheme.scheme, verifier.challenge)
    if (fault !== undefined) return `schemes.${name}: its challenge ${fault}`
  }
  return verifier
}

function suggestion(scheme: SecurityScheme): string {
  if (scheme.type === 'apiKey') return 'apiKey(findUserByKey)'
  if (scheme.type === 'mutualTLS') return 'mutualTls(findUserByCertificate)'
  if (scheme.type !== 'http' || scheme.scheme === 'bearer') return 'bearer({ issuer, audience })'
  if (scheme.scheme === 'dpop') return 'bearer({ issuer, audience, dpop: true })'
  return scheme.scheme === 'basic' ? 'basic(findUser)' : `httpScheme('${scheme.scheme}', findUser)`
}

function kindOf(scheme: SecurityScheme): CredentialKind {
  if (scheme.type === 'apiKey' || scheme.type === 'mutualTLS') return scheme.type
  if (scheme.type !== 'http' || scheme.scheme === 'bearer' || scheme.scheme === 'dpop') return 'bearer'
  return scheme.scheme === 'basic' ? 'basic' : 'http'
}

function readerOf(scheme: SecurityScheme, verifier: AnyVerifier): ReadCredential {
  if (scheme.type !== 'mutualTLS') {
    return credentialReader(scheme, verifier.kind === 'bearer' ? verifier.tokenTypes : undefined)
  }
  // Their kinds agree since the verifier was bound.
  return request => (verifier as Extract<AnyVerifier, { kind: 'mutualTLS' }>).read(request)
}

function demandedSchemes(policies: Policies): Set<string> {
  return new Set(Object.values(policies).flatMap(policy => policy.security.flatMap(one => Object.keys(one))))
}

function demandedChecks(policies: Policies): Set<string> {
  const demands = Object.values(policies).flatMap(policy => policy.claims ?? [])
  return new Set(
    demands
      .filter(demand => Object.hasOwn(demand, '$check'))
      .map(({ $check }) => (typeof $check === 'string' ? $check : ($check as Exclude<CheckRule, string>).name)),
  )
}

/** Of a map whose names come from a document: `constructor` is no member unless it was put there. */
export function ownMember<Value>(map: { readonly [name: string]: Value }, name: string): Value | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined
}
