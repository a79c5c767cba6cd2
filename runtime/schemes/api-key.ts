import type { IncomingMessage } from 'node:http'
import type { Verifier } from '../verifier.js'
import { demandFunction } from './options.js'
import { type Found, invalidCredentials, type PrincipalOptions, scopesOption, verification } from './principal.js'
import { isSecretText } from './secret-text.js'

/**
 * A verifier for schemes of type `apiKey`: `verify` looks up whose key it is and returns that principal, which the
 * handler finds in `auth`, or something falsy. A key that is empty, longer than 4096 characters, or holds control
 * characters is refused without asking.
 *
 * Compare secrets in constant time ({@link keysByDigest}, {@link secretsEqual}), or look them up by their digest. When `verify` throws
 * or rejects, the request is refused.
 * @throws {ConfigurationError} at once, if `verify` is no function.
 * @example apiKey(keysByDigest({ '9b71…': { customer: 'acme' } }))
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
      if (key === '' || !isSecretText(key)) return invalidCredentials()
      return verification(await verify(key, request), scopesOf)
    },
  }
}
