import * as openTelemetry from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { AggregationTemporality, DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import express from 'express'
import { apiKey, bearer, type Decided, introspection, type OpenTelemetryApi, openIdConnect } from 'gatewright/runtime'
import { type LocalClaims, type LocalIssuer, startLocalIssuer } from 'gatewright/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CreateRouter, emitted, listeners } from './emitted.js'
import { type Asked, send } from './request.js'

const DOCUMENT = `
openapi: 3.1.0
info: { title: Notes, version: "1" }
security: [{ user: ["notes:read"] }, { key: [] }]
paths:
  /notes/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: getNote, responses: { "204": { description: Done } } }
    put:
      operationId: putNote
      security: [{ user: ["notes:read", "notes:write"] }]
      x-claims: { tier: gold }
      responses: { "204": { description: Done } }
  /open: { get: { operationId: getOpen, security: [], responses: { "204": { description: Done } } } }
components:
  securitySchemes:
    user: { type: http, scheme: bearer }
    key: { type: apiKey, in: header, name: X-Key }
`
const DISCOVERED = `
openapi: 3.1.0
info: { title: Discovered, version: "1" }
paths: { /: { get: { operationId: get, security: [{ found: [] }, { opaque: [] }], responses: { "204": { description: Done } } } } }
components:
  securitySchemes:
    found: { type: openIdConnect, openIdConnectUrl: "http://127.0.0.1:1/.well-known/openid-configuration" }
    opaque: { type: http, scheme: bearer }
`
const CHECKED = `
openapi: 3.1.0
info: { title: Checked, version: "1" }
paths:
  /:
    get:
      operationId: get
      security: [{ user: [] }]
      x-claims: { $check: hasRoom }
      responses: { "204": { description: Done } }
    put:
      operationId: put
      security: [{ key: [] }]
      responses: { "204": { description: Done } }
components:
  securitySchemes:
    user: { type: http, scheme: bearer }
    key: { type: apiKey, in: header, name: X-Key }
`
const done = () => ({ status: 204 })
const fail = () => {
  throw new Error('broken')
}
const handlers = { getNote: done, putNote: done, getOpen: done }

class TestReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE })
  }
  protected override async onForceFlush() {}
  protected override async onShutdown() {}
}

let issuer: LocalIssuer
let createRouter: CreateRouter
let createChecked: CreateRouter
const { listen, close } = listeners()

const routerWith = (options: object = {}, from = issuer.issuer) =>
  createRouter(handlers, {
    schemes: {
      user: bearer({ issuer: from, audience: issuer.audience }),
      key: apiKey(key => key === 'good key' && { name: 'reader' }),
    },
    ...options,
  })
const serve = (options: object = {}, from?: string) => listen(express().use(routerWith(options, from)))
const withToken = async (claims: LocalClaims = {}): Promise<Asked & { method: string }> => ({
  method: 'PUT',
  headers: { Authorization: `Bearer ${await issuer.token(claims)}` },
})

beforeAll(async () => {
  issuer = await startLocalIssuer({ audience: 'https://api.example' })
  createRouter = await emitted('observability', DOCUMENT)
  createChecked = await emitted('observability-checked', CHECKED)
})

