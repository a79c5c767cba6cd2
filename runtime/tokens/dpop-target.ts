import type { IncomingMessage } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { splitTarget } from '../path.js'
import { isLoopback } from './issuer-url.js'

/** A public base URL, to which the path of a request is added. */
export interface BaseUrl {
  readonly origin: string
  /** Normalised; without the slash at its end. */
  readonly path: string
}

export function baseUrlOf(text: string): BaseUrl {
  const { origin, pathname } = new URL(text)
  return { origin, path: normalised(pathname.replace(/\/$/, '')) }
}

/**
 * Is `htu` the URL of this request, query and fragment aside (RFC 9449 section 4.3, check 9), after normalisation
 * (RFC 3986 sections 6.2.2 and 6.2.3)? `Host`, `Forwarded` and `X-Forwarded-*` play no part: who sends a proof that was
 * made for another server sends these as well. Without base URLs, the connection itself must be what `htu` names.
 */
export function isTarget(htu: string, request: IncomingMessage, baseUrls: readonly BaseUrl[] | undefined): boolean {
  // URL() mends white space and backslashes silently: refuse what it would mend.
  if (!/^https?:\/\/[^/?#@]+(?:[/?#]|$)/i.test(htu) || !/^[\x21-\x5b\x5d-\x7e]+$/.test(htu) || !URL.canParse(htu))
    return false
  const url = new URL(htu)
  // What Express calls it before a mount path was cut off.
  const { originalUrl } = request as { originalUrl?: unknown }
  const { path } = splitTarget(typeof originalUrl === 'string' ? originalUrl : (request.url ?? ''))
  // Dot segments are gone from the one and not from the other, which then is no target of any honest proof.
  const asked = normalised(path === '' ? '/' : path)
  const aimed = normalised(url.pathname)
  if (baseUrls === undefined) return aimed === asked && isOwnOrigin(url, request.socket)
  return baseUrls.some(base => base.origin === url.origin && aimed === base.path + asked)
}

/** RFC 3986 section 6.2.2: hexadecimal digits in upper case, unreserved characters not encoded. */
function normalised(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, octet => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : octet.toUpperCase()
  })
}

/**
 * Does the origin name this end of the connection: its address and port, `localhost` on loopback, or a name in the
 * certificate of this TLS server?
 */
function isOwnOrigin(url: URL, socket: Socket): boolean {
  const tls = socket instanceof TLSSocket
  if (url.protocol !== (tls ? 'https:' : 'http:')) return false
  if (Number(url.port || (tls ? 443 : 80)) !== socket.localPort) return false
  const address = socket.localAddress?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
  // Written as URLs write it; what is no address, as with a zone, is nobody's.
  const own = isIP(address) === 0 ? '' : address.includes(':') ? `http://[${address}]` : `http://${address}`
  if (URL.canParse(own)) {
    const here = new URL(own)
    if (url.hostname === here.hostname || (url.hostname === 'localhost' && isLoopback(here))) return true
  }
  const certificate = tls ? socket.getX509Certificate() : undefined
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return (isIP(host) === 0 ? certificate?.checkHost(host) : certificate?.checkIP(host)) !== undefined
}
