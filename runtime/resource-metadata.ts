import type { IncomingMessage, ServerResponse } from 'node:http'
import { splitTarget } from './path.js'
import type { Policies, SecuritySchemes } from './policy.js'
import { sendProblem } from './problem.js'
import { ownMember } from './requirements.js'
import { scopesNamed } from './scopes.js'
import { issuerUrlFault } from './tokens/issuer-url.js'
import { type AnyVerifier, ConfigurationError, type TokenType } from './verifier.js'

/** What the document and the verifiers say; nothing else may. */
const DERIVED = [
  'authorization_servers',
  'scopes_supported',
  'bearer_methods_supported',
  'dpop_signing_alg_values_supported',
  'dpop_bound_access_tokens_required',
  'tls_client_certificate_bound_access_tokens',
  // RFC 9728 section 2.2: signed values win over plain ones.
  'signed_metadata',
] as const

/**
 * This API's metadata as a protected resource (RFC 9728). Authorization servers, scopes, and how tokens are presented
 * are the document's and the verifiers'; other members of RFC 9728 section 2 are yours: `resource_name`,
 * `resource_documentation`, `resource_policy_uri`, `resource_tos_uri`, `jwks_uri`, with language tags or without.
 */
export type ResourceMetadataOptions = {
  /**
   * This API's resource identifier: its https URL as clients know it, without query and fragment (http on loopback). Its
   * metadata are at `/.well-known/oauth-protected-resource` of that host, followed by the URL's path.
   */
  readonly resource: string
} & { readonly [Name in (typeof DERIVED)[number]]?: never } & { readonly [member: string]: unknown }

export interface ResourceMetadata {
  /** Where it is: the `resource_metadata` of challenges (RFC 9728 section 5.1). */
  readonly url: string
  /** The path of {@link url}. */
  readonly path: string
  /** Answers a request for the metadata; `false`, and nothing done, for any other. */
  answer(request: IncomingMessage, response: ServerResponse): boolean
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'
/** Seconds. An issuer that is known only once its discovery document was read must show soon. */
const MAX_AGE = 300

/** Where the metadata of a resource are (RFC 9728 section 3.1). @throws {ConfigurationError} */
export function metadataUrl({ resource }: ResourceMetadataOptions): URL {
  const fault = typeof resource === 'string' ? issuerUrlFault(resource) : 'is required, as a string'
  if (fault !== undefined) {
    throw new ConfigurationError(
      `resourceMetadata: 'resource' ${fault}; write this API's URL, like https://api.example/v1`,
    )
  }
  const url = new URL(resource)
  // Clients compare it as text (RFC 9728 section 3.3), and it stands in challenges.
  if (url.href !== resource && url.href !== `${resource}/`) {
    throw new ConfigurationError(`resourceMetadata: 'resource' is ${url.href} in its normal form; write that`)
  }
  return new URL(`${WELL_KNOWN}${url.pathname === '/' ? '' : url.pathname}`, url)
}

/**
 * @param verifiers of the schemes that the policies demand.
 * @throws {ConfigurationError} if `resource` is no such URL, a member is one that is derived, or is no JSON.
 */
export function resourceMetadata(
  options: ResourceMetadataOptions,
  schemes: SecuritySchemes,
  policies: Policies,
  verifiers: ReadonlyMap<string, AnyVerifier>,
): ResourceMetadata {
  const { href, pathname } = metadataUrl(options)
  const { resource, ...members } = options
  const derived = DERIVED.find(name => Object.hasOwn(members, name))
  if (derived !== undefined) {
    throw new ConfigurationError(`resourceMetadata: '${derived}' is what the document and the verifiers say`)
  }
  const own = ownMembers(members)
  const scopes = scopesOf(policies, verifiers)
  return {
    url: href,
    path: pathname,
    answer(request, response) {
      // What Express has cut off of `url` under a mount is still there.
      const { originalUrl = String(request.url) } = request as IncomingMessage & { originalUrl?: string }
      if (splitTarget(originalUrl).path !== pathname) return false
      // RFC 9728 metadata are public; browsers that find their way to the issuer by them are on other origins.
      response.setHeader('Access-Control-Allow-Origin', '*')
      const { method } = request
      if (method === 'OPTIONS') {
        const allowed = { 'Access-Control-Allow-Methods': 'GET, HEAD', 'Access-Control-Allow-Headers': '*' }
        response.writeHead(204, { Allow: 'GET, HEAD, OPTIONS', ...allowed }).end()
      } else if (method === 'GET' || method === 'HEAD') {
        const body = Buffer.from(JSON.stringify({ resource, ...own, ...derivedOf(schemes, verifiers, scopes) }))
        response.writeHead(200, {
          'Content-Type': 'application/json',
          'Content-Length': body.length,
          'Cache-Control': `public, max-age=${MAX_AGE}`,
        })
        response.end(body)
      } else sendProblem(response, { status: 405, headers: { Allow: 'GET, HEAD, OPTIONS' } })
      return true
    },
  }
}

/** A copy, so that what is changed later is not served. */
function ownMembers(members: object): object {
  try {
    return JSON.parse(JSON.stringify(members)) as object
  } catch {
    throw new ConfigurationError('resourceMetadata: its members must be JSON')
  }
}

/** Of tokens: the roles of other schemes mean nothing to an authorization server. */
function scopesOf(policies: Policies, verifiers: ReadonlyMap<string, AnyVerifier>): readonly string[] {
  const demands = Object.values(policies).flatMap(({ security }) => security.flatMap(Object.entries))
  const named = demands.flatMap(([name, demand]) => (verifiers.get(name)?.kind === 'bearer' ? scopesNamed(demand) : []))
  return [...new Set(named)]
}

function derivedOf(
  schemes: SecuritySchemes,
  verifiers: ReadonlyMap<string, AnyVerifier>,
  scopes: readonly string[],
): object {
  const tokens = [...verifiers].flatMap(([name, verifier]) => {
    if (verifier.kind !== 'bearer') return []
    const scheme = ownMember(schemes, name)
    const dpopOnly = scheme?.type === 'http' && scheme.scheme === 'dpop'
    const types: readonly TokenType[] = dpopOnly ? ['DPoP'] : (verifier.tokenTypes ?? ['Bearer'])
    return { verifier, types }
  })
  const issuers = distinct(tokens.flatMap(({ verifier }) => verifier.issuers ?? []))
  const algorithms = distinct(
    tokens.flatMap(({ verifier, types }) => (types.includes('DPoP') ? (verifier.dpopAlgorithms ?? []) : [])),
  )
  return {
    ...(issuers.length > 0 && { authorization_servers: issuers }),
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    ...(tokens.length > 0 && { bearer_methods_supported: ['header'] }),
    ...(algorithms.length > 0 && { dpop_signing_alg_values_supported: algorithms }),
    ...(tokens.length > 0 &&
      tokens.every(({ types }) => !types.includes('Bearer')) && { dpop_bound_access_tokens_required: true }),
    ...(tokens.some(({ verifier }) => verifier.certificateBound) && {
      tls_client_certificate_bound_access_tokens: true,
    }),
  }
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}
