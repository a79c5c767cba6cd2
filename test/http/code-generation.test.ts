import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generate } from '../../generator/index.js'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(repository, 'test/out/code-generation')

const document = {
  openapi: '3.1.0',
  info: { title: 'Everything that is compiled', version: '1' },
  security: [{ token: ['write'] }],
  paths: {
    '/pets/{id}': {
      post: {
        operationId: 'addPet',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } },
          { name: 'tag', in: 'query', schema: { type: 'string', pattern: '^(a+)+$' } },
        ],
        requestBody: {
          required: true,
          content: Object.fromEntries(
            ['application/json', 'application/x-www-form-urlencoded'].map(type => [
              type,
              { schema: { $ref: '#/components/schemas/Pet' } },
            ]),
          ),
        },
        responses: { 200: { description: 'Done', content: { 'application/json': {} } } },
      },
    },
  },
  components: {
    securitySchemes: {
      token: {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: 'https://issuer.example/token', scopes: { write: 'Writes' } } },
      },
    },
    schemas: {
      Pet: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', pattern: '^(\\w+\\s?)*$' }, born: { type: 'string', format: 'date' } },
        unevaluatedProperties: false,
      },
    },
  },
}

const main = `
import '@fastify/busboy'
import express from 'express'
import { bearer } from 'gatewright/runtime'
import { startLocalIssuer } from 'gatewright/testing'
import { createRouter } from './generated/router.js'

let refused = false
try { new Function('') } catch { refused = true }
const issuer = await startLocalIssuer()
const router = createRouter(
  { addPet: ({ params, query, body }) => ({ status: 200, body: { params, query, body } }) },
  { schemes: { token: bearer({ issuer: issuer.issuer, audience: 'https://api.example' }) } },
)
const server = express().use(router).listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  const token = await issuer.token({ aud: 'https://api.example', scope: 'write' })
  const ask = async (path, type, body, authorization = 'Bearer ' + token) => {
    const headers = { 'content-type': type, authorization }
    const answer = await fetch('http://127.0.0.1:' + port + path, { method: 'POST', headers, body })
    return [answer.status, await answer.text()]
  }
  const answers = [
    await ask('/pets/1?tag=aa', 'application/json', '{"name":"Rex","born":"2024-02-29"}'),
    await ask('/pets/2', 'application/x-www-form-urlencoded', 'name=Rex+the+cat'),
    await ask('/pets/0?tag=b', 'application/json', '{"name":"?","born":"2023-02-29","x":1}'),
    await ask('/pets/1', 'application/json', '{"name":"Rex"}', 'Bearer x'),
  ]
  console.log(JSON.stringify({ refused, answers }))
  process.exit()
})
`

beforeAll(async () => {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'openapi.json'), JSON.stringify(document))
  const { diagnostics } = await generate({ cwd: folder, document: 'openapi.json' })
  expect(diagnostics).toEqual([])
  await writeFile(join(folder, 'main.ts'), main)

  const paths = Object.fromEntries(
    [
      ['runtime', 'index'],
      ['testing', 'testing'],
    ].map(([name, file]) => [`gatewright/${name}`, [join(repository, `runtime/${file}.ts`)]]),
  )
  const options = { module: 'NodeNext', paths }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a generated router answers where no code can be made of strings', async () => {
  const flags = ['--disallow-code-generation-from-strings', '--import', 'tsx', join(folder, 'main.ts')]
  const { stdout } = await promisify(execFile)(process.execPath, flags, {
    cwd: folder,
    env: { ...process.env, TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') },
  })
  const { refused, answers } = JSON.parse(stdout)
  expect(refused).toBe(true)
  expect(answers.map(([status]: [number]) => status)).toEqual([200, 200, 400, 401])
  expect(JSON.parse(answers[0][1])).toEqual({
    params: { id: 1 },
    query: { tag: 'aa' },
    body: { name: 'Rex', born: '2024-02-29' },
  })
  const { errors } = JSON.parse(answers[2][1])
  expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['#/id', '#/tag'])
})
