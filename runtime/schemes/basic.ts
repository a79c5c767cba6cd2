import type { IncomingMessage } from 'node:http'
import type { Verifier } from '../verifier.js'
import { demandFunction } from './options.js'
import { type Found, invalidCredentials, type PrincipalOptions, scopesOption, verification } from './principal.js'

/**
 * A verifier for `http` schemes `basic` (RFC 7617): `verify` checks name and password and returns the principal,
 * which the handler finds in `auth`, or something falsy. When both are empty they are refused without asking.
 *
 * Keep passwords as slow hashes, and compare them in constant time. When `verify` throws or rejects, the request is
 * refused.
 * @throws {ConfigurationError} at once, if `verify` is no function.
 * @example basic((username, password) => users.authenticate(username, password))
 */
export function basic<Principal>(
  verify: (
    username: string,
    password: string,
    request: IncomingMessage,
  ) => Found<Principal> | Promise<Found<Principal>>,
  options: PrincipalOptions<Principal> = {},
): Verifier<Principal, 'basic'> {
  demandFunction('basic()', verify, '(username, password, request) => principal')
  const scopesOf = scopesOption('basic()', options)
  return {
    kind: 'basic',
    async verify({ username, password }, request) {
      if (username === '' && password === '') return invalidCredentials()
      return verification(await verify(username, password, request), scopesOf)
    },
  }
}
