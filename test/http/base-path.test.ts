import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Router } from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generate } from '../../generator/index.js'
import { temporaryFolder, workspaceIn } from '../golden/workspace.js'

const document = (servers: string) => `openapi: 3.1.0
info: { title: Pets, version: "1" }
${servers}
paths:
  /pets/{id}:
    get:
      operationId: readPet
      security: [{ auth: [] }]
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { "204": { description: Done } }
components: { securitySchemes: { auth: { type: http, scheme: bearer } } }
`

const SERVERS = `servers:
  - url: https://{host}.example/{area}/v1/
    variables: { host: { default: api }, area: { default: caf%C3%A9 } }
  - url: https://other.example/v2`

type CreateRouter = (handlers: object, options: object) => Router

const folder = temporaryFolder()
let withServers: CreateRouter
let withoutServers: CreateRouter

beforeAll(async () => {
  const work = workspaceIn(folder)
  work.put({ 'with.yaml': document(SERVERS), 'without.yaml': document('servers: [{ url: / }]') })
  const create = async (name: string): Promise<CreateRouter> => {
    const out = `${folder}/${name}/generated`
    const { files } = await generate({
      cwd: folder,
      document: `${name}.yaml`,
      out,
      handlers: `${folder}/${name}/handlers`,
    })
    expect(files).toBeDefined()
    return (await import(/* @vite-ignore */ `${out}/router.ts`)).createRouter
  }
  withServers = await create('with')
  withoutServers = await create('without')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const schemes = { auth: { kind: 'bearer', verify: () => ({ granted: true, proof: {}, scopes: [] }) } }
const seen: { path?: string; base?: string; id?: unknown }[] = []
const handlers = {
  readPet: ({ params, req }: { params: { id: number }; req: express.Request }) => {
    seen.push({ path: req.route.path, base: req.baseUrl, id: params.id })
    return { status: 204 }
  },
}

async function statuses(router: Router, mount: string, ...paths: string[]): Promise<number[]> {
  const server = createServer(express().use(mount, router)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const answers: number[] = []
    for (const path of paths) {
      const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: 'Bearer x' } })
      answers.push(status)
    }
    return answers
  } finally {
    server.close()
  }
}

const PATHS = [
  '/pets/1',
  '/caf%C3%A9/v1/pets/1',
  '/café/v1/pets/1',
  '/caf%C3%A9/v1/',
  '/caf%C3%A9/pets/1',
  '/v2/pets/1',
  '/own/pets/1',
]

test.each([
  [false, [204, 404, 404, 404, 404, 404, 404]],
  [undefined, [204, 404, 404, 404, 404, 404, 404]],
  [true, [404, 204, 204, 404, 404, 404, 404]],
  ['/own', [404, 404, 404, 404, 404, 404, 204]],
])('basePath: %s decides where the routes are', async (basePath, expected) => {
  const router = withServers(handlers, { schemes, ...(basePath !== undefined && { basePath }) })
  expect(await statuses(router, '/', ...PATHS)).toEqual(expected)
})

test('the route is what Express users know: with the base path, below the mount', async () => {
  seen.length = 0
  expect(
    await statuses(withServers(handlers, { schemes, basePath: true }), '/mounted', '/mounted/caf%C3%A9/v1/pets/7'),
  ).toEqual([204])
  expect(seen).toEqual([{ path: '/café/v1/pets/:id', base: '/mounted', id: 7 }])
})

test('a document without such a path, and a path that is none, are told at start', () => {
  expect(() => withoutServers(handlers, { schemes, basePath: true })).toThrow(
    'the first server of the document has no path',
  )
  for (const basePath of ['', '/', 'v1', '/v1/', '/a//b', '/a?b', '/a#b', '/{x}', 1]) {
    expect(() => withServers(handlers, { schemes, basePath }), String(basePath)).toThrow(
      'basePath must be true, false, or a path',
    )
  }
})
