import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { clientCertificateOf } from '../client-certificate.js'
import { systemClock } from '../tokens/clock.js'
import { trustedProxies } from '../trusted-proxies.js'
import type { CertificateVerifier } from '../verifier.js'
import { demandFunction, numberOption } from './options.js'
import { type Found, invalidCredentials, type PrincipalOptions, scopesOption, verification } from './principal.js'

export interface MutualTlsOptions<Principal> extends PrincipalOptions<Principal> {
  /**
   * Addresses (`10.0.0.7`) and networks (`10.0.0.0/8`, `fd00::/8`) of proxies that end TLS, verify client certificates
   * and forward them in `Client-Cert` (RFC 9440). Compared with the connection's own peer, never with a header.
   * Default: none, and `Client-Cert` is not looked at. A proxy on a Unix domain socket has no address.
   */
  trustedProxies?: readonly string[]
  /** Accepted clock difference for the certificate's validity, in seconds. Default 5, at most 60. */
  clockTolerance?: number
}

/**
 * A verifier for schemes of type `mutualTLS`: `verify` says whose certificate it is and returns that principal, which
 * the handler finds in `auth`, or something falsy. A certificate is good when the TLS server that `request` came
 * through has verified it (`requestCert: true` and `ca` of `node:tls`), or when a trusted proxy forwarded it; `chain`
 * is what such a proxy sent in `Client-Cert-Chain`.
 *
 * Checks the validity dates, on every request. Checks **not**: revocation; the chain of a forwarded certificate, nor
 * its purpose: the proxy must have. Which good certificates are welcome is for `verify` to say: a CA may have issued
 * some to others. When `verify` throws or rejects, the request is refused.
 * @throws {ConfigurationError} at once, if `verify` is no function or an option is unknown, out of range or no address.
 * @example mutualTls(certificate => partners.get(certificate.fingerprint256), { trustedProxies: ['10.0.0.7'] })
 */
export function mutualTls<Principal>(
  verify: (
    certificate: X509Certificate,
    request: IncomingMessage,
    chain: readonly X509Certificate[],
  ) => Found<Principal> | Promise<Found<Principal>>,
  options: MutualTlsOptions<Principal> = {},
): CertificateVerifier<Principal> {
  demandFunction('mutualTls()', verify, '(certificate, request) => principal')
  const scopesOf = scopesOption('mutualTls()', options, ['trustedProxies', 'clockTolerance'])
  const isTrusted = trustedProxies('mutualTls()', options.trustedProxies)
  const tolerance = numberOption('mutualTls()', 'clockTolerance', options.clockTolerance, {
    otherwise: 5,
    min: 0,
    max: 60,
  })
  return {
    kind: 'mutualTLS',
    read(request) {
      const found = clientCertificateOf(request, isTrusted)
      return typeof found === 'object' ? { kind: 'mutualTLS', ...found } : found
    },
    async verify({ certificate, chain, fault }, request) {
      if (fault !== undefined) return invalidCredentials(`the TLS server refuses the certificate: ${fault}`)
      if (!isCurrent(certificate, systemClock(), tolerance)) {
        return invalidCredentials('the certificate is not valid yet, or no longer')
      }
      return verification(await verify(certificate, request, chain), scopesOf)
    },
  }
}

/** A handshake may be older than the request, and its session be resumed long after the certificate expired. */
function isCurrent({ validFrom, validTo }: X509Certificate, now: number, tolerance: number): boolean {
  // Neither comparison holds for a date that cannot be read.
  return Date.parse(validFrom) / 1000 <= now + tolerance && now - tolerance <= Date.parse(validTo) / 1000
}
