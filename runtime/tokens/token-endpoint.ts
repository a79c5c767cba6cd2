import type { ClientAuthentication } from './client-authentication.js'
import type { Clock } from './clock.js'
import type { FindEndpoint } from './endpoint.js'
import { jsonOf, knownError, postForm } from './form-post.js'
import { type Fetch, fetchDocument, IssuerFault } from './issuer-document.js'
import { type JsonObject, member } from './json-object.js'

/** What a token endpoint issued (RFC 6749 section 5.1). */
export interface IssuedToken {
  readonly accessToken: string
  readonly tokenType: string
  /** Seconds since 1970, where the server says how long it lives; counted from the question. */
  readonly expiresAt?: number
  readonly scope?: string
  /** RFC 8693 section 2.2.1 */
  readonly issuedTokenType?: string
}

/** A grant that the server did not give, by the `error` that it answered with. */
export class GrantFault extends IssuerFault {
  readonly error: string

  constructor(message: string, status: number, error: string) {
    super(message, status)
    this.error = error
  }
}

export interface TokenEndpointSettings {
  readonly findEndpoint: FindEndpoint
  readonly client: ClientAuthentication
  readonly fetch: Fetch
  /** Seconds, discovery included. */
  readonly timeout: number
}

/** Asks for a token. @throws {GrantFault} where the server refuses it. @throws {IssuerFault} where it does not work. */
export type RequestToken = (form: URLSearchParams) => Promise<IssuedToken>

export function tokenEndpoint(
  { findEndpoint, client, fetch, timeout }: TokenEndpointSettings,
  clock: Clock,
): RequestToken {
  return async form => {
    const signal = AbortSignal.timeout(timeout * 1000)
    const url = await findEndpoint(document => fetchDocument(document, fetch, signal))
    const headers: Record<string, string> = { accept: 'application/json' }
    client.apply(form, headers)
    const askedAt = Math.floor(clock())
    const answer = await postForm(url, form, headers, fetch, signal)
    if (answer.status !== 200) {
      const error = knownError(answer)
      const message = `${url} answered with status ${answer.status}`
      throw error === undefined
        ? new IssuerFault(message, answer.status)
        : new GrantFault(`${message} ${error}`, answer.status, error)
    }
    const issued = issuedToken(jsonOf(answer) ?? {}, askedAt)
    if (issued === undefined) throw new IssuerFault(`${url} answered with something that is no token`, 200)
    return issued
  }
}

function issuedToken(answer: JsonObject, askedAt: number): IssuedToken | undefined {
  const [accessToken, tokenType] = [member(answer, 'access_token'), member(answer, 'token_type')]
  const [scope, issuedTokenType] = [member(answer, 'scope'), member(answer, 'issued_token_type')]
  const expiresIn = member(answer, 'expires_in')
  // RFC 6749 appendix A.12: anything else could not be sent, or would be more than a token in a header.
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]+$/.test(accessToken)) return undefined
  if (typeof tokenType !== 'string' || tokenType === '') return undefined
  if (scope !== undefined && typeof scope !== 'string') return undefined
  if (issuedTokenType !== undefined && typeof issuedTokenType !== 'string') return undefined
  if (expiresIn !== undefined && !(typeof expiresIn === 'number' && expiresIn >= 0 && expiresIn < 1e10)) {
    return undefined
  }
  return {
    accessToken,
    tokenType,
    ...(expiresIn !== undefined && { expiresAt: askedAt + expiresIn }),
    ...(scope !== undefined && { scope }),
    ...(issuedTokenType !== undefined && { issuedTokenType }),
  }
}