afterAll(async () => {
  close()
  await issuer.close()
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

describe('ready()', () => {
  test('resolves when the keys are there', async () => {
    await expect(routerWith().ready()).resolves.toBeUndefined()
  })

  test('names the scheme whose issuer has none', async () => {
    const router = routerWith({}, `${issuer.issuer}nowhere/`)
    await expect(router.ready()).rejects.toThrow(/^not ready: user: tokens cannot be verified: .*nowhere/)
    expect((await send(await listen(express().use(router)), '/open')).status).toBe(204)
  })

  test('waits for every scheme that is demanded', async () => {
    const failing = { ...apiKey(() => ({ name: 'any' })), ready: () => Promise.reject(new Error('no directory')) }
    const throwing = {
      ...bearer({ issuer: issuer.issuer, audience: 'any' }),
      ready() {
        throw new Error('no keys')
      },
    }
    const router = routerWith({ schemes: { user: throwing, key: failing } })
    await expect(router.ready()).rejects.toThrow('not ready: user: no keys; key: no directory')
  })

  test('does not wait for a scheme that nothing demands', async () => {
    const spare = { ...apiKey(() => undefined), ready: () => Promise.reject(new Error('no directory')) }
    const user = bearer({ issuer: issuer.issuer, audience: issuer.audience })
    await expect(routerWith({ schemes: { user, key: spare, spare } }).ready()).rejects.toThrow(
      /^not ready: key: no directory$/,
    )
  })

  test('asks the issuer that the document names, and an introspection endpoint, and tells no secret', async () => {
    const create = await emitted('observability-ready', DISCOVERED)
    const router = create(
      { get: done },
      {
        schemes: {
          found: openIdConnect({ audience: 'any' }),
          opaque: introspection({
            issuer: `${issuer.issuer}nowhere/`,
            client: { id: 'me', secret: 'the secret' },
            audience: 'any',
          }),
        },
      },
    )
    const { message } = await router.ready().then(
      () => new Error('is ready'),
      (error: Error) => error,
    )
    expect(message).toMatch(/^not ready: found: .*127\.0\.0\.1:1\b.*; opaque: .*nowhere/)
    expect(message).not.toContain('the secret')
  })
})

describe('explain', () => {
  const NEVER = /Bearer|eyJ|good|bad key|local\|user/

  test.each<[string, string, () => Asked | Promise<Asked>, string]>([
    ['nothing', '/notes/1', () => ({}), 'getNote: 401 no_credentials; demanded: user (notes:read), or key'],
    [
      'a bad key',
      '/notes/1',
      () => ({ headers: { 'X-Key': 'bad key' } }),
      'getNote: 401 invalid_token; of key; Invalid credentials; demanded: user (notes:read), or key',
    ],
    [
      'no scope',
      '/notes/1',
      () => withToken(),
      'putNote: 403 insufficient_scope; of user; it lacks one of: notes:read notes:write; demanded: user (notes:read notes:write), and x-claims',
    ],
    [
      'another claim',
      '/notes/1',
      () => withToken({ scope: 'notes:read notes:write', tier: 'lead' }),
      'putNote: 401 claims_not_met; of user; claim tier; demanded: user (notes:read notes:write), and x-claims',
    ],
  ])('says in a header why %s does not do', async (_, path, ask, wanted) => {
    const { headers } = await send(await serve({ explain: 'header' }), path, await ask())
    expect(headers['gatewright-explain']).toBe(wanted)
    expect(wanted).not.toMatch(NEVER)
  })

  test('says it in the log', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { headers } = await send(await serve({ explain: 'log' }), '/notes/1')
    expect(headers).not.toHaveProperty('gatewright-explain')
    expect(warn.mock.calls).toEqual([['gatewright: getNote: 401 no_credentials; demanded: user (notes:read), or key']])
  })

  test('says nothing of what is let in, nor by itself', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const good = { headers: { 'X-Key': 'good key' } }
    expect((await send(await serve({ explain: 'header' }), '/notes/1', good)).headers).not.toHaveProperty(
      'gatewright-explain',
    )
    expect((await send(await serve(), '/notes/1')).headers).not.toHaveProperty('gatewright-explain')
    expect(warn).not.toHaveBeenCalled()
  })

  test('tells no caller in production', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => routerWith({ explain: 'header' })).toThrow(/explain/)
    expect(() => routerWith({ explain: 'log' })).not.toThrow()
  })

  test('stays one short line of ASCII whatever a verifier says', async () => {
    const reason = `no\r\nSet-Cookie: a=b\u2028${'é'.repeat(5000)}`
    const key = { ...apiKey(() => undefined), verify: () => ({ granted: false, code: 'invalid_token', reason }) }
    const schemes = { user: bearer({ issuer: issuer.issuer, audience: issuer.audience }), key }
    const answer = await send(await serve({ explain: 'header', schemes }), '/notes/1', { headers: { 'X-Key': 'x' } })
    expect(answer.status).toBe(401)
    expect(answer.headers).not.toHaveProperty('set-cookie')
    expect(answer.headers['gatewright-explain']).toMatch(
      /^getNote: 401 invalid_token; of key; no\?\?Set-Cookie: a=b\?+$/,
    )
    expect(answer.headers['gatewright-explain']).toHaveLength(1000)
  })

  test('repeats nothing of what a verifier throws, which may quote the credential', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const schemes = {
      user: bearer({ issuer: issuer.issuer, audience: issuer.audience }),
      // Its error quotes what it was given.
      key: apiKey(key => JSON.parse(key)),
    }
    const secret = { headers: { 'X-Key': 'eyJsecret' } }
    const shown = await send(await serve({ explain: 'header', schemes }), '/notes/1', secret)
    await send(await serve({ explain: 'log', schemes }), '/notes/1', secret)
    const wanted =
      'getNote: 401 invalid_token; of key; verifier of key threw SyntaxError; demanded: user (notes:read), or key'
    expect(shown.headers['gatewright-explain']).toBe(wanted)
    expect(warn.mock.calls).toEqual([[`gatewright: ${wanted}`]])
  })

  test.each<[string, unknown]>([
    ['a symbol', Symbol('reason')],
    ['an object without a text form', Object.create(null)],
  ])('changes no answer where a verifier gives %s for its reason', async (_, reason) => {
    const key = { ...apiKey(() => undefined), verify: () => ({ granted: false, code: 'invalid_token', reason }) }
    const schemes = { user: bearer({ issuer: issuer.issuer, audience: issuer.audience }), key }
    const { status } = await send(await serve({ explain: 'header', schemes }), '/notes/1', {
      headers: { 'X-Key': 'x' },
    })
    expect(status).toBe(401)
  })
})

