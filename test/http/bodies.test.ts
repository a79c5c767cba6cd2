import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { platform } from 'node:os'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import express from 'express'
import { apiKey, type GateOptions, type UploadedFile } from 'gatewright/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generate } from '../../generator/index.js'
import { type Answer, send } from './request.js'

const folder = fileURLToPath(new URL('../out/bodies/', import.meta.url))
const temporary = fileURLToPath(new URL('../out/bodies/tmp/', import.meta.url))

type Context = { body: unknown; res: express.Response; req: express.Request }
type Handlers = { [name: string]: (context: Context) => unknown }

let create: (handlers: object, options: object) => express.Router
let stubs: Handlers
const servers: Server[] = []
let origin: string
let runs = 0
/** Replaces what handlers do, for one test. */
let handle: (context: Context) => unknown

const key = { 'x-key': 'good' }

/** What a handler sees, with files in the place of what they hold. */
async function shown(value: unknown): Promise<unknown> {
  if (value instanceof Readable) return { stream: await text(value) }
  if (Array.isArray(value)) return Promise.all(value.map(shown))
  if (typeof value !== 'object' || value === null) return value
  if ('stream' in value) {
    const { filename, mediaType, size, stream } = value as UploadedFile
    return { filename, mediaType, size, holds: (await buffer(stream())).toString('latin1').slice(0, 20) }
  }
  const entries = Object.entries(value).map(async ([name, one]) => [name, await shown(one)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

async function serve(options: GateOptions = {}): Promise<{ origin: string; server: Server }> {
  const handlers = Object.fromEntries(
    Object.keys(stubs).map(name => [
      name,
      (context: Context) => {
        runs++
        return handle(context)
      },
    ]),
  )
  const app = express()
  app.use(create(handlers, { schemes: { key: apiKey(sent => sent === 'good' && { name: 'good' }) }, ...options }))
  app.use((error: { status?: number }, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    res.status(error.status ?? 500).json({ failed: String(error) })
  })
  const server = createServer(app)
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

const echo = async ({ body }: Context) => ({ status: 200, body: (await shown(body)) ?? null })

const before = process.env.TMPDIR
beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true })
  process.env.TMPDIR = temporary
  const document = fileURLToPath(new URL('bodies.yaml', import.meta.url))
  const { diagnostics } = await generate({ document, out: `${folder}generated`, handlers: `${folder}handlers` })
  expect(diagnostics.map(one => [one.code, one.severity])).toEqual([
    ['body-unreadable', 'warning'],
    ['body-unreadable', 'warning'],
  ])
  create = ((await import(`${folder}generated/router.ts`)) as { createRouter: typeof create }).createRouter
  stubs = (await import(`${folder}handlers/index.ts`)) as Handlers
  handle = echo
  origin = (await serve()).origin
})

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
})

interface SentPart {
  readonly name?: string
  readonly filename?: string
  readonly type?: string
  readonly headers?: readonly string[]
  readonly content?: string | Buffer
}

const BOUNDARY = 'gatewright-test'

