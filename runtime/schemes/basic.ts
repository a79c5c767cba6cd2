import type { IncomingMessage } from 'node:http'
import { ConfigurationError, type Verifier } from '../verifier.js'
import { demandFunction } from './options.js'
import { type Found, invalidCredentials, type PrincipalOptions, scopesOption, verification } from './principal.js'
import { isSecretText } from './secret-text.js'

export interface BasicOptions<Principal> extends PrincipalOptions<Principal> {
  /** Ask about a name without a password as well, where names are keys: `curl -u KEY:`. Default `false`. */
  allowEmptyPassword?: boolean
}

/**
 * A verifier for `http` schemes `basic` (RFC 7617): `verify` checks name and password and returns the principal,
 * which the handler finds in `auth`, or something falsy. They are decoded as UTF-8. An empty password is refused without
 * asking, and so is a name or password that is longer than 4096 characters or holds control characters.
 *
 * Keep passwords as slow hashes, and compare secrets in constant time ({@link usersByDigest}, {@link secretsEqual}).
 * When `verify` throws or rejects, the request is refused.
 * @throws {ConfigurationError} at once, if `verify` is no function or an option is unknown or of the wrong type.
 * @example basic((username, password) => users.authenticate(username, password))
 */
export function basic<Principal>(
  verify: (
    username: string,
    password: string,
    request: IncomingMessage,
  ) => Found<Principal> | Promise<Found<Principal>>,
  options: BasicOptions<Principal> = {},
): Verifier<Principal, 'basic'> {
  demandFunction('basic()', verify, '(username, password, request) => principal')
  const scopesOf = scopesOption('basic()', options, ['allowEmptyPassword'])
  const { allowEmptyPassword = false } = options
  if (typeof allowEmptyPassword !== 'boolean') {
    throw new ConfigurationError(`basic(): 'allowEmptyPassword' must be true or false`)
  }
  return {
    kind: 'basic',
    async verify({ username, password }, request) {
      // RFC 4513 section 5.1.2: a directory takes a name without a password for anonymous, and says yes.
      if (password === '' && (!allowEmptyPassword || username === '')) return invalidCredentials()
      if (!isSecretText(username) || !isSecretText(password)) return invalidCredentials()
      return verification(await verify(username, password, request), scopesOf)
    },
  }
}
