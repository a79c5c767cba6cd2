import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { headerValues } from './credentials.js'
import type { IsTrusted } from './trusted-proxies.js'

/** The certificate of a request's client, which has proved in a TLS handshake that it holds the key. */
export interface ClientCertificate {
  readonly certificate: X509Certificate
  /**
   * The certificates that a trusted proxy forwarded beside it, in `Client-Cert-Chain`. Empty on a TLS connection of
   * this server's own.
   */
  readonly chain: readonly X509Certificate[]
  /**
   * Why this server's own handshake found the certificate to be no good: OpenSSL's code, where `rejectUnauthorized` is
   * off. Absent when it is good, and when a trusted proxy forwarded it: then the proxy has verified it.
   */
  readonly fault?: string
}

/** `unusable` is what a trusted proxy forwarded and nobody can read; `repeated` are two certificates in place of one. */
export type FoundCertificate = ClientCertificate | 'nothing' | 'unusable' | 'repeated'

/** How a request's certificate is found: where it is looked for depends on whose connection it is. */
export function clientCertificateOf(request: IncomingMessage, isTrusted: IsTrusted): FoundCertificate {
  const { socket } = request
  // A certificate on a proxy's connection is the proxy's own: taken for the client's, it would make everybody the proxy.
  // Nor does anybody else's Client-Cert count: without this order, a header would be enough to be somebody.
  return isTrusted(socket.remoteAddress) ? forwarded(request) : presented(socket)
}

function presented(socket: Socket): FoundCertificate {
  if (!(socket instanceof TLSSocket)) return 'nothing'
  // `authorized` alone says nothing: it is true on a resumed session without any certificate.
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return 'nothing'
  if (socket.authorized === true) return { certificate, chain: [] }
  return { certificate, chain: [], fault: String(socket.authorizationError) }
}

/** Longest `Client-Cert` and `Client-Cert-Chain`, in characters. */
const MAX_CERTIFICATE = 16_384
const MAX_CHAIN = 65_536

/** Reads `Client-Cert`, an Item, and `Client-Cert-Chain`, a List of Byte Sequences (RFC 9440 section 2, RFC 8941). */
function forwarded(request: IncomingMessage): FoundCertificate {
  const fields = headerValues(request, 'client-cert')
  const chainText = headerValues(request, 'client-cert-chain').join(',').trim()
  const [field] = fields
  // RFC 9440 section 2.3: no chain without the certificate that it belongs to.
  if (field === undefined) return chainText === '' ? 'nothing' : 'unusable'
  // RFC 9440 section 2.2: one value, once. Of two, one may be what a client sent and the proxy did not remove.
  if (fields.length > 1 || field.includes(',')) return 'repeated'
  if (field.length > MAX_CERTIFICATE || chainText.length > MAX_CHAIN) return 'unusable'
  const certificate = certificateFrom(field)
  const chain = chainText === '' ? [] : chainText.split(',').map(certificateFrom)
  const known = chain.filter(one => one !== undefined)
  return certificate === undefined || known.length < chain.length ? 'unusable' : { certificate, chain: known }
}

/**
 * The last certificates that were forwarded, by their text: a proxy sends the same with each request of a client, and to
 * parse it takes longer than all the rest. What was found out about them is not kept.
 */
const parsed = new Map<string, X509Certificate>()
const MAX_PARSED = 256

/** A Byte Sequence without parameters that holds one certificate in DER, and nothing else. */
function certificateFrom(item: string): X509Certificate | undefined {
  const [, text] = /^[ \t]*:([A-Za-z0-9+/]+={0,2}):[ \t]*$/.exec(item) ?? []
  if (text === undefined) return undefined
  const before = parsed.get(text)
  if (before !== undefined) return before
  const bytes = Buffer.from(text, 'base64')
  try {
    const certificate = new X509Certificate(bytes)
    // PEM would be taken as well, and what follows a certificate passed over.
    if (!certificate.raw.equals(bytes)) return undefined
    const [oldest] = parsed.keys()
    if (oldest !== undefined && parsed.size >= MAX_PARSED) parsed.delete(oldest)
    parsed.set(text, certificate)
    return certificate
  } catch {
    return undefined
  }
}