function multipart(parts: readonly SentPart[], end = `--${BOUNDARY}--\r\n`): Buffer {
  const bytes = parts.flatMap(({ name, filename, type, headers = [], content = '' }) => {
    const disposition =
      name === undefined
        ? []
        : [`Content-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}`]
    const lines = [...disposition, ...(type === undefined ? [] : [`Content-Type: ${type}`]), ...headers]
    return [
      Buffer.from(`--${BOUNDARY}\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]
  })
  return Buffer.concat([...bytes, Buffer.from(end)])
}

const TYPE = `multipart/form-data; boundary=${BOUNDARY}`

async function post(
  path: string,
  type: string,
  body: string | Buffer,
  { to = origin, method = 'POST', headers = {} }: { to?: string; method?: string; headers?: object } = {},
): Promise<{ status: number; headers: Answer['headers']; body: unknown }> {
  const asked = { ...key, 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers }
  const answer = await send(to, path, { method, headers: asked, body })
  return {
    status: answer.status,
    headers: answer.headers,
    body: answer.text === '' ? undefined : JSON.parse(answer.text),
  }
}

const upload = (parts: readonly SentPart[], options = {}) => post('/upload', TYPE, multipart(parts), options)

function faultsOf({ status, body }: { status: number; body: unknown }): unknown {
  const { errors, detail } = body as { errors?: { in: string; pointer: string; detail: string }[]; detail?: string }
  return [status, ...(errors?.map(one => `${one.pointer} ${one.detail}`) ?? [detail])]
}

const title: SentPart = { name: 'title', content: 'Title' }
const photo: SentPart = { name: 'photo', filename: 'a.png', type: 'image/png', content: 'PNG' }

describe('multipart/form-data', () => {
  test('is read to the object that the document describes', async () => {
    const { status, body } = await upload([
      { name: 'title', type: 'text/plain; charset=iso-8859-1', content: Buffer.from('Tit\u00e9', 'latin1') },
      { name: 'count', content: '12' },
      { name: 'tags', content: 'one' },
      { name: 'tags', content: 'two, three' },
      { ...photo, filename: 'C:\\evil\\..\\name\u0007.png' },
      { name: 'pages', filename: '../../etc/passwd', content: 'first' },
      { name: 'pages', filename: 'a/..', content: 'dots' },
      { name: 'pages', content: 'second' },
      { name: 'scan', filename: '', headers: ['X-Pages: 4'], content: '%PDF' },
      { name: 'meta', filename: 'blob', type: 'application/json', content: '{"a":1,"id":"x"}' },
      { name: 'list', content: '{"a":1}' },
      { name: 'list', content: '{"a":2}' },
      { name: 'sizes', content: '1,2,3' },
      { name: 'area[w]', content: '4' },
    ])
    expect(body).toEqual({
      title: 'Tité',
      count: 12,
      tags: ['one', 'two, three'],
      photo: { filename: 'name.png', mediaType: 'image/png', size: 3, holds: 'PNG' },
      pages: [
        { filename: 'passwd', mediaType: 'application/octet-stream', size: 5, holds: 'first' },
        { mediaType: 'application/octet-stream', size: 4, holds: 'dots' },
        { mediaType: 'application/octet-stream', size: 6, holds: 'second' },
      ],
      scan: { mediaType: 'application/octet-stream', size: 4, holds: '%PDF' },
      meta: { a: 1 },
      list: [{ a: 1 }, { a: 2 }],
      sizes: [1, 2, 3],
      area: { w: 4 },
    })
    expect(status).toBe(200)
  })

  test('a list of JSON in one part, and one item of a list', async () => {
    const { body } = await upload([
      title,
      photo,
      { name: 'list', content: '[{"a":1},{"a":2}]' },
      { name: 'tags', content: 'a' },
    ])
    expect(body).toMatchObject({ list: [{ a: 1 }, { a: 2 }], tags: ['a'] })
  })

  test('nothing is percent-encoded', async () => {
    const { body } = await upload([title, photo, { name: 'codes', content: 'a%7Cb|c%20d' }])
    expect(body).toMatchObject({ codes: ['a%7Cb', 'c%20d'] })
  })

  const refused: [what: string, parts: SentPart[], ...expected: unknown[]][] = [
    ['nothing', [], 400, '#/title is required', '#/photo is required'],
    ['no number', [title, photo, { name: 'count', content: '1e3' }], 400, '#/count must be an integer'],
    ['a short text', [{ ...title, content: 'T' }, photo], 400, '#/title must have at least 2 characters'],
    ['a text twice', [title, title, photo], 400, '#/title must not be repeated'],
    ['a file twice', [title, photo, photo], 400, '#/photo must not be repeated'],
    [
      'too many files of a list',
      [title, photo, ...Array<SentPart>(4).fill({ name: 'pages' })],
      400,
      '#/pages must have at most 3 items',
    ],
    ['an unknown text', [title, photo, { name: 'evil' }], 400, '#/evil is not allowed here'],
    ['an unknown file', [title, photo, { name: 'evil', filename: 'a' }], 400, '#/evil must not be a file'],
    ['__proto__', [title, photo, { name: '__proto__', content: '1' }], 400, '#/__proto__ is not allowed here'],
    ['__proto__ as a file', [{ name: '__proto__', filename: 'a' }], 400, '#/__proto__ is not allowed here'],
    ['__proto__ in a style', [title, photo, { name: 'area[__proto__]' }], 400, '#/area/__proto__ is not allowed here'],
    ['JSON that is none', [title, photo, { name: 'meta', content: '{' }], 400, '#/meta is not valid JSON'],
    ['JSON that does not fit', [title, photo, { name: 'meta', content: '{}' }], 400, '#/meta/a is required'],
    [
      'JSON of another type',
      [title, photo, { name: 'meta', type: 'text/plain', content: '{"a":1}' }],
      400,
      '#/meta must have the media type application/json',
    ],
    [
      'JSON with __proto__',
      [title, photo, { name: 'meta', content: '{"a":1,"b":{"__proto__":1}}' }],
      400,
      '#/meta/b/__proto__ is not allowed here',
    ],
    ['a picture as text', [{ ...title, type: 'image/png' }, photo], 400, '#/title must have the media type text/plain'],
    [
      'another picture',
      [title, { ...photo, type: 'image/gif' }],
      400,
      '#/photo must have the media type image/png or image/jpeg',
    ],
    [
      'a part without its header',
      [title, photo, { name: 'scan' }],
      400,
      '#/scan has a header X-Pages that is required',
    ],
    [
      'a part with a wrong header',
      [title, photo, { name: 'scan', headers: ['X-Pages: x'] }],
      400,
      '#/scan has a header X-Pages that must be an integer',
    ],
    [
      'no UTF-8',
      [{ ...title, content: Buffer.from([0xff, 0xff]) }, photo],
      400,
      '#/title is no well-formed text in its charset',
    ],
    [
      'a header twice',
      [title, photo, { name: 'scan', headers: ['X-Pages: 4', 'X-Pages: 4'] }],
      400,
      '#/scan has a header X-Pages that must not be repeated',
    ],
    [
      'an odd header of a piece',
      [title, photo, { name: 'area[w]', headers: ['X-Unit: kg'], content: '1' }],
      400,
      '#/area%5Bw%5D has a header X-Unit that must be "m"',
    ],
    ['a piece that is odd', [title, photo, { name: 'area[w][x]' }], 400, '#/area/w must be an integer'],
    ['a file that was not chosen', [title, { name: 'photo', filename: '', content: '' }], 400, '#/photo is required'],
  ]
  test.each(refused)('refuses %s', async (_what, parts, ...expected) => {
    const ran = runs
    expect(faultsOf(await upload(parts))).toEqual(expected)
    expect(runs).toBe(ran)
  })

  const whole = multipart([title, photo])
  const longer = 'b'.repeat(71)
  const malformed: [what: string, type: string, body: Buffer | string, status?: number][] = [
    ['no boundary', 'multipart/form-data', whole],
    ['two boundaries', `${TYPE}; boundary=other`, whole, 415],
    ['a long boundary', `multipart/form-data; boundary=${longer}`, String(whole).replaceAll(BOUNDARY, longer)],
    ['another boundary', 'multipart/form-data; boundary=other', whole],
    ['no end', TYPE, multipart([title, photo], '')],
    ['an end in the middle of a part', TYPE, whole.subarray(0, whole.length - 30)],
    ['an end in the middle of headers', TYPE, `--${BOUNDARY}\r\nContent-Disposition: form-data; na`],
    ['a part without headers', TYPE, multipart([{ content: 'a' }])],
    ['a part without a blank line', TYPE, `--${BOUNDARY}\r\nContent-Disposition: form-data\r\n--${BOUNDARY}--\r\n`],
    [
      'a part of another disposition',
      TYPE,
      multipart([{ headers: ['Content-Disposition: attachment; name="title"'] }]),
    ],
    ['two dispositions', TYPE, multipart([{ ...title, headers: ['Content-Disposition: form-data; name="photo"'] }])],
    ['two names', TYPE, multipart([{ headers: ['Content-Disposition: form-data; name="title"; name="photo"'] }])],
    ['no name', TYPE, multipart([{ headers: ['Content-Disposition: form-data; filename="a"'] }])],
    [
      'a name that is no UTF-8',
      TYPE,
      multipart([{ headers: [] }])
        .toString()
        .replace('\r\n\r\n', '\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n'),
    ],
    ['a coded part', TYPE, multipart([{ ...title, headers: ['Content-Transfer-Encoding: base64'] }])],
    ['a malformed type of a part', TYPE, multipart([{ ...title, type: 'text' }])],
    ['headers without end', TYPE, multipart([{ ...title, headers: [`X: ${'x'.repeat(20_000)}`] }])],
    ['many headers', TYPE, multipart([{ ...title, headers: Array<string>(100).fill('X: x') }])],
    ['nothing', TYPE, '\r\n'],
  ]
  test.each(malformed)('refuses %s', async (_what, type, body, status = 400) => {
    const ran = runs
    const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body
    const answer = await post('/upload', type, bytes)
    expect(answer).toMatchObject({ status, body: { status } })
    if (status === 400) expect(answer.body).toMatchObject({ detail: 'The multipart body is malformed.' })
    expect(runs).toBe(ran)
  })

  test('takes no more than its limits', async () => {
    const { origin: to } = await serve({ bodyLimit: 1000, multipart: { files: 2, fileSize: 100_000, parts: 6 } })
    const page = { name: 'pages', content: 'p' }
    expect((await upload([title, photo, page], { to })).status).toBe(200)
    expect(faultsOf(await upload([title, photo, page, page], { to }))).toEqual([413, 'The body has too many files.'])
    expect(faultsOf(await upload(Array(7).fill({ name: 'tags' }), { to }))).toEqual([
      413,
      'The body has too many parts.',
    ])
    const large = { ...photo, content: Buffer.alloc(100_001) }
    expect(faultsOf(await upload([large], { to }))).toEqual([413, 'A file of the body is too large.'])
    const texts = Array(3).fill({ name: 'tags', content: 'x'.repeat(400) })
    expect(faultsOf(await upload(texts, { to }))).toEqual([413, 'The body is too large.'])
    const deep = { name: 'meta', content: `${'['.repeat(65)}${']'.repeat(65)}` }
    expect(faultsOf(await upload([title, photo, deep]))).toEqual([400, '#/meta is nested too deeply'])
    expect(open()).toEqual([])
  })

  test('answers a body that goes on for ever', async () => {
    const { hostname, port } = new URL(origin)
    const sending = request({
      hostname,
      port,
      path: '/upload',
      method: 'POST',
      headers: { ...key, 'content-type': TYPE },
    })
    sending.on('error', () => {})
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\n`
    const endless = Readable.from(
      (function* () {
        yield head
        for (;;) yield 'x'.repeat(60_000)
      })(),
      { objectMode: false },
    )
    endless.pipe(sending)
    const [response] = (await once(sending, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    sending.destroy()
  })

  test('is not read in a coding', async () => {
    const body = gzipSync(multipart([title, photo]))
    const { status, headers } = await post('/upload', TYPE, body, { headers: { 'content-encoding': 'gzip' } })
    expect([status, headers['accept-encoding']]).toEqual([415, 'identity'])
  })

  test('a map of files, each as large as the schema allows', async () => {
    const file = (name: string, content: string) => ({ name, filename: `${name}.txt`, content })
    const fits = await post('/files', TYPE, multipart([file('a', '12345'), file('constructor', '')]))
    expect(fits.body).toMatchObject({ a: { size: 5 }, constructor: { size: 0 } })
    const large = await post('/files', TYPE, multipart([file('a', '123456')]))
    expect(faultsOf(large)).toEqual([400, '#/a/size must be <= 5'])
  })

  test('what a schema leaves open is what the part says', async () => {
    const ask = async (...parts: SentPart[]) => (await post('/open', TYPE, multipart(parts))).body
    expect(await ask({ name: 'any', content: '12' })).toEqual({ any: '12' })
    expect(await ask({ name: 'any', type: 'application/json', content: '12' })).toEqual({ any: 12 })
    expect(await ask({ name: 'any', filename: 'a', content: '12' })).toMatchObject({ any: { filename: 'a', size: 2 } })
    expect(await ask({ name: 'either', content: '1' })).toMatchObject({ either: { size: 1 } })
    expect(await ask({ name: 'either' }, { name: 'either' })).toMatchObject({ either: [{ size: 0 }, { size: 0 }] })
    expect(await ask({ name: 'free', content: 'text' })).toEqual({ free: 'text' })
    const both = multipart([
      { name: 'any', content: '1' },
      { name: 'any', filename: 'a' },
    ])
    expect(faultsOf(await post('/open', TYPE, both))).toEqual([400, '#/any must not be repeated'])
  })
})

/** The files that are open below the temporary folder, or stand in it. */
function open(): string[] {
  const named = readdirSync(temporary)
  if (platform() !== 'linux') return named
  const links = readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return []
    }
  })
  return [...named, ...links.filter(link => link.startsWith(temporary)).map(() => 'open')]
}

