import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryReplayStore } from '../../runtime/tokens/replay-store.js'
import { type Asked, send } from '../http/request.js'
import { type Holder, holder } from './proofs.js'
import { type Bench, bench, dpop, type Served, told } from './served.js'

let setting: Bench
let ada: Holder
let eve: Holder
let token: string

beforeAll(async () => {
  setting = await bench('replay')
  ada = await holder()
  eve = await holder()
  token = await setting.bound(ada)
})

afterAll(() => setting.close())

const REPLAYED = '401 invalid_dpop_proof: DPoP proof was used before'
const at = (api: Served, path = '/messages', claims: object = {}): Asked =>
  dpop(ada, { htu: `${api.origin}${path}`, token, claims: { ...claims } })

describe('a proof', () => {
  test('is good once', async () => {
    const api = await setting.serve({ dpop: true })
    const asked = at(api)
    expect(told(await api.ask('/messages', asked))).toBe('200')
    expect(told(await api.ask('/messages', asked))).toBe(REPLAYED)
    // Another verifier of this process with the same rules.
    expect(told(await api.ask('/proof', at(api, '/proof')))).toBe('200')
  })
  test('is remembered for as long as any replica may take it, by whose clock ever', async () => {
    const lifetimes: number[] = []
    const remember = (_key: string, lifetime: number) => lifetimes.push(lifetime) > 0
    const api = await setting.serve({ dpop: { maxAge: 60, clockTolerance: 7, replayStore: { remember } } })
    const now = Math.floor(Date.now() / 1000)
    for (const iat of [now - 30, now])
      expect(told(await api.ask('/messages', at(api, '/messages', { iat })))).toBe('200')
    expect(lifetimes).toEqual([expect.closeTo(44, -0.6), expect.closeTo(74, -0.6)])
  })
  test('that says when it is good is not before and not after, but for the clock tolerance', async () => {
    const api = await setting.serve({ dpop: { clockTolerance: 30 } })
    const now = Math.floor(Date.now() / 1000)
    for (const claims of [{ exp: now - 20 }, { nbf: now + 20 }, { exp: now + 20, nbf: now - 20 }]) {
      expect(told(await api.ask('/messages', at(api, '/messages', claims))), JSON.stringify(claims)).toBe('200')
    }
    for (const claims of [{ exp: now - 40 }, { nbf: now + 40 }, { exp: '1' }, { nbf: null }]) {
      expect(told(await api.ask('/messages', at(api, '/messages', claims))), JSON.stringify(claims)).toBe(
        '401 invalid_dpop_proof: DPoP proof is not valid now',
      )
    }
  })
  test('is good once of many at the same time', async () => {
    const api = await setting.serve({ dpop: true })
    const asked = at(api)
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(api.origin, '/messages', asked).then(told)))
    expect(answers.toSorted()).toEqual(['200', ...Array(19).fill(REPLAYED)])
    expect(api.runs).toBe(1)
  })
  test('is not good again under another signature, time or path', async () => {
    const api = await setting.serve({ dpop: true })
    const iat = Math.floor(Date.now() / 1000)
    expect(told(await api.ask('/messages', at(api, '/messages', { jti: 'the same', iat })))).toBe('200')
    expect(told(await api.ask('/messages', at(api, '/messages', { jti: 'the same', iat })))).toBe(REPLAYED)
    expect(told(await api.ask('/messages', at(api, '/messages', { jti: 'the same', iat: iat - 1 })))).toBe(REPLAYED)
    expect(told(await api.ask('/messages/1', at(api, '/messages/1', { jti: 'the same', iat })))).toBe(REPLAYED)
  })
  test("is not used up by somebody else's of the same name", async () => {
    const api = await setting.serve({ dpop: true })
    const mine = { htu: `${api.origin}/messages`, token: await setting.bound(eve), claims: { jti: 'shared' } }
    expect(told(await api.ask('/messages', dpop(eve, mine)))).toBe('200')
    expect(told(await api.ask('/messages', at(api, '/messages', { jti: 'shared' })))).toBe('200')
  })
  test('is not used up by a request that is refused for another reason', async () => {
    const api = await setting.serve({ dpop: true })
    const asked = at(api, '/messages', { jti: 'wrong path' })
    expect((await api.ask('/messages/1', asked)).status).toBe(401)
    expect(told(await api.ask('/messages', asked))).toBe('200')
  })
  test('is good for one of the verifiers of a process that take it', async () => {
    const baseUrl = 'https://api.example'
    const [one, two] = [await setting.serve({ dpop: { baseUrl } }), await setting.serve({ dpop: { baseUrl } })]
    const asked = dpop(ada, { htu: `${baseUrl}/messages`, token })
    expect(told(await one.ask('/messages', asked))).toBe('200')
    expect(told(await two.ask('/messages', asked))).toBe(REPLAYED)
  })
  test('serves two schemes of one policy in one request, and no second request, whatever their stores', async () => {
    for (const other of [undefined, { dpop: { replayStore: memoryReplayStore() } }]) {
      const api = await setting.serve({ dpop: true, ...(other && { other }) })
      // The first scheme is refused for a scope that is missing, the second one is met.
      const asked = at(api, '/either')
      expect(told(await api.ask('/either', asked))).toBe('200')
      expect(told(await api.ask('/either', asked))).toBe(REPLAYED)
    }
  })
})

