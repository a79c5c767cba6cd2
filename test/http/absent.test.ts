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
const DOCUMENT = `openapi: 3.1.0
info: { title: Left out, version: 1.0.0 }
paths:
  /users/{name}:
    parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
    get: { operationId: readUser, security: [], ${responses} }
  /users/admin:
    get: { operationId: readAdmin, security: [{ proof: [] }], ${responses} }
  /users/both:
    get: { operationId: readBoth, security: [{ proof: [] }], ${responses} }
    post: { operationId: writeBoth, security: [], ${responses} }
components:
  securitySchemes: { proof: { type: http, scheme: DPoP } }
`

test('a path whose operations were left out is served by no template in their place', async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}openapi.yaml`, DOCUMENT)
  const places = { document: `${folder}openapi.yaml`, out: `${folder}generated`, handlers: `${folder}handlers` }
  const refused = await generate(places)
  expect(refused.files).toBeUndefined()
  expect(refused.diagnostics.map(one => one.code)).toEqual(['feature-unsupported', 'feature-unsupported'])
  const { model } = await generate({ ...places, skipUnsupported: true })
  expect(model?.skipped).toEqual([
    { method: 'get', path: '/users/admin' },
    { method: 'get', path: '/users/both' },
  ])
  const { createRouter } = await import(/* @vite-ignore */ `${folder}generated/router.ts`)
  const handlers = await import(/* @vite-ignore */ `${folder}handlers/index.ts`)
  const server = express()
    .use(createRouter({ ...handlers }))
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const statuses = []
  for (const name of ['somebody', 'admin', 'both']) statuses.push((await send(origin, `/users/${name}`)).status)
  const posted = await send(origin, '/users/both', { method: 'POST' })
  server.close()
  expect([...statuses, posted.status]).toEqual([501, 404, 405, 501])
})
