import type { SecurityScheme } from '../../runtime/policy.js'
import type { Diagnostic, Location, Report } from '../diagnostics/diagnostic.js'
import type { ResolvedDocument } from '../load/document.js'
import type { Scheme } from './api-model.js'
import { isObject, kindOf } from './claims.js'
import { error, show } from './faults.js'

/** What a security scheme is to enforcement; `unsupported` says why it cannot be enforced yet. */
export interface KnownScheme {
  readonly name: string
  readonly scheme?: Scheme
  /** It was reported; whoever demands it reports it again, so that it is known whose fault it is. */
  readonly malformed?: Diagnostic
  readonly unsupported?: string
  /** The scopes that the flows of `oauth2` declare; absent where the type declares none. */
  readonly scopes?: readonly string[]
  readonly location: Location
}

export type KnownSchemes = ReadonlyMap<string, KnownScheme>

/** Reads `components.securitySchemes`. A malformed scheme is reported where an operation demands it. */
export function readSchemes(document: ResolvedDocument, report: Report): KnownSchemes {
  const known = new Map<string, KnownScheme>()
  const { components } = document.root
  if (!isObject(components) || !isObject(components.securitySchemes)) return known
  const schemes = components.securitySchemes
  for (const [name, written] of Object.entries(schemes)) {
    const location = document.origins.locate(schemes, name)
    const malformed = (message: string, help: string) => {
      const fault = error({
        code: 'scheme-malformed',
        message: `security scheme ${show(name)} ${message}`,
        help,
        location,
      })
      known.set(name, { name, malformed: fault, location })
      report(fault)
    }
    // The name goes into challenges and types; OpenAPI allows no other characters in it.
    if (!/^[A-Za-z0-9._-]+$/.test(name))
      malformed('has a name that OpenAPI does not allow', 'use letters, digits, dots, dashes and underscores')
    else if (!isObject(written)) malformed(`is ${kindOf(written)}`, 'write a Security Scheme Object with a type')
    else {
      const read = readScheme(written)
      if ('malformed' in read) malformed(read.malformed, read.help)
      else known.set(name, { name, location, ...complete(name, written, read, document, report) })
    }
  }
  return known
}

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

type ReadScheme =
  | { readonly scheme: SecurityScheme; readonly scopes?: readonly string[] }
  | { readonly unsupported: string }
  | { readonly malformed: string; readonly help: string }

function readScheme(written: Record<string, unknown>): ReadScheme {
  switch (written.type) {
    case 'apiKey':
      return readApiKey(written)
    case 'http':
      return readHttp(written)
    case 'oauth2':
      return readOauth2(written)
    case 'openIdConnect': {
      const { openIdConnectUrl } = written
      if (typeof openIdConnectUrl === 'string' && openIdConnectUrl !== '')
        return { scheme: { type: 'openIdConnect', openIdConnectUrl } }
      return { malformed: 'has no openIdConnectUrl', help: "name the URL of the issuer's discovery document" }
    }
    case 'mutualTLS':
      return { scheme: { type: 'mutualTLS' } }
    default:
      return {
        malformed: written.type === undefined ? 'has no type' : `has the type ${show(written.type)}`,
        help: 'use apiKey, http, mutualTLS, oauth2 or openIdConnect',
      }
  }
}

function readOauth2({ flows, oauth2MetadataUrl }: Record<string, unknown>): ReadScheme {
  const scopes = declaredScopes(flows)
  if (oauth2MetadataUrl === undefined) return { scheme: { type: 'oauth2' }, scopes }
  if (typeof oauth2MetadataUrl === 'string' && oauth2MetadataUrl !== '')
    return { scheme: { type: 'oauth2', oauth2MetadataUrl }, scopes }
  return {
    malformed: `has the oauth2MetadataUrl ${show(oauth2MetadataUrl)}`,
    help: "name the URL of the authorization server's metadata (RFC 8414), or remove it",
  }
}

function readApiKey({ in: place, name }: Record<string, unknown>): ReadScheme {
  if (place !== 'header' && place !== 'query' && place !== 'cookie') {
    return { malformed: `travels in ${show(place)}`, help: 'write in: header, query or cookie' }
  }
  const valid = typeof name === 'string' && (place === 'query' ? name !== '' : TOKEN.test(name))
  if (!valid)
    return {
      malformed: `has the name ${show(name)}`,
      help: `name the ${place === 'query' ? 'parameter' : place} that holds the key`,
    }
  return { scheme: { type: 'apiKey', in: place, name } }
}

function readHttp({ scheme }: Record<string, unknown>): ReadScheme {
  if (typeof scheme !== 'string' || scheme === '')
    return { malformed: 'names no HTTP authentication scheme', help: 'write scheme: bearer, or scheme: basic' }
  // RFC 9110 section 11.1: a token, in any case.
  if (!TOKEN.test(scheme)) {
    return {
      malformed: `names the HTTP authentication scheme ${show(scheme)}`,
      help: 'write one word: bearer, basic, digest…',
    }
  }
  return { scheme: { type: 'http', scheme: scheme.toLowerCase() } }
}

function declaredScopes(flows: unknown): string[] {
  if (!isObject(flows)) return []
  return Object.values(flows).flatMap(flow => (isObject(flow) && isObject(flow.scopes) ? Object.keys(flow.scopes) : []))
}

function complete(
  name: string,
  written: Record<string, unknown>,
  read: Exclude<ReadScheme, { malformed: string }>,
  document: ResolvedDocument,
  report: Report,
): Pick<KnownScheme, 'scheme' | 'unsupported' | 'scopes'> {
  if ('unsupported' in read) return read
  const { scheme, scopes } = read
  const token =
    scheme.type === 'oauth2' ||
    scheme.type === 'openIdConnect' ||
    (scheme.type === 'http' && (scheme.scheme === 'bearer' || scheme.scheme === 'dpop'))
  const claims = readTokenSchema(name, written, token, document, report)
  return { scheme: { name, scheme, token, ...(claims !== undefined && { claims }) }, ...(scopes && { scopes }) }
}

function readTokenSchema(
  name: string,
  written: Record<string, unknown>,
  token: boolean,
  document: ResolvedDocument,
  report: Report,
): string | undefined {
  if (!Object.hasOwn(written, 'x-token')) return undefined
  const value = written['x-token']
  const reference = isObject(value) ? value.$ref : undefined
  const [, schema] =
    (typeof reference === 'string' && /^#\/components\/schemas\/([A-Za-z0-9._-]+)$/.exec(reference)) || []
  const { components } = document.root
  const schemas = isObject(components) && isObject(components.schemas) ? components.schemas : {}
  if (token && schema !== undefined && Object.hasOwn(schemas, schema)) return schema
  const message = token
    ? `x-token of ${show(name)} refers to no schema of this document`
    : `x-token of ${show(name)} describes a token, and the scheme's credentials are none`
  const help = token ? "write x-token: { $ref: '#/components/schemas/NAME' }" : 'remove it'
  report(
    error({ code: 'token-schema-malformed', message, help, location: document.origins.locate(written, 'x-token') }),
  )
  return undefined
}
