import { expect, test } from 'vitest'
import { workspace } from '../golden/workspace.js'
import { loaded } from './folder.js'

const document = (requirements: string, version = '3.2.0') => `openapi: ${version}
info: { title: T, version: '1' }
security: ${requirements}
paths:
  /a: { get: { operationId: getA, responses: { '204': { description: Done } } } }
components:
  securitySchemes:
    user: { type: http, scheme: bearer }
    device:
      type: oauth2
      oauth2MetadataUrl: https://issuer.example/.well-known/oauth-authorization-server
      deprecated: true
      flows: { deviceAuthorization: { deviceAuthorizationUrl: /d, tokenUrl: /t, scopes: { read: Read } } }
`
const shared = `key: { type: apiKey, in: header, name: X-Key }
user: { type: http, scheme: basic }
`
const files = (requirements: string) => ({
  'openapi.yaml': document(requirements),
  'shared/schemes.yaml': shared,
  'scheme.yaml': '{ type: apiKey, in: cookie, name: session }\n',
})
const securityOf = async (requirements: string) => {
  const { document: made, text, diagnostics } = await loaded(files(requirements))
  const { root } = made ?? expect.fail(text)
  expect(diagnostics.filter(({ severity }) => severity === 'error').map(() => text)).toEqual([])
  return { security: root.security, schemes: (root.components as { securitySchemes: object }).securitySchemes }
}

test('a scheme that is named by its URI becomes a component', async () => {
  const { security, schemes } = await securityOf(
    `[{ user: [], 'shared/schemes.yaml#/key': [] }, { ./scheme.yaml: [] }, { 'shared/schemes.yaml#/user': [a] }, {}]`,
  )
  expect(security).toEqual([{ user: [], key: [] }, { scheme: [] }, { user_2: ['a'] }, {}])
  expect(schemes).toMatchObject({
    user: { type: 'http', scheme: 'bearer' },
    key: { type: 'apiKey', in: 'header', name: 'X-Key' },
    user_2: { type: 'http', scheme: 'basic' },
    scheme: { type: 'apiKey', in: 'cookie' },
  })
})

test('named in two ways, a scheme is one scheme, and all of its scopes are demanded', async () => {
  const { security, schemes } = await securityOf(
    `[{ user: [a], '#/components/securitySchemes/user': [b, a] }, { '#/components/securitySchemes/user': [] }]`,
  )
  expect(security).toEqual([{ user: ['a', 'b', 'a'] }, { user: [] }])
  expect(Object.keys(schemes)).toEqual(['user', 'device'])
})

test('what an operation demands by URI stands in its policy', async () => {
  const work = workspace({ ...files(`[{ 'shared/schemes.yaml#/key': [] }, { device: [read] }]`) })
  expect(await work.run('generate', 'openapi.yaml')).toMatchObject({ status: 0, stderr: '' })
  expect(work.text('generated/policies.ts')).toContain("getA: { security: [{ key: [] }, { device: ['read'] }] }")
})

test.each([
  ['a scheme that is not defined', '[{ none: [] }]', 'scheme-undefined'],
  ['a word that is no component is no file', '[{ shared: [] }]', 'scheme-undefined'],
  ['a file that is not there', "[{ 'other.yaml#/x': [] }]", 'reference-dangling'],
  ['something that is no scheme', "[{ '#/components/schemas': [] }]", 'reference-dangling'],
  ['a schema', "[{ '#/paths': [] }]", 'scheme-malformed'],
  ['the network', "[{ 'https://schemas.example/s.yaml#/x': [] }]", 'reference-remote'],
  ['a scope that the device flow does not declare', '[{ device: [write] }]', 'scope-undefined'],
])('%s is refused', async (_, requirements, code) => {
  const { status, stderr } = await workspace({ ...files(requirements) }).run('generate', 'openapi.yaml')
  expect([status, stderr]).toEqual([1, expect.stringContaining(` error ${code}: `)])
})

test('before OpenAPI 3.2, names are names', async () => {
  const text = document("[{ '#/components/securitySchemes/user': [] }]", '3.1.0')
  const { status, stderr } = await workspace({ 'openapi.yaml': text }).run('generate', 'openapi.yaml')
  expect([status, stderr]).toEqual([1, expect.stringContaining(' error scheme-undefined: ')])
})
