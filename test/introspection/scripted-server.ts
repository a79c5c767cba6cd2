import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import { type IntrospectionOptions, introspection } from '../../runtime/schemes/introspection.js'
import { AUDIENCE, JWKS, json, METADATA, type TestKey } from '../tokens/scripted-issuer.js'

/** What one question held. */
export interface Question {
  readonly path: string
  readonly form: URLSearchParams
  readonly headers: IncomingMessage['headers']
}

type Answer = (response: ServerResponse, question: Question) => void

/** An authorization server whose answers are written by the test. */
export interface ScriptedServer extends AsyncDisposable {
  readonly origin: string
  readonly issuer: string
  /** How the introspection endpoint answers. */
  answer: Answer
  metadata: Record<string, unknown>
  keys: TestKey[]
  /** What was posted, in order. */
  readonly questions: Question[]
  /** How often the metadata was read. */
  discovered: number
  readonly options: IntrospectionOptions
}

export const CLIENT = { id: 'api', secret: 'correct horse' }

export async function scriptedServer(): Promise<ScriptedServer> {
  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    if (path === METADATA) {
      self.discovered++
      return json(self.metadata)(request, response)
    }
    if (path === JWKS) return json({ keys: self.keys.map(({ jwk }) => jwk) })(request, response)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const question = { path, form: new URLSearchParams(Buffer.concat(chunks).toString()), headers: request.headers }
    self.questions.push(question)
    self.answer(response, question)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = `${origin}/`
  const self: ScriptedServer = {
    origin,
    issuer,
    answer: answering(active(issuer)),
    metadata: {
      issuer,
      jwks_uri: origin + JWKS,
      introspection_endpoint: `${origin}/introspect`,
      token_endpoint: `${origin}/token`,
    },
    keys: [],
    questions: [],
    discovered: 0,
    options: { issuer, client: CLIENT, audience: AUDIENCE },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return self
}

export function active(issuer: string, members: object = {}) {
  const now = Math.floor(Date.now() / 1000)
  return {
    active: true,
    iss: issuer,
    aud: AUDIENCE,
    sub: 'user',
    token_type: 'Bearer',
    iat: now,
    exp: now + 600,
    scope: 'read:a read:b',
    ...members,
  }
}

export function answering(body: unknown, contentType = 'application/json', status = 200): Answer {
  return response => {
    response.writeHead(status, { 'content-type': contentType })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

export function verifierOf(server: ScriptedServer, options: Partial<IntrospectionOptions> = {}) {
  return introspection({ ...server.options, ...options })
}

/** A signed answer (RFC 9701) whose claims and header can be replaced. */
export async function signedAnswer(server: ScriptedServer, key: TestKey, claims: object = {}, header: object = {}) {
  const now = Math.floor(Date.now() / 1000)
  const payload = { iss: server.issuer, aud: CLIENT.id, iat: now, token_introspection: active(server.issuer) }
  return new SignJWT({ ...payload, ...claims })
    .setProtectedHeader({ alg: key.alg, typ: 'token-introspection+jwt', kid: key.jwk.kid as string, ...header })
    .sign(key.privateKey)
}