async function untilFreed(): Promise<void> {
  for (let turn = 0; turn < 200 && open().length > 0; turn++) await new Promise(resolve => setTimeout(resolve, 10))
  expect(open()).toEqual([])
}

const large: SentPart = { ...photo, content: Buffer.alloc(300_000, 'large') }

describe('files', () => {
  const during = async <Value>(does: typeof handle, act: () => Promise<Value>): Promise<Value> => {
    handle = does
    try {
      return await act()
    } finally {
      handle = echo
    }
  }
  const photoOf = ({ body }: Context) => (body as { photo: UploadedFile }).photo

  test('large ones have no name on disk, can be read twice, and are gone after the answer', async () => {
    let kept: UploadedFile | undefined
    const seen: unknown[] = []
    const does = async (context: Context) => {
      kept = photoOf(context)
      const twice = await Promise.all([buffer(kept.stream()), buffer(kept.stream())])
      seen.push(readdirSync(temporary), ...twice.map(bytes => bytes.equals(large.content as Buffer)))
      if (platform() === 'linux') seen.push(open())
      return { status: 200, body: {} }
    }
    expect((await during(does, () => upload([title, large]))).status).toBe(200)
    expect(seen).toEqual([[], true, true, ...(platform() === 'linux' ? [['open']] : [])])
    await untilFreed()
    expect(() => kept?.stream()).toThrow('after the request that brought it had ended')
  })

  test('can be the answer', async () => {
    const does = (context: Context) => ({ status: 200, body: photoOf(context).stream(), contentType: 'image/png' })
    const { text: answer } = await during(does, () =>
      send(origin, '/upload', {
        method: 'POST',
        headers: { ...key, 'content-type': TYPE },
        body: multipart([title, large]),
      }),
    )
    expect(answer).toBe(String(large.content))
    await untilFreed()
  })

  test('stay until the answer is complete, where the handler writes it itself', async () => {
    const does = (context: Context) => void photoOf(context).stream().pipe(context.res)
    const { text: answer } = await during(does, () =>
      send(origin, '/upload', {
        method: 'POST',
        headers: { ...key, 'content-type': TYPE },
        body: multipart([title, large]),
      }),
    )
    expect(answer).toBe(String(large.content))
    await untilFreed()
  })

  test('are gone when the handler fails, or the body does not fit', async () => {
    const fails = () => {
      throw new Error('no')
    }
    expect((await during(fails, () => upload([title, large]))).status).toBe(500)
    await untilFreed()
    expect((await upload([large])).status).toBe(400)
    await untilFreed()
    expect((await post('/upload', TYPE, multipart([title, large], ''))).status).toBe(400)
    await untilFreed()
  })

  test('are gone when the caller leaves, before the handler and while it runs', async () => {
    const { hostname, port } = new URL(origin)
    const ran = runs
    const whole = multipart([title, large])
    const leave = async (sent: Buffer, until: () => boolean) => {
      const socket = connect(Number(port), hostname)
      const head = `POST /upload HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nContent-Type: ${TYPE}\r\nContent-Length: ${whole.length}\r\n\r\n`
      socket.write(head)
      socket.write(sent)
      while (!until()) await new Promise(resolve => setTimeout(resolve, 5))
      socket.destroy()
    }
    if (platform() === 'linux') await leave(whole.subarray(0, 200_000), () => open().includes('open'))
    await untilFreed()
    expect(runs).toBe(ran)

    const ended = new Promise<unknown>(resolve => {
      handle = async context => {
        await once(context.res, 'close')
        resolve((await buffer(photoOf(context).stream())).length)
        return { status: 200, body: {} }
      }
    })
    await leave(whole, () => runs > ran)
    expect(await ended).toBe(300_000)
    handle = echo
    await untilFreed()
  })

  test('are not received before the policy holds', async () => {
    const { hostname, port } = new URL(origin)
    const headers = { 'content-type': TYPE, 'content-length': 1_000_000 }
    const asking = request({ hostname, port, path: '/upload', method: 'POST', headers })
    asking.on('error', () => {})
    asking.flushHeaders()
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(401)
    asking.destroy()
    expect(open()).toEqual([])
  })
})

