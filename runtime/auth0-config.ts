import { issuerUrlFault } from './tokens/issuer-url.js'
import { ConfigurationError } from './verifier.js'

export interface Auth0ApiOptions {
  /** The tenant's domain, `dev-abc123.us.auth0.com`. Default: `AUTH0_DOMAIN`, then `ISSUER_BASE_URL`. */
  readonly domain?: string
  /** The API's identifier. Default: `AUTH0_AUDIENCE`, then `AUDIENCE`. */
  readonly audience?: string
  /** Used for discovery and keys instead of the global `fetch`. */
  readonly customFetch?: typeof fetch
}

export interface Auth0Settings {
  readonly issuer: string
  readonly audience: string
  readonly fetch?: typeof fetch
}

const OPTIONS: readonly string[] = ['domain', 'audience', 'customFetch'] satisfies (keyof Auth0ApiOptions)[]

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
