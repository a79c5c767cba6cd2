import type { webcrypto } from 'node:crypto'
import type { Auth0ClientSettings } from './auth0-client.js'
import { issuerUrlFault } from './tokens/issuer-url.js'
import { ConfigurationError } from './verifier.js'

export interface Auth0ApiOptions {
  /** The tenant's domain, `dev-abc123.us.auth0.com`. Default: `AUTH0_DOMAIN`, then `ISSUER_BASE_URL`. */
  readonly domain?: string
  /** The API's identifier. Default: `AUTH0_AUDIENCE`, then `AUDIENCE`. */
  readonly audience?: string
  /** The client that exchanges tokens. Default: `AUTH0_CLIENT_ID`. */
  readonly clientId?: string
  /** Its secret. Default: `AUTH0_CLIENT_SECRET`. */
  readonly clientSecret?: string
  /**
   * Its private key, which goes before the secret: PEM (PKCS #8) or a `CryptoKey`. Default:
   * `AUTH0_CLIENT_ASSERTION_SIGNING_KEY`.
   */
  readonly clientAssertionSigningKey?: string | webcrypto.CryptoKey
  /** The algorithm of that key. Default `RS256`. */
  readonly clientAssertionSigningAlg?: string
  /** Used for discovery, keys and token exchange instead of the global `fetch`. */
  readonly customFetch?: typeof fetch
}

export interface Auth0Settings {
  readonly issuer: string
  readonly audience: string
  readonly fetch?: typeof fetch
}

const OPTIONS: readonly string[] = [
  'domain',
  'audience',
  'clientId',
  'clientSecret',
  'clientAssertionSigningKey',
  'clientAssertionSigningAlg',
  'customFetch',
] satisfies (keyof Auth0ApiOptions)[]

/**
 * Options, completed from the environment; an empty string counts as missing.
 * @throws {ConfigurationError} naming the option and the variable that is missing or wrong.
 */
export function auth0Settings(options: Auth0ApiOptions, environment: NodeJS.ProcessEnv = process.env): Auth0Settings {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) throw new ConfigurationError(`'${name}' is no option of createAuth0Api.`)
  }
  const domain = options.domain || environment.AUTH0_DOMAIN || environment.ISSUER_BASE_URL?.replace(/^https?:\/\//, '')
  if (!domain) throw missing('domain', 'AUTH0_DOMAIN')
  const audience = options.audience || environment.AUTH0_AUDIENCE || environment.AUDIENCE
  if (!audience) throw missing('audience', 'AUTH0_AUDIENCE')
  return {
    issuer: issuerOf(domain),
    audience,
    ...(options.customFetch && { fetch: options.customFetch }),
  }
}

/** Options for token exchange, completed from the environment; an empty string counts as missing. */
export function auth0ClientSettings(
  options: Auth0ApiOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Auth0ClientSettings {
  const { issuer, fetch } = auth0Settings(options, environment)
  const clientId = options.clientId || environment.AUTH0_CLIENT_ID
  const clientSecret = options.clientSecret || environment.AUTH0_CLIENT_SECRET
  const clientAssertionSigningKey = options.clientAssertionSigningKey || environment.AUTH0_CLIENT_ASSERTION_SIGNING_KEY
  const { clientAssertionSigningAlg } = options
  return {
    issuer,
    ...(clientId && { clientId }),
    ...(clientSecret && { clientSecret }),
    ...(clientAssertionSigningKey && { clientAssertionSigningKey }),
    ...(clientAssertionSigningAlg && { clientAssertionSigningAlg }),
    ...(fetch && { fetch }),
  }
}

function missing(option: string, variable: string): ConfigurationError {
  return new ConfigurationError(`'${option}' is required. Provide it via config or ${variable} environment variable.`)
}

/** `https://<domain>/`; `http:` only where the domain says so and is on loopback, for development. */
function issuerOf(domain: string): string {
  const text = String(domain).trim()
  const url = /^https?:\/\//i.test(text) ? text : `https://${text}`
  const fault = issuerUrlFault(url) ?? (new URL(url).pathname === '/' ? undefined : 'holds a path')
  if (fault !== undefined) {
    throw new ConfigurationError(
      `Invalid domain configuration: 'domain' ${fault}. Write the host name alone, such as dev-abc123.us.auth0.com, in 'domain' or AUTH0_DOMAIN.`,
    )
  }
  return new URL(url).href
}