describe('application/x-www-form-urlencoded with encoding', () => {
  const form = (body: string, to = origin) => post('/form', 'application/x-www-form-urlencoded', body, { to })

  test('styles', async () => {
    const sent = [
      'card[number]=12&card%5Btags%5D=a&card[tags]=b',
      'ids=1|2%7C3',
      'names=a%20b+c%2Cd',
      'pair=a,1,b,x%2Cy',
      'x=1&y=2',
      'more[]=a&more[]=b',
      'point=%7B%22lat%22:1.5%7D',
      'points=%7B%22lat%22:1%7D&points=%7B%22lat%22:2%7D',
    ]
    expect((await form(sent.join('&'))).body).toEqual({
      card: { number: 12, tags: ['a', 'b'] },
      ids: [1, 2, 3],
      names: ['a', 'b', 'c,d'],
      pair: { a: 1, b: 'x,y' },
      flat: { x: 1, y: 2 },
      more: ['a', 'b'],
      point: { lat: 1.5 },
      points: [{ lat: 1 }, { lat: 2 }],
    })
  })

  test.each([
    ['card[number]=x', '#/card/number must be an integer'],
    ['card[evil]=x', '#/card/evil is not allowed here'],
    ['card[number][deep]=1', '#/card/number must be an integer'],
    ['card[tags]=a&card[tags][]=b', '#/card/tags must not have both a value and members'],
    ['card[tags][][__proto__]=a', '#/card/tags must number its items, [0], [1] and so on, or append them all with []'],
    ['card[', '#/card must be spelled card[member]'],
    ['card[__proto__]=1', '#/card/__proto__ is not allowed here'],
    ['ids=1|x', '#/ids/1 must be an integer'],
    ['ids=1&ids=2', '#/ids must not be repeated'],
    ['pair=a', '#/pair must list names with their values'],
    ['more[x]=a', '#/more must number its items from 0, without gaps'],
    ['more[]=a&more[1]=b', '#/more must number its items, [0], [1] and so on, or append them all with []'],
    ['point=1.5x', '#/point is not valid JSON'],
    ['point=%7B%7D', '#/point/lat is required'],
    ['point=%zz', '#/point is not valid percent-encoding'],
    ['evil=1', '#/evil is not allowed here'],
  ])('refuses %s', async (sent, ...expected) => {
    const [status, first] = faultsOf(await form(sent)) as unknown[]
    expect([status, first]).toEqual([400, expected[0]])
  })

  test('objects are read as those of a query', async () => {
    const loose = (body: string) => post('/loose', 'application/x-www-form-urlencoded', body)
    const sent = 'name=a&order[items][0][price]=1&order[items][1][price]=2&b=3&order=&c=4'
    expect((await loose(sent.replace('&order=', ''))).body).toEqual({
      name: 'a',
      order: { items: [{ price: 1 }, { price: 2 }] },
      counts: { b: 3, c: 4 },
    })
    expect(faultsOf(await loose(sent))).toEqual([400, '#/order must not have both a value and members'])
    expect(faultsOf(await loose('b=x'))).toEqual([400, '#/counts/b must be an integer'])
    expect(faultsOf(await loose('grid=1'))).toEqual([400, '#/grid/0 cannot be sent as text'])
  })

  test('has no more members than are allowed', async () => {
    const ids = Array(1500).fill('1').join('|')
    expect((await form(`ids=${ids}`)).status).toBe(200)
    expect(faultsOf(await form(`ids=${ids}`, (await serve({ bodyMembers: 1499 })).origin))).toEqual([
      400,
      '#/ids must have at most 1499 items',
    ])
    const { origin: to } = await serve({ bodyMembers: 3 })
    expect((await form('x=1&y=2&ids=1', to)).status).toBe(200)
    expect(faultsOf(await form('x=1&y=2&ids=1&x=2', to))).toEqual([400, '# holds too many members'])
  })
})

