import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { listener, type Token, type Verifier } from 'gatewright/runtime'
import { type CreateRouter, emitted } from '../http/emitted.js'

const responses = "responses: { '200': { description: Who asked, content: { application/json: {} } } }"
const DOCUMENT = `openapi: 3.1.0
info: { title: Served through faults, version: 1.0.0 }
paths:
  /notes: { get: { operationId: listNotes, security: [{ user: ['read:a'] }], ${responses} } }
  /admin: { get: { operationId: administer, security: [{ user: [admin] }], ${responses} } }
components:
  securitySchemes:
    user: { type: http, scheme: bearer }
`

export interface Api {
  /** One router behind Express, and as a plain listener. */
  readonly origins: readonly [string, string]
  close(): Promise<void>
}

/** An emitted router that serves with a verifier, in the two ways in which it can be. */
export async function apis(name: string): Promise<(user: Verifier) => Promise<Api>> {
  const create: CreateRouter = await emitted(`faults-${name}`, DOCUMENT)
  const who = ({ auth }: { auth: { user: Token } }) => ({ status: 200, body: { sub: auth.user.sub } })
  return async user => {
    const router = create({ listNotes: who, administer: who }, { schemes: { user } })
    const servers = [createServer(express().use(router)), createServer(listener(router))]
    const [inExpress = '', plain = ''] = await Promise.all(servers.map(listen))
    return {
      origins: [inExpress, plain],
      async close() {
        await Promise.all(servers.map(close))
      },
    }
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function close(server: Server): Promise<unknown> {
  server.closeAllConnections()
  return new Promise(resolve => server.close(resolve))
}
