import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { credentialReader } from '../../runtime/credentials.js'
import type { SecurityScheme } from '../../runtime/policy.js'
import type { TokenType } from '../../runtime/verifier.js'

type Fields = readonly (readonly [name: string, value: string])[]

function found(scheme: object, fields: Fields, query = '', tokenTypes?: readonly TokenType[]) {
  const cookie = fields.find(([name]) => name === 'cookie')?.[1]
  const request = { rawHeaders: fields.flat(), headers: { ...(cookie !== undefined && { cookie }) } }
  const read = credentialReader(scheme as Exclude<SecurityScheme, { type: 'mutualTLS' }>, tokenTypes)
  return read(request as unknown as IncomingMessage, query)
}
const authorization = (...values: string[]): Fields => values.map(value => ['Authorization', value])

describe('tokens', () => {
  const bearer = { type: 'http', scheme: 'bearer' }
  const token = { kind: 'bearer', token: 'abc', tokenType: 'Bearer' }

  test.each([
    [authorization(), 'nothing'],
    [[['authorization-x', 'Bearer abc'] as const, ['authorizatioN2', 'Bearer abc'] as const], 'nothing'],
    [authorization('Bearer abc'), token],
    [[['aUTHORIZATION', 'bEARER abc'] as const], token],
    [authorization('Bearer abc', 'Bearer abc'), 'repeated'],
    [authorization('', 'Bearer abc'), 'repeated'],
    [authorization(''), 'unusable'],
    [authorization('Bearer'), 'unusable'],
    [authorization('Bearer '), 'unusable'],
    [authorization('Bearer  abc'), 'unusable'],
    [authorization('Bearer abc '), 'unusable'],
    [authorization('Bearer abc def'), 'unusable'],
    [authorization('Bearer\tabc'), 'unusable'],
    [authorization('Bearerabc'), 'unusable'],
    [authorization('Bearex abc'), 'unusable'],
    [authorization(' Bearer abc'), 'unusable'],
    [authorization('abc'), 'unusable'],
    [authorization('DPoP abc'), 'unusable'],
    [authorization('Basic abc'), 'unusable'],
  ] as const)('%j', (fields, expected) => {
    for (const scheme of [bearer, { type: 'oauth2' }, { type: 'openIdConnect' }]) {
      expect(found(scheme, fields)).toEqual(expected)
    }
  })

  test.each([
    ['', token],
    ['a=access_token', token],
    ['Access_token=x', token],
    ['access_token=x', 'repeated'],
    ['a=1&access_token', 'repeated'],
    ['access%5Ftoken=', 'repeated'],
  ])('beside the query %s', (query, expected) => {
    expect(found(bearer, authorization('Bearer abc'), query)).toEqual(expected)
  })

  test('in the query alone there is none that is read', () => {
    expect(found(bearer, [], 'access_token=abc')).toBe('nothing')
  })

  test('of the types that are taken', () => {
    const dpop = { ...token, tokenType: 'DPoP' }
    expect(found(bearer, authorization('dpop abc'), '', ['Bearer', 'DPoP'])).toEqual(dpop)
    expect(found(bearer, authorization('Bearer abc'), '', ['Bearer', 'DPoP'])).toEqual(token)
    expect(found(bearer, authorization('Bearer abc'), '', ['DPoP'])).toBe('unusable')
    expect(found({ type: 'http', scheme: 'dpop' }, authorization('DPoP abc'))).toEqual(dpop)
    expect(found({ type: 'http', scheme: 'dpop' }, authorization('Bearer abc'))).toBe('unusable')
  })
})

