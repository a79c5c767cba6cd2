import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { ConnectionOptions } from 'node:tls'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly text: string
}

export interface Asked {
  readonly method?: string
  /** A list where a field is sent several times. */
  readonly headers?: OutgoingHttpHeaders | readonly string[]
  readonly body?: string | Buffer
  /** Of a connection to an `https:` origin: whom to trust, a certificate to show, a session to resume. */
  readonly tls?: ConnectionOptions
}

/** One request on a connection of its own, the target sent as it is: `fetch` would mend it. */
export function send(
  origin: string,
  path: string,
  { method = 'GET', headers = {}, body, tls }: Asked = {},
): Promise<Answer> {
  const { protocol, hostname, port } = new URL(origin)
  const requestBy = protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = requestBy(
      { ...tls, hostname, port, path, method, headers: headers as OutgoingHttpHeaders, agent: false },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode = 0, headers: received, rawHeaders } = response
          resolve({ status: statusCode, headers: received, rawHeaders, text: Buffer.concat(chunks).toString('utf8') })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