describe('OpenTelemetry', () => {
  const exporter = new InMemorySpanExporter()
  const reader = new TestReader()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })

  beforeAll(() => {
    openTelemetry.context.setGlobalContextManager(new AsyncLocalStorageContextManager())
    openTelemetry.trace.setGlobalTracerProvider(tracerProvider)
    openTelemetry.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  })
  beforeEach(() => exporter.reset())
  afterAll(() => openTelemetry.trace.disable())

  /** By operation, outcome, code and schemes. */
  async function counted(): Promise<Map<string, number>> {
    const { resourceMetrics } = await reader.collect()
    const [metric] = resourceMetrics.scopeMetrics.flatMap(one => one.metrics)
    if (metric?.dataPointType !== DataPointType.SUM) return new Map()
    expect([metric.descriptor.name, metric.descriptor.unit]).toEqual(['gatewright.decisions', '{decision}'])
    return new Map(metric.dataPoints.map(({ attributes, value }) => [JSON.stringify(attributes), value]))
  }

  const attributes = (
    operation: string,
    method: string,
    route: string,
    schemes: string[],
    denial?: [string, number],
  ) => ({
    'gatewright.operation': operation,
    'gatewright.outcome': denial ? 'denied' : 'granted',
    'gatewright.schemes': schemes,
    'http.request.method': method,
    'http.route': route,
    ...(denial && { 'gatewright.denial.code': denial[0], 'http.response.status_code': denial[1] }),
  })

  test('counts decisions, and has a span for each', async () => {
    const origin = await serve({ openTelemetry })
    await send(origin, '/open')
    await send(origin, '/notes/1')
    await send(origin, '/notes/2')
    await send(origin, '/notes/1', { headers: { 'X-Key': 'good key' } })
    await send(origin, '/notes/1', await withToken({ scope: 'notes:read notes:write', tier: 'gold' }))
    await send(origin, '/notes/1', await withToken())

    const refused = attributes('getNote', 'GET', '/notes/{id}', ['user', 'key'], ['no_credentials', 401])
    const expected: [object, number][] = [
      [attributes('getOpen', 'GET', '/open', []), 1],
      [refused, 2],
      [attributes('getNote', 'GET', '/notes/{id}', ['key']), 1],
      [attributes('putNote', 'PUT', '/notes/{id}', ['user']), 1],
      [attributes('putNote', 'PUT', '/notes/{id}', ['user'], ['insufficient_scope', 403]), 1],
    ]
    expect(await counted()).toEqual(new Map(expected.map(([one, count]) => [JSON.stringify(one), count])))

    const spans = exporter.getFinishedSpans()
    expect(spans.map(one => [one.name, one.attributes, one.status.code])).toEqual([
      ['authorize getNote', refused, 0],
      ['authorize getNote', refused, 0],
      ['authorize getNote', attributes('getNote', 'GET', '/notes/{id}', ['key']), 0],
      ['authorize putNote', attributes('putNote', 'PUT', '/notes/{id}', ['user']), 0],
      ['authorize putNote', attributes('putNote', 'PUT', '/notes/{id}', ['user'], ['insufficient_scope', 403]), 0],
    ])
    expect(JSON.stringify(spans.map(one => [one.name, one.attributes, one.events]))).not.toMatch(/eyJ|good key|gold/)
  })

  test('marks a decision that could not be made as an error, below the span of the request', async () => {
    const app = express()
    app.use((_req, _res, next) => {
      openTelemetry.trace.getTracer('test').startActiveSpan('request', span => {
        next()
        span.end()
      })
    })
    app.use(routerWith({ openTelemetry }, 'http://127.0.0.1:1/'))
    const { status } = await send(await listen(app), '/notes/1', await withTokenOf('http://127.0.0.1:1/'))
    expect(status).toBe(503)
    const [request, decision] = ['request', 'authorize putNote'].map(name =>
      exporter.getFinishedSpans().find(one => one.name === name),
    )
    expect(decision?.status.code).toBe(openTelemetry.SpanStatusCode.ERROR)
    expect(decision?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId)
  })

  test.each<['at once' | 'later']>([['at once'], ['later']])(
    'has spans of what a verifier does %s below it, and those of the handler not',
    async when => {
      const traced = (name: string) => openTelemetry.trace.getTracer('test').startSpan(name).end()
      const key = apiKey(
        when === 'at once'
          ? () => {
              traced('look up')
              return { name: 'reader' }
            }
          : async () => {
              await null
              traced('look up')
              return { name: 'reader' }
            },
      )
      const user = bearer({ issuer: issuer.issuer, audience: issuer.audience })
      const getNote = () => {
        traced('handle')
        return { status: 204 }
      }
      const router = createRouter({ ...handlers, getNote }, { schemes: { user, key }, openTelemetry })
      await send(await listen(express().use(router)), '/notes/1', { headers: { 'X-Key': 'any' } })
      const spans = new Map(exporter.getFinishedSpans().map(one => [one.name, one]))
      const decision = spans.get('authorize getNote')?.spanContext().spanId
      expect(decision).toBeTypeOf('string')
      expect(spans.get('look up')?.parentSpanContext?.spanId).toBe(decision)
      expect(spans.get('handle')?.parentSpanContext).toBeUndefined()
    },
  )

  test('has no text of a verifier as an attribute', async () => {
    const refusal = { granted: false, code: 'eyJ of a token', reason: 'eyJ of a token' }
    const key = { ...apiKey(() => undefined), verify: () => refusal }
    const schemes = { user: bearer({ issuer: issuer.issuer, audience: issuer.audience }), key }
    await send(await serve({ openTelemetry, schemes }), '/notes/1', { headers: { 'X-Key': 'x' } })
    const refused = attributes('getNote', 'GET', '/notes/{id}', ['key'], ['_OTHER', 401])
    expect(exporter.getFinishedSpans().map(one => one.attributes)).toEqual([refused])
    expect((await counted()).get(JSON.stringify(refused))).toBe(1)
  })

  test.each<[string, (work: (span: never) => void) => void]>([
    ['fails', () => fail()],
    ['does nothing', () => {}],
    [
      'fails afterwards',
      work => {
        work({} as never)
        fail()
      },
    ],
    [
      'calls twice',
      work => {
        work({} as never)
        work({} as never)
      },
    ],
  ])('an API that %s changes no decision', async (_, startActiveSpan) => {
    const broken: OpenTelemetryApi = {
      trace: {
        getTracer: () => ({ startActiveSpan: (_name, work) => startActiveSpan(work as (span: never) => void) }),
      },
      metrics: { getMeter: () => ({ createCounter: () => ({ add: fail }) }) },
    }
    const find = vi.fn((key: string) => key === 'good key' && { name: 'reader' })
    const user = bearer({ issuer: issuer.issuer, audience: issuer.audience })
    const origin = await serve({ openTelemetry: broken, schemes: { user, key: apiKey(find) } })
    expect((await send(origin, '/notes/1')).status).toBe(401)
    expect((await send(origin, '/notes/1', { headers: { 'X-Key': 'bad key' } })).status).toBe(401)
    find.mockClear()
    expect((await send(origin, '/notes/1', { headers: { 'X-Key': 'good key' } })).status).toBe(204)
    expect(find).toHaveBeenCalledTimes(1)
  })

  test('wants the API itself', () => {
    for (const one of [{}, true, { trace: openTelemetry.trace }]) {
      expect(() => routerWith({ openTelemetry: one })).toThrow(/openTelemetry must be the module @opentelemetry\/api/)
    }
  })

  /** Signed by ours; its issuer is out of reach. */
  const withTokenOf = async (iss: string): Promise<Asked> => withToken({ iss } as LocalClaims)
})

