import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { clientCertificateOf } from '../client-certificate.js'
import type { IsTrusted } from '../trusted-proxies.js'
import { type Denial, deny } from '../verifier.js'

/** Is the request's client the one whose certificate has this digest? The denial, if it is not. */
export type ProveCertificate = (digest: unknown, request: IncomingMessage) => Denial | undefined

/**
 * Compares `x5t#S256` with the certificate of the request's client (RFC 8705 section 3). The TLS handshake has proved
 * that the client holds its key. Chain and dates are not asked for: the token names this one certificate, and the
 * authorization server vouches for it, be it signed by itself (section 2.2).
 */
export function certificateProver(isTrusted: IsTrusted): ProveCertificate {
  return (digest, request) => {
    const found = clientCertificateOf(request, isTrusted)
    if (typeof found !== 'object') return refuse('token requires the client certificate that it is bound to')
    const own = createHash('sha256').update(found.certificate.raw).digest('base64url')
    return own === digest ? undefined : refuse('token is bound to another client certificate')
  }
}

function refuse(description: string): Denial {
  return deny('invalid_token', { description })
}
