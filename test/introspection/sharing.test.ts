import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ask, outcome } from '../tokens/scripted-issuer.js'
import { active, answering, type ScriptedServer, scriptedServer, verifierOf } from './scripted-server.js'

let server: ScriptedServer
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  server = await scriptedServer()
})
afterEach(async () => {
  vi.useRealTimers()
  await server[Symbol.asyncDispose]()
})

function goOn(seconds: number) {
  vi.setSystemTime(Date.now() + seconds * 1000)
}

const CACHE = { maxAge: 60, maxEntries: 3 }

describe('requests at the same time', () => {
  test('with one token ask once', async () => {
    const verifier = verifierOf(server)
    const results = await Promise.all(Array.from({ length: 100 }, () => ask(verifier, 'same')))
    expect(results.filter(({ granted }) => granted)).toHaveLength(100)
    expect(server.questions).toHaveLength(1)
    await ask(verifier, 'same')
    expect(server.questions).toHaveLength(2)
  })

  test('with one token do not share its claims', async () => {
    const verifier = verifierOf(server)
    const [one, other] = await Promise.all([ask(verifier, 'same'), ask(verifier, 'same')])
    if (one?.granted) Object.assign(one.proof, { sub: 'admin', scope: 'all' })
    expect(other).toMatchObject({ proof: { sub: 'user', scope: 'read:a read:b' } })
  })

  test('with different tokens get each its own answer', async () => {
    server.answer = (response, question) => {
      const token = question.form.get('token') ?? ''
      // The later ones are answered first.
      setTimeout(
        () => answering(active(server.issuer, { sub: token, active: !token.endsWith('7') }))(response, question),
        50 - Number(token.slice(-2)) / 4,
      )
    }
    const verifier = verifierOf(server)
    const tokens = Array.from({ length: 200 }, (_, index) => `a-long-common-prefix-of-all-tokens-${index}`)
    const results = await Promise.all(tokens.map(token => ask(verifier, token)))
    for (const [index, result] of results.entries()) {
      const token = tokens[index] as string
      expect(result).toMatchObject(
        token.endsWith('7') ? { granted: false, code: 'invalid_token' } : { granted: true, proof: { sub: token } },
      )
    }
    expect(server.questions).toHaveLength(200)
  })

  test('are 64 at the server, and no more wait than there is room for', async () => {
    let open = 0
    let most = 0
    server.answer = (response, question) => {
      open++
      most = Math.max(most, open)
      setTimeout(() => {
        open--
        answering(active(server.issuer))(response, question)
      }, 5)
    }
    const verifier = verifierOf(server, { endpoint: `${server.origin}/introspect`, timeout: 60 })
    const results = await Promise.all(Array.from({ length: 1100 }, (_, index) => ask(verifier, `t${index}`)))
    expect(results.filter(({ granted }) => granted)).toHaveLength(64 + 1024)
    expect(results.at(-1)).toMatchObject({
      code: 'unavailable',
      reason: 'too many tokens wait to be introspected',
      retryAfter: 1,
    })
    expect(most).toBeLessThanOrEqual(64)
    // All turns were given back.
    const again = await Promise.all(Array.from({ length: 100 }, (_, index) => outcome(verifier, `u${index}`)))
    expect(new Set(again)).toEqual(new Set(['granted']))
  })

  test('that wait for their turn when the server goes silent end with it', async () => {
    let silent = true
    server.answer = (response, question) => {
      if (!silent) answering(active(server.issuer))(response, question)
    }
    const verifier = verifierOf(server, { endpoint: `${server.origin}/introspect`, timeout: 0.3 })
    const results = await Promise.all(Array.from({ length: 100 }, (_, index) => outcome(verifier, `t${index}`)))
    expect(new Set(results)).toEqual(new Set(['unavailable']))
    expect(server.questions).toHaveLength(64)
    silent = false
    goOn(1.1)
    const again: string[] = []
    for (let index = 0; index < 100; index++) again.push(await outcome(verifier, `u${index}`))
    expect(new Set(again)).toEqual(new Set(['granted']))
  })
})

