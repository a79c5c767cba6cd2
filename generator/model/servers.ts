import type { ResolvedDocument } from '../load/document.js'
import { isObject } from './claims.js'

/**
 * The path of the document's first server, `/v1` of `https://api.example/v1/`; `undefined` where it has none, or one that
 * is no URL. Server variables have their defaults.
 */
export function basePath({ root }: ResolvedDocument): string | undefined {
  const { servers } = root
  const [server] = Array.isArray(servers) ? servers : []
  if (!isObject(server) || typeof server.url !== 'string') return undefined
  const { variables } = server
  const url = server.url.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const variable = isObject(variables) && Object.hasOwn(variables, name) ? variables[name] : undefined
    return isObject(variable) && typeof variable.default === 'string' ? variable.default : ''
  })
  if (!URL.canParse(url, 'http://localhost/')) return undefined
  const path = new URL(url, 'http://localhost/').pathname.replace(/\/+$/, '')
  return path === '' ? undefined : path
}
