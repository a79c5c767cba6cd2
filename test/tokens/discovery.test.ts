import { describe, expect, test } from 'vitest'
import { discover, discoverMetadata, discoveryAt, discoveryOfIssuer } from '../../runtime/tokens/discovery.js'
import { IssuerFault } from '../../runtime/tokens/issuer-document.js'
import { issuerUrlFault } from '../../runtime/tokens/issuer-url.js'
import { outageOf } from '../../runtime/tokens/outage.js'

const ISSUER = 'https://issuer.example/'
const LOCAL = 'http://127.0.0.1:4000/'

describe('where an issuer says that its keys are', () => {
  const keysOf = (issuer: string, jwks_uri: unknown) =>
    discover(discoveryOfIssuer(issuer), async () => ({ issuer, jwks_uri }))
  const at = (issuer: string) => `${issuer}.well-known/openid-configuration`

  test.each<[string, string]>([
    [ISSUER, 'https://issuer.example/jwks'],
    [ISSUER, 'https://keys.example/a?b=c'],
    [LOCAL, 'https://keys.example/jwks'],
    [LOCAL, 'http://127.0.0.1:4000/jwks'],
    [LOCAL, 'http://localhost:4001/jwks'],
    [LOCAL, 'http://[::1]:4001/jwks'],
  ])('%s may say %s', async (issuer, jwksUri) => {
    expect(await keysOf(issuer, jwksUri)).toEqual({ issuer, jwksUri })
  })

  test.each<[string, unknown]>([
    [ISSUER, 'http://issuer.example/jwks'],
    [ISSUER, 'http://127.0.0.1/jwks'],
    [ISSUER, 'http://localhost/jwks'],
    [LOCAL, 'http://issuer.example/jwks'],
    [LOCAL, 'http://127.0.0.1.example/jwks'],
    [LOCAL, 'http://10.0.0.1/jwks'],
    [ISSUER, 'file:///etc/passwd'],
    [ISSUER, 'data:application/json,{}'],
    [ISSUER, 'https://user@issuer.example/jwks'],
    [ISSUER, 'https://:pass@issuer.example/jwks'],
  ])('%s may not say %j', async (issuer, jwksUri) => {
    await expect(keysOf(issuer, jwksUri)).rejects.toThrow(
      new IssuerFault(`${at(issuer)} has a 'jwks_uri' that is no https URL: ${JSON.stringify(jwksUri)}`),
    )
  })

  test.each([undefined, null, 7, ['https://issuer.example/jwks'], '/jwks', '', {}])('nor %j', async jwksUri => {
    await expect(keysOf(ISSUER, jwksUri)).rejects.toThrow(`${at(ISSUER)} has no 'jwks_uri' that is a URL`)
  })
})