describe('the cache', () => {
  test('is off unless it is asked for', async () => {
    const verifier = verifierOf(server)
    await ask(verifier, 'same')
    await ask(verifier, 'same')
    expect(server.questions).toHaveLength(2)
  })

  test('spares questions for its age and no longer, and tells then of a token that was revoked', async () => {
    const verifier = verifierOf(server, { cache: { maxAge: 10 } })
    expect(await outcome(verifier, 'same')).toBe('granted')
    server.answer = answering({ active: false })
    goOn(9.9)
    expect(await outcome(verifier, 'same')).toBe('granted')
    goOn(0.2)
    expect(await outcome(verifier, 'same')).toBe('invalid_token: token is not active')
    expect(server.questions).toHaveLength(2)
  })

  test('counts the age from the question, not from the answer', async () => {
    const verifier = verifierOf(server, { cache: { maxAge: 10 } })
    server.answer = (response, question) => {
      goOn(6)
      answering(active(server.issuer))(response, question)
    }
    await ask(verifier, 'same')
    server.answer = answering({ active: false })
    goOn(5)
    expect(await outcome(verifier, 'same')).toBe('invalid_token: token is not active')
  })

  test('keeps nothing beyond exp, not even for the clock tolerance', async () => {
    const exp = Math.floor(Date.now() / 1000) + 5
    server.answer = answering(active(server.issuer, { exp }))
    const verifier = verifierOf(server, { cache: CACHE, clockTolerance: 60 })
    await ask(verifier, 'same')
    goOn(exp - Date.now() / 1000)
    await ask(verifier, 'same')
    await ask(verifier, 'same')
    expect(server.questions).toHaveLength(3)
  })

  test('forgets what a clock that was set back would keep for longer', async () => {
    const verifier = verifierOf(server, { cache: CACHE })
    await ask(verifier, 'same')
    goOn(-3600)
    server.answer = answering({ active: false })
    expect(await outcome(verifier, 'same')).toBe('invalid_token: token is not active')
  })

  test('holds no token for another one', async () => {
    const verifier = verifierOf(server, { cache: { maxEntries: 100 } })
    const digest = createHash('sha256').update('token-1').digest('base64url')
    const tokens = [
      'token-1',
      'token-10',
      'token-',
      'Token-1',
      'token-1=',
      digest,
      `${'a'.repeat(4000)}1`,
      `${'a'.repeat(4000)}2`,
    ]
    server.answer = (response, question) =>
      answering(active(server.issuer, { sub: question.form.get('token') }))(response, question)
    for (let round = 0; round < 2; round++) {
      for (const token of tokens) expect(await ask(verifier, token)).toMatchObject({ proof: { sub: token } })
    }
    expect(server.questions).toHaveLength(tokens.length)
  })

  test('gives each request its own claims', async () => {
    const verifier = verifierOf(server, { cache: CACHE })
    server.answer = answering(active(server.issuer, { roles: ['user'] }))
    for (let index = 0; index < 2; index++) {
      const result = await ask(verifier, 'same')
      if (!result.granted) throw new Error('refused')
      expect(result.proof).toMatchObject({ sub: 'user', roles: ['user'] })
      const proof = result.proof as { sub: string; roles: string[] }
      proof.sub = 'admin'
      proof.roles.push('admin')
    }
    expect(await ask(verifier, 'same')).toMatchObject({ proof: { sub: 'user', roles: ['user'] } })
  })

  test('is bounded: the oldest entry makes room', async () => {
    const verifier = verifierOf(server, { cache: CACHE })
    for (const token of ['a', 'b', 'c', 'd', 'd', 'c', 'b', 'a']) await ask(verifier, token)
    expect(server.questions.map(({ form }) => form.get('token'))).toEqual(['a', 'b', 'c', 'd', 'a'])
  })

  test('keeps no long answers', async () => {
    server.answer = answering(active(server.issuer, { note: 'x'.repeat(16 * 1024) }))
    const verifier = verifierOf(server, { cache: CACHE })
    await ask(verifier, 'same')
    await ask(verifier, 'same')
    expect(server.questions).toHaveLength(2)
  })

  test('keeps no refusals and no failures', async () => {
    const verifier = verifierOf(server, { cache: CACHE })
    server.answer = answering({ active: false })
    await ask(verifier, 'same')
    server.answer = answering('oops')
    await ask(verifier, 'same')
    server.answer = answering(active(server.issuer))
    expect(await outcome(verifier, 'same')).toBe('granted')
  })

  test('lets nothing pass that the claims refuse', async () => {
    server.answer = answering(active(server.issuer, { aud: 'other', nbf: Math.floor(Date.now() / 1000) + 30 }))
    const verifier = verifierOf(server, { cache: CACHE })
    for (let index = 0; index < 2; index++)
      expect(await outcome(verifier, 'same')).toMatch(/^invalid_token: unexpected 'aud'/)
  })

  test('serves known tokens while the server is out of reach', async () => {
    const verifier = verifierOf(server, { cache: CACHE })
    await ask(verifier, 'known')
    server.answer = answering({}, 'application/json', 503)
    expect(await outcome(verifier, 'new')).toBe('unavailable')
    expect(await outcome(verifier, 'known')).toBe('granted')
  })
})
