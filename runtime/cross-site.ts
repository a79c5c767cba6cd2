import type { IncomingMessage } from 'node:http'
import { headerValues } from './credentials.js'
import { ConfigurationError, deny, type Verifier } from './verifier.js'

/** Which requests with a key in a cookie are taken for this site's own. */
export interface CrossSiteOptions {
  /**
   * This API's origin as browsers know it, where a proxy changes scheme or host: `https://api.example`. Default: the
   * scheme of the connection and the `Host` of the request; what a proxy says in `X-Forwarded-*` is not looked at.
   */
  readonly origin?: string
  /** Other origins whose pages may use the caller's cookie: `https://app.example`. */
  readonly trustedOrigins?: readonly string[]
}

/** Why a request is taken for another site's, for the operator; `undefined` where it is not. */
export type CrossSiteFault = (request: IncomingMessage) => string | undefined

/** Requests with these change nothing (RFC 9110 section 9.2.1), and browsers send them without `Origin`. */
const SAFE = ['GET', 'HEAD', 'OPTIONS']

/**
 * Tells requests that another site's page made a browser send, with the cookies of this one (cross-site request
 * forgery). `Sec-Fetch-Site` decides, which no page can set; browsers without it send `Origin` with every method that
 * is not safe. A request with neither was made by no browser of this decade: nobody but its sender chose its cookie.
 * @throws {ConfigurationError} for an origin that is none.
 */
export function crossSiteFault({ origin, trustedOrigins = [] }: CrossSiteOptions): CrossSiteFault {
  for (const one of [...(origin === undefined ? [] : [origin]), ...trustedOrigins]) demandOrigin(one)
  const trusted = new Set(trustedOrigins)
  return request => {
    if (SAFE.includes(request.method ?? '')) return undefined
    const sites = headerValues(request, 'sec-fetch-site')
    const origins = headerValues(request, 'origin')
    if (sites.length > 1 || origins.length > 1) return 'Sec-Fetch-Site or Origin was sent twice'
    const [site] = sites
    const [sender] = origins
    if (sender !== undefined && trusted.has(sender)) return undefined
    if (site !== undefined) {
      return site === 'same-origin' || site === 'none' ? undefined : 'Sec-Fetch-Site is neither same-origin nor none'
    }
    if (sender === undefined || sender === (origin ?? ownOrigin(request))) return undefined
    return "Origin is not this API's own"
  }
}

/** A verifier of keys that travel in a cookie, which asks first whose request it is. */
export function sameSiteOnly(
  verifier: Verifier<unknown, 'apiKey'>,
  fault: CrossSiteFault,
): Verifier<unknown, 'apiKey'> {
  return {
    kind: verifier.kind,
    verify(credential, request) {
      const reason = fault(request)
      return reason === undefined ? verifier.verify(credential, request) : deny('cross_site_request', { reason })
    },
  }
}

function ownOrigin(request: IncomingMessage): string | undefined {
  const [host, ...more] = headerValues(request, 'host')
  if (host === undefined || more.length > 0 || !/^[^\s/\\?#@]+$/.test(host)) return undefined
  const { encrypted } = request.socket as { encrypted?: boolean }
  const scheme = encrypted === true ? 'https' : 'http'
  const url = `${scheme}://${host}`
  return URL.canParse(url) ? new URL(url).origin : undefined
}

function demandOrigin(origin: unknown): void {
  if (typeof origin === 'string' && /^https?:/.test(origin) && URL.canParse(origin)) {
    // A pattern would be compared as text, and match nothing.
    if (new URL(origin).origin === origin && !origin.includes('*')) return
  }
  throw new ConfigurationError(
    `crossSite: ${JSON.stringify(origin)} is no origin; write scheme and host, like https://app.example`,
  )
}
