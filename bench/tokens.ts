import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { bearer } from 'gatewright/runtime'

/**
 * What verifying a token costs by itself, without a server: microseconds of the process's CPU time, all threads, in
 * `verify()`, for tokens that come again and again (*hot*: a hundred in turn) and for those that come once (*cold*). Usage: `node --import tsx bench/tokens.ts`.
 */
const ISSUER = 'https://issuer.example/'
const AUDIENCE = 'https://api.example'
const COLD = 4000
const HOT = 100
const ROUNDS = 5

interface Signer {
  readonly alg: string
  readonly publicKey: KeyObject
  readonly sign: (input: string) => Buffer
}

function signers(): Signer[] {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ed = generateKeyPairSync('ed25519')
  return [
    { alg: 'RS256', publicKey: rsa.publicKey, sign: input => sign('sha256', Buffer.from(input), rsa.privateKey) },
    {
      alg: 'ES256',
      publicKey: ec.publicKey,
      sign: input => sign('sha256', Buffer.from(input), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
    },
    { alg: 'EdDSA', publicKey: ed.publicKey, sign: input => sign(null, Buffer.from(input), ed.privateKey) },
  ]
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function token({ alg, sign }: Signer, n: number): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: ISSUER,
    sub: `auth0|${n}`,
    aud: [AUDIENCE, `${ISSUER}userinfo`],
    iat: now - 1,
    exp: now + 3600,
    scope: 'openid profile read:messages write:messages',
    azp: 'client-0123456789',
    'https://example.com/roles': ['admin', 'editor'],
  }
  const input = `${encode({ alg, typ: 'at+jwt', kid: alg })}.${encode(claims)}`
  return `${input}.${sign(input).toString('base64url')}`
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number

for (const signer of signers()) {
  const { alg, publicKey } = signer
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: alg }]
  const fetch = async (url: unknown) =>
    Response.json(String(url).endsWith('/jwks') ? { keys } : { issuer: ISSUER, jwks_uri: `${ISSUER}jwks` })
  const verifier = bearer({ issuer: ISSUER, audience: AUDIENCE, fetch: fetch as typeof globalThis.fetch })
  const ask = async (one: string) => {
    // As the gate does: waits only where there is something to wait for.
    const asked = verifier.verify({ kind: 'bearer', token: one, tokenType: 'Bearer' }, {} as IncomingMessage)
    const result = asked instanceof Promise ? await asked : asked
    if (!result.granted) throw new Error(`${alg}: ${result.description}`)
  }
  const microseconds = async (tokens: readonly string[], times: number) => {
    const start = process.cpuUsage()
    for (let time = 0; time < times; time++) for (const one of tokens) await ask(one)
    const { user, system } = process.cpuUsage(start)
    return (user + system) / times / tokens.length
  }
  const hot = Array.from({ length: HOT }, (_, n) => token(signer, n))
  await microseconds(hot, 20)
  const figures = { cold: [] as number[], hot: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    const cold = Array.from({ length: COLD }, (_, n) => token(signer, (round + 1) * 1e6 + n))
    figures.cold.push(await microseconds(cold, 1))
    figures.hot.push(await microseconds(hot, 200))
  }
  console.log(`${alg}  cold ${median(figures.cold).toFixed(1)} µs  hot ${median(figures.hot).toFixed(2)} µs`)
}
