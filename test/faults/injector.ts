import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * What becomes of a connection to a server: reset, never answered, answered by a byte at a time, broken off halfway, made
 * unreadable, answered twice, or answered by something that is no protocol.
 */
export type Fault = 'cut' | 'hang' | 'drip' | 'truncate' | 'noise' | 'twice' | 'garbage'

/** A relay on loopback in front of a server, which may turn against it while it is used. */
export interface Injector extends AsyncDisposable {
  readonly port: number
  readonly origin: string
  /** What each connection began a question with: of HTTP, method and target. */
  readonly asked: string[]
  /** From now on; connections that are open are reset, so that none outlives what it stands for. */
  inject(fault: Fault | undefined): void
}

export async function injectorFor(target: number): Promise<Injector> {
  const open = new Set<Socket>()
  const asked: string[] = []
  let fault: Fault | undefined

  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
    client.on('data', chunk => {
      asked.push(chunk.toString('latin1').split(/ HTTP|\r\n/, 1)[0] ?? '')
      if (fault === 'cut') client.resetAndDestroy()
      else if (fault === 'garbage') client.end('\0\x01SSH-2.0\r\n\r\n')
      else if (fault !== 'hang') upstream.write(chunk)
    })
    upstream.on('data', chunk => answer(client, chunk))
  })

  function answer(client: Socket, chunk: Buffer): void {
    if (fault === 'truncate') client.end(chunk.subarray(0, chunk.length - 20))
    else if (fault === 'noise') client.write(chunk.map((byte, at) => (at > chunk.length - 40 ? byte ^ 0x85 : byte)))
    else if (fault === 'twice') client.write(Buffer.concat([chunk, chunk]))
    else if (fault === 'drip') drip(client, chunk)
    else if (fault === undefined) client.write(chunk)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const reset = () => {
    for (const one of open) one.destroy()
  }
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    asked,
    inject(next) {
      fault = next
      reset()
    },
    async [Symbol.asyncDispose]() {
      reset()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A byte every twenty milliseconds: some are always on their way, and the whole would take seconds. */
function drip(client: Socket, chunk: Buffer): void {
  let at = 0
  const timer = setInterval(() => {
    if (at < chunk.length) client.write(chunk.subarray(at, ++at))
    else clearInterval(timer)
  }, 20)
  client.on('close', () => clearInterval(timer))
}