describe('bodies as streams', () => {
  const bytes = 'application/octet-stream'
  const put = (body: string, headers = {}) => post('/bytes', bytes, body, { method: 'PUT', headers })
  const chunked = (body: string) =>
    send(origin, '/bytes', {
      method: 'PUT',
      headers: { ...key, 'content-type': bytes, 'transfer-encoding': 'chunked' },
      body,
    })

  test('reach the handler unread, and are as large as the document allows', async () => {
    expect((await put('abc')).body).toEqual({ stream: 'abc' })
    expect((await put('a'.repeat(101))).status).toBe(413)
    expect((await put('a')).status).toBe(400)
    expect(JSON.parse((await chunked('abc')).text)).toEqual({ stream: 'abc' })
    expect((await chunked('a'.repeat(101))).status).toBe(413)
    expect((await chunked('a')).status).toBe(400)
    const { status, headers } = await put('abc', { 'content-encoding': 'gzip' })
    expect([status, headers['accept-encoding']]).toEqual([415, 'identity'])
  })

  test('that nobody reads end no process', async () => {
    handle = () => ({ status: 200, body: {} })
    expect((await chunked('a'.repeat(200_000))).status).toBe(200)
    handle = echo
    expect((await put('abc')).status).toBe(200)
  })
})

describe('JSON', () => {
  const json = 'application/json'
  const note = (body: unknown, to = origin) => post('/note', json, JSON.stringify(body), { to })

  test('members that are readOnly never reach the handler', async () => {
    const sent = { id: 1, created: 'no date', text: 'a' }
    const kept = { text: 'a' }
    const { body } = await note({
      ...sent,
      parent: { ...sent, parent: sent },
      others: [sent, sent],
      byName: { a: sent, id: sent },
      owner: { group: 'g', rank: 1, seen: true },
    })
    expect(body).toEqual({
      ...kept,
      parent: { ...kept, parent: kept },
      others: [kept, kept],
      byName: { a: kept, id: kept },
      owner: { group: 'g', rank: 1 },
    })
  })

  test('a member that only one alternative calls readOnly is refused where that one is meant', async () => {
    expect((await note({ text: 'a', owner: { person: 'p' } })).status).toBe(200)
    expect((await note({ text: 'a', owner: { person: 'p', rank: 1 } })).status).toBe(400)
  })

  test('is nested and has members as allowed', async () => {
    const any = (body: string, to?: string) => post('/any', json, body, to === undefined ? {} : { to })
    const deep = (depth: number) => `${'['.repeat(depth - 1)}{"a":"\\"[[["}${']'.repeat(depth - 1)}`
    expect((await any(deep(64))).status).toBe(200)
    expect(faultsOf(await any(deep(65)))).toEqual([400, '# is nested too deeply'])
    const members = (count: number) =>
      JSON.stringify([{ ':': '::' }, Object.fromEntries(Array.from({ length: count - 1 }, (_, at) => [at, 1]))])
    const { origin: to } = await serve({ bodyMembers: 5, bodyDepth: 2 })
    expect((await any(members(5), to)).status).toBe(200)
    expect(faultsOf(await any(members(6), to))).toEqual([400, '# holds too many members'])
    expect(faultsOf(await any('[[[]]]', to))).toEqual([400, '# is nested too deeply'])
  })

  test('the last of two members of one name stands', async () => {
    expect((await post('/any', json, '{"a":1,"a":2}')).body).toEqual({ a: 2 })
  })

  test('several codings are one too many', async () => {
    const body = gzipSync(gzipSync('{}'))
    expect((await post('/any', json, body, { headers: { 'content-encoding': 'gzip, gzip' } })).status).toBe(415)
  })

  test('a length beyond the limit is refused before it is sent', async () => {
    const { hostname, port } = new URL(origin)
    const headers = { ...key, 'content-type': json, 'content-length': 200_000 }
    const asking = request({ hostname, port, path: '/any', method: 'POST', headers })
    asking.on('error', () => {})
    asking.flushHeaders()
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    asking.destroy()
  })
})