describe('basic', () => {
  const basic = { type: 'http', scheme: 'basic' }
  const encoded = (text: string | Uint8Array) => Buffer.from(text).toString('base64')
  const user = (username: string, password: string) => ({ kind: 'basic', username, password })

  test.each([
    [[], 'nothing'],
    [['Basic YTpi', 'Basic YTpi'], 'repeated'],
    [['Basic YTpi'], user('a', 'b')],
    [[`basic ${encoded('a:b:c')}`], user('a', 'b:c')],
    [[`Basic ${encoded(':b')}`], user('', 'b')],
    [[`Basic ${encoded('a:')}`], user('a', '')],
    [[`Basic ${encoded('ä:€')}`], user('ä', '€')],
    [[`Basic ${encoded('\ufeffa:b')}`], user('\ufeffa', 'b')],
    // Without padding, which some clients leave out.
    [['Basic YTpiYw=='.replace(/=+$/, '')], user('a', 'bc')],
    [[`Basic ${encoded('ab')}`], 'unusable'],
    [[`Basic ${encoded('a:b\n')}`], 'unusable'],
    [[`Basic ${encoded('a\u007f:b')}`], 'unusable'],
    [[`Basic ${encoded(Uint8Array.of(0x61, 0x3a, 0xff))}`], 'unusable'],
    [['Basic YTpi*'], 'unusable'],
    [['Basic YT=pi'], 'unusable'],
    [['Basic YTpj_-8='], 'unusable'],
    [['Basic'], 'unusable'],
    [['Bearer YTpi'], 'unusable'],
  ])('%j', (values, expected) => {
    expect(found(basic, authorization(...values))).toEqual(expected)
  })
})

describe('another scheme of HTTP', () => {
  const digest = { type: 'http', scheme: 'digest' }
  const credentials = (text: string) => ({ kind: 'http', credentials: text })

  test.each([
    [[], 'nothing'],
    [['Digest a', 'Digest a'], 'repeated'],
    [['dIGEST username="a", uri="/"'], credentials('username="a", uri="/"')],
    [['Digest   a'], credentials('a')],
    [['Digest'], 'unusable'],
    [['Digest '], 'unusable'],
    [[' Digest a'], 'unusable'],
    [['x\nDigest a'], 'unusable'],
    [['Digest a\nb'], 'unusable'],
    [['Digests a'], 'unusable'],
    [['Bearer a'], 'unusable'],
    [[`Digest ${'a'.repeat(16_384)}`], credentials('a'.repeat(16_384))],
    [[`Digest ${'a'.repeat(16_385)}`], 'unusable'],
  ])('%.60j', (values, expected) => {
    expect(found(digest, authorization(...values))).toEqual(expected)
  })
})

describe('API keys', () => {
  const key = (text: string) => ({ kind: 'apiKey', key: text })

  test.each([
    [[], 'nothing'],
    [[['x-key', 'a'] as const], key('a')],
    [[['X-KEY', 'a'] as const, ['X-Other', 'b'] as const], key('a')],
    [[['X-Kez', 'a'] as const, ['X-Keys', 'a'] as const], 'nothing'],
    [[['X-Key', 'a'] as const, ['x-key', 'a'] as const], 'repeated'],
    [[['X-Key', ''] as const], 'unusable'],
  ])('in a header: %j', (fields, expected) => {
    expect(found({ type: 'apiKey', in: 'header', name: 'X-Key' }, fields, 'X-Key=query')).toEqual(expected)
  })

  test.each([
    ['', 'nothing'],
    ['Key=a', 'nothing'],
    ['key=a', key('a')],
    ['b=1&key=a%20%26+b', key('a & b')],
    ['k%65y=a', key('a')],
    ['key=a&key=a', 'repeated'],
    ['key=', 'unusable'],
    ['key', 'unusable'],
  ])('in the query: %j', (query, expected) => {
    expect(found({ type: 'apiKey', in: 'query', name: 'key' }, [['key', 'header']], query)).toEqual(expected)
  })

  test.each([
    [undefined, 'nothing'],
    ['', 'nothing'],
    ['key', 'nothing'],
    ['=a', 'nothing'],
    ['Key=a; keys=b; xkey=c', 'nothing'],
    ['key=a', key('a')],
    ['b=1;key = a ;c=2', key('a')],
    ['key=a=b', key('a=b')],
    ['key="a b"', key('a b')],
    ['key="', key('"')],
    ['key="a', key('"a')],
    ['key=a%20b', key('a b')],
    ['key=100%', key('100%')],
    ['key=a; key=b', 'repeated'],
    ['key=', 'unusable'],
    ['key=""', 'unusable'],
  ])('in a cookie: %j', (cookie, expected) => {
    const fields: Fields = cookie === undefined ? [] : [['cookie', cookie]]
    expect(found({ type: 'apiKey', in: 'cookie', name: 'key' }, fields, 'key=query')).toEqual(expected)
  })
})
