import { decodeProtectedHeader } from 'jose'
import { apiKey } from '../../runtime/schemes/api-key.js'
import { basic } from '../../runtime/schemes/basic.js'
import { bearer } from '../../runtime/schemes/bearer.js'
import { mutualTls } from '../../runtime/schemes/mutual-tls.js'
import { type LocalIssuer, startLocalIssuer } from '../../runtime/testing.js'
import { type Issued, issueCertificate } from '../http/certificates.js'
import type { NaiveDocument, Scheme } from './naive-document.js'
import type { SampleRequest } from './request.js'

export type Flaw =
  | 'unknown'
  | 'wrong password'
  | 'self-signed'
  | 'foreign issuer'
  | 'forged'
  | 'broken signature'
  | 'altered'
  | 'expired'
  | 'another audience'

/** A credential for one scheme of the document; good unless it has a flaw. */
export interface Sent {
  readonly scheme: string
  readonly scopes: readonly string[]
  readonly flaw?: Flaw
}

type Schemes = NaiveDocument['schemes']

export function schemeNamed(schemes: Schemes, name: string): Scheme {
  const scheme = schemes[name]
  if (!scheme) throw new Error(`no security scheme ${name}`)
  return scheme
}

function isBasic({ type, scheme }: Scheme): boolean {
  return type === 'http' && scheme?.toLowerCase() === 'basic'
}

/** Where a credential travels, and as what. */
export function placeOf(scheme: Scheme): string {
  if (scheme.type === 'apiKey') {
    return `${scheme.in} ${scheme.in === 'header' ? scheme.name?.toLowerCase() : scheme.name}`
  }
  if (scheme.type === 'mutualTLS') return 'the handshake'
  return isBasic(scheme) ? 'Authorization: Basic' : 'Authorization: Bearer'
}

export function flawsOf(scheme: Scheme): readonly Flaw[] {
  if (scheme.type === 'apiKey') return ['unknown']
  if (isBasic(scheme)) return ['unknown', 'wrong password']
  if (scheme.type === 'mutualTLS') return ['unknown', 'self-signed', 'foreign issuer', 'expired']
  return ['foreign issuer', 'forged', 'broken signature', 'altered', 'expired', 'another audience']
}

interface Principal {
  readonly scopes: readonly string[]
}

/** Everybody who gives out credentials: issuers that are trusted, others that are not, and a list of keys. */
export interface Authority extends AsyncDisposable {
  /** For a TLS server: a certificate of its own, and whose it accepts. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string }
  /** A verifier for each scheme; no credential of one is any good for another. */
  verifiers(schemes: Schemes): { [scheme: string]: unknown }
  /** The request with these credentials in the places where the document says they travel. */
  withCredentials(request: SampleRequest, sent: readonly Sent[], schemes: Schemes): Promise<SampleRequest>
}

const PASSWORD = 'correct horse'

export async function startAuthority(): Promise<Authority> {
  const local = await startLocalIssuer()
  const foreign = await startLocalIssuer()
  const { kid } = decodeProtectedHeader(await local.token())
  const tokens = new Map<string, Promise<string>>()
  const principals = new Map<string, Principal>()

  const tokenOf = (sent: Sent) => {
    const key = JSON.stringify(sent)
    const token = tokens.get(key) ?? issueToken(sent, local, foreign, kid)
    tokens.set(key, token)
    return token
  }
  const keyOf = ({ scheme, scopes, flaw }: Sent) => {
    const key = Buffer.from(JSON.stringify([scheme, scopes])).toString('base64url')
    if (flaw === 'unknown') return `not-${key}`
    principals.set(`${scheme} ${key}`, { scopes })
    return key
  }
  const scopes = (principal: Principal) => principal.scopes
  const verifierOf = (name: string, scheme: Scheme) => {
    if (scheme.type === 'apiKey') return apiKey(key => principals.get(`${name} ${key}`), { scopes })
    if (isBasic(scheme)) {
      const find = (user: string, password: string) => password === PASSWORD && principals.get(`${name} ${user}`)
      return basic(find, { scopes })
    }
    if (scheme.type === 'mutualTLS') {
      return mutualTls(({ subject }) => principals.get(`${name} ${subject.replace(/^CN=/, '')}`), { scopes })
    }
    return bearer({ issuer: local.issuer, audience: audienceOf(name) })
  }
  const root = issueCertificate({ subject: 'root', ca: true })
  const foreignRoot = issueCertificate({ subject: 'root', ca: true })
  const certificates = new Map<string, Issued>()
  const certificateOf = (sent: Sent) => {
    const key = JSON.stringify(sent)
    const { flaw } = sent
    const issuer = flaw === 'self-signed' ? undefined : flaw === 'foreign issuer' ? foreignRoot : root
    const certificate =
      certificates.get(key) ??
      issueCertificate({ subject: keyOf(sent), ...(issuer && { issuer }), ...(flaw === 'expired' && { to: -60 }) })
    certificates.set(key, certificate)
    return certificate
  }
  const { key, cert } = issueCertificate({ subject: 'server', issuer: root })

  return {
    tls: { key, cert, ca: root.cert },
    verifiers: schemes =>
      Object.fromEntries(Object.entries(schemes).map(([name, scheme]) => [name, verifierOf(name, scheme)])),
    async withCredentials(request, sent, schemes) {
      const query = [...request.query]
      const cookies = [...request.cookies]
      const headers = { ...request.headers }
      let certificate: Issued | undefined
      for (const one of sent) {
        const scheme = schemeNamed(schemes, one.scheme)
        const name = scheme.name ?? ''
        if (scheme.type === 'mutualTLS') certificate = certificateOf(one)
        else if (scheme.type !== 'apiKey') {
          headers.authorization = isBasic(scheme)
            ? `Basic ${Buffer.from(`${keyOf(one)}:${one.flaw === 'wrong password' ? 'wrong' : PASSWORD}`).toString('base64')}`
            : `Bearer ${await tokenOf(one)}`
        } else if (scheme.in === 'query') query.push(`${name}=${keyOf(one)}`)
        else if (scheme.in === 'cookie') cookies.push(`${name}=${keyOf(one)}`)
        else headers[name] = keyOf(one)
      }
      return { ...request, query, cookies, headers, ...(certificate && { certificate }) }
    },
    async [Symbol.asyncDispose]() {
      await local.close()
      await foreign.close()
    },
  }
}

function audienceOf(scheme: string): string {
  return `https://${scheme}.example`
}

async function issueToken(
  { scheme, scopes, flaw }: Sent,
  local: LocalIssuer,
  foreign: LocalIssuer,
  kid: string | undefined,
): Promise<string> {
  const claims = { aud: audienceOf(scheme), scope: scopes.join(' ') }
  switch (flaw) {
    case 'foreign issuer':
      return foreign.token(claims)
    case 'forged':
      return foreign.token({ ...claims, iss: local.issuer }, { header: { kid } })
    case 'expired':
      return local.token(claims, { expiresIn: -600 })
    case 'another audience':
      return local.token({ ...claims, aud: audienceOf(`not-${scheme}`) })
    case 'broken signature': {
      const [header = '', payload = '', signature = ''] = (await local.token(claims)).split('.')
      return `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    }
    case 'altered': {
      // What the scopes are was never signed.
      const [header = '', payload = '', signature = ''] = (await local.token({ ...claims, scope: '' })).split('.')
      const signed = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
      return `${header}.${Buffer.from(JSON.stringify({ ...signed, ...claims, sub: 'admin' })).toString('base64url')}.${signature}`
    }
    default:
      return local.token(claims)
  }
}