describe('a metadata document', () => {
  test.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [[ISSUER], `["${ISSUER}"]`],
    ['https://issuer.example', '"https://issuer.example"'],
    ['x'.repeat(300), `"${'x'.repeat(199)}`],
  ])('of %j is nobody else’s', async (issuer, shown) => {
    const asked = discoverMetadata(discoveryOfIssuer(ISSUER), async () => ({ issuer }) as never)
    await expect(asked).rejects.toThrow(
      `https://issuer.example/.well-known/openid-configuration names the issuer ${shown}, not "${ISSUER}"`,
    )
  })

  test('is looked for at the second place only where the first has none, and the first is told of', async () => {
    const asked: string[] = []
    const failing = (status: number) => (url: string) => {
      asked.push(url)
      return Promise.reject(new IssuerFault(`${url} answered with status ${status}`, status))
    }
    await expect(discoverMetadata(discoveryOfIssuer(`${ISSUER}a`), failing(404))).rejects.toThrow(
      'https://issuer.example/a/.well-known/openid-configuration answered with status 404',
    )
    expect(asked.splice(0)).toEqual([
      'https://issuer.example/a/.well-known/openid-configuration',
      'https://issuer.example/.well-known/oauth-authorization-server/a',
    ])
    await expect(discoverMetadata(discoveryOfIssuer(ISSUER), failing(500))).rejects.toThrow('status 500')
    expect(asked).toHaveLength(1)
  })

  test('is known by its address', () => {
    const issuers = (url: string) => discoveryAt(url)?.issuers
    const both = (issuer: string) => [issuer, `${issuer}/`]
    expect(issuers('https://a.example/.well-known/openid-configuration')).toEqual(both('https://a.example'))
    expect(issuers('https://a.example/b/.well-known/openid-configuration')).toEqual(both('https://a.example/b'))
    expect(issuers('https://a.example/.well-known/oauth-authorization-server')).toEqual(both('https://a.example'))
    expect(issuers('https://a.example/.well-known/oauth-authorization-server/b')).toEqual(both('https://a.example/b'))
    for (const path of [
      '',
      '/',
      '/b',
      '/.well-known/oauth-authorization-server/',
      '/.well-known/oauth-authorization-serverb/c',
    ]) {
      expect(issuers(`https://a.example${path}`), path).toBeUndefined()
    }
  })
})

test.each<[string, string | undefined]>([
  ['https://a.example', undefined],
  ['https://a.example/b', undefined],
  ['HTTPS://a.example', undefined],
  ['http://127.0.0.1', undefined],
  ['http://127.255.0.1:80/a', undefined],
  ['http://localhost', undefined],
  ['http://[::1]:3000', undefined],
  ['https://user@a.example', 'holds credentials'],
  ['https://:pass@a.example', 'holds credentials'],
  ['https://@a.example', 'holds credentials'],
  ['https://a.example/@b', undefined],
  ['http://a.example', 'is an http URL, which is for loopback only'],
  ['http://127.0.0.1.example', 'is an http URL, which is for loopback only'],
  ['http://128.0.0.1', 'is an http URL, which is for loopback only'],
  ['https://a.example?', 'is no absolute https URL without query and fragment'],
  ['https://a.example#b', 'is no absolute https URL without query and fragment'],
  ['https://a b.example', 'is no absolute https URL without query and fragment'],
  ['https:\\\\a.example', 'is no absolute https URL without query and fragment'],
  ['//a.example', 'is no absolute https URL without query and fragment'],
  ['https://a:port', 'is no absolute https URL without query and fragment'],
  ['ftp://a.example', 'is no absolute https URL without query and fragment'],
])('%s as the URL of an issuer: %s', (url, fault) => expect(issuerUrlFault(url)).toBe(fault))

test('while a server fails it is left alone, longer each time, and asked by one request at a time', () => {
  let now = 1000
  const outage = outageOf(() => now)
  const retryAfter = () => outage.denial()?.retryAfter
  expect(retryAfter()).toBeUndefined()
  outage.begin()
  expect(retryAfter()).toBeUndefined()
  outage.failed('first')
  expect(outage.denial()).toMatchObject({ code: 'unavailable', reason: 'first', retryAfter: 1 })
  // What was under way with it is the same failure.
  outage.failed('second')
  expect(outage.denial()).toMatchObject({ reason: 'second', retryAfter: 1 })
  for (const rest of [2, 4, 8, 8]) {
    now += 10
    expect(retryAfter()).toBeUndefined()
    outage.begin()
    expect(retryAfter()).toBe(1)
    outage.failed('again')
    expect(retryAfter()).toBe(rest)
    now += rest - 0.5
    expect(retryAfter()).toBe(1)
    now += 0.5
    expect(retryAfter()).toBeUndefined()
  }
  now -= 100
  expect(retryAfter()).toBeUndefined()
  outage.begin()
  outage.answered()
  expect(retryAfter()).toBeUndefined()
  outage.failed('new')
  expect(retryAfter()).toBe(1)
})
