import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'

/** A certificate with its key, made now: one that lies in a repository expires there. */
export interface Issued {
  readonly subject: string
  readonly certificate: X509Certificate
  /** PEM, as `node:tls` takes them. */
  readonly cert: string
  readonly key: string
}

export interface Wanted {
  readonly subject: string
  /** Who signs it; itself by default. */
  readonly issuer?: Issued
  /** May it sign others? */
  readonly ca?: boolean
  /** Its validity, in seconds from now. Default: from an hour ago until in an hour. */
  readonly from?: number
  readonly to?: number
  /** Names of hosts that it is good for as a server's, beside 127.0.0.1. */
  readonly hosts?: readonly string[]
  /** Bytes of an extension that nobody knows. */
  readonly padding?: number
}

/** An X.509 v3 certificate on a new P-256 key (RFC 5280 section 4.1), also good for a server on 127.0.0.1. */
export function issueCertificate({
  subject,
  issuer,
  ca = false,
  from = -3600,
  to = 3600,
  hosts = [],
  padding = 0,
}: Wanted): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer: KeyObject = issuer ? createPrivateKey(issuer.key) : privateKey
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
  const constraints = extension([0x55, 0x1d, 0x13], sequence(...(ca ? [der(0x01, Buffer.of(0xff))] : [])))
  const address = extension(
    [0x55, 0x1d, 0x11],
    sequence(der(0x87, Buffer.of(127, 0, 0, 1)), ...hosts.map(one => der(0x82, Buffer.from(one)))),
  )
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(0x01), randomBytes(8)])),
    algorithm,
    nameOf(issuer?.subject ?? subject),
    sequence(timeOf(from), timeOf(to)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(constraints, address, extension([0x2a, 0x03], der(0x04, Buffer.alloc(padding))))),
  )
  const bytes = sequence(body, algorithm, der(0x03, Buffer.of(0), sign('sha256', body, signer)))
  const certificate = new X509Certificate(bytes)
  return {
    subject,
    certificate,
    cert: certificate.toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts)
}

function oid(...bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.of(...bytes))
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return sequence(oid(...id), der(0x04, value))
}

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(text)))))
}

/** A UTCTime. */
function timeOf(offset: number): Buffer {
  const digits = new Date(Date.now() + offset * 1000).toISOString().replace(/\D/g, '')
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
}
