import { demandUrl, numberOption, refuseUnknownOptions } from './schemes/options.js'
import { type Client, type ClientAuthentication, clientAuthentication } from './tokens/client-authentication.js'
import { type Clock, systemClock } from './tokens/clock.js'
import { discoveryOfIssuer } from './tokens/discovery.js'
import { endpointFinder } from './tokens/endpoint.js'
import { type Fetch, IssuerFault } from './tokens/issuer-document.js'
import { GrantFault, type IssuedToken, tokenEndpoint } from './tokens/token-endpoint.js'
import { ConfigurationError } from './verifier.js'

export interface TokenExchangeOptions {
  /** Issuer identifier of the authorization server, which its metadata must name (RFC 8414). */
  issuer: string
  /** The token endpoint, for a server without metadata. Default: `token_endpoint` of its metadata. */
  endpoint?: string
  /** How this API authenticates at the server. */
  client: Client
  /** Seconds that one exchange may take, discovery included. Default 10, from 0.1 to 60. */
  timeout?: number
  /** Used in place of the global `fetch`. */
  fetch?: Fetch
}

/** What is asked for in exchange (RFC 8693 section 2.1). */
export interface TokenExchangeRequest {
  /** The name of the service that the token is for. */
  audience?: string | readonly string[]
  /** The URI of the service that the token is for (RFC 8707). */
  resource?: string | readonly string[]
  /** Scopes, separated by spaces. Default: what the server decides. */
  scope?: string
  /** Default: an access token. */
  subjectTokenType?: string
  /** Default: an access token. */
  requestedTokenType?: string
  /** Who acts, where that is not the client (RFC 8693 section 1.1). */
  actorToken?: string
  /** Default, with `actorToken`: an access token. */
  actorTokenType?: string
}

export type ExchangeToken = (subjectToken: string, request?: TokenExchangeRequest) => Promise<IssuedToken>

/** Why an exchange failed: `error` is the server's code where it gave one that is known. Never holds text of a token. */
export interface TokenExchangeCause {
  readonly error: string
  readonly error_description: string
}

/** The authorization server gave no token in exchange. */
export class TokenExchangeError extends Error {
  override readonly name = 'TokenExchangeError'
  readonly code = 'token_exchange_error'
  override readonly cause: TokenExchangeCause | undefined

  constructor(message: string, cause?: TokenExchangeCause) {
    super(message)
    this.cause = cause
  }
}

export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/**
 * Exchanges tokens at an authorization server (RFC 8693), so that this API can call another one for the user whose
 * token it was sent. Nothing is kept: each call asks the server.
 *
 * Does not check the subject token: exchange what a verifier has granted. What is issued is for the other API to check.
 * @throws {ConfigurationError} at once, if an option is missing, unknown or out of range.
 * @returns a function that rejects with {@link TokenExchangeError} where no token of the requested type was issued.
 * @example
 * const exchange = tokenExchange({ issuer: 'https://issuer.example/', client: { id, secret } })
 * const { accessToken } = await exchange(token, { audience: 'https://calendar.example', scope: 'calendar:read' })
 */
export function tokenExchange(options: TokenExchangeOptions): ExchangeToken {
  const where = 'tokenExchange()'
  refuseUnknownOptions(where, options, ['issuer', 'endpoint', 'client', 'timeout', 'fetch'])
  const { issuer, endpoint, client, fetch, timeout } = options
  demandUrl(where, 'issuer', issuer)
  if (endpoint !== undefined) demandUrl(where, 'endpoint', endpoint)
  if (fetch !== undefined && typeof fetch !== 'function') {
    throw new ConfigurationError(`${where}: 'fetch' must be a function like the global fetch`)
  }
  return exchanger(
    { issuer, endpoint, timeout: numberOption(where, 'timeout', timeout, { otherwise: 10, min: 0.1, max: 60 }) },
    clientAuthentication(where, client, issuer, systemClock),
    fetch ?? ((input, init) => globalThis.fetch(input, init)),
    systemClock,
  )
}

function exchanger(
  { issuer, endpoint, timeout }: { issuer: string; endpoint: string | undefined; timeout: number },
  client: ClientAuthentication,
  fetch: Fetch,
  clock: Clock,
): ExchangeToken {
  const findEndpoint =
    endpoint === undefined
      ? endpointFinder(discoveryOfIssuer(issuer), 'token_endpoint', clock)
      : () => Promise.resolve(endpoint)
  const requestToken = tokenEndpoint({ findEndpoint, client, fetch, timeout }, clock)
  return async (subjectToken, request = {}) => {
    const form = exchangeForm(subjectToken, request)
    const requested = form.get('requested_token_type')
    try {
      const issued = await requestToken(form)
      // Section 2.2.1: it may issue another type than was asked for, and what that is good for is not known here.
      if (issued.issuedTokenType === undefined || issued.issuedTokenType === requested) return issued
      throw new IssuerFault('the server issued a token of another type than the requested one')
    } catch (error) {
      throw exchangeError(form, error)
    }
  }
}

const REQUEST = [
  'audience',
  'resource',
  'scope',
  'subjectTokenType',
  'requestedTokenType',
  'actorToken',
  'actorTokenType',
]

function exchangeForm(subjectToken: string, request: TokenExchangeRequest): URLSearchParams {
  const unknown = Object.keys(request).find(name => !REQUEST.includes(name))
  if (unknown !== undefined) throw new TypeError(`a token exchange has no option ${JSON.stringify(unknown)}`)
  const { audience, resource, scope, subjectTokenType = ACCESS_TOKEN, requestedTokenType = ACCESS_TOKEN } = request
  const { actorToken, actorTokenType = ACCESS_TOKEN } = request
  const form = new URLSearchParams({
    grant_type: TOKEN_EXCHANGE,
    subject_token: demandToken('subject', subjectToken),
    subject_token_type: demandText('subjectTokenType', subjectTokenType),
    requested_token_type: demandText('requestedTokenType', requestedTokenType),
  })
  for (const one of listOf(audience)) form.append('audience', demandText('audience', one))
  for (const one of listOf(resource)) form.append('resource', demandText('resource', one))
  if (scope !== undefined) form.set('scope', demandText('scope', scope))
  if (actorToken !== undefined) {
    form.set('actor_token', demandToken('actor', actorToken))
    form.set('actor_token_type', demandText('actorTokenType', actorTokenType))
  }
  return form
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

function demandText(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`'${name}' must be a string, and not an empty one`)
}

/** Longest token that is sent. */
const MAX_LENGTH = 64 * 1024

function demandToken(which: string, token: unknown): string {
  const fault =
    typeof token !== 'string' || token === ''
      ? 'is missing'
      : token.length > MAX_LENGTH
        ? 'is too long'
        : /\s/.test(token)
          ? 'holds white space: give the token alone, without the name of its scheme'
          : undefined
  if (fault !== undefined) throw new TokenExchangeError(`The ${which} token ${fault}.`)
  return token as string
}

function exchangeError(form: URLSearchParams, error: unknown): TokenExchangeError {
  const audience = form.getAll('audience').join(' ')
  const target = audience === '' ? '' : ` for audience '${audience}'`
  const reason = error instanceof IssuerFault ? error.message : 'the exchange failed'
  return new TokenExchangeError(`Failed to exchange token of type '${form.get('subject_token_type')}'${target}.`, {
    error: error instanceof GrantFault ? error.error : 'unavailable',
    error_description: reason,
  })
}
