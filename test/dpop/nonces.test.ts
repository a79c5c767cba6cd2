import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statelessNonces } from '../../runtime/tokens/dpop-nonce.js'
import type { Answer } from '../http/request.js'
import { type Holder, holder } from './proofs.js'
import { type Bench, bench, dpop, type Served, told } from './served.js'

let setting: Bench
let ada: Holder
let token: string

beforeAll(async () => {
  setting = await bench('nonces')
  ada = await holder()
  token = await setting.bound(ada)
})

afterAll(() => setting.close())

const secret = 'a secret of thirty-two characters'
const ask = (api: Served, nonce?: unknown, path = '/messages'): Promise<Answer> =>
  api.ask(path, dpop(ada, { htu: `${api.origin}${path}`, token, ...(nonce !== undefined && { claims: { nonce } }) }))
const nonceOf = ({ headers }: Answer) => String(headers['dpop-nonce'])
const WANTED = '401 use_dpop_nonce: The DPoP proof must hold a nonce of this server'

describe('where nonces are demanded', () => {
  test('a proof without one is answered by one, with which the next passes', async () => {
    const api = await setting.serve({ dpop: { nonces: true, algorithms: ['ES256'] } })
    const first = await ask(api)
    expect(told(first)).toBe(WANTED)
    expect(first.headers['cache-control']).toBe('no-store')
    expect(first.rawHeaders.filter(one => one.startsWith('DPoP algs'))).toEqual([
      'DPoP algs="ES256", error="use_dpop_nonce", error_description="The DPoP proof must hold a nonce of this server"',
    ])
    const second = await ask(api, nonceOf(first))
    expect(told(second)).toBe('200')
    // RFC 9449 section 8.2: no new one, the old one goes on.
    expect(second.headers['dpop-nonce']).toBe(undefined)
    expect(told(await ask(api, nonceOf(first)))).toBe('200')
  })
  test.each<[string, (good: string) => unknown]>([
    ['of another server', () => nonces().current()],
    ['with another time', good => `AAAA${good.slice(4)}`],
    ['with another MAC', good => `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`],
    ['with more behind it', good => `${good}A`],
    ['cut off', good => good.slice(0, -1)],
    ['that is its time alone', good => good.slice(0, 8)],
    ['that is empty', () => ''],
    ['that is no text', good => [good]],
    ['that is long', () => 'A'.repeat(4000)],
    ['of letters outside ASCII', good => `é${good.slice(1)}`],
  ])('one %s is refused', async (_name, make) => {
    const api = await setting.serve({ dpop: { nonces: {} } })
    const good = nonceOf(await ask(api))
    const answer = await ask(api, make(good))
    expect([told(answer), nonceOf(answer)]).toEqual([WANTED, good])
  })
  test('a proof that is bad for another reason is told so, with a nonce for the next', async () => {
    const api = await setting.serve({ dpop: { nonces: true } })
    const answer = await api.ask('/messages', dpop(ada, { htu: 'http://else.example/messages', token }))
    expect(told(answer)).toMatch(/^401 invalid_dpop_proof/)
    expect(nonceOf(answer)).toBe(nonceOf(await ask(api)))
    // One is demanded before times are looked at: a client whose clock is wrong learns what else there is first.
    const old = dpop(ada, { htu: `${api.origin}/messages`, token, claims: { iat: 5 } })
    expect(told(await api.ask('/messages', old))).toBe(WANTED)
  })
  test('a good one does not save a proof that is old, or was used', async () => {
    const api = await setting.serve({ dpop: { nonces: true } })
    const nonce = nonceOf(await ask(api))
    const htu = `${api.origin}/messages`
    const old = { htu, token, claims: { nonce, iat: Math.floor(Date.now() / 1000) - 80 } }
    expect(told(await api.ask('/messages', dpop(ada, old)))).toMatch(/'iat'/)
    const twice = dpop(ada, { htu, token, claims: { nonce } })
    expect(told(await api.ask('/messages', twice))).toBe('200')
    expect(told(await api.ask('/messages', twice))).toMatch(/used before/)
  })
  test('one of a replica with the same secret is good, and of one with another is not', async () => {
    const [one, two, other] = await Promise.all([
      setting.serve({ dpop: { nonces: { secret } } }),
      setting.serve({ dpop: { nonces: { secret: Buffer.from(secret) } } }),
      setting.serve({ dpop: { nonces: { secret: `${secret}!` } } }),
    ])
    const nonce = nonceOf(await ask(one))
    expect(told(await ask(two, nonce))).toBe('200')
    expect(told(await ask(other, nonce))).toBe(WANTED)
  })
  test('one that is of the half lifetime before is good, and the answer has the next', async () => {
    const api = await setting.serve({ dpop: { nonces: { secret, lifetime: 86_400 } } })
    const before = statelessNonces(Buffer.from(secret), 86_400, 5, () => Date.now() / 1000 - 43_200).current()
    const answer = await ask(api, before)
    expect([told(answer), answer.headers['cache-control']]).toEqual(['200', 'no-store'])
    expect(nonceOf(answer)).toBe(nonceOf(await ask(api)))
    expect(nonceOf(answer)).not.toBe(before)
  })
})

const nonces = (at: () => number = () => Date.now() / 1000, key: Uint8Array = randomBytes(32)) =>
  statelessNonces(key, 300, 5, at)

describe('nonces', () => {
  test('are the same for half their lifetime, and good for at least as long', () => {
    let now = 900
    const made = nonces(() => now)
    const first = made.current()
    expect(first).toMatch(/^[\w-]{51}$/)
    now = 1049.9
    expect(made.current()).toBe(first)
    const last = made.current()
    now = 1050
    expect(made.current()).not.toBe(first)
    now = 1199.9
    expect(made.isGood(last)).toBe(true)
    now = 1200
    expect(made.isGood(last)).toBe(false)
  })
  test('of a replica whose clock is a little fast are good, of one far ahead are not', () => {
    const key = randomBytes(32)
    const ahead = nonces(() => 1200, key).current()
    expect(nonces(() => 1195, key).isGood(ahead)).toBe(true)
    expect(nonces(() => 1194.9, key).isGood(ahead)).toBe(false)
  })
})
