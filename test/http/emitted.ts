import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Router } from 'express'
import { generate } from '../../generator/index.js'

export type CreateRouter = (
  handlers: object,
  options: object,
) => Router & { resourceMetadata: Router; ready(): Promise<void> }

/** The router that is emitted for a document, in a folder of that name under `test/out`. */
export async function emitted(name: string, document: string): Promise<CreateRouter> {
  const folder = fileURLToPath(new URL(`../out/${name}/`, import.meta.url))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}openapi.yaml`, document)
  const places = { document: `${folder}openapi.yaml`, out: `${folder}generated`, handlers: `${folder}handlers` }
  const { diagnostics } = await generate(places)
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics))
  return (await import(/* @vite-ignore */ `${folder}generated/router.ts`)).createRouter
}

/** Serves apps and listeners on loopback until `close`. */
export function listeners(): { listen: (app: RequestListener) => Promise<string>; close: () => void } {
  const servers: Server[] = []
  return {
    async listen(app) {
      const server = createServer(app)
      servers.push(server)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    close() {
      for (const one of servers) {
        one.closeAllConnections()
        one.close()
      }
    },
  }
}
