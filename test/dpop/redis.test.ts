import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type RedisClient, redisReplayStore } from 'gatewright/runtime'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, send } from '../http/request.js'
import { type Holder, holder } from './proofs.js'
import { freePort, skipped, startRedis, stopRedis } from './redis-server.js'
import { type Bench, bench, dpop, told } from './served.js'

const REPLAYED = '401 invalid_dpop_proof: DPoP proof was used before'

describe.skipIf(skipped)(`with a redis-server${skipped ? ' (skipped: its program is not installed)' : ''}`, () => {
  let setting: Bench
  let ada: Holder
  let folder: string
  let port: number
  let redis: ChildProcess
  const replicas: { readonly child: ChildProcess; readonly origin: string }[] = []

  beforeAll(async () => {
    setting = await bench('redis')
    ada = await holder()
    folder = mkdtempSync(join(tmpdir(), 'gatewright-redis-'))
    port = await freePort()
    redis = await startRedis(port, folder)
    for (let index = 0; index < 2; index++) replicas.push(await startReplica())
  })

  afterAll(async () => {
    for (const { child } of replicas) child.kill('SIGKILL')
    await stopRedis(redis)
    rmSync(folder, { recursive: true, force: true })
    await setting.close()
  })

  /** A process of its own, which tells its origin on its first line. */
  async function startReplica() {
    const program = fileURLToPath(new URL('replica.ts', import.meta.url))
    const settings = JSON.stringify({ issuer: setting.issuer.issuer, audience: setting.issuer.audience, port })
    const child = spawn(process.execPath, ['--import', 'tsx', program, settings], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })
    const [origin] = (await once(lines, 'line')) as [string]
    return { child, origin }
  }

  const base = 'https://api.example'
  const asked = async () => dpop(ada, { htu: `${base}/messages`, token: await setting.bound(ada) })
  const [one, two] = [() => replicas[0]?.origin ?? '', () => replicas[1]?.origin ?? '']
  const ask = (origin: string, how: Awaited<ReturnType<typeof asked>>): Promise<Answer> =>
    send(origin, '/messages', how)

  test('a proof that one process took is refused by another', async () => {
    const proof = await asked()
    expect(told(await ask(one(), proof))).toBe('200')
    expect(told(await ask(two(), proof))).toBe(REPLAYED)
    expect(told(await ask(one(), proof))).toBe(REPLAYED)
    expect(told(await ask(two(), await asked()))).toBe('200')
  })
  test('of many requests with one proof to both at once, one passes', async () => {
    const proof = await asked()
    const origins = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one() : two()))
    const answers = await Promise.all(origins.map(origin => ask(origin, proof).then(told)))
    expect(answers.toSorted()).toEqual(['200', ...Array(19).fill(REPLAYED)])
  })
  test('keys expire by themselves, and hold nothing of the proof', async () => {
    const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect()
    await client.flushAll()
    expect(told(await ask(one(), await asked()))).toBe('200')
    const keys = await client.keys('*')
    expect(keys).toEqual([expect.stringMatching(/^gatewright:dpop:[\w-]{43}$/)])
    const left = await client.pTTL(keys[0] ?? '')
    expect(left).toBeGreaterThan(0)
    // maxAge and twice the tolerance.
    expect(left).toBeLessThanOrEqual(70_000)
    client.destroy()
  })
  test('while it is out of reach, requests are answered 503, and again 200 after', async () => {
    await stopRedis(redis)
    const before = await asked()
    const { status, headers } = await ask(one(), before)
    expect([status, headers['retry-after']]).toEqual([503, '5'])
    redis = await startRedis(port, folder)
    // The client of the process connects again when it sees fit.
    await expect.poll(async () => (await ask(one(), await asked())).status, { timeout: 20_000 }).toBe(200)
  })
  test('one that hangs is not waited for longer than the timeout', async () => {
    redis.kill('SIGSTOP')
    const answer = await ask(two(), await asked())
    redis.kill('SIGCONT')
    expect(answer.status).toBe(503)
  })
})

describe('a client', () => {
  const store = (client: Partial<RedisClient>) =>
    redisReplayStore({ set: async () => 'OK', ...client }, { timeout: 0.05 })
  test('is asked for an atomic set that expires', async () => {
    const commands: unknown[] = []
    const set = async (...command: unknown[]) => commands.push(command) && 'OK'
    expect(await redisReplayStore({ set }, { prefix: 'api:' }).remember('key', 60.0001)).toBe(true)
    expect(commands).toEqual([['api:key', '1', { NX: true, PX: 60_001 }]])
  })
  test('says OK to what is new, and null to what is not; anything else is an error', async () => {
    expect(await store({}).remember('key', 60)).toBe(true)
    expect(await store({ set: async () => null }).remember('key', 60)).toBe(false)
    for (const reply of [undefined, 'QUEUED', 1, true]) {
      await expect(store({ set: async () => reply }).remember('key', 60)).rejects.toThrow('none to SET NX')
    }
  })
  test('that is not ready is not asked, one that is slow is not waited for, one that fails fails', async () => {
    let calls = 0
    const set = async () => `${calls++}`
    await expect(store({ isReady: false, set }).remember('key', 60)).rejects.toThrow('out of reach')
    expect(calls).toBe(0)
    await expect(store({ set: () => new Promise(() => {}) }).remember('key', 60)).rejects.toThrow('in time')
    await expect(store({ set: () => Promise.reject(new Error('READONLY')) }).remember('key', 60)).rejects.toThrow(
      'READONLY',
    )
  })
  test('that fails after it was given up on, does so unheard', async () => {
    let fail = (_error: Error) => {}
    const set = () =>
      new Promise((_, reject) => {
        fail = reject
      })
    await expect(store({ set }).remember('key', 60)).rejects.toThrow('in time')
    fail(new Error('closed'))
    await new Promise(resolve => setImmediate(resolve))
  })
})
