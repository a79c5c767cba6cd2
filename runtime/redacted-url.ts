import { decodeForm } from './members.js'
import { splitTarget } from './path.js'
import type { SecuritySchemes } from './policy.js'

/**
 * A request's URL for logs, in which the values of credentials are `redacted`: those of the query parameters that are
 * keys of the document's schemes, and of `access_token` (RFC 6750 section 2.3), which is refused but may be there.
 * @param url as in `req.originalUrl`.
 * @param schemes `securitySchemes` of the emitted `policies.ts`.
 * @example morgan.token('url', req => redactedUrl(req.originalUrl, securitySchemes))
 */
export function redactedUrl(url: string, schemes: SecuritySchemes): string {
  const { query } = splitTarget(url)
  if (query === '') return url
  const names = new Set(['access_token'])
  for (const scheme of Object.values(schemes)) {
    if (scheme.type === 'apiKey' && scheme.in === 'query') names.add(scheme.name)
  }
  const members = query.split('&').map(member => {
    const equals = member.indexOf('=')
    const name = equals < 0 ? member : member.slice(0, equals)
    // What cannot be decoded may be read as a key by whoever is less strict.
    const decoded = decodeForm(name)
    return equals >= 0 && (decoded === undefined || names.has(decoded)) ? `${name}=redacted` : member
  })
  return `${url.slice(0, url.length - query.length)}${members.join('&')}`
}
