import type { IncomingMessage } from 'node:http'
import { challengeFault } from '../challenge.js'
import { ConfigurationError, type HttpVerifier } from '../verifier.js'
import { demandFunction } from './options.js'
import { type Found, type PrincipalOptions, scopesOption, verification } from './principal.js'

export interface HttpSchemeOptions<Principal> extends PrincipalOptions<Principal> {
  /**
   * What `WWW-Authenticate` says to callers without good credentials, beginning with the scheme's name: `Digest
   * realm="api", nonce="…"`. A function is called for each refusal, so that it can give fresh nonces; where it throws
   * or returns something else than a challenge, the scheme's name is sent alone. Default: the scheme's name.
   */
  challenge?: string | (() => string)
}

/**
 * A verifier for `http` schemes that Gatewright does not know itself (Digest, HOBA, Negotiate, PrivateToken…): `verify`
 * gets what follows the scheme's name in `Authorization`, as it was sent, and returns the principal, which the handler
 * finds in `auth`, or something falsy. All of the scheme's own rules are for it to check: nothing is parsed before it.
 *
 * Not for `bearer` and `basic`, which have verifiers of their own, nor for `dpop`, whose proofs `bearer()` checks. When
 * `verify` throws or rejects, the request is refused.
 * @throws {ConfigurationError} at once, if `scheme` is one of these or no name, `verify` is no function, or `challenge`
 *   does not begin with the scheme's name.
 * @example httpScheme('Digest', credentials => digests.check(credentials), { challenge: () => digests.challenge() })
 */
export function httpScheme<const Scheme extends string, Principal>(
  scheme: Scheme,
  verify: (credentials: string, request: IncomingMessage) => Found<Principal> | Promise<Found<Principal>>,
  options: HttpSchemeOptions<Principal> = {},
): HttpVerifier<Principal, Lowercase<Scheme>> {
  demandScheme(scheme)
  demandFunction('httpScheme()', verify, '(credentials, request) => principal')
  const scopesOf = scopesOption('httpScheme()', options, ['challenge'])
  const { challenge = scheme } = options
  const fault = challengeFault(scheme, challenge)
  if (fault !== undefined) throw new ConfigurationError(`httpScheme(): 'challenge' ${fault}`)
  return {
    kind: 'http',
    scheme: scheme.toLowerCase() as Lowercase<Scheme>,
    challenge,
    async verify({ credentials }, request) {
      return verification(await verify(credentials, request), scopesOf)
    },
  }
}

const OTHERS: { readonly [scheme: string]: string } = {
  bearer: 'use bearer({ issuer, audience })',
  basic: 'use basic(findUser)',
  dpop: 'use bearer({ issuer, audience, dpop: true })',
}

function demandScheme(scheme: unknown): void {
  if (typeof scheme !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(scheme)) {
    throw new ConfigurationError(`httpScheme() wants the name of an HTTP authentication scheme, like 'Digest'`)
  }
  const name = scheme.toLowerCase()
  const other = Object.hasOwn(OTHERS, name) ? OTHERS[name] : undefined
  if (other !== undefined) throw new ConfigurationError(`httpScheme() is not for ${scheme}: ${other}`)
}
