import { fork } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { bearer, createGate, listener } from 'gatewright/runtime'

/**
 * Does memory grow with the number of distinct good tokens? Serves a million of them, each twice, so that all of them go
 * through the cache, half behind Express and half by the listener, and prints the heap after garbage collection on the
 * way. Exits with 1 if it grew by more than the cache may hold, or a request was answered otherwise than 200.
 * Usage: `node --expose-gc --import tsx bench/token-memory.ts [count]`. HMAC, so that making the tokens takes no hours.
 * The requests are made by a process of their own, whose memory is not counted.
 */
const COUNT = Number(process.argv[2] ?? 1_000_000)
const SECRET = 'a secret for the bench, 32 bytes at least'
const MAX_BYTES = 16 * 1024 * 1024
const MIB = 1024 * 1024
const TENTHS = 10
/** Requests that are sent on a connection without waiting. */
const BATCH = 100

const ports = process.argv.slice(3).map(Number)

if (ports.length === 0) await serve()
else await ask(ports)

async function serve(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  const policies = { listMessages: { security: [{ user: [] }] } } as const
  const gate = createGate({ user: { type: 'http', scheme: 'bearer' } }, policies, {
    schemes: { user: bearer({ issuer: 'bench', audience: 'https://api.example', secret: SECRET }) },
  })
  gate.get('/messages', policies.listMessages, {}, () => ({ status: 200, body: { messages: [] } }))
  const listeners: RequestListener[] = [express().use(gate.router), listener(gate.router)]
  const servers = listeners.map(one => createServer(one).listen(0, '127.0.0.1'))
  await Promise.all(servers.map(one => once(one, 'listening')))

  const addresses = servers.map(one => String((one.address() as AddressInfo).port))
  const client = fork(fileURLToPath(import.meta.url), [String(COUNT), ...addresses], { execArgv: ['--import', 'tsx'] })
  await once(client, 'message')
  // Code is compiled and connections are open by then.
  const start = heap()
  let most = 0
  for (let tenth = 1; tenth <= TENTHS; tenth++) {
    client.send('go on')
    const [refused] = (await once(client, 'message')) as [number]
    if (refused > 0) throw new Error(`${refused} requests were not answered 200`)
    const grown = heap() - start
    most = Math.max(most, grown)
    const rss = process.memoryUsage().rss
    const served = (COUNT / TENTHS) * tenth
    console.log(`${served} tokens: heap +${(grown / MIB).toFixed(1)} MiB, process ${(rss / MIB).toFixed(0)} MiB`)
  }
  client.kill()
  for (const one of servers) one.close()
  process.exitCode = most > MAX_BYTES ? 1 : 0
}

function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

async function ask(ports: readonly number[]): Promise<void> {
  const sockets = ports.map(port => connect(port, '127.0.0.1').setEncoding('latin1'))
  const each = COUNT / TENTHS / sockets.length
  let first = -BATCH * sockets.length
  const share = async (count: number) => {
    const refused = await Promise.all(sockets.map((socket, index) => send(socket, first + index * count, count)))
    first += count * sockets.length
    process.send?.(refused.reduce((sum, one) => sum + one, 0))
  }
  await share(BATCH)
  for (let tenth = 1; tenth <= TENTHS; tenth++) {
    await once(process, 'message')
    await share(each)
  }
}

/** Sends so many tokens, each twice. How many requests were not answered 200? */
async function send(socket: Socket, first: number, count: number): Promise<number> {
  let refused = 0
  for (let sent = 0; sent < count; sent += BATCH / 2) {
    const texts = Array.from({ length: BATCH / 2 }, (_, index) => request(token(first + sent + index)).repeat(2))
    socket.write(texts.join(''))
    let text = ''
    let answers: readonly string[] = []
    while (answers.length < BATCH) {
      const [chunk] = (await once(socket, 'data')) as [string]
      text += chunk
      answers = text.match(/HTTP\/1\.1 \d{3} /g) ?? []
    }
    refused += answers.filter(one => one !== 'HTTP/1.1 200 ').length
  }
  return refused
}

function request(bearer: string): string {
  return `GET /messages HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer ${bearer}\r\n\r\n`
}

function token(n: number): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'bench',
    aud: ['https://api.example', 'https://issuer.example/userinfo'],
    sub: `auth0|${n}`,
    iat: now,
    exp: now + 86_400,
    scope: 'openid profile read:messages write:messages',
    'https://example.com/roles': ['admin', 'editor'],
  }
  const input = `${encode({ alg: 'HS256', typ: 'at+jwt' })}.${encode(claims)}`
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
