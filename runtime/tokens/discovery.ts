import { IssuerFault } from './issuer-document.js'
import { isLoopback } from './issuer-url.js'
import { type JsonObject, member } from './json-object.js'

/** How an issuer's metadata is found, and what proves that it is that issuer's. */
export interface Discovery {
  /** What the metadata's `issuer`, and a token's `iss`, may be. More than one only until the metadata is there. */
  readonly issuers: readonly string[]
  /** Where the metadata may be, in order: the next is asked when one answers 404. */
  readonly urls: readonly string[]
}

export interface Metadata {
  readonly issuer: string
  readonly jwksUri: string
}

export const OPENID_CONFIGURATION = '/.well-known/openid-configuration'
export const OAUTH_METADATA = '/.well-known/oauth-authorization-server'

/** OpenID Connect Discovery section 4, then RFC 8414 section 3, which puts the well-known part before the path. */
export function discoveryOfIssuer(issuer: string): Discovery {
  const { origin, pathname } = new URL(issuer)
  const path = withoutSlash(pathname)
  return {
    issuers: [issuer],
    urls: [withoutSlash(issuer) + OPENID_CONFIGURATION, origin + OAUTH_METADATA + path],
  }
}

/**
 * The URL names the issuer but for its trailing slash (OpenID Connect Discovery section 4.3, RFC 8414 section 3.3).
 * `undefined` if it is not the URL of a discovery or metadata document.
 */
export function discoveryAt(url: string): Discovery | undefined {
  const issuer = url.endsWith(OPENID_CONFIGURATION) ? url.slice(0, -OPENID_CONFIGURATION.length) : metadataIssuer(url)
  return issuer === undefined ? undefined : { issuers: [issuer, `${issuer}/`], urls: [url] }
}

/** RFC 8414 section 3.1: the well-known part stands between the host and the issuer's path. */
function metadataIssuer(url: string): string | undefined {
  const { origin } = new URL(url)
  const [start, path = ''] = [origin + OAUTH_METADATA, url.slice(origin.length + OAUTH_METADATA.length)]
  const isMetadata = url.startsWith(start) && (path === '' || /^\/.*[^/]$/.test(path))
  return isMetadata ? origin + path : undefined
}

/** A metadata document that names the right issuer. */
export interface IssuerMetadata {
  readonly issuer: string
  /** Where it was found. */
  readonly url: string
  readonly document: JsonObject
}

export type ReadDocument = (url: string) => Promise<JsonObject>

/** @throws {IssuerFault} */
export async function discover(discovery: Discovery, read: ReadDocument): Promise<Metadata> {
  const metadata = await discoverMetadata(discovery, read)
  return { issuer: metadata.issuer, jwksUri: metadataUrl(metadata, 'jwks_uri') }
}

/** @throws {IssuerFault} */
export async function discoverMetadata(discovery: Discovery, read: ReadDocument): Promise<IssuerMetadata> {
  let missing: IssuerFault | undefined
  for (const url of discovery.urls) {
    try {
      return namingIssuer(await read(url), url, discovery.issuers)
    } catch (error) {
      if (!(error instanceof IssuerFault) || error.status !== 404) throw error
      missing ??= error
    }
  }
  throw missing ?? new IssuerFault('there is no URL of a discovery document')
}

function namingIssuer(document: JsonObject, url: string, issuers: readonly string[]): IssuerMetadata {
  const issuer = member(document, 'issuer')
  // RFC 8414 section 3.3: else whoever can serve one file under the host could speak for the issuer.
  if (typeof issuer !== 'string' || !issuers.includes(issuer)) {
    const expected = issuers.map(one => JSON.stringify(one)).join(' or ')
    throw new IssuerFault(`${url} names the issuer ${shown(issuer)}, not ${expected}`)
  }
  return { issuer, url, document }
}

/** A URL that the metadata hold, such as `jwks_uri`. @throws {IssuerFault} */
export function metadataUrl({ issuer, url, document }: IssuerMetadata, name: string): string {
  const text = member(document, name)
  if (typeof text !== 'string' || !URL.canParse(text)) {
    throw new IssuerFault(`${url} has no '${name}' that is a URL`)
  }
  const { protocol, username, password } = new URL(text)
  // An issuer on the network has no business on this machine's loopback, where http would be allowed.
  const plain = protocol === 'http:' && isLoopback(new URL(text)) && new URL(issuer).protocol === 'http:'
  if ((protocol !== 'https:' && !plain) || username !== '' || password !== '') {
    throw new IssuerFault(`${url} has a '${name}' that is no https URL: ${shown(text)}`)
  }
  return text
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text
}

function shown(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value).slice(0, 200)
}
