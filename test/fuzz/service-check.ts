import { METHODS, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express, { type Router } from 'express'
import type { Method } from '../../generator/index.js'
import type { SecurityScheme, SecuritySchemes } from '../../runtime/policy.js'

interface Guarded {
  readonly method: Method
  readonly path: string
}

/** Serves what was emitted with verifiers that grant everything, and asks each guarded operation without credentials. */
export async function faultsOfService(
  folder: string,
  guarded: readonly Guarded[],
  checks: readonly string[],
): Promise<string[]> {
  const { createRouter } = (await import(join(folder, 'generated/router.ts'))) as {
    createRouter: (handlers: object, options: object) => Router
  }
  const handlers = (await import(join(folder, 'handlers/index.ts'))) as object
  const { securitySchemes } = (await import(join(folder, 'generated/policies.ts'))) as {
    securitySchemes: SecuritySchemes
  }
  const router = createRouter(handlers, {
    schemes: Object.fromEntries(Object.entries(securitySchemes).map(([name, scheme]) => [name, granting(scheme)])),
    checks: Object.fromEntries(checks.map(name => [name, () => true])),
  })
  const server = express().use(router).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const faults: string[] = []
  try {
    for (const { method, path } of guarded) {
      const wire = method.toUpperCase()
      if (!METHODS.includes(wire) || wire === 'CONNECT') continue
      const status = await new Promise<number>((resolve, reject) => {
        send({ host: '127.0.0.1', port, method: wire, path: concrete(path), agent: false })
          .on('error', reject)
          .on('response', response => {
            response.resume()
            resolve(response.statusCode ?? 0)
          })
          .end()
      })
      if (status !== 401) faults.push(`${wire} ${path} answers ${status} without credentials`)
    }
  } finally {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  return faults
}

function concrete(path: string): string {
  const filled = path.replaceAll(/\{[^{}]*\}/g, 'zq7')
  return encodeURI(filled).replaceAll(/%25([0-9A-Fa-f]{2})/g, '%$1')
}

function granting(scheme: SecurityScheme): object {
  const verify = () => ({ granted: true, proof: {}, scopes: [] })
  switch (scheme.type) {
    case 'http': {
      if (scheme.scheme === 'bearer' || scheme.scheme === 'basic') return { kind: scheme.scheme, verify }
      return { kind: 'http', scheme: scheme.scheme, challenge: scheme.scheme, verify }
    }
    case 'mutualTLS':
      return { kind: 'mutualTLS', verify, read: () => 'nothing' }
    case 'apiKey':
      return { kind: 'apiKey', verify }
    default:
      return { kind: 'bearer', verify }
  }
}
