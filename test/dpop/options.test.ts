import { bearer, openIdConnect, type PossessionOptions, redisReplayStore } from 'gatewright/runtime'
import { describe, expect, test } from 'vitest'
import { bench } from './served.js'

const made = (options: object) => () =>
  bearer({ issuer: 'https://issuer.example/', audience: 'https://api.example', ...options })
const dpop = (options: object) => ({ dpop: options })

test('a document that demands DPoP gets no verifier without it', async () => {
  const setting = await bench('options')
  await expect(setting.serve({ other: {} })).rejects.toThrow(
    'schemes.proof must verify DPoP proofs, such as bearer({ issuer, audience, dpop: true })',
  )
  await setting.close()
})

describe('options', () => {
  test.each<[object, string]>([
    [{ dpop: 'yes' }, `bearer(): 'dpop' wants an object of options`],
    [{ dpop: null }, `bearer(): 'dpop' wants an object of options`],
    [dpop({ require: true }), `bearer(): 'dpop' has no option "require"`],
    [dpop({ required: 'yes' }), `'dpop.required' must be true or false`],
    [dpop({ required: 1 }), `'dpop.required' must be true or false`],
    [dpop({ algorithms: [] }), `'dpop.algorithms' must be a list of one or more of RS256`],
    [dpop({ algorithms: ['HS256'] }), `'dpop.algorithms' must be a list of one or more of RS256`],
    [dpop({ algorithms: ['none'] }), `'dpop.algorithms' must be a list of one or more of RS256`],
    [dpop({ algorithms: 'ES256' }), `'dpop.algorithms' must be a list of one or more of RS256`],
    [dpop({ maxAge: 0 }), `'dpop.maxAge' must be a number of seconds from 1 to 3600`],
    [dpop({ maxAge: 3601 }), `'dpop.maxAge' must be a number of seconds from 1 to 3600`],
    [dpop({ maxAge: '60' }), `'dpop.maxAge' must be a number of seconds from 1 to 3600`],
    [dpop({ clockTolerance: 61 }), `'dpop.clockTolerance' must be a number of seconds from 0 to 60`],
    [dpop({ replayStore: {} }), `'dpop.replayStore' must have a method remember`],
    [dpop({ replayStore: null }), `'dpop.replayStore' must have a method remember`],
    [dpop({ baseUrl: [] }), `'dpop.baseUrl' must be a URL or a list of them`],
    [dpop({ baseUrl: 7 }), `'dpop.baseUrl' must be a URL or a list of them`],
    [dpop({ baseUrl: [7] }), `'dpop.baseUrl' is no string`],
    [dpop({ baseUrl: 'api.example' }), `'dpop.baseUrl' is no absolute https URL`],
    [dpop({ baseUrl: 'https://api.example/?a=b' }), `'dpop.baseUrl' is no absolute https URL`],
    [dpop({ baseUrl: 'https://ada@api.example/' }), `'dpop.baseUrl' holds credentials`],
    [dpop({ baseUrl: 'http://api.example/' }), `'dpop.baseUrl' is an http URL`],
    [dpop({ nonces: 'yes' }), `'dpop.nonces' wants an object of options`],
    [dpop({ nonces: { key: 'x' } }), `'dpop.nonces' has no option "key"`],
    [dpop({ nonces: { secret: '' } }), `'dpop.nonces.secret' must be text or bytes, at least 32 of them`],
    [dpop({ nonces: { secret: 'a'.repeat(31) } }), `'dpop.nonces.secret' must be text or bytes`],
    [dpop({ nonces: { secret: 7 } }), `'dpop.nonces.secret' must be text or bytes`],
    [dpop({ nonces: { lifetime: 9 } }), `'dpop.nonces.lifetime' must be a number of seconds from 10 to 86400`],
    [{ certificates: 'yes' }, `bearer(): 'certificates' wants an object of options`],
    [{ certificates: { proxies: [] } }, `bearer(): 'certificates' has no option "proxies"`],
    [
      { certificates: { trustedProxies: ['0.0.0.0/0'] } },
      `bearer(): 'certificates': 'trustedProxies' holds "0.0.0.0/0"`,
    ],
  ])('%j are refused at start', (options, message) => {
    expect(made(options)).toThrow(message)
    const { audience } = { audience: 'https://api.example' }
    expect(() => openIdConnect({ audience, ...(options as PossessionOptions) })).toThrow(
      message.replace('bearer()', 'openIdConnect()'),
    )
  })
  test('say how tokens may be presented, and are copied', () => {
    const algorithms: ('ES256' | 'RS256')[] = ['ES256']
    const verifier = made({ dpop: { algorithms } })()
    algorithms.push('RS256')
    expect([verifier.tokenTypes, verifier.dpopAlgorithms]).toEqual([['Bearer', 'DPoP'], ['ES256']])
    expect(made({ dpop: { required: true } })().tokenTypes).toEqual(['DPoP'])
    for (const options of [{}, { dpop: false }, { certificates: true }, { certificates: false }]) {
      expect([made(options)().tokenTypes, made(options)().dpopAlgorithms]).toEqual([undefined, undefined])
    }
    const url = 'https://issuer.example/.well-known/openid-configuration'
    expect(openIdConnect({ audience: 'https://api.example', dpop: true }).at(url).tokenTypes).toEqual([
      'Bearer',
      'DPoP',
    ])
  })
  test('of the store in Redis are refused at start', () => {
    const client = { set: async () => 'OK' }
    const build = redisReplayStore as (...given: unknown[]) => unknown
    for (const none of [undefined, null, {}, 'redis://']) expect(() => build(none)).toThrow('redisReplayStore()')
    expect(() => build(client, { ttl: 5 })).toThrow('redisReplayStore() has no option "ttl"')
    expect(() => build(client, { prefix: 7 })).toThrow(`'prefix' must be a string`)
    expect(() => build(client, { timeout: 0 })).toThrow(`'timeout' must be a number of seconds from 0.01 to 60`)
  })
})
