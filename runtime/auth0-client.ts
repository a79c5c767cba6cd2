import type { webcrypto } from 'node:crypto'
import { ACCESS_TOKEN, type ExchangeToken, tokenExchange } from './token-exchange.js'
import { type Algorithm, isAlgorithm } from './tokens/algorithms.js'
import type { Client } from './tokens/client-authentication.js'
import type { Fetch } from './tokens/issuer-document.js'
import { ConfigurationError } from './verifier.js'

export interface OnBehalfOfTokenOptions {
  /** The identifier of the API that the token is for. */
  readonly audience: string
  /** Scopes, separated by spaces. Default: what the tenant decides. */
  readonly scope?: string
}

export interface OnBehalfOfTokenResult {
  readonly accessToken: string
  /** Seconds since 1970. */
  readonly expiresAt: number
  readonly scope?: string
  readonly tokenType?: string
  readonly issuedTokenType?: string
}

/** `req.auth0.client` */
export interface Auth0Client {
  /**
   * Exchanges an access token, given without `Bearer `, for one for another API and the same user (RFC 8693).
   * Rejects with {@link MissingClientAuthError} or with {@link TokenExchangeError}.
   */
  getTokenOnBehalfOf(accessToken: string, options: OnBehalfOfTokenOptions): Promise<OnBehalfOfTokenResult>
}

/** `clientId`, and `clientSecret` or `clientAssertionSigningKey`, are not configured. */
export class MissingClientAuthError extends Error {
  override readonly name = 'MissingClientAuthError'
  readonly code = 'missing_client_auth_error'

  constructor() {
    super('The client secret or client assertion signing key must be provided.')
  }
}

/** What token exchange needs of {@link Auth0ApiOptions}, completed from the environment. */
export interface Auth0ClientSettings {
  readonly issuer: string
  readonly clientId?: string
  readonly clientSecret?: string
  readonly clientAssertionSigningKey?: string | webcrypto.CryptoKey
  readonly clientAssertionSigningAlg?: string
  readonly fetch?: Fetch
}

/** @throws {ConfigurationError} if a key is given that is none. */
export function auth0Client(settings: Auth0ClientSettings): Auth0Client {
  const exchange = exchangeOf(settings)
  return {
    async getTokenOnBehalfOf(accessToken, { audience, scope }) {
      if (exchange === undefined) throw new MissingClientAuthError()
      const issued = await exchange(accessToken, {
        audience,
        ...(scope !== undefined && { scope }),
        subjectTokenType: ACCESS_TOKEN,
        requestedTokenType: ACCESS_TOKEN,
      })
      // One that does not say how long it lives must not be kept: it counts as expired.
      return { expiresAt: Math.floor(Date.now() / 1000), ...issued }
    },
  }
}

/** For requests that no `createAuth0Api()` or `auth0()` has seen. */
export const UNCONFIGURED_CLIENT: Auth0Client = {
  getTokenOnBehalfOf: () => Promise.reject(new MissingClientAuthError()),
}

function exchangeOf({ issuer, fetch, ...settings }: Auth0ClientSettings): ExchangeToken | undefined {
  const client = clientOf(settings)
  if (client === undefined) return undefined
  try {
    return tokenExchange({ issuer, client, ...(fetch && { fetch }) })
  } catch (error) {
    // It throws nothing else.
    const { message } = error as ConfigurationError
    throw new ConfigurationError(
      `'clientAssertionSigningKey' and 'clientAssertionSigningAlg' do not make a client (${message}). Provide them via config or AUTH0_CLIENT_ASSERTION_SIGNING_KEY environment variable.`,
    )
  }
}

function clientOf(settings: Omit<Auth0ClientSettings, 'issuer'>): Client | undefined {
  const { clientId, clientSecret, clientAssertionSigningKey: key, clientAssertionSigningAlg = 'RS256' } = settings
  if (!clientId) return undefined
  if (key) {
    if (isAlgorithm(clientAssertionSigningAlg)) {
      return { id: clientId, key, algorithm: clientAssertionSigningAlg satisfies Algorithm }
    }
    throw new ConfigurationError(`'clientAssertionSigningAlg' is none of the asymmetric algorithms of JOSE.`)
  }
  // As its applications are set up unless one says otherwise.
  return clientSecret ? { id: clientId, secret: clientSecret, method: 'client_secret_post' } : undefined
}
