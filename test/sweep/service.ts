import { Agent, createServer, request as httpRequest, type IncomingHttpHeaders, METHODS } from 'node:http'
import { createServer as createTlsServer, request as httpsRequest, Agent as TlsAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express, { type Router } from 'express'
import { type Generated, generate, type RuleSettings } from '../../generator/index.js'
import type { Decided } from '../../runtime/index.js'
import type { Authority } from './credentials.js'
import { REPOSITORY, type SweptDocument } from './documents.js'
import type { NaiveDocument } from './naive-document.js'
import type { SampleRequest } from './request.js'

/** Runs the generator on a document, with its output in a folder of that name. */
export function generateInto(
  folder: string,
  { entry, root }: Pick<SweptDocument, 'entry' | 'root'>,
  rules: RuleSettings = {},
): Promise<Generated> {
  return generate({
    cwd: REPOSITORY,
    document: entry,
    out: join(folder, 'generated'),
    handlers: join(folder, 'handlers'),
    rules,
    ...(root !== undefined && { root }),
  })
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** What the decision hook was told, if anything. */
  readonly decided: Decided | undefined
}

export interface Service extends AsyncDisposable {
  send(request: SampleRequest): Promise<Answer>
}

const MOUNT = '/mounted'
/** In a header of this name travels a method that Node's parser does not know yet: QUERY, before version 22. */
const METHOD = 'x-method'

/** Serves the router that was emitted into a folder on 127.0.0.1, with its stubs or other handlers. */
export async function serveFrom(
  folder: string,
  document: NaiveDocument,
  authority: Pick<Authority, 'verifiers'> & Partial<Pick<Authority, 'tls'>>,
  others?: object,
): Promise<Service> {
  const { createRouter } = (await import(join(folder, 'generated/router.ts'))) as {
    createRouter: (handlers: object, options: object) => Router
  }
  // Without an operation there is no stub.
  const stubs = async () => (document.operations.length > 0 ? await import(join(folder, 'handlers/index.ts')) : {})
  const handlers = others ?? ((await stubs()) as object)
  let decided: Decided | undefined
  const router = createRouter(handlers, {
    schemes: authority.verifiers(document.schemes),
    onDecision: (one: Decided) => {
      decided = one
    },
  })
  const app = express()
    .disable('x-powered-by')
    .use((request, _, next) => {
      const method = request.headers[METHOD]
      if (typeof method === 'string') request.method = method
      next()
    })
    .use(MOUNT, router)
  const { tls } = authority
  // Certificates are shown in the handshake of a TLS server of its own.
  const isTls = Object.values(document.schemes).some(one => one.type === 'mutualTLS')
  const server = isTls
    ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, app)
    : createServer(app)
  // An agent keeps connections apart by the certificate that they show.
  const agent = isTls ? new TlsAgent({ keepAlive: true, ca: tls?.ca }) : new Agent({ keepAlive: true })
  const requestBy = isTls ? httpsRequest : httpRequest
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    async send({ method, path, query, headers, cookies, body, certificate }) {
      decided = undefined
      const isKnown = METHODS.includes(method)
      const answer = await new Promise<Omit<Answer, 'decided'>>((resolve, reject) => {
        const request = requestBy({
          agent,
          ...(certificate && { key: certificate.key, cert: certificate.cert }),
          host: '127.0.0.1',
          port,
          method: isKnown ? method : 'POST',
          path: `${MOUNT}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`,
          headers: {
            ...headers,
            ...(!isKnown && { [METHOD]: method }),
            ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
            ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          },
        })
        request.on('error', reject).on('response', response => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', chunk => {
            text += chunk
          })
          response.on('error', reject)
          response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
        })
        request.end(body)
      })
      return { ...answer, decided }
    },
    async [Symbol.asyncDispose]() {
      agent.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
