import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ask, outcome } from '../tokens/scripted-issuer.js'
import { active, answering, type ScriptedServer, scriptedServer, verifierOf } from './scripted-server.js'

let server: ScriptedServer
let endpoint: string
beforeEach(async () => {
  server = await scriptedServer()
  endpoint = `${server.origin}/introspect`
})
afterEach(async () => {
  vi.useRealTimers()
  await server[Symbol.asyncDispose]()
})

/** Time goes on by hand; timers and sockets go on as ever. */
function holdClock() {
  vi.useFakeTimers({ toFake: ['Date'] })
}
function goOn(seconds: number) {
  vi.setSystemTime(Date.now() + seconds * 1000)
}

test.each([
  [500, 'server_error', ' server_error'],
  [500, 'the token opaque is odd', ''],
  [503, 'temporarily_unavailable', ' temporarily_unavailable'],
  [404, 'x', ''],
  [400, 'invalid_request', ' invalid_request'],
])('status %i with the error %j is unavailable, and none of its unknown text is told', async (status, error, told) => {
  server.answer = answering({ error, error_description: 'opaque' }, 'application/json', status)
  expect(await ask(verifierOf(server), 'opaque')).toMatchObject({
    code: 'unavailable',
    reason: `${endpoint} answered with status ${status}${told}`,
    retryAfter: 1,
  })
})

test.each([
  [401, {}, ''],
  [403, {}, ''],
  [400, { error: 'invalid_client' }, ' invalid_client'],
])(
  'a server that does not accept the client (%i %j) is unavailable, and the operator is told',
  async (status, body, told) => {
    server.answer = answering(body, 'application/json', status)
    const verifier = verifierOf(server)
    const reason = `${endpoint} answered with status ${status}${told}: the credentials of 'client' are refused`
    expect(await ask(verifier, 'opaque')).toMatchObject({ code: 'unavailable', reason })
    await expect(verifierOf(server).ready?.()).rejects.toThrow(reason)
  },
)

test('a redirect is not followed', async () => {
  server.answer = (response, { path }) => {
    if (path === '/elsewhere') return answering(active(server.issuer))(response, {} as never)
    response.writeHead(307, { location: `${server.origin}/elsewhere` }).end()
  }
  expect(await outcome(verifierOf(server), 'opaque')).toBe('unavailable')
  expect(server.questions.map(({ path }) => path)).toEqual(['/introspect'])
})

test('nor by a fetch that follows them in spite of the option', async () => {
  server.answer = (response, { path }) => {
    if (path === '/elsewhere') return answering(active(server.issuer))(response, {} as never)
    response.writeHead(307, { location: `${server.origin}/elsewhere` }).end()
  }
  const follow: typeof fetch = (url, init) => fetch(url, { ...init, redirect: 'follow' })
  expect(await ask(verifierOf(server, { fetch: follow }), 'opaque')).toMatchObject({ reason: `${endpoint} redirects` })
})

describe('a body without end', () => {
  test('is cut at its limit', async () => {
    let sent = 0
    server.answer = response => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const chunk = Buffer.alloc(64 * 1024, ' ')
      const more = () => {
        while (sent < 300 * 1024 * 1024 && !response.destroyed) {
          sent += chunk.length
          if (!response.write(chunk)) return response.once('drain', more)
        }
        return response.end()
      }
      more()
    }
    const { reason } = (await ask(verifierOf(server), 'opaque')) as { reason?: string }
    expect(reason).toBe(`${endpoint} answered with more than 262144 bytes`)
    expect(sent).toBeLessThan(50 * 1024 * 1024)
  })
  test('also where it is small until it is unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '))
    server.answer = response => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(bomb)
    }
    expect(await ask(verifierOf(server), 'opaque')).toMatchObject({
      reason: `${endpoint} answered with more than 262144 bytes`,
    })
  })
  test('that drips ends with the time that a question may take', async () => {
    server.answer = response => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 10)
      response.once('close', () => clearInterval(drip))
    }
    expect(await ask(verifierOf(server, { timeout: 0.2 }), 'opaque')).toMatchObject({
      reason: `${endpoint} did not answer in time`,
    })
  })
})

test('an answer that breaks off is none', async () => {
  server.answer = response => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"active":true')
    setImmediate(() => response.destroy())
  }
  expect(await outcome(verifierOf(server), 'opaque')).toBe('unavailable')
})

test('a fetch that heeds no signal does not hold a request', async () => {
  const verifier = verifierOf(server, { endpoint, timeout: 0.1, fetch: () => new Promise(() => {}) })
  expect(await ask(verifier, 'opaque')).toMatchObject({ reason: `${endpoint} did not answer in time` })
})

