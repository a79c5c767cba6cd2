import type { ScopeDemand, SecurityAlternative } from '../../runtime/policy.js'
import type { Location, Report } from '../diagnostics/diagnostic.js'
import { nearest } from '../diagnostics/suggestion.js'
import { isObject, kindOf } from './claims.js'
import { error, show } from './faults.js'
import type { KnownScheme, KnownSchemes } from './schemes.js'

/** What `security` says for one operation. */
export interface ReadSecurity {
  readonly security: readonly SecurityAlternative[]
  /** The schemes that it demands. */
  readonly schemes: readonly KnownScheme[]
  /** Why the operation cannot be enforced yet. */
  readonly unsupported?: string
}

/**
 * Reads a `security` list: OR over AND (OpenAPI, Security Requirement Object). Anything that is not what the
 * specification describes is an error: a requirement that was not understood must not be one less.
 */
export function readSecurity(
  written: unknown,
  scopeMatch: 'all' | 'any',
  known: KnownSchemes,
  locate: (...path: (string | number)[]) => Location,
  report: Report,
): ReadSecurity | undefined {
  const malformed = (message: string, help: string, ...path: (string | number)[]) =>
    report(error({ code: 'security-malformed', message, help, location: locate(...path) }))
  if (!Array.isArray(written)) {
    malformed(`security must be a list, and is ${kindOf(written)}`, 'write a list of requirements; [] makes it public')
    return undefined
  }
  let faults = 0
  const fault = () => {
    faults++
  }
  const security: SecurityAlternative[] = []
  const used = new Map<string, KnownScheme>()
  const unsupported: string[] = []
  for (const [index, requirement] of written.entries()) {
    if (!isObject(requirement)) {
      fault()
      malformed(
        `a security requirement must be an object, and is ${kindOf(requirement)}`,
        'write `- scheme: [scopes]`; {} lets anonymous callers in',
        index,
      )
      continue
    }
    const alternative: [string, ScopeDemand][] = []
    for (const [name, scopes] of Object.entries(requirement)) {
      const scheme = known.get(name)
      if (!scheme) {
        fault()
        report(
          error({
            code: 'scheme-undefined',
            message: `security scheme ${show(name)} is not defined`,
            help: defineIt(nearest(name, [...known.keys()])),
            location: { ...locate(index, name), key: true },
          }),
        )
        continue
      }
      if (scheme.malformed) {
        fault()
        report(scheme.malformed)
        continue
      }
      if (!Array.isArray(scopes)) {
        fault()
        malformed(
          `the scopes of ${show(name)} must be a list, and are ${kindOf(scopes)}`,
          'write [] to demand none',
          index,
          name,
        )
        continue
      }
      for (const [at, scope] of scopes.entries()) {
        if (!scopeFault(scheme, scope, locate(index, name, at), report)) fault()
      }
      if (scheme.unsupported !== undefined) unsupported.push(`security scheme ${show(name)}: ${scheme.unsupported}`)
      used.set(name, scheme)
      alternative.push([name, demandOf(scopes, scopeMatch)])
    }
    const clash = clashOf(alternative.flatMap(([name]) => used.get(name) ?? []))
    if (clash) {
      fault()
      report(
        error({
          code: 'alternative-unsatisfiable',
          message: `no request can meet this alternative: ${clash.first} and ${clash.second} both need ${clash.place}`,
          help: 'demand one of them, or write them as two alternatives',
          location: locate(index),
        }),
      )
    }
    security.push(Object.fromEntries(alternative))
  }
  if (faults > 0) return undefined
  const [reason] = unsupported
  return { security, schemes: [...used.values()], ...(reason !== undefined && { unsupported: reason }) }
}

function defineIt(near: string | undefined): string {
  return near === undefined
    ? 'define it in components.securitySchemes'
    : `write ${show(near)}, or define it in components.securitySchemes`
}

function demandOf(scopes: readonly string[], match: 'all' | 'any'): ScopeDemand {
  const distinct = [...new Set(scopes)]
  return match === 'any' && distinct.length > 1 ? { anyOf: distinct } : distinct
}

function scopeFault(scheme: KnownScheme, scope: unknown, location: Location, report: Report): boolean {
  // RFC 6749 section 3.3: a scope of other characters can be in no token, nor in a challenge.
  if (typeof scope !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) {
    report(
      error({
        code: 'scope-malformed',
        message: `${show(scope)} is no scope`,
        help: 'a scope is a text of visible ASCII characters without spaces, quotes and backslashes',
        location,
      }),
    )
    return false
  }
  if (scheme.scopes && !scheme.scopes.includes(scope)) {
    const near = nearest(scope, scheme.scopes)
    report(
      error({
        code: 'scope-undefined',
        message: `security scheme ${show(scheme.name)} declares no scope ${show(scope)}`,
        help: `${near === undefined ? '' : `write ${show(near)}, or `}add ${show(scope)} to the scopes of ${show(scheme.name)}`,
        location,
        notes: [{ message: `${show(scheme.name)} is defined here`, location: scheme.location }],
      }),
    )
  }
  return true
}

/** A part of a request that a scheme lays claim to. */
interface Place {
  /** A header in lower case, or `?` for the query string. */
  readonly carrier: string
  /** The cookie or parameter in it; absent where the whole header is the credential. */
  readonly name?: string
  /** Others of its kind read the same credential: all of them can be met at once. */
  readonly shared?: true
}

/** Where a scheme's credential travels, and where it may not be accompanied by another one. */
function placesOf({ scheme: known }: KnownScheme): Place[] {
  if (!known) return []
  const { scheme, token } = known
  // A proxy that forwards certificates writes this header itself (RFC 9440), whatever the client sent there.
  if (scheme.type === 'mutualTLS') return [{ carrier: 'client-cert', shared: true }]
  if (scheme.type === 'apiKey') {
    if (scheme.in === 'header') return [{ carrier: scheme.name.toLowerCase() }]
    return [{ carrier: scheme.in === 'cookie' ? 'cookie' : '?', name: scheme.name }]
  }
  // RFC 6750 section 2: a token in the header and one in the query are a token sent twice.
  return [{ carrier: 'authorization' }, ...(token ? [{ carrier: '?', name: 'access_token' }] : [])]
}

function clashes(one: Place, other: Place): boolean {
  if (one.carrier !== other.carrier || (one.shared && other.shared)) return false
  return one.name === undefined || other.name === undefined || one.name === other.name
}

function placeText({ carrier, name }: Place): string {
  if (carrier === '?') return `the query parameter ${show(name ?? '')}`
  if (carrier === 'cookie' && name !== undefined) return `the cookie ${show(name)}`
  return carrier === 'authorization' ? 'the Authorization header' : `the header ${show(carrier)}`
}

/** Two schemes whose credentials cannot be sent at once. */
function clashOf(schemes: readonly KnownScheme[]): { first: string; second: string; place: string } | undefined {
  const held: { readonly scheme: KnownScheme; readonly place: Place }[] = []
  for (const scheme of schemes) {
    const places = placesOf(scheme)
    for (const place of places) {
      const first = held.find(one => clashes(one.place, place))
      if (!first) continue
      // Of a header and a cookie in it, the header is what both need.
      const wider = first.place.name === undefined ? first.place : place
      return { first: show(first.scheme.name), second: show(scheme.name), place: placeText(wider) }
    }
    held.push(...places.map(place => ({ scheme, place })))
  }
  return undefined
}
