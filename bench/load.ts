import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly paths: readonly string[]
  /** Taken in turn. */
  readonly tokens: readonly string[]
  readonly requests: number
  /** That every answer must have. */
  readonly status: number
}

const CONNECTIONS = 16

/**
 * GETs over kept-alive connections, one at a time on each. The client does as little as it can, so that the server is
 * what is busy. @throws {Error} at the first answer with another status.
 */
export async function load({ port, paths, tokens, requests, status }: Load): Promise<void> {
  const texts = tokens.map((token, index) => {
    const path = paths[index % paths.length]
    return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`
  })
  let sent = 0
  const next = () => (sent < requests ? texts[sent++ % texts.length] : undefined)
  await Promise.all(Array.from({ length: CONNECTIONS }, () => connection(port, next, status)))
}

async function connection(port: number, next: () => string | undefined, status: number): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1')
  await once(socket, 'connect')
  const first = next()
  if (first === undefined) {
    socket.destroy()
    return
  }
  await new Promise<void>((resolve, reject) => {
    let answer = ''
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server has closed the connection')))
    socket.on('data', (text: string) => {
      answer += text
      const length = lengthOf(answer)
      if (length === undefined || answer.length < length) return
      if (!answer.startsWith(`HTTP/1.1 ${status} `)) {
        reject(new Error(`answered ${answer.split('\r\n', 1)[0]} where ${status} is right`))
        socket.destroy()
        return
      }
      answer = ''
      const another = next()
      if (another !== undefined) {
        socket.write(another)
        return
      }
      socket.removeAllListeners('close')
      socket.destroy()
      resolve()
    })
    socket.write(first)
  })
}

/** Of an answer with its head complete: the head's length and its `Content-Length`. */
function lengthOf(answer: string): number | undefined {
  const head = answer.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, head)) ?? []
  return length === undefined ? undefined : head + 4 + Number(length)
}
