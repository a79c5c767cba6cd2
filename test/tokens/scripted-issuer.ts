import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { Denial, Verification, Verifier } from '../../runtime/verifier.js'

export const AUDIENCE = 'https://api.example'

export interface TestKey {
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

export async function testKey(alg: string, kid: string | undefined, members: object = {}): Promise<TestKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), ...(kid === undefined ? {} : { kid }), ...members }
  return { alg, privateKey, jwk }
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** An issuer whose every answer can be replaced, and which counts what it is asked. */
export interface ScriptedIssuer extends AsyncDisposable {
  readonly origin: string
  readonly issuer: string
  keys: JWK[]
  metadata: object
  /** Path → what answers in place of the ordinary answer. */
  readonly script: Map<string, Answer>
  readonly asked: string[]
  sign(key: TestKey, claims?: object, header?: object): Promise<string>
}

export const METADATA = '/.well-known/openid-configuration'
export const JWKS = '/jwks'

export async function scriptedIssuer(...keys: TestKey[]): Promise<ScriptedIssuer> {
  const script = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const scripted = script.get(path)
    if (scripted !== undefined) scripted(request, response)
    else if (path === METADATA) json(self.metadata)(request, response)
    else if (path === JWKS) json({ keys: self.keys })(request, response)
    else status(404)(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = `${origin}/`
  const self: ScriptedIssuer = {
    origin,
    issuer,
    keys: keys.map(({ jwk }) => jwk),
    metadata: { issuer, jwks_uri: origin + JWKS },
    script,
    asked,
    sign: ({ alg, privateKey, jwk }, claims = {}, header = {}) =>
      new SignJWT({ ...goodClaims(issuer), ...claims })
        .setProtectedHeader({ alg, typ: 'at+jwt', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }), ...header })
        .sign(privateKey),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return self
}

export function goodClaims(issuer: string) {
  const now = Math.floor(Date.now() / 1000)
  return { iss: issuer, aud: AUDIENCE, sub: 'user', iat: now, exp: now + 3600, scope: 'read:a read:b' }
}

export function json(body: unknown): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(code, headers)
    response.end()
  }
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

const NO_REQUEST = {} as IncomingMessage

export async function ask(verifier: Verifier, token: string): Promise<Verification<object>> {
  return verifier.verify({ kind: 'bearer', token, tokenType: 'Bearer' }, NO_REQUEST)
}

/** `granted`, or code and description of the denial, in one line. */
export async function outcome(verifier: Verifier, token: string): Promise<string> {
  const verification = await ask(verifier, token)
  return verification.granted ? 'granted' : shown(verification)
}

function shown({ code, description }: Denial): string {
  return description === undefined ? code : `${code}: ${description}`
}
