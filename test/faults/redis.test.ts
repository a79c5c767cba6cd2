import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bearer, redisReplayStore } from 'gatewright/runtime'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Holder, holder, proof } from '../dpop/proofs.js'
import { freePort, skipped, startRedis, stopRedis } from '../dpop/redis-server.js'
import { send } from '../http/request.js'
import { AUDIENCE, type ScriptedIssuer, scriptedIssuer, type TestKey, testKey } from '../tokens/scripted-issuer.js'
import { type Api, apis } from './api.js'
import { type Fault, type Injector, injectorFor } from './injector.js'
import { type Caller, type Rules, type Sent, startLoad } from './load.js'
import { bearing, signed } from './tokens.js'

/** Requests with DPoP proofs go on all the time while the Redis that remembers them fails. */
describe.skipIf(skipped)(`a Redis that turns${skipped ? ' (skipped: its program is not installed)' : ''}`, () => {
  const base = 'https://api.example'
  let serve: Awaited<ReturnType<typeof apis>>
  let folder: string
  let redis: ChildProcess
  let relay: Injector
  let issuer: ScriptedIssuer
  let key: TestKey
  let ada: Holder
  let eve: Holder
  let bound: string
  let unbound: string
  let api: Api
  let client: ReturnType<typeof createClient>

  beforeAll(async () => {
    serve = await apis('redis')
    folder = mkdtempSync(join(tmpdir(), 'gatewright-redis-'))
    const port = await freePort()
    redis = await startRedis(port, folder)
    relay = await injectorFor(port)
    key = await testKey('ES256', 'k1')
    issuer = await scriptedIssuer(key)
    ada = await holder()
    eve = await holder()
    bound = await signed(issuer.issuer, key, { sub: 'ada', cnf: { jkt: ada.jkt } })
    unbound = await signed(issuer.issuer, key, { sub: 'bob' })
    client = createClient({ url: `redis://127.0.0.1:${relay.port}`, socket: { reconnectStrategy: 20 } })
    client.on('error', () => {})
    await client.connect()
    const dpop = { baseUrl: base, replayStore: redisReplayStore(client, { timeout: 0.5 }) }
    api = await serve(bearer({ issuer: issuer.issuer, audience: AUDIENCE, dpop }))
  })

  afterAll(async () => {
    client.destroy()
    await api.close()
    await issuer[Symbol.asyncDispose]()
    await relay[Symbol.asyncDispose]()
    await stopRedis(redis)
    rmSync(folder, { recursive: true, force: true })
  })

  const proved = (by: Holder, sub?: string): Sent => ({
    headers: { Authorization: `DPoP ${bound}`, DPoP: proof(by, { htu: `${base}/notes`, token: bound }) },
    ...(sub !== undefined && { sub }),
  })

  /** Uses a proof up, then sends it to both servers; one that was not taken is not used up for sure. */
  function replayer(): Caller {
    let used: Sent | undefined
    return {
      name: 'replayer',
      path: '/notes',
      async next() {
        const fresh = proved(ada)
        const { status } = await send(api.origins[0], '/notes', { headers: fresh.headers })
        if (status === 200) used = fresh
        return used ?? { headers: {} }
      },
    }
  }

  const callers = (): Caller[] => [
    { name: 'prover', path: '/notes', next: () => proved(ada, 'ada') },
    replayer(),
    { name: 'thief', path: '/notes', next: n => (n % 2 ? bearing(bound) : proved(eve)) },
    { name: 'bearer', path: '/notes', next: () => bearing(unbound, 'bob') },
  ]
  const STEADY: Rules = { prover: [200], replayer: [401], thief: [401], bearer: [200] }
  const PARTLY: Rules = { ...STEADY, prover: [200, 503], replayer: [401, 503] }
  const DOWN: Rules = { ...STEADY, prover: [503], replayer: [401, 503] }

  test.each<[Fault, Rules]>([
    ['cut', DOWN],
    ['hang', DOWN],
    ['garbage', DOWN],
    ['noise', DOWN],
    ['truncate', DOWN],
    ['drip', PARTLY],
  ])(
    'bad under load (%s): 503 for proofs, which are good once for all that; bearer tokens pass',
    async (fault, rules) => {
      const load = startLoad(api.origins, callers(), STEADY)
      await load.rounds(20)
      load.expect(PARTLY)
      relay.inject(fault)
      await load.rounds(1)
      load.expect(rules)
      await load.rounds(5)
      load.expect(PARTLY)
      relay.inject(undefined)
      await expect
        .poll(() => send(api.origins[0], '/notes', { headers: proved(ada).headers }))
        .toMatchObject({ status: 200 })
      load.expect(STEADY)
      await load.rounds(20)
      await load.stop()
      expect([...load.wrong]).toEqual([])
    },
  )
})
