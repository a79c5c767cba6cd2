import express from 'express'
import { apiKey, createGate, type SecurityScheme, type SecuritySchemes } from 'gatewright/runtime'
import { afterAll, describe, expect, test } from 'vitest'
import { listeners } from './emitted.js'
import { send } from './request.js'

const { listen, close } = listeners()
afterAll(close)

const DISCOVERED = 'https://issuer.example/.well-known/openid-configuration'
const METADATA = 'https://issuer.example/.well-known/oauth-authorization-server'
const SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer' },
  oauth2: { type: 'oauth2' },
  metadata: { type: 'oauth2', oauth2MetadataUrl: METADATA },
  openIdConnect: { type: 'openIdConnect', openIdConnectUrl: DISCOVERED },
  dpop: { type: 'http', scheme: 'dpop' },
  basic: { type: 'http', scheme: 'basic' },
  digest: { type: 'http', scheme: 'digest' },
  key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  certificate: { type: 'mutualTLS' },
} as const satisfies { readonly [name: string]: SecurityScheme }

const verify = () => ({ granted: false, code: 'invalid_token' })
const verifierOf = (kind: string, more: object = {}) => ({ kind, verify, ...more })

/** What is said of `verifier` for this scheme; nothing where it will do. */
function said(scheme: keyof typeof SCHEMES, verifier: unknown): string {
  const policies = { one: { security: [{ it: [] }] } }
  try {
    createGate({ it: SCHEMES[scheme] as SecurityScheme }, policies, { schemes: { it: verifier } } as never)
    return ''
  } catch (error) {
    return String(error)
  }
}

const SUGGESTED = {
  bearer: 'bearer({ issuer, audience })',
  oauth2: 'bearer({ issuer, audience })',
  metadata: 'bearer({ issuer, audience })',
  openIdConnect: 'bearer({ issuer, audience })',
  dpop: 'bearer({ issuer, audience, dpop: true })',
  basic: 'basic(findUser)',
  digest: "httpScheme('digest', findUser)",
  key: 'apiKey(findUserByKey)',
  certificate: 'mutualTls(findUserByCertificate)',
} as const
const KINDS = {
  bearer: 'bearer',
  oauth2: 'bearer',
  metadata: 'bearer',
  openIdConnect: 'bearer',
  dpop: 'bearer',
  basic: 'basic',
  digest: 'http',
  key: 'apiKey',
  certificate: 'mutualTLS',
} as const
const FITTING = {
  bearer: verifierOf('bearer'),
  oauth2: verifierOf('bearer'),
  metadata: verifierOf('bearer'),
  openIdConnect: verifierOf('bearer'),
  dpop: verifierOf('bearer', { tokenTypes: ['DPoP'] }),
  basic: verifierOf('basic'),
  digest: verifierOf('http', { scheme: 'digest', challenge: 'Digest realm="a"' }),
  key: verifierOf('apiKey'),
  certificate: verifierOf('mutualTLS', { read: () => 'nothing' }),
}
const names = Object.keys(SCHEMES) as (keyof typeof SCHEMES)[]

describe.each(names)('a verifier for %s', name => {
  const { type } = SCHEMES[name]

  test('is taken where it fits', () => {
    expect(said(name, FITTING[name])).toBe('')
  })

  test.each([undefined, null, 'text', () => ({})])('is missing where there is %s', verifier => {
    expect(said(name, verifier)).toBe(
      `ConfigurationError: createRouter: schemes.it is missing: a verifier of ${type} credentials, such as ${SUGGESTED[name]}`,
    )
  })

  test('must be of its kind, and verify', () => {
    const message = `ConfigurationError: createRouter: schemes.it must verify ${KINDS[name]} credentials, such as ${SUGGESTED[name]}`
    for (const other of ['bearer', 'basic', 'http', 'apiKey', 'mutualTLS', 'none']) {
      if (other !== KINDS[name]) expect(said(name, { ...FITTING[name], kind: other }), other).toBe(message)
    }
    expect(said(name, { ...FITTING[name], verify: undefined })).toBe(message)
  })

  test('may be one that is found by a URL, where the document has one', () => {
    const asked: string[] = []
    const at = (url: string) => {
      asked.push(url)
      return verifierOf('bearer')
    }
    const discovered = { kind: 'openIdConnect', at }
    const url = { metadata: METADATA, openIdConnect: DISCOVERED }[name as string]
    expect(said(name, discovered)).toBe(
      url === undefined
        ? `ConfigurationError: createRouter: schemes.it is of type ${type} and has no discovery URL: use ${SUGGESTED[name]}`
        : '',
    )
    expect(asked).toEqual(url === undefined ? [] : [url])
  })
})

