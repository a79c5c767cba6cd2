import crypto, { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import {
  apiKey,
  basic,
  ConfigurationError,
  keysByDigest,
  redactedUrl,
  type SecuritySchemes,
  secretsEqual,
  usersByDigest,
  type Verifier,
} from 'gatewright/runtime'
import { afterAll, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'

const compare = vi.spyOn(crypto, 'timingSafeEqual')
// What the runtime has imported by name is spied on as well.
syncBuiltinESMExports()

afterAll(() => {
  compare.mockRestore()
  syncBuiltinESMExports()
})

beforeEach(() => {
  compare.mockClear()
})

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const request = {} as IncomingMessage
const customers = {
  [sha256('first')]: { customer: 'one' },
  [sha256('second')]: { customer: 'two' },
  [sha256('schlüssel')]: { customer: 'three' },
}

describe('keysByDigest()', () => {
  test('finds whose key it is, and compares every digest, whichever it is', () => {
    const find = keysByDigest(customers)
    expectTypeOf(find('first')).toEqualTypeOf<{ customer: string } | undefined>()
    for (const [key, customer] of [
      ['first', 'one'],
      ['second', 'two'],
      ['schlüssel', 'three'],
      ['third', undefined],
      ['', undefined],
      [sha256('first'), undefined],
    ] as const) {
      compare.mockClear()
      expect(find(key)?.customer, key).toBe(customer)
      expect(compare.mock.calls.length).toBe(3)
    }
  })

  test('makes a verifier, with its principal in the type', async () => {
    const verifier = apiKey(keysByDigest(customers))
    expectTypeOf(verifier).toEqualTypeOf<Verifier<{ customer: string }, 'apiKey'>>()
    expect(await verifier.verify({ kind: 'apiKey', key: 'second' }, request)).toMatchObject({
      granted: true,
      proof: { customer: 'two' },
    })
    expect(await verifier.verify({ kind: 'apiKey', key: 'secon' }, request)).toMatchObject({ granted: false })
  })

  test('with a pepper, digests are HMACs under it', () => {
    const pepper = 'p'.repeat(32)
    const find = keysByDigest({ [createHmac('sha256', pepper).update('k').digest('hex')]: 1 }, { pepper })
    expect(find('k')).toBe(1)
    expect(keysByDigest({ [sha256('k')]: 1 }, { pepper })('k')).toBeUndefined()
  })

  test.each<[string, unknown, unknown, string]>([
    ['no digests', {}, {}, 'wants an object of digests'],
    ['nothing', undefined, {}, 'wants an object of digests'],
    ['a secret itself', { 'my-secret': 1 }, {}, 'member 1 is no SHA-256 digest'],
    ['upper case', { [sha256('a').toUpperCase()]: 1 }, {}, 'member 1 is no SHA-256 digest'],
    ['too short', { [sha256('a').slice(2)]: 1 }, {}, 'member 1 is no SHA-256 digest'],
    ['no principal', { [sha256('a')]: undefined }, {}, 'has no principal'],
    ['a short pepper', customers, { pepper: 'p'.repeat(31) }, "'pepper' must be a secret text of 32 bytes or more"],
    ['an unknown option', customers, { salt: 'x' }, 'has no option "salt"'],
  ])('refuses %s at once', (_, digests, options, message) => {
    const built = () => keysByDigest(digests as never, options as never)
    expect(built).toThrow(ConfigurationError)
    expect(built).toThrow(message)
    expect(built).not.toThrow('my-secret')
  })
})

describe('usersByDigest()', () => {
  const find = usersByDigest({ [sha256('ci:pass:word')]: { name: 'ci' }, [sha256('bö:ß')]: { name: 'bö' } })
  test('finds whose name and password they are', async () => {
    expect(find('ci', 'pass:word')).toEqual({ name: 'ci' })
    expect(find('bö', 'ß')).toEqual({ name: 'bö' })
    expect(compare.mock.calls.length).toBe(4)
    for (const [name, password] of [
      ['ci', 'pass'],
      ['ci:pass', 'word'],
      ['CI', 'pass:word'],
      ['', 'ci:pass:word'],
    ] as const) {
      expect(find(name, password), name).toBeUndefined()
    }
    const verifier = basic(find)
    expectTypeOf(verifier).toEqualTypeOf<Verifier<{ name: string }, 'basic'>>()
    const sent = { kind: 'basic', username: 'ci', password: 'pass:word' } as const
    expect(await verifier.verify(sent, request)).toMatchObject({ granted: true, proof: { name: 'ci' } })
  })
})

describe('secretsEqual()', () => {
  test('compares whole texts, of whatever length, in constant time', () => {
    for (const [sent, kept, same] of [
      ['a', 'a', true],
      ['ä', 'ä', true],
      ['a', 'b', false],
      ['a', 'ab', false],
      ['ab', 'a', false],
      ['', '', false],
      ['', 'a', false],
      [undefined, undefined, false],
      ['', undefined, false],
      ['a', undefined, false],
      [undefined, 'a', false],
      [undefined, '', false],
    ] as const) {
      compare.mockClear()
      expect(secretsEqual(sent, kept), `${sent} ${kept}`).toBe(same)
      expect(compare.mock.calls.length).toBe(1)
    }
  })
})

describe('what a function is not asked about', () => {
  const odd = ['a\0b', 'a\nb', '\u007f', 'x'.repeat(4097)]
  test('keys', async () => {
    const asked: string[] = []
    const verifier = apiKey(key => asked.push(key))
    for (const key of ['', ...odd]) {
      expect(await verifier.verify({ kind: 'apiKey', key }, request)).toMatchObject({ granted: false })
    }
    expect(asked).toEqual([])
    await verifier.verify({ kind: 'apiKey', key: 'x'.repeat(4096) }, request)
    expect(asked).toHaveLength(1)
  })
  test('names and passwords', async () => {
    const asked: string[] = []
    const verifier = basic(name => asked.push(name))
    for (const one of odd) {
      for (const [username, password] of [
        [one, 'p'],
        ['n', one],
      ] as const) {
        const answer = await verifier.verify({ kind: 'basic', username, password }, request)
        expect(answer).toMatchObject({ granted: false, code: 'invalid_token' })
      }
    }
    expect(asked).toEqual([])
    await verifier.verify({ kind: 'basic', username: 'x'.repeat(4096), password: 'y'.repeat(4096) }, request)
    expect(asked).toHaveLength(1)
  })
})

describe('redactedUrl()', () => {
  const schemes: SecuritySchemes = {
    query: { type: 'apiKey', in: 'query', name: 'api key' },
    header: { type: 'apiKey', in: 'header', name: 'other' },
  }
  test.each([
    ['/a', '/a'],
    ['/a?', '/a?'],
    ['/a?b=1&other=2', '/a?b=1&other=2'],
    ['/a?api+key=s3cret', '/a?api+key=redacted'],
    ['/a?x=1&api%20key=s3cret&y=2&%61pi%20key=s3cret', '/a?x=1&api%20key=redacted&y=2&%61pi%20key=redacted'],
    ['/a?api+key=s3cret=s3cret?s3cret', '/a?api+key=redacted'],
    ['/a?api+key', '/a?api+key'],
    ['/a?api+key=', '/a?api+key=redacted'],
    ['/a?access_token=s3cret', '/a?access_token=redacted'],
    ['/a?%=s3cret&b=1', '/a?%=redacted&b=1'],
    ['http://h/a?api+key=s3cret', 'http://h/a?api+key=redacted'],
  ])('%s', (url, expected) => {
    expect(redactedUrl(url, schemes)).toBe(expected)
  })
})
