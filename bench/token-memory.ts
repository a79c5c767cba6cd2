import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { bearer } from 'gatewright/runtime'

/**
 * Does memory grow with the number of distinct good tokens? Verifies a million of them, each once, and prints the heap
 * after garbage collection on the way. Exits with 1 if it grew by more than the cache may hold.
 * Usage: `node --expose-gc --import tsx bench/token-memory.ts [count]`. HMAC, so that making the tokens takes no hours.
 */
const COUNT = Number(process.argv[2] ?? 1_000_000)
const SECRET = 'a secret for the bench, 32 bytes at least'
const MAX_BYTES = 16 * 1024 * 1024
const MIB = 1024 * 1024

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = encode({ alg: 'HS256', typ: 'at+jwt' })
const now = Math.floor(Date.now() / 1000)

function token(n: number): string {
  const claims = {
    iss: 'bench',
    aud: ['https://api.example', 'https://issuer.example/userinfo'],
    sub: `auth0|${n}`,
    iat: now,
    exp: now + 86_400,
    scope: 'openid profile read:messages write:messages',
    'https://example.com/roles': ['admin', 'editor'],
  }
  const input = `${header}.${encode(claims)}`
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}

function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const verifier = bearer({ issuer: 'bench', audience: 'https://api.example', secret: SECRET })
const verify = async (n: number) => {
  const result = await verifier.verify({ kind: 'bearer', token: token(n), tokenType: 'Bearer' }, {} as IncomingMessage)
  if (!result.granted) throw new Error(result.description)
}

await verify(0)
const start = heap()
let most = 0
for (let n = 1; n <= COUNT; n++) {
  await verify(n)
  if (n % (COUNT / 10) !== 0) continue
  const grown = heap() - start
  most = Math.max(most, grown)
  const rss = process.memoryUsage().rss
  console.log(`${n} tokens: heap +${(grown / MIB).toFixed(1)} MiB, process ${(rss / MIB).toFixed(0)} MiB`)
}
if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
process.exitCode = most > MAX_BYTES ? 1 : 0
