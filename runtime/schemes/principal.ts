import { ConfigurationError, deny, type Verification } from '../verifier.js'
import { refuseUnknownOptions } from './options.js'

/** Who a credential belongs to, or a falsy value when it is not known. */
export type Found<Principal> = Principal | undefined | null | false

export interface PrincipalOptions<Principal> {
  /** The scopes (OpenAPI 3.1: roles) of a principal, for documents that demand some. Default: none. */
  scopes?: (principal: Principal) => readonly string[]
}

type ScopesOf<Principal> = (principal: Principal) => readonly string[]

/** @param others the verifier's other options. @throws {ConfigurationError} */
export function scopesOption<Principal>(
  where: string,
  options: PrincipalOptions<Principal>,
  others: readonly string[] = [],
): ScopesOf<Principal> {
  refuseUnknownOptions(where, options, ['scopes', ...others])
  const { scopes } = options
  if (scopes === undefined) return () => []
  if (typeof scopes === 'function') return scopes
  throw new ConfigurationError(`${where}: 'scopes' must be a function (principal) => scopes`)
}

/** Only what is truthy is a principal: a look-up that found nothing must not let anybody in. */
export function verification<Principal>(
  found: Found<Principal>,
  scopesOf: ScopesOf<Principal>,
): Verification<Principal> {
  if (!found) return invalidCredentials()
  const scopes: unknown = scopesOf(found)
  if (!Array.isArray(scopes)) throw new TypeError(`'scopes' must return a list of strings`)
  return { granted: true, proof: found, scopes: scopes.filter(one => typeof one === 'string' && one !== '') }
}

/** @param reason for the decision hook alone. */
export function invalidCredentials(reason?: string): Verification<never> {
  return deny('invalid_token', { description: 'Invalid credentials', ...(reason !== undefined && { reason }) })
}
