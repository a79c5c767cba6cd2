import { once } from 'node:events'
import { connect } from 'node:net'
import { bearer } from 'gatewright/runtime'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  AUDIENCE,
  encode,
  JWKS,
  json,
  type ScriptedIssuer,
  scriptedIssuer,
  testKey,
} from '../tokens/scripted-issuer.js'
import { type Api, apis } from './api.js'
import { startLoad } from './load.js'
import { holder, signed } from './tokens.js'

let issuer: ScriptedIssuer
let api: Api

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await api.close()
  await issuer[Symbol.asyncDispose]()
})

/** Sends requests on one connection, a hundred at a time without waiting, and counts the statuses of the answers. */
async function flood(origin: string, count: number, tokenOf: (n: number) => string, afterEach: () => void) {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  const statuses = new Map<string, number>()
  let answered = 0
  let rest = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    rest += chunk
    for (const [, status = ''] of rest.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      answered++
    }
    // What may be the beginning of the next one.
    rest = rest.slice(rest.lastIndexOf('\n') + 1).replace(/^HTTP\/1\.1 \d{3}.*/, '')
  })
  for (let n = 0; n < count; n += 100) {
    const texts = Array.from(
      { length: 100 },
      (_, index) => `GET /notes HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer ${tokenOf(n + index)}\r\n\r\n`,
    )
    socket.write(texts.join(''))
    while (answered < n + 100) await once(socket, 'data')
    afterEach()
  }
  socket.destroy()
  return statuses
}

test('100,000 requests with kids that nobody knows cost one fetch per cooldown, and hold up no known key', async () => {
  const key = await testKey('ES256', 'known')
  issuer = await scriptedIssuer(key)
  const iss = issuer.issuer
  const user = bearer({ issuer: iss, audience: AUDIENCE, keys: { cooldown: 30 } })
  await user.ready?.()
  api = await (await apis('flood'))(user)
  const [, claims, signature] = (await signed(iss, await testKey('ES256', 'other'))).split('.')
  const tokenOf = (n: number) =>
    `${encode({ alg: 'ES256', typ: 'at+jwt', kid: `made-up-${n}` })}.${claims}.${signature}`
  const load = startLoad(api.origins, [holder('holder', iss, () => key)], { holder: [200] })

  // The first of them is looked for, and the issuer takes its time.
  const held: (() => void)[] = []
  issuer.script.set(JWKS, (request, response) => {
    held.push(() => json({ keys: issuer.keys })(request, response))
  })
  const begun = flood(api.origins[1], 100, tokenOf, () => {})
  await vi.waitFor(() => expect(held).toHaveLength(1))
  await load.rounds(50)
  expect(held).toHaveLength(1)
  issuer.script.clear()
  held[0]?.()
  expect([...(await begun)]).toEqual([['401', 100]])

  let batches = 0
  const everyThousand = () => {
    // 100 seconds in all, in which four cooldowns begin at most.
    if (++batches % 10 === 0) vi.setSystemTime(Date.now() + 1000)
  }
  const before = issuer.asked.filter(path => path === JWKS).length
  const floods = await Promise.all(api.origins.map(origin => flood(origin, 50_000, tokenOf, everyThousand)))
  await load.stop()
  expect(floods.map(statuses => [...statuses])).toEqual([[['401', 50_000]], [['401', 50_000]]])
  const fetches = issuer.asked.filter(path => path === JWKS).length - before
  expect(fetches).toBeGreaterThan(1)
  expect(fetches).toBeLessThanOrEqual(4)
  expect([...load.wrong]).toEqual([])
})
