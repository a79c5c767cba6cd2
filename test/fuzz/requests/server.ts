// Serves what was emitted for the fuzzed document, in a process of its own, whose end would be seen.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express, { type Router } from 'express'
import {
  apiKey,
  basic,
  bearer,
  httpScheme,
  listener,
  mutualTls,
  notImplemented,
  secretsEqual,
} from 'gatewright/runtime'
import { AUDIENCE } from '../../tokens/scripted-issuer.js'
import { SECRETS } from './document.js'

const [folder = '', issuer = ''] = process.argv.slice(2)
const { createRouter } = (await import(join(folder, 'generated/router.ts'))) as {
  createRouter: (handlers: object, options: object) => Router
}
const { policies } = (await import(join(folder, 'generated/policies.ts'))) as {
  policies: { readonly [id: string]: { readonly security: readonly object[] } }
}

/** Handlers of guarded operations that ran, by what their server is sent. */
const runs = { forged: 0, good: 0 }
/** What handlers and the runtime threw. */
const thrown: string[] = []

function routerFor(sent: keyof typeof runs): Router {
  const handlers = Object.entries(policies).map(([id, { security }]) => {
    const guarded = security.length > 0 && security.every(one => Object.keys(one).length > 0)
    const run = () => {
      if (guarded) runs[sent]++
      return { status: 200, body: { id }, headers: { 'X-Guarded': String(guarded) } }
    }
    return [id, id === 'getUnfinished' ? () => notImplemented() : run]
  })
  const schemes = {
    user: bearer({ issuer, audience: AUDIENCE }),
    bound: bearer({ issuer, audience: AUDIENCE, dpop: { required: true } }),
    key: apiKey(key => secretsEqual(key, SECRETS.key) && { name: 'reader' }),
    query: apiKey(key => secretsEqual(key, SECRETS.key) && { name: 'reader' }),
    cookie: apiKey(key => secretsEqual(key, SECRETS.key) && { name: 'reader' }),
    login: basic((user, password) => user === SECRETS.username && secretsEqual(password, SECRETS.password) && { user }),
    digest: httpScheme('Digest', credentials => credentials === SECRETS.digest && { user: 'ada' }),
    certificate: mutualTls(() => ({ partner: 'any' }), { trustedProxies: ['10.0.0.0/8'] }),
  }
  return createRouter(Object.fromEntries(handlers), { schemes })
}

async function listen(handle: RequestListener): Promise<number> {
  const server = createServer(handle)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const notFound: RequestListener = (_, response) => response.writeHead(404).end()

async function serve(sent: keyof typeof runs): Promise<number[]> {
  const onError = (error: unknown) =>
    thrown.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  const app = express().use(routerFor(sent))
  app.use(notFound)
  app.use((error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    onError(error)
    if (res.headersSent) res.destroy()
    else res.status(500).end()
  })
  return Promise.all([listen(app), listen(listener(routerFor(sent), notFound, { onError }))])
}

const ports = { forged: await serve('forged'), good: await serve('good') }
process.send?.(ports)
process.on('message', () => {
  globalThis.gc?.()
  process.send?.({ heap: process.memoryUsage().heapUsed, runs, thrown: thrown.splice(0) })
})
