import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { expect, test } from 'vitest'
import { generate } from '../../generator/index.js'
import { send } from './request.js'

const folder = fileURLToPath(new URL('../out/absent/', import.meta.url))

const responses = "responses: { '204': { description: Done } }"
const NAME = '{ name: name, in: path, required: true, schema: { type: string } }'
const UNSUPPORTED =
  'parameters: [{ name: q, in: query, required: true, schema: { type: array, items: { type: array } } }]'
const DOCUMENT = `openapi: 3.1.0
info: { title: Left out, version: 1.0.0 }
security: []
paths:
  /users/{name}:
    parameters: [${NAME}]
    get: { operationId: readUser, ${responses} }
    post: { operationId: writeUser, ${responses} }
  /users/admin:
    get: { operationId: readAdmin, ${UNSUPPORTED}, ${responses} }
  /users/both:
    get: { operationId: readBoth, ${UNSUPPORTED}, ${responses} }
    post: { operationId: writeBoth, ${responses} }
  /users/head:
    get: { operationId: readHead, ${responses} }
    head: { operationId: headHead, ${UNSUPPORTED}, ${responses} }
  /users/list?all=true:
    get: { operationId: listAll, ${responses} }
  /users/null:
  /users/broken: { get: 1 }
  /notes/{name}:
    parameters: [${NAME}]
    get: { operationId: readNote, ${responses} }
    post: { operationId: writeNote, ${responses} }
  /notes/{name}#draft:
    get: { operationId: readDraft, security: [{ user: [] }], ${responses} }
  /memos/{name}:
    parameters: [${NAME}]
    get: { operationId: readMemo, ${responses} }
  /memos/{name}#draft:
    parameters: [${NAME}]
    get: { operationId: readMemoDraft, ${responses} }
  /files/{name}:
    parameters: [${NAME}]
    get: { operationId: readFile, ${responses} }
  /files/{name}.json:
    parameters: [${NAME}]
    get: { operationId: readJson, ${responses} }
  /files/report-{name}:
    parameters: [${NAME}]
    get: { operationId: readReport, ${responses} }
components:
  securitySchemes: { user: { type: http, scheme: bearer } }
`

const RULES = {
  'feature-unsupported': 'off',
  'path-malformed': 'warn',
  'path-ambiguous': 'off',
  'operation-malformed': 'warn',
} as const

test('what was left out of the router is served by nothing else in its place', async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}openapi.yaml`, DOCUMENT)
  const places = { document: `${folder}openapi.yaml`, out: `${folder}generated`, handlers: `${folder}handlers` }
  const refused = await generate(places)
  expect(refused.files).toBeUndefined()
  const errors = refused.diagnostics.filter(one => one.severity === 'error').map(one => one.code)
  expect(errors.sort()).toEqual([
    ...Array(3).fill('feature-unsupported'),
    'operation-malformed',
    'path-ambiguous',
    ...Array(4).fill('path-malformed'),
  ])
  const { model, diagnostics } = await generate({ ...places, rules: RULES })
  expect(diagnostics.filter(one => one.severity === 'error')).toEqual([])
  const leftOut = model?.skipped.map(({ method, path }) => `${method} ${path}`).sort()
  expect(leftOut).toEqual([
    'get /files/report-{name}',
    'get /files/{name}.json',
    'get /memos/{name}#draft',
    'get /notes/{name}',
    'get /notes/{name}#draft',
    'get /users/admin',
    'get /users/both',
    'get /users/broken',
    'get /users/list?all=true',
    'head /users/head',
  ])
  const named = diagnostics.filter(one => one.code === 'operation-skipped').map(one => one.message.split(' is left')[0])
  expect(named.map(one => one?.replace(/^[A-Z]+/, method => method.toLowerCase())).sort()).toEqual(leftOut)
  const { createRouter } = await import(/* @vite-ignore */ `${folder}generated/router.ts`)
  const handlers = await import(/* @vite-ignore */ `${folder}handlers/index.ts`)
  const server = express()
    .use(createRouter({ ...handlers }))
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const answers: Record<string, number> = {}
  for (const [method, path] of REQUESTS) {
    answers[`${method} ${path}`] = (await send(origin, path, { method })).status
  }
  server.close()
  expect(answers).toEqual(Object.fromEntries(REQUESTS.map(([method, path, status]) => [`${method} ${path}`, status])))
})

/** 501 is what stubs answer; 404 Express, and 405 the router. */
const REQUESTS = [
  ['GET', '/users/somebody', 501],
  ['GET', '/users/admin', 404],
  ['POST', '/users/admin', 404],
  ['GET', '/users/both', 405],
  ['HEAD', '/users/both', 405],
  ['POST', '/users/both', 501],
  ['GET', '/users/head', 501],
  ['HEAD', '/users/head', 405],
  ['GET', '/users/list?all=true', 404],
  ['GET', '/users/list', 404],
  ['GET', '/users/null', 404],
  ['GET', '/users/broken', 404],
  ['GET', '/notes/one', 405],
  ['POST', '/notes/one', 501],
  ['GET', '/memos/one', 501],
  ['GET', '/files/one', 501],
  ['GET', '/files/one.json', 404],
  ['GET', '/files/report-one', 404],
  ['GET', '/files/report-one.json', 404],
] as const
