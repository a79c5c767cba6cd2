import type { IncomingMessage } from 'node:http'
import type { Verifier } from '../verifier.js'
import { demandFunction } from './options.js'
import { type Found, invalidCredentials, type PrincipalOptions, scopesOption, verification } from './principal.js'

/**
 * A verifier for schemes of type `apiKey`: `verify` looks up whose key it is and returns that principal, which the
 * handler finds in `auth`, or something falsy. An empty key is refused without asking.
 *
 * Compare secrets in constant time (`crypto.timingSafeEqual`), or look them up by their digest. When `verify` throws
 * or rejects, the request is refused.
 * @throws {ConfigurationError} at once, if `verify` is no function.
 * @example apiKey(key => customers.findByKeyDigest(sha256(key)))
 */
export function apiKey<Principal>(
  verify: (key: string, request: IncomingMessage) => Found<Principal> | Promise<Found<Principal>>,
  options: PrincipalOptions<Principal> = {},
): Verifier<Principal, 'apiKey'> {
  demandFunction('apiKey()', verify, '(key, request) => principal')
  const scopesOf = scopesOption('apiKey()', options)
  return {
    kind: 'apiKey',
    async verify({ key }, request) {
      if (key === '') return invalidCredentials()
      return verification(await verify(key, request), scopesOf)
    },
  }
}
