import express from 'express'
import { apiKey, basic, type Decided } from 'gatewright/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { emitted, listeners } from './emitted.js'
import { send } from './request.js'

const responses = "responses: { '200': { description: Done, content: { application/json: {} } } }"
const LIMIT = 'parameters: [{ name: limit, in: query, schema: { type: integer } }]'
const DOCUMENT = `openapi: 3.1.0
info: { title: Secrets, version: 1.0.0 }
paths:
  /query: { get: { operationId: byQuery, security: [{ query: [] }], ${LIMIT}, ${responses} } }
  /basic: { get: { operationId: byBasic, security: [{ login: [] }], ${responses} } }
components:
  securitySchemes:
    query: { type: apiKey, in: query, name: api_key }
    login: { type: http, scheme: basic }
`
const SECRET = 's3cret-s3cret'

const { listen, close } = listeners()
const decided: Decided[] = []
const asked: unknown[] = []
let origin: string

beforeAll(async () => {
  const create = await emitted('secrets', DOCUMENT)
  const handler = ({ auth }: { auth: object }) => ({ status: 200, body: auth })
  const find = (...given: unknown[]) => {
    asked.push(given.slice(0, -1))
    return given[0] !== 'bad' && { who: 'somebody' }
  }
  const router = create(
    { byQuery: handler, byBasic: handler },
    {
      schemes: { query: apiKey(find), login: basic(find) },
      onDecision: (one: Decided) => decided.push(one),
      unknownQuery: 'refuse',
    },
  )
  origin = await listen(express().use(router))
})
beforeEach(() => {
  asked.length = 0
  decided.length = 0
})
afterAll(close)

describe('Basic (RFC 7617)', () => {
  const login = (bytes: Buffer | string) => ({ Authorization: `Basic ${Buffer.from(bytes).toString('base64')}` })
  test('is UTF-8, and the challenge says so', async () => {
    expect((await send(origin, '/basic', { headers: login('Zoë:pä:ss€') })).status).toBe(200)
    expect(asked).toEqual([['Zoë', 'pä:ss€']])
    expect((await send(origin, '/basic')).headers['www-authenticate']).toBe('Basic realm="login", charset="UTF-8"')
  })
  test.each<[string, Buffer | string]>([
    ['another charset', Buffer.from('Zoë:p', 'latin1')],
    ['an overlong encoding', Buffer.of(0xc0, 0xba, 0x3a, 0x70)],
    ['a control character', 'a\0b:p'],
    ['no colon', 'name'],
    ['an empty password', 'name:'],
    ['neither', ':'],
    ['an oversized name', `${'n'.repeat(4097)}:p`],
    ['an oversized password', `n:${'p'.repeat(4097)}`],
  ])('%s is refused without asking', async (_, bytes) => {
    expect((await send(origin, '/basic', { headers: login(bytes) })).status).toBe(401)
    expect(asked).toEqual([])
  })
})

describe('a key in the query', () => {
  test.each(['', '%00', 'a%0ab', 'x'.repeat(4097)])('%s is refused without asking', async key => {
    expect((await send(origin, `/query?api_key=${key}`)).status).toBe(401)
    expect(asked).toEqual([])
  })
  test.each([
    ['good', `/query?api_key=${SECRET}`, 200],
    ['beside a bad parameter', `/query?api_key=${SECRET}&limit=many`, 400],
    ['beside an unknown parameter', `/query?api_key=${SECRET}&nobody=1`, 400],
    ['twice', `/query?api_key=${SECRET}&api_key=${SECRET}`, 400],
    ['bad', `/query?api_key=bad&limit=${SECRET}`, 401],
    ['under another name', `/query?apikey=${SECRET}`, 401],
  ])('%s: is told nobody, neither in the answer nor to the hook nor in a log', async (_, path, status) => {
    const logs = ['log', 'warn', 'error', 'info', 'debug'] as const
    const spies = logs.map(name => vi.spyOn(console, name).mockImplementation(() => {}))
    const answer = await send(origin, path)
    const logged = spies.flatMap(spy => spy.mock.calls)
    for (const spy of spies) spy.mockRestore()
    expect(answer.status).toBe(status)
    expect(`${answer.text} ${answer.rawHeaders.join(' ')} ${JSON.stringify(decided)}`).not.toContain(SECRET)
    expect(logged).toEqual([])
    expect(decided).toHaveLength(1)
  })
})
