import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { bearer, type Decided, type PossessionOptions, type Token, type Verifier } from 'gatewright/runtime'
import { type LocalIssuer, startLocalIssuer } from 'gatewright/testing'
import { generate } from '../../generator/index.js'
import { type Answer, type Asked, send } from '../http/request.js'
import { type Holder, proof, type Wanted } from './proofs.js'

const responses = "responses: { '200': { description: Done, content: { application/json: {} } } }"
const token = '[{ token: [] }]'
const DOCUMENT = `openapi: 3.1.0
info: { title: Proof of possession, version: 1.0.0 }
paths:
  /messages:
    get: { operationId: listMessages, security: ${token}, ${responses} }
    post: { operationId: addMessage, security: ${token}, ${responses} }
  /messages/{id}: { get: { operationId: readMessage, security: ${token}, ${responses} } }
  /scoped: { get: { operationId: needsScope, security: [{ token: [reader] }], ${responses} } }
  /proof: { get: { operationId: needsProof, security: [{ proof: [] }], ${responses} } }
  /optional: { get: { operationId: readOptional, security: [{}, { proof: [] }], ${responses} } }
  /either: { get: { operationId: needsEither, security: [{ token: [admin] }, { proof: [] }], ${responses} } }
components:
  securitySchemes:
    token: { type: http, scheme: bearer }
    proof: { type: http, scheme: DPoP }
`

export interface Served {
  readonly origin: string
  readonly decided: readonly Decided[]
  /** How often a handler ran. */
  readonly runs: number
  /** The status, `WWW-Authenticate`s and body, once it is sure that no handler ran behind a refusal. */
  ask(path: string, asked?: Asked): Promise<Answer>
}

export interface Serving extends PossessionOptions {
  /** Used for the scheme `proof` as well, unless another one is given. */
  readonly other?: PossessionOptions
  readonly tls?: ServerOptions
  /** Whose tokens are taken, in place of the local issuer's. */
  readonly trusting?: { readonly issuer: string; readonly audience: string }
  /** Makes the verifiers, in place of `bearer()`. */
  readonly by?: (options: PossessionOptions) => Verifier
  readonly mount?: string
  readonly before?: express.RequestHandler
}

/** An emitted router, an issuer for it, and what stands between them. */
export interface Bench {
  readonly issuer: LocalIssuer
  serve(serving?: Serving): Promise<Served>
  /** An access token that is bound to the holder's key; to nothing without one. */
  bound(to?: Holder, claims?: object): Promise<string>
  close(): Promise<void>
}

export async function bench(name: string): Promise<Bench> {
  const folder = fileURLToPath(new URL(`../out/dpop-${name}/`, import.meta.url))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}openapi.yaml`, DOCUMENT)
  const places = { document: `${folder}openapi.yaml`, out: `${folder}generated`, handlers: `${folder}handlers` }
  const { diagnostics } = await generate(places)
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics))
  const { createRouter } = await import(/* @vite-ignore */ `${folder}generated/router.ts`)
  const issuer = await startLocalIssuer({ algorithm: 'ES256' })
  const servers: Server[] = []

  return {
    issuer,
    async serve({ other, tls, trusting = issuer, by, mount = '/', before, ...options } = {}) {
      const { issuer: iss, audience } = trusting
      const verifier = by ?? ((one: PossessionOptions): Verifier => bearer({ issuer: iss, audience, ...one }))
      let runs = 0
      const decided: Decided[] = []
      const echo = ({ auth }: { auth?: Record<string, Token> }) => {
        runs++
        return { status: 200, body: { sub: Object.values(auth ?? {})[0]?.sub ?? null } }
      }
      const names = [
        'listMessages',
        'addMessage',
        'readMessage',
        'needsScope',
        'needsProof',
        'readOptional',
        'needsEither',
      ]
      const schemes = { token: verifier(options), proof: verifier(other ?? (options.dpop ? options : { dpop: true })) }
      const onDecision = (one: Decided) => decided.push(one)
      const router = createRouter(Object.fromEntries(names.map(one => [one, echo])), { schemes, onDecision })
      const app = express()
      if (before) app.use(before)
      app.use(mount, router)
      const listener: RequestListener = app
      const server = tls ? createTlsServer(tls, listener) : createServer({ maxHeaderSize: 65_536 }, listener)
      servers.push(server)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
      return {
        origin,
        decided,
        get runs() {
          return runs
        },
        async ask(path, asked) {
          const before = runs
          const answer = await send(origin, path, asked)
          const ran = runs - before
          if (ran > 0 && answer.status >= 400) throw new Error(`a handler ran behind ${answer.status}`)
          return answer
        },
      }
    },
    bound: (to, claims = {}) => issuer.token({ sub: 'ada', ...(to && { cnf: { jkt: to.jkt } }), ...claims }),
    async close() {
      for (const one of servers) {
        one.closeAllConnections()
        one.close()
      }
      await issuer.close()
    },
  }
}

/** A request with a token and the holder's proof, which may be wrong. */
export function dpop(by: Holder, wanted: Wanted, more: Readonly<Record<string, string>> = {}): Asked {
  return {
    method: wanted.htm ?? 'GET',
    headers: { Authorization: `DPoP ${wanted.token}`, DPoP: proof(by, wanted), ...more },
  }
}

/** Status and error code, with what is said about it. */
export function told({ status, text }: Answer): string {
  if (text === '' || !text.startsWith('{"error"')) return String(status)
  const { error, error_description } = JSON.parse(text) as Record<string, string>
  return `${status} ${error}: ${error_description}`
}
