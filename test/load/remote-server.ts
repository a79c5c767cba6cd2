import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server on loopback that holds these files, and the requests that it was sent. */
export async function remote(files: { [path: string]: string | RequestListener }) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    const file = files[request.url ?? '']
    if (typeof file === 'function') file(request, response)
    else if (file === undefined) response.writeHead(404).end()
    else response.end(file)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, files, asked, paths: () => asked.map(({ url }) => url) }
}
