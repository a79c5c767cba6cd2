import { once } from 'node:events'
import { METHODS } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { expect, test } from 'vitest'
import { apiKey } from '../../runtime/index.js'
import { workspace } from '../golden/workspace.js'
import { send } from './request.js'

const responses = "responses: { '204': { description: Done } }"
const DOCUMENT = `openapi: 3.2.0
info: { title: Every method, version: "1" }
security: [{ key: [] }]
paths:
  /files/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    query:
      operationId: searchFile
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [text] } } } }
      ${responses}
    additionalOperations:
      COPY: { operationId: copyFile, security: [], ${responses} }
      LOCK: { operationId: lockFile, ${responses} }
      M-SEARCH: { ${responses} }
  /files/{name}/x:
    additionalOperations:
      PROPFIND: { $ref: '#/components/pathItems/Shared/additionalOperations/PROPFIND' }
components:
  pathItems: { Shared: { additionalOperations: { PROPFIND: { operationId: findProperties, ${responses} } } } }
  securitySchemes: { key: { type: apiKey, in: header, name: X-Key } }
`

async function served() {
  const work = workspace({ 'openapi.yaml': DOCUMENT.replace('{name}/x', 'all/x') })
  expect(await work.run('generate', 'openapi.yaml')).toMatchObject({ status: 0, stderr: '' })
  const { createRouter } = await import(/* @vite-ignore */ `${work.folder}/generated/router.ts`)
  const ids = ['searchFile', 'copyFile', 'lockFile', 'mSearchFilesById', 'findProperties']
  const called: string[] = []
  const handler = (id: string) => () => {
    called.push(id)
    return { status: 204 }
  }
  const handlers = Object.fromEntries(ids.map(id => [id, handler(id)]))
  const key = apiKey((given: string) => (given === 'good' ? { name: 'somebody' } : undefined))
  const server = express()
    .use((request, _, next) => {
      // Node's parser knows QUERY from version 22 on.
      const method = request.headers['x-method']
      if (typeof method === 'string') request.method = method
      next()
    })
    .use(createRouter(handlers, { schemes: { key } }))
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { work, origin, called, server }
}

test('query and additionalOperations are served behind their policies', async () => {
  const { work, origin, called, server } = await served()
  const good = { 'X-Key': 'good' }
  const json = { 'Content-Type': 'application/json', 'X-Method': 'QUERY' }
  const ask = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    (await send(origin, path, { method, headers, ...(body !== undefined && { body }) })).status
  try {
    expect(await ask('COPY', '/files/1')).toBe(204)
    expect(await ask('COPY', '/files/x')).toBe(400)
    expect(await ask('LOCK', '/files/1')).toBe(401)
    expect(await ask('LOCK', '/files/1', good)).toBe(204)
    expect(await ask('M-SEARCH', '/files/1')).toBe(401)
    expect(await ask('PROPFIND', '/files/all/x')).toBe(401)
    expect(await ask('PROPFIND', '/files/all/x', good)).toBe(204)
    expect(await ask('POST', '/files/1', json, '{}')).toBe(401)
    expect(await ask('POST', '/files/1', { ...good, ...json }, '{}')).toBe(400)
    expect(await ask('POST', '/files/1', { ...good, ...json }, '{"text":"a"}')).toBe(204)
    if (METHODS.includes('QUERY')) expect(await ask('QUERY', '/files/1', json, '{}')).toBe(401)
    expect(called).toEqual(['copyFile', 'lockFile', 'findProperties', 'searchFile'])

    // A method is compared as it is written (RFC 9110 section 9.1), and HEAD is nobody's without GET.
    for (const method of ['copy', 'Query', 'HEAD', 'GET', 'UNLOCK', '__proto__', 'add']) {
      const refused = await send(origin, '/files/1', { method: 'POST', headers: { ...good, 'X-Method': method } })
      expect([method, refused.status, refused.headers.allow]).toEqual([
        method,
        405,
        'QUERY, COPY, LOCK, M-SEARCH, OPTIONS',
      ])
    }
    const preflight = await send(origin, '/files/all/x', { method: 'OPTIONS' })
    expect([preflight.status, preflight.headers.allow]).toEqual([204, 'PROPFIND, OPTIONS'])
  } finally {
    server.close()
  }
  expect(work.text('generated/types.ts')).toMatch(
    /"\/files\/\{id\}": \{[^}]*path: \{[^}]*\}[^}]*\};[^}]*query: operations\["searchFile"\];\s+COPY: operations\["copyFile"\];\s+LOCK: operations\["lockFile"\];\s+"M-SEARCH": operations\["mSearchFilesById"\];/,
  )
  expect(work.text('generated/router.ts')).toContain("gate.add('COPY', '/files/{id}', policies.copyFile, ")
  expect(work.text('generated/router.ts')).toContain("gate.query('/files/{id}', policies.searchFile, ")
})

