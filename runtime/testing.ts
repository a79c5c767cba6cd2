import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose'
import { ConfigurationError } from './verifier.js'

type LocalAlgorithm = 'RS256' | 'ES256' | 'EdDSA'

export interface LocalIssuerOptions {
  /** Default: any port that is free. */
  port?: number
  /** The `aud` of its tokens. Default `https://api.example`. */
  audience?: string
  /** Default RS256. */
  algorithm?: LocalAlgorithm
}

/** Claims beside, or in place of, the default ones; `undefined` leaves a default one out. */
export interface LocalClaims {
  sub?: string
  scope?: string
  [claim: string]: unknown
}

export interface LocalTokenOptions {
  /** Seconds until `exp`; negative for a token that has expired. Default 3600. */
  expiresIn?: number
  /** Members of the protected header beside, or in place of, `typ` (`at+jwt`) and `kid`. */
  header?: { [name: string]: unknown }
}

export interface LocalIssuer extends AsyncDisposable {
  /** Its identifier, with a trailing slash: `http://127.0.0.1:PORT/`. */
  readonly issuer: string
  readonly audience: string
  /** An access token (RFC 9068), signed with the newest key. */
  token(claims?: LocalClaims, options?: LocalTokenOptions): Promise<string>
  /** Signs with a new key from now on. The old ones stay published, unless they are withdrawn. */
  rotate(options?: { withdraw?: boolean }): Promise<void>
  close(): Promise<void>
}

/**
 * An authorization server for development and tests, on 127.0.0.1 only: discovery document, JWK Set, and a token
 * endpoint that gives any client an access token with any scope it asks for (`client_credentials`).
 *
 * It authenticates nobody: whoever can reach it can get a token for everything.
 * @throws {ConfigurationError} if `NODE_ENV` is `production`.
 * @example
 * const local = await startLocalIssuer()
 * bearer({ issuer: local.issuer, audience: local.audience })
 * await local.token({ scope: 'read:messages' })
 */
export async function startLocalIssuer(options: LocalIssuerOptions = {}): Promise<LocalIssuer> {
  if (process.env.NODE_ENV === 'production') {
    throw new ConfigurationError(
      'startLocalIssuer() gives tokens to everybody and is not for production; configure a real issuer, or unset NODE_ENV',
    )
  }
  const { port = 0, audience = 'https://api.example', algorithm = 'RS256' } = options
  if (!['RS256', 'ES256', 'EdDSA'].includes(algorithm)) {
    throw new ConfigurationError(`startLocalIssuer(): 'algorithm' must be RS256, ES256 or EdDSA`)
  }
  let signer = await createSigner(algorithm)
  let published = [signer.jwk]

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const listening = (server.address() as AddressInfo).port
  const issuer = `http://127.0.0.1:${listening}/`
  const hosts = [`127.0.0.1:${listening}`, `localhost:${listening}`]

  async function token(claims: LocalClaims = {}, { expiresIn = 3600, header = {} }: LocalTokenOptions = {}) {
    const now = Math.floor(Date.now() / 1000)
    const registered = { iss: issuer, aud: audience, sub: 'local|user', iat: now, exp: now + expiresIn }
    const protectedHeader = { alg: algorithm, typ: 'at+jwt', kid: signer.kid, ...header } as JWTHeaderParameters
    return new SignJWT({ ...registered, client_id: 'local', jti: crypto.randomUUID(), ...claims })
      .setProtectedHeader(protectedHeader)
      .sign(signer.privateKey)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page in the developer's browser may point a name of its own at 127.0.0.1; it must get no tokens here.
    if (!hosts.includes(request.headers.host ?? '')) return send(response, 403, { error: 'invalid_request' })
    const path = request.url?.split('?', 1)[0]
    if (request.method === 'GET' && path === OPENID_CONFIGURATION) {
      return send(response, 200, metadataOf(issuer, algorithm))
    }
    if (request.method === 'GET' && path === '/jwks.json') return send(response, 200, { keys: published })
    if (request.method === 'POST' && path === '/token') return grantToken(request, response, token)
    return send(response, 404, { error: 'not_found' })
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }

  return {
    issuer,
    audience,
    token,
    async rotate({ withdraw = false } = {}) {
      const next = await createSigner(algorithm)
      published = withdraw ? [next.jwk] : [next.jwk, ...published]
      signer = next
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const OPENID_CONFIGURATION = '/.well-known/openid-configuration'

interface Signer {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

async function createSigner(alg: LocalAlgorithm): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  return { kid, privateKey, jwk: { ...jwk, kid, alg, use: 'sig' } }
}

/** OpenID Connect Discovery section 3, as far as a resource server and a client of {@link grantToken} want it. */
function metadataOf(issuer: string, algorithm: LocalAlgorithm): object {
  return {
    issuer,
    jwks_uri: `${issuer}jwks.json`,
    token_endpoint: `${issuer}token`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'none'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
  }
}

/** RFC 6749 section 4.4, without asking who the client is. */
async function grantToken(
  request: IncomingMessage,
  response: ServerResponse,
  token: LocalIssuer['token'],
): Promise<void> {
  const form = new URLSearchParams(await bodyOf(request))
  if (form.get('grant_type') !== 'client_credentials') {
    return send(response, 400, { error: 'unsupported_grant_type' })
  }
  const scope = form.get('scope') ?? ''
  const granted = scope === '' ? {} : { scope }
  const client = form.get('client_id') ?? basicUsername(request) ?? 'local'
  const access_token = await token({ sub: `${client}@clients`, client_id: client, ...granted })
  return send(response, 200, { access_token, token_type: 'Bearer', expires_in: 3600, ...granted })
}

function basicUsername(request: IncomingMessage): string | undefined {
  const encoded = /^basic (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().split(':', 1)[0]
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk
    if (body.length > 16_384) throw new Error('the form is too long')
  }
  return body
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
