import type { ApiModel, Method, Scheme } from '../model/api-model.js'
import { isFixedMethod } from '../model/methods.js'
import { tokenText } from './handlers.js'
import { header } from './header.js'
import { literal, propertyName } from './literal.js'

/** `router.ts`: one line per operation in which method, path, policy, validator and handler can be read. */
export function emitRouter(model: ApiModel): string {
  const { document, schemes, checks, operations, absent, basePath } = model
  const members = [
    ...(schemes.length > 0
      ? [`schemes: ${typeText(schemes.map(one => `${propertyName(one.name)}: ${verifierText(one)}`))}`]
      : []),
    ...(checks.length > 0 ? [`checks: ${typeText(checks.map(name => `${propertyName(name)}: Check`))}`] : []),
  ]
  const runtime = [
    ...(schemes.some(one => one.scheme.type === 'mutualTLS') ? ['type CertificateVerifier'] : []),
    ...(checks.length > 0 ? ['type Check'] : []),
    'createGate',
    ...(schemes.some(isDiscovered) ? ['type DiscoveredVerifier'] : []),
    'type GateOptions',
    ...(schemes.some(isOtherHttp) ? ['type HttpVerifier'] : []),
    ...(schemes.some(one => !one.token) ? ['type Principals'] : []),
    'type Router',
    ...(schemes.some(one => one.claims !== undefined) ? ['type Token'] : []),
    ...(schemes.some(one => one.scheme.type !== 'mutualTLS' && !isOtherHttp(one)) ? ['type Verifier'] : []),
  ]
  const lines = [
    ...operations.map(
      ({ id, method, path }) =>
        `gate.${methodText(method)}${literal(path)}, policies.${id}, validators.${id}, handlers.${id})`,
    ),
    ...absent.map(path => `gate.absent(${literal(path)})`),
    ...absentHeads(model).map(path => `gate.absent(${literal(path)}, 'HEAD')`),
  ]
  const types = schemes.some(({ claims }) => claims !== undefined)
    ? "import type { components } from './types.js'\n"
    : ''
  // With no operation, what nothing uses would be an error of the user's compiler.
  const hasHandlers = operations.length > 0
  const options = members.length === 0 ? 'options: RouterOptions = {}' : 'options: RouterOptions'
  const gate = [
    'securitySchemes',
    'policies',
    'options',
    'replies',
    "() => import('./reply-validators.js')",
    ...(basePath === undefined ? [] : [literal(basePath)]),
  ]
  return `${header(document)}import { ${runtime.join(', ')} } from 'gatewright/runtime'
import type { Handlers } from './handlers.js'
import { policies, securitySchemes } from './policies.js'
import { replies } from './replies.js'
${types}${hasHandlers ? "import { validators } from './validators.js'\n" : ''}
/** What the document asks of you: a verifier per security scheme, a function per \`$check\`. */
${members.length === 0 ? 'export type RouterOptions = GateOptions' : `export interface RouterOptions extends GateOptions {\n${members.map(one => `  ${one}\n`).join('')}}`}

export function createRouter(${hasHandlers ? 'handlers' : '_handlers'}: Handlers, ${options}): Router {
  const gate = createGate(${gate.join(', ')})
${lines.map(line => `  ${line}\n`).join('')}  return gate.router
}
`
}

/** Paths of which only HEAD was left out: GET's operation must not answer it, which may demand less. */
function absentHeads({ operations, skipped }: ApiModel): string[] {
  const got = new Set(operations.flatMap(({ method, path }) => (method === 'get' ? [path] : [])))
  return skipped.flatMap(({ method, path }) => (method === 'head' && got.has(path) ? [path] : []))
}

/** `get(` for a method that the gate has a name for, `add('COPY', ` for any other. */
function methodText(method: Method): string {
  return isFixedMethod(method) ? `${method}(` : `add(${literal(method)}, `
}

function typeText(list: readonly string[]): string {
  return `{ ${list.join('; ')} }`
}

/** An HTTP authentication scheme that only the user's own verifier knows. */
function isOtherHttp({ scheme, token }: Scheme): boolean {
  return scheme.type === 'http' && !token && scheme.scheme !== 'basic'
}

/** Does the document say where the issuer's metadata is? */
function isDiscovered({ scheme }: Scheme): boolean {
  return scheme.type === 'openIdConnect' || (scheme.type === 'oauth2' && scheme.oauth2MetadataUrl !== undefined)
}

function verifierText(one: Scheme): string {
  const { name, scheme, token, claims } = one
  if (!token) {
    const principal = `Principals[${literal(name)}]`
    if (scheme.type === 'mutualTLS') return `CertificateVerifier<${principal}>`
    if (scheme.type === 'http' && isOtherHttp(one)) return `HttpVerifier<${principal}, ${literal(scheme.scheme)}>`
    return `Verifier<${principal}, ${literal(scheme.type === 'apiKey' ? 'apiKey' : 'basic')}>`
  }
  const proof = claims === undefined ? '' : `<${tokenText(one)}>`
  return isDiscovered(one) ? `Verifier${proof} | DiscoveredVerifier${proof}` : `Verifier${proof}`
}