test('a method that no request can have is refused, or left out by name', async () => {
  const additional = (names: readonly string[]) => `openapi: 3.2.0
info: { title: T, version: "1" }
security: []
paths:
  /a:
    get: { operationId: a, ${responses} }
    additionalOperations: { ${names.map(name => `'${name}': { ${responses} }`).join(', ')} }
`
  const ask = async (names: readonly string[], ...options: string[]) => {
    const work = workspace({ 'openapi.yaml': additional(names) })
    const { status, stderr, stdout } = await work.run('generate', 'openapi.yaml', ...options)
    return { status, stderr, stdout, work }
  }
  for (const name of ['FETCH', 'copy', 'CONNECT', 'Copy']) {
    const { status, stderr } = await ask([name])
    expect(status).toBe(1)
    expect(stderr).toContain(`openapi.yaml:7:29 error feature-unsupported: `)
    expect(stderr).toContain(`the method "${name}", which Node's HTTP server takes from no client`)
  }
  for (const name of ['GET', 'query', 'TRACE', 'a b', '']) {
    const { status, stderr } = await ask([name])
    expect(status).toBe(1)
    expect(stderr).toContain('error operation-malformed: ')
  }
  const { status, stdout, stderr, work } = await ask(['FETCH', 'COPY'], '--rule', 'feature-unsupported=warn')
  expect(status).toBe(0)
  expect(stdout).toContain('2 operations, 1 operation left out.')
  expect(stderr).toContain('warning operation-skipped: FETCH /a is left out')
  expect(work.text('generated/router.ts')).not.toContain('FETCH')
})

test('before OpenAPI 3.2, "query" and "additionalOperations" are no operations', async () => {
  for (const version of ['3.0.3', '3.1.0']) {
    const work = workspace({
      'openapi.yaml': `openapi: ${version}
info: { title: T, version: "1" }
security: []
paths:
  /a: { get: { ${responses} }, query: { ${responses} }, additionalOperations: { COPY: { ${responses} } } }
`,
    })
    const { status, stdout, stderr } = await work.run('generate', 'openapi.yaml')
    expect([status, stdout]).toEqual([0, expect.stringContaining('1 operation. ')])
    expect(stderr).toContain('document-form: "/a" holds "query", which has no place there')
  }
})

test('what additionalOperations leave open is left out with what could be meant, if that is allowed', async () => {
  const work = workspace({
    'openapi.yaml': `openapi: 3.2.0
info: { title: T, version: "1" }
security: []
paths:
  /twice: { get: { ${responses} }, additionalOperations: { GET: { ${responses} } } }
  /head: { get: { ${responses} }, additionalOperations: { HEAD: { ${responses} } } }
  /none: { additionalOperations: 5 }
  /named/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { ${responses} }
    additionalOperations: { parameters: { ${responses} }, Copy: { ${responses} } }
  /{any}: { get: { ${responses} } }
`,
  })
  const malformed = await work.run('generate', 'openapi.yaml', '--rule', 'feature-unsupported=warn')
  expect(malformed.status).toBe(1)
  expect(malformed.stderr.match(/operation-malformed: .*/g)).toEqual([
    'operation-malformed: "GET" stands in additionalOperations of /twice, and has a field of its own',
    'operation-malformed: "HEAD" stands in additionalOperations of /head, and has a field of its own',
    'operation-malformed: additionalOperations of /none must be an object, and is a number',
  ])
  const lowered = ['--rule', 'operation-malformed=off', '--rule', 'feature-unsupported=off']
  const { status, stdout, stderr } = await work.run('generate', 'openapi.yaml', ...lowered)
  expect([status, stdout]).toEqual([0, expect.stringContaining('3 operations, 6 operations left out.')])
  expect(stderr).toContain('additionalOperations of /none is left out: it must be an object, and is a number')
  const matrix = await work.run('matrix', 'openapi.yaml', '--format', 'json', ...lowered)
  const { skipped } = JSON.parse(matrix.stdout) as { skipped: { method: string; path: string }[] }
  expect(skipped.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
    'Copy /named/{id}',
    'GET /twice',
    'GET /twice',
    'HEAD /head',
    'additionalOperations /none',
    'parameters /named/{id}',
  ])
  expect(work.text('generated/router.ts').match(/gate\.[^,)]*[,)](?: 'HEAD')?/g)).toEqual([
    "gate.get('/head',",
    "gate.get('/named/{id}',",
    "gate.get('/{any}',",
    "gate.absent('/twice')",
    "gate.absent('/none')",
    "gate.absent('/head', 'HEAD'",
  ])
  expect(work.text('generated/types.ts')).toMatch(/"\/named\/\{id\}": \{\s+parameters: \{[^}]*path: \{\s+id: number/)
})

test('parameters of query and additionalOperations have the types that handlers are given', async () => {
  const parameters = `parameters:
  - { name: filter, in: query, required: true, content: { application/json: { schema: { type: array, items: { type: number } } } } }
  - { name: Authorization, in: header, schema: { type: string } }`.replaceAll('\n', '\n      ')
  const work = workspace({
    'openapi.yaml': `openapi: 3.2.0
info: { title: T, version: "1" }
security: []
paths:
  /a/{undescribed}:
    query:
      operationId: search
      ${parameters}
      ${responses}
    additionalOperations:
      COPY:
        operationId: copy
  ${parameters.replaceAll('\n', '\n  ').replace('parameters', '      parameters')}
        ${responses}
`,
  })
  const { status, stdout, stderr } = await work.run('generate', 'openapi.yaml')
  expect([status, stderr, stdout]).toEqual([0, expect.any(String), expect.stringContaining('2 operations. ')])
  for (const id of ['search', 'copy']) {
    const [text = ''] = new RegExp(`^    ${id}: \\{[^]*?^    \\};`, 'm').exec(work.text('generated/types.ts')) ?? []
    expect(text).toMatch(/filter: number\[\];/)
    expect(text).toMatch(/undescribed: string;/)
    expect(text).not.toContain('Authorization')
  }
})