describe('what cannot be known to be new', () => {
  test.each([
    ['is full', memoryReplayStore({ maxEntries: 1 })],
    [
      'throws',
      {
        remember: () => {
          throw new Error('gone')
        },
      },
    ],
    ['rejects', { remember: () => Promise.reject(new Error('gone')) }],
    ['rejects with nothing', { remember: () => Promise.reject(undefined) }],
  ])('is answered 503 when the store %s', async (_name, replayStore) => {
    const api = await setting.serve({ dpop: { replayStore } })
    await api.ask('/messages', at(api))
    const { status, headers } = await api.ask('/messages', at(api))
    expect([status, headers['retry-after'], headers['www-authenticate']]).toEqual([503, '5', undefined])
    expect(api.decided.at(-1)).toMatchObject({ code: 'unavailable', reason: expect.stringMatching(/^replay store: /) })
    // A token without a key needs no store.
    const bearing = { headers: { Authorization: `Bearer ${await setting.bound()}` } }
    expect(told(await api.ask('/messages', bearing))).toBe('200')
  })
  test.each([undefined, null, 1, 'OK', {}])('is refused when the store says %j', async answer => {
    const api = await setting.serve({ dpop: { replayStore: { remember: () => answer as unknown as boolean } } })
    expect((await api.ask('/messages', at(api))).status).toBe(401)
  })
})

describe('the store in memory', () => {
  test('remembers for the lifetime, and forgets after it', () => {
    let now = 1000.4
    const store = memoryReplayStore({ maxEntries: 2 }, () => now)
    expect(store.remember('a', 10)).toBe(true)
    now = 1005
    expect(store.remember('b', 10)).toBe(true)
    now = 1010.4
    expect(store.remember('a', 10)).toBe(false)
    expect(() => store.remember('c', 10)).toThrow('the replay store is full')
    // What it knows, it knows though it is full.
    expect(store.remember('b', 10)).toBe(false)
    now = 1012
    expect(store.remember('c', 10)).toBe(true)
    expect(() => store.remember('d', 10)).toThrow('the replay store is full')
    expect(store.remember('b', 10)).toBe(false)
    now = 1030
    expect(store.remember('a', 10)).toBe(true)
    expect(store.remember('b', 10)).toBe(true)
  })
  test('remembers while the clock stands still, or goes back', () => {
    let now = 1000
    const store = memoryReplayStore({}, () => now)
    expect(store.remember('a', 60)).toBe(true)
    now = 900
    expect(store.remember('a', 60)).toBe(false)
  })
  test('wants a bound', () => {
    expect(() => memoryReplayStore({ max: 5 } as object)).toThrow('memoryReplayStore() has no option "max"')
    for (const maxEntries of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number]) {
      expect(() => memoryReplayStore({ maxEntries })).toThrow(`'maxEntries' must be a whole number`)
    }
  })
})

test('a proof is remembered as long as it is good, another clock that is slow included', async () => {
  const asked: number[] = []
  const replayStore = {
    remember(key: string, lifetime: number) {
      expect(key).toMatch(/^[\w-]{43}$/)
      asked.push(lifetime)
      return true
    },
  }
  const api = await setting.serve({ dpop: { replayStore, maxAge: 100, clockTolerance: 10 } })
  const iat = Math.floor(Date.now() / 1000)
  for (const offset of [0, 9, -90]) await api.ask('/messages', at(api, '/messages', { iat: iat + offset }))
  const [fresh = 0, early = 0, old = 0] = asked
  // Less what passed since `iat` was written.
  for (const [lifetime, most] of [
    [fresh, 120],
    [early, 129],
    [old, 30],
  ] as const) {
    expect(lifetime).toBeLessThanOrEqual(most)
    expect(lifetime).toBeGreaterThan(most - 30)
  }
})

describe('a store in memory', () => {
  test.each([0, 10_000_001, 1.5, '5', Number.NaN])('has no %s entries', maxEntries => {
    expect(() => memoryReplayStore({ maxEntries } as never)).toThrow('from 1 to 10000000')
  })

  test('has one entry at least, and says by a code that it is full', () => {
    expect(() => memoryReplayStore({ maxEntries: 10_000_000 })).not.toThrow()
    let now = 1000.5
    const store = memoryReplayStore({ maxEntries: 1 }, () => now)
    expect([store.remember('a', 10), store.remember('a', 10)]).toEqual([true, false])
    expect(() => store.remember('b', 10)).toThrow(expect.objectContaining({ code: 'REPLAY_STORE_FULL' }))
    now = 1010.5
    expect(store.remember('a', 10)).toBe(false)
    now = 1012
    expect([store.remember('b', 10), store.remember('b', 10)]).toEqual([true, false])
  })

  test('forgets nothing when its clock is set back', () => {
    let now = 1000
    const store = memoryReplayStore({}, () => now)
    for (const key of ['a', 'b']) expect(store.remember(key, 10)).toBe(true)
    now = 900
    expect(['a', 'b'].map(key => store.remember(key, 10))).toEqual([false, false])
    now = 1010
    expect(['a', 'b'].map(key => store.remember(key, 10))).toEqual([false, false])
    now = 1011
    expect(['a', 'b'].map(key => store.remember(key, 10))).toEqual([true, true])
  })
})