describe('an unsupported media type', () => {
  test('is answered with those that would do', async () => {
    const { status, headers } = await post('/note', 'text/csv', 'a')
    expect([status, headers.accept, headers['accept-post'], headers['accept-patch']]).toEqual([
      415,
      'application/json',
      'application/json',
      undefined,
    ])
    const patched = await post('/note', 'application/xml', '<a/>', { method: 'PATCH' })
    const { 'accept-post': none, 'accept-patch': types } = patched.headers
    expect([patched.status, types, none]).toEqual([415, 'application/merge-patch+json', undefined])
    expect((await post('/bytes', 'text/csv', 'a', { method: 'PUT' })).headers).toMatchObject({
      accept: 'application/octet-stream',
    })
  })
})

describe('Expect: 100-continue', () => {
  async function ask(to: string, path: string, headers: object, body: string): Promise<unknown[]> {
    const { hostname, port } = new URL(to)
    const asking = request({ hostname, port, path, method: 'POST', headers: { expect: '100-continue', ...headers } })
    const events: unknown[] = []
    asking.on('continue', () => {
      events.push('continue')
      asking.end(body)
    })
    asking.flushHeaders()
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    events.push(response.statusCode)
    asking.destroy()
    return events
  }

  test.each([
    ['/any', 'application/json', '{}'],
    ['/upload', TYPE, multipart([title, photo]).toString()],
  ])('is answered once the policy holds, where the server leaves it to the router: %s', async (path, type, body) => {
    const { origin: to, server } = await serve()
    server.on('checkContinue', (req, res) => server.emit('request', req, res))
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) }
    expect(await ask(to, path, headers, body)).toEqual([401])
    expect(await ask(to, path, { ...headers, ...key }, body)).toEqual(['continue', 200])
    expect(await ask(to, path, { ...headers, ...key, 'content-type': 'text/csv' }, body)).toEqual([415])
    // Node's own answer, where the server has no say: one, and not two.
    expect(await ask(origin, path, { ...headers, ...key }, body)).toEqual(['continue', 200])
  })
})

