import { once } from 'node:events'
import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { apiKey, type GateOptions } from 'gatewright/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generate } from '../../generator/index.js'
import { type Asked, send } from './request.js'

const folder = fileURLToPath(new URL('../out/http-parameters/', import.meta.url))
const document = fileURLToPath(new URL('parameters.yaml', import.meta.url))

const servers: Server[] = []
let create: (handlers: object, options: object) => express.Router
let operations: readonly string[] = []

const echo = ({ params, query, headers, cookies }: Record<string, unknown>) => ({
  status: 200,
  body: { params, query, headers, cookies },
})

async function serve(options: GateOptions = {}): Promise<string> {
  const schemes = { key: apiKey(key => key === 'good' && { name: 'caller' }) }
  const handlers = Object.fromEntries(operations.map(id => [id, echo]))
  const server = express()
    .use(create(handlers, { schemes, ...options }))
    .listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

let origin: string
let strict: string

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  const { model, diagnostics } = await generate({
    document,
    out: `${folder}generated`,
    handlers: `${folder}handlers`,
  })
  expect(diagnostics).toEqual([])
  operations = model?.operations.map(one => one.id) ?? []
  create = (await import(/* @vite-ignore */ `${folder}generated/router.ts`)).createRouter
  origin = await serve()
  strict = await serve({ unknownQuery: 'refuse' })
})

afterAll(() => {
  for (const server of servers) server.close()
})

async function ask(target: string, asked: Asked = {}, at = origin): Promise<unknown> {
  const { status, text } = await send(at, target, asked)
  const body = JSON.parse(text)
  if (status === 200) return body
  expect(status).toBe(400)
  return body.errors.map(
    (one: { in: string; pointer: string; detail: string }) => `${one.in} ${one.pointer} ${one.detail}`,
  )
}

describe('a request with parameters', () => {
  test.each([
    [
      '/path/a%2Cb,c/.x=1.y=%2E/;matrix=1,2/%2Ffree',
      { simple: ['a,b', 'c'], label: { x: 1, y: '.' }, matrix: [1, 2], undeclared: '/free' },
    ],
    ['/path/a/.x=1/;matrix=1/x', { simple: ['a'], label: { x: 1 }, matrix: [1], undeclared: 'x' }],
    ['/path/a/x=1/;matrix=1/x', ['path #/label must begin with a dot']],
    ['/path/a/.x=1/;matrix=1;matrix=2/x', ['path #/matrix must not be repeated']],
    ['/path/a/.z=1/;matrix=01/x', ['path #/matrix/0 must be an integer', 'path #/label/z is not allowed here']],
  ])('in its path: %s', async (target, expected) => {
    const answer = await ask(target)
    if (!Array.isArray(expected)) expect(answer).toMatchObject({ params: expected })
    else expect([answer].flat().sort()).toEqual([...expected].sort())
  })

  test.each([
    ['', { limit: 20 }],
    [
      'limit=9007199254740991&flag=true&url=http://a/?b=c,d',
      { limit: 9007199254740991, flag: true, url: 'http://a/?b=c,d' },
    ],
    ['flag&flag2=', { limit: 20 }],
    ['spaces=a%20b+c&pipes=x%7C1|y%7Cz', { limit: 20, spaces: ['a', 'b', 'c'], pipes: { x: 1, y: 'z' } }],
    [
      'filter[name]=n&filter%5Bprice%5D[gt]=1.5&filter[tags][]=a',
      { limit: 20, filter: { name: 'n', price: { gt: 1.5 }, tags: ['a'] } },
    ],
    ['where=%7B%22tags%22%3A%5B%22a%22%5D%7D', { limit: 20, where: { tags: ['a'] } }],
    ['x=1&y=2', { limit: 20, pair: { x: 1, y: '2' } }],
    ['limit=9223372036854775807', ['query #/limit must be an integer between -9007199254740991 and 9007199254740991']],
    ['limit=1&limit=2', ['query #/limit must not be repeated']],
    ['filter[evil]=1', ['query #/filter/evil is not allowed here']],
    ['filter[price][gt]=cheap', ['query #/filter/price/gt must be a number']],
    ['where=%7B%22price%22%3A1%7D', ['query #/where/price must be an object']],
    ['x=1e3', ['query #/pair/x must be an integer']],
    [`${'a&'.repeat(1001)}`, ['query # must have at most 1000 members']],
  ])('in its query: %.80s', async (query, expected) => {
    const answer = await ask(`/query?${query}`)
    if (Array.isArray(expected)) expect(answer).toEqual(expected)
    else expect(answer).toEqual({ params: {}, query: expected, headers: {}, cookies: {} })
  })

  test('that are its whole query', async () => {
    expect(await ask('/whole?x=1&y=a+b')).toMatchObject({ query: { all: { x: 1, y: 'a b' } } })
    expect(await ask('/whole')).toMatchObject({ query: {} })
    expect(await ask('/whole?z=1')).toEqual(['query #/all/z is not allowed here'])
  })

  test('in its headers and cookies', async () => {
    const headers = [
      'Host',
      'a',
      'X-Pair',
      'x=1',
      'x-pair',
      'y=%20',
      'X-Json',
      '[1, 2]',
      'Cookie',
      'color=a%20b; raw="%20"; color=c',
    ]
    expect(await ask('/fields', { headers })).toEqual({
      params: {},
      query: {},
      headers: { 'X-Pair': { x: 1, y: '%20' }, 'X-Json': [1, 2] },
      cookies: { color: ['a b', 'c'], raw: '"%20"' },
    })
    const twice = ['Host', 'a', 'X-Text', 'a', 'X-Text', 'b', 'X-Json', '{', 'Cookie', 'raw=1; raw=2']
    expect(await ask('/fields', { headers: twice })).toEqual([
      'header #/X-Text must not be repeated',
      'header #/X-Json is not valid JSON',
      'cookie #/raw must not be repeated',
    ])
  })
})

describe("unknownQuery: 'refuse'", () => {
  test('names what the document does not describe', async () => {
    const known = 'limit=1&filter[name]=a&x=1&api_key=good'
    expect(await ask(`/query?${known}`, {}, strict)).toMatchObject({ query: { limit: 1, pair: { x: 1 } } })
    expect(await ask('/query?limits=1&pair=1', {}, strict)).toEqual([
      'query #/limits is not a parameter of this operation',
      'query #/pair is not a parameter of this operation',
    ])
    expect(await ask('/fields?a=1', {}, strict)).toEqual(['query #/a is not a parameter of this operation'])
    // A credential of another operation is none here.
    expect(await ask('/fields?api_key=good', {}, strict)).toEqual([
      'query #/api_key is not a parameter of this operation',
    ])
    expect(await ask('/fields?a=1')).toMatchObject({ query: {} })
  })

  test('stands behind the guard', async () => {
    expect(await send(strict, '/query?limits=1&api_key=bad')).toMatchObject({ status: 401 })
  })

  test('is refused where it is something else', () => {
    const wrong = { unknownQuery: 'deny' } as unknown as GateOptions
    return expect(serve(wrong)).rejects.toThrow("unknownQuery must be 'ignore' or 'refuse'")
  })
})