test('proofs of DPoP are verified, certificates are found, and another scheme is the one of the document', () => {
  const dpop = `ConfigurationError: createRouter: schemes.it must verify DPoP proofs, such as ${SUGGESTED.dpop}`
  expect(said('dpop', verifierOf('bearer'))).toBe(dpop)
  expect(said('dpop', verifierOf('bearer', { tokenTypes: ['Bearer'] }))).toBe(dpop)
  expect(said('bearer', verifierOf('bearer', { tokenTypes: ['Bearer'] }))).toBe('')
  expect(said('certificate', verifierOf('mutualTLS'))).toBe(
    `ConfigurationError: createRouter: schemes.it must find certificates as well, such as ${SUGGESTED.certificate}`,
  )
  expect(said('digest', verifierOf('http', { scheme: 'hoba' }))).toBe(
    'ConfigurationError: createRouter: schemes.it verifies hoba credentials, and the document demands digest',
  )
  expect(said('digest', verifierOf('http', { scheme: 'digest', challenge: 'Digest realm="a\nb"' }))).toMatch(
    /^ConfigurationError: createRouter: schemes\.it: its challenge /,
  )
})

test('all that is missing is said at once, checks too', () => {
  const policies = {
    one: { security: [{ bearer: [] }, { key: [] }], claims: [{ $check: 'isOwner' }] },
    two: { security: [{ bearer: [] }], claims: [{ $check: { name: 'isOpen', message: 'It is closed.' } }] },
    three: { security: [{ bearer: [] }], claims: [{ role: 'admin' }] },
  }
  expect(() => createGate(SCHEMES, policies as never, { checks: { isOwner: 'yes' } } as never)).toThrow(
    /^createRouter: schemes\.bearer is missing: .*; schemes\.key is missing: .*; checks\.isOwner is missing: a function \(req, token\) => boolean; checks\.isOpen is missing: a function \(req, token\) => boolean$/,
  )
})

test.each([
  [{ in: 'cookie', name: 'session' }, 'Cookie', 'session=good', 403],
  [{ in: 'header', name: 'cOOKIE' }, 'Cookie', 'good', 403],
  [{ in: 'header', name: 'X-Key' }, 'X-Key', 'good', 200],
  [{ in: 'query', name: 'cookie' }, 'X-Nothing', 'x', 200],
] as const)(
  'of another site, a key is refused where browsers send it along: %j',
  async (place, field, value, status) => {
    const schemes: SecuritySchemes = { key: { type: 'apiKey', ...place } }
    const policies = { one: { security: [{ key: [] }] } }
    const gate = createGate(schemes, policies, { schemes: { key: apiKey(key => (key === 'good' ? {} : undefined)) } })
    gate.post('/one', policies.one, {}, (() => ({ status: 200, body: {} })) as never)
    const origin = await listen(express().use(gate.router))
    const path = place.in === 'query' ? '/one?cookie=good' : '/one'
    const sent = (site: string) =>
      send(origin, path, { method: 'POST', headers: { [field]: value, 'Sec-Fetch-Site': site } })
    expect((await sent('same-origin')).status).toBe(200)
    expect((await sent('cross-site')).status).toBe(status)
  },
)