test('types say which bodies are streams, which members are files, and what is left out', () => {
  const emitted = readFileSync(`${folder}generated/handlers.ts`, 'utf8')
  const formOf = (name: string) => new RegExp(`^  ${name}: Handler<.*?\\}, (\\{.*\\})>$`, 'm').exec(emitted)?.[1]
  expect(formOf('upload')).toBe("{ files: 'photo' | 'pages' | 'scan'; readOnly: true }")
  expect(formOf('uploadMany')).toBe('{ files: string }')
  expect(formOf('uploadOpen')).toBe("{ files: 'either' }")
  expect(formOf('putBytes')).toBe("{ streams: 'application/octet-stream' }")
  expect(formOf('patchNote')).toBe("{ refused: 'application/xml'; readOnly: true }")
  expect(formOf('sendForm')).toBeUndefined()
})

test('options are checked at start', () => {
  const wrong = (options: object) => () => create(stubs, { schemes: { key: apiKey(() => undefined) }, ...options })
  expect(wrong({ bodyDepth: -1 })).toThrow('bodyDepth must be a number of levels')
  expect(wrong({ bodyMembers: '1' })).toThrow('bodyMembers must be a number of members')
  expect(wrong({ multipart: { files: 1.5 } })).toThrow('multipart must be { files, fileSize, parts }')
  expect(wrong({ multipart: { fileSizes: 1 } })).toThrow('multipart must be { files, fileSize, parts }')
  expect(wrong({ multipart: null })).toThrow('multipart must be { files, fileSize, parts }')
})