test('the decision hook is told which schemes a refusal is about', async () => {
  const decided: Decided[] = []
  const origin = await serve({ onDecision: (one: Decided) => decided.push(one) })
  await send(origin, '/notes/1')
  await send(origin, '/notes/1', { headers: { 'X-Key': 'bad key' } })
  expect(decided.map(one => one.schemes)).toEqual([['user', 'key'], ['key']])
})

test.each<[string, unknown, string]>([
  ['an error of its own', new RangeError('eyJsecret'), 'RangeError'],
  ['an error with a code', Object.assign(new Error('eyJsecret'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['an error without a usable name', Object.assign(new Error(), { name: 'eyJ.secret', code: 1 }), 'an error'],
  ['an error whose name throws', Object.defineProperty(new Error(), 'name', { get: fail }), 'an error'],
  ['what is no error', { name: 'eyJsecret', code: 'eyJsecret' }, 'something else than an error'],
  ['nothing', undefined, 'something else than an error'],
])('the decision hook is told the name alone where a verifier or a check throws %s', async (_, thrown, name) => {
  const decided: Decided[] = []
  const fails = () => {
    throw thrown
  }
  const schemes = { user: bearer({ issuer: issuer.issuer, audience: issuer.audience }), key: apiKey(fails) }
  const router = createChecked(
    { get: done, put: done },
    { schemes, checks: { hasRoom: fails }, onDecision: (one: Decided) => decided.push(one) },
  )
  const origin = await listen(express().use(router))
  await send(origin, '/', { method: 'PUT', headers: { 'X-Key': 'eyJsecret' } })
  await send(origin, '/', { ...(await withToken()), method: 'GET' })
  expect(decided.map(one => !one.granted && one.reason)).toEqual([
    `verifier of key threw ${name}`,
    `check hasRoom threw ${name}`,
  ])
})