describe('while a server is out of reach', () => {
  async function deadServer() {
    const held: unknown[] = []
    const silent = createServer((_, response) => held.push(response)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/introspect`
    return { silent, held, url }
  }

  test('one request finds it out, and the others are answered at once', async () => {
    holdClock()
    const { silent, held, url } = await deadServer()
    const verifier = verifierOf(server, { endpoint: url, timeout: 0.2 })
    const denial = { code: 'unavailable', reason: `${url} did not answer in time`, retryAfter: 1 }
    expect(await ask(verifier, 'first')).toMatchObject(denial)
    for (let index = 0; index < 100; index++) expect(await ask(verifier, `other-${index}`)).toMatchObject(denial)
    expect(held.length).toBe(1)
    goOn(1.1)
    // One asks again; nobody else waits for it.
    const again = ask(verifier, 'again')
    for (let index = 0; index < 100; index++) expect(await ask(verifier, `more-${index}`)).toMatchObject(denial)
    expect(await again).toMatchObject({ ...denial, retryAfter: 2 })
    expect(held.length).toBe(2)
    goOn(1.1)
    expect(await ask(verifier, 'too-early')).toMatchObject({ retryAfter: 1 })
    expect(held.length).toBe(2)
    silent.closeAllConnections()
    silent.close()
  })

  test('its rests grow to eight seconds and no further, and end with a good answer', async () => {
    holdClock()
    const verifier = verifierOf(server)
    server.answer = answering({}, 'application/json', 503)
    const rests: unknown[] = []
    for (let index = 0; index < 6; index++) {
      const denial = await ask(verifier, `t${index}`)
      rests.push('retryAfter' in denial && denial.retryAfter)
      goOn(8.1)
    }
    expect(rests).toEqual([1, 2, 4, 8, 8, 8])
    server.answer = answering(active(server.issuer))
    expect(await outcome(verifier, 'good')).toBe('granted')
    server.answer = answering({}, 'application/json', 503)
    expect(await ask(verifier, 'bad')).toMatchObject({ retryAfter: 1 })
  })

  test('a clock that is set back does not lengthen a rest', async () => {
    holdClock()
    const verifier = verifierOf(server)
    server.answer = answering({}, 'application/json', 503)
    await ask(verifier, 'one')
    goOn(-3600)
    server.answer = answering(active(server.issuer))
    expect(await outcome(verifier, 'two')).toBe('granted')
  })
})

test.each([
  ['500', answering({}, 'application/json', 500)],
  ['400', answering({}, 'application/json', 400)],
  ['no JSON', answering('oops')],
])('what goes wrong for one token (%s) does not close the API for others', async (_, answer) => {
  const verifier = verifierOf(server)
  server.answer = (response, question) =>
    (question.form.get('token') === 'crafted' ? answer : answering(active(server.issuer)))(response, question)
  for (let index = 0; index < 5; index++) {
    expect(await outcome(verifier, 'crafted')).toBe('unavailable')
    expect(await outcome(verifier, `good-${index}`)).toBe('granted')
  }
})

describe('the metadata', () => {
  test.each([
    ['another issuer', { issuer: 'https://other.example/' }, /names the issuer "https:\/\/other.example\/", not/],
    ['no endpoint', { introspection_endpoint: undefined }, /has no 'introspection_endpoint' that is a URL/],
    ['an endpoint without TLS', { introspection_endpoint: 'http://as.example/i' }, /no https URL/],
    ['an endpoint with credentials', { introspection_endpoint: 'https://a:b@as.example/i' }, /no https URL/],
  ])('that name %s are told at start, and to nobody is a token sent', async (_, members, reason) => {
    server.metadata = { ...server.metadata, ...members }
    const verifier = verifierOf(server)
    expect(await ask(verifier, 'opaque')).toMatchObject({
      code: 'unavailable',
      reason: expect.stringMatching(reason),
    })
    await expect(verifier.ready?.()).rejects.toThrow(reason)
    expect(server.questions).toEqual([])
  })

  test('need no jwks_uri where answers are not signed', async () => {
    server.metadata = { ...server.metadata, jwks_uri: undefined }
    expect(await outcome(verifierOf(server), 'opaque')).toBe('granted')
  })

  test('are read once for all requests, anew in time, and the endpoint goes on where that fails', async () => {
    holdClock()
    const verifier = verifierOf(server)
    await Promise.all(['a', 'b', 'c'].map(token => ask(verifier, token)))
    await ask(verifier, 'd')
    expect(server.discovered).toBe(1)
    goOn(601)
    server.metadata = {}
    expect(await outcome(verifier, 'e')).toBe('granted')
    await vi.waitFor(() => expect(server.discovered).toBe(2))
    expect(await outcome(verifier, 'f')).toBe('granted')
    expect(server.discovered).toBe(2)
    goOn(601)
    server.metadata = { issuer: server.issuer, introspection_endpoint: `${server.origin}/moved` }
    await ask(verifier, 'g')
    await vi.waitFor(async () => {
      await ask(verifier, 'h')
      expect(server.questions.at(-1)?.path).toBe('/moved')
    })
  })

  test('are not asked for where the endpoint is given', async () => {
    expect(await outcome(verifierOf(server, { endpoint: `${server.origin}/given` }), 'opaque')).toBe('granted')
    expect([server.discovered, server.questions[0]?.path]).toEqual([0, '/given'])
  })
})

describe('ready()', () => {
  test('asks about a token that was made up, each time another one', async () => {
    server.answer = answering({ active: false })
    const verifier = verifierOf(server)
    await verifier.ready?.()
    await verifier.ready?.()
    const tokens = server.questions.map(({ form }) => form.get('token'))
    expect(new Set(tokens).size).toBe(2)
  })
  test('tells of a server that calls everything active', async () => {
    await expect(verifierOf(server).ready?.()).rejects.toThrow(`${server.issuer} calls a token active that was made up`)
  })
  test('asks also while the server rests, and ends that when it answers', async () => {
    holdClock()
    const verifier = verifierOf(server)
    server.answer = answering({}, 'application/json', 503)
    await ask(verifier, 'one')
    server.answer = answering({ active: false })
    await verifier.ready?.()
    expect(await outcome(verifier, 'two')).toBe('invalid_token: token is not active')
  })
})
