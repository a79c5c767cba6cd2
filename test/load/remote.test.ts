import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { load } from '../../generator/load/load.js'
import { fetchDocument } from '../../generator/load/remote.js'
import { isPublicAddress, readOrigin } from '../../generator/load/remote-url.js'
import { workspace } from '../golden/workspace.js'
import { folder } from './folder.js'
import { remote } from './remote-server.js'

const document = (...refs: string[]) => `openapi: 3.1.0
info: { title: T, version: '1' }
security: []
paths:
  /a:
    get:
      operationId: getA
      responses:
        '200':
          description: ok
          content: { application/json: { schema: { anyOf: [${refs.map(ref => `{ $ref: '${ref}' }`).join(', ')}] } } }
`

test('a remote document is fetched when allowed, recorded, and not asked for again', async () => {
  const { origin, paths, asked } = await remote({
    '/s/pet.yaml': "type: object\r\nproperties: { tag: { $ref: '../t/tag.yaml#/Tag' } }\r\n",
    '/t/tag.yaml': 'Tag: { type: string }\n',
  })
  const work = workspace({ 'openapi.yaml': document(`${origin}/s/pet.yaml`) })
  const refused = await work.run('generate', 'openapi.yaml')
  expect([refused.status, paths()]).toEqual([1, []])
  expect(refused.stderr).toContain('error reference-remote')

  const allowed = ['--remote-origin', origin]
  const checked = await work.run('check', 'openapi.yaml', ...allowed)
  expect(checked.status).toBe(1)
  expect(checked.stderr).toContain('openapi.yaml.remote/lock.json is missing')
  expect(readdirSync(work.folder)).toEqual(['openapi.yaml'])
  asked.length = 0

  expect(await work.run('generate', 'openapi.yaml', ...allowed)).toMatchObject({ status: 0, stderr: '' })
  expect(paths()).toEqual(['/s/pet.yaml', '/t/tag.yaml'])
  expect(asked.map(({ headers }) => [headers.authorization, headers.cookie])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ])
  const lock = JSON.parse(work.text('openapi.yaml.remote/lock.json'))
  expect(Object.keys(lock.documents)).toEqual([`${origin}/s/pet.yaml`, `${origin}/t/tag.yaml`])
  expect(work.text(`openapi.yaml.remote/${lock.documents[`${origin}/t/tag.yaml`].file}`)).toBe(
    'Tag: { type: string }\n',
  )
  expect(work.text('generated/types.ts')).toMatch(/Tag: string;/)

  const before = work.states()
  const again = await work.run('generate', 'openapi.yaml')
  expect(again).toMatchObject({ status: 0, stderr: '', stdout: '1 operation. Everything was up to date.\n' })
  expect(await work.run('check', 'openapi.yaml', ...allowed)).toMatchObject({ status: 0, stderr: '' })
  expect(work.states()).toEqual(before)
  expect(asked).toHaveLength(2)
})

test('a record is refreshed when that is asked for, and forgotten when nothing needs it', async () => {
  const { origin, files, paths } = await remote({ '/a.yaml': 'type: string\n', '/b.yaml': 'type: boolean\n' })
  const work = workspace({ 'openapi.yaml': document(`${origin}/a.yaml`, `${origin}/b.yaml`) })
  const allowed = ['--remote-origin', origin]
  expect((await work.run('generate', 'openapi.yaml', ...allowed)).status).toBe(0)
  files['/a.yaml'] = 'type: number\n'
  expect((await work.run('check', 'openapi.yaml', ...allowed)).status).toBe(0)
  const stale = await work.run('check', 'openapi.yaml', '--refresh-remote', ...allowed)
  expect(stale.status).toBe(1)
  expect(stale.stderr).toMatch(/openapi\.yaml\.remote\/[0-9a-f]{12}-a\.yaml differs/)
  expect((await work.run('generate', 'openapi.yaml', '--refresh-remote')).stderr).toContain('error reference-remote')
  expect((await work.run('generate', 'openapi.yaml', '--refresh-remote', ...allowed)).status).toBe(0)
  expect(work.text('generated/types.ts')).toContain('number')

  const count = paths().length
  work.put({ 'openapi.yaml': document(`${origin}/b.yaml`) })
  expect((await work.run('generate', 'openapi.yaml')).status).toBe(0)
  expect(readdirSync(join(work.folder, 'openapi.yaml.remote')).map(name => name.replace(/^.*-/, ''))).toEqual([
    'b.yaml',
    'lock.json',
  ])
  work.put({ 'openapi.yaml': document('#/x').replace("{ $ref: '#/x' }", 'true') })
  expect((await work.run('generate', 'openapi.yaml')).status).toBe(0)
  expect(readdirSync(join(work.folder, 'openapi.yaml.remote'))).toEqual([])
  expect(paths()).toHaveLength(count)
})

test('when the document has a fault, nothing is recorded', async () => {
  const { origin } = await remote({ '/a.yaml': 'type: string\n' })
  const work = workspace({ 'openapi.yaml': document(`${origin}/a.yaml`, '#/nowhere') })
  const { status, stderr } = await work.run('generate', 'openapi.yaml', '--remote-origin', origin)
  expect([status, stderr]).toEqual([1, expect.stringContaining('error reference-dangling')])
  expect(readdirSync(work.folder)).toEqual(['openapi.yaml'])
})

test('a record that is not what was recorded is an error, also where the network could mend it', async () => {
  const { origin, asked } = await remote({ '/a.yaml': 'type: string\n' })
  const work = workspace({ 'openapi.yaml': document(`${origin}/a.yaml`) })
  const allowed = ['--remote-origin', origin]
  expect((await work.run('generate', 'openapi.yaml', ...allowed)).status).toBe(0)
  const record = join(work.folder, 'openapi.yaml.remote')
  const copy = join(record, readdirSync(record).find(name => name.endsWith('.yaml')) ?? '')
  const lock = readFileSync(join(record, 'lock.json'), 'utf8')
  const faulty = async () => {
    const { status, stderr } = await work.run('generate', 'openapi.yaml', ...allowed)
    expect([status, stderr]).toEqual([1, expect.stringContaining('error remote-record-broken')])
  }
  // Only the ends of lines may change: git changes them on Windows.
  writeFileSync(copy, 'type: string\r\n')
  expect((await work.run('generate', 'openapi.yaml')).status).toBe(0)
  writeFileSync(copy, 'type: number\n')
  await faulty()
  rmSync(copy)
  await faulty()
  for (const text of ['', '[]', '{"documents":[1]}', lock.replace(/"file": "[^"]*"/, '"file": "../../openapi.yaml"')]) {
    writeFileSync(join(record, 'lock.json'), text)
    await faulty()
  }
  expect(asked).toHaveLength(1)
  expect((await work.run('generate', 'openapi.yaml', '--refresh-remote', ...allowed)).status).toBe(0)
  expect(readFileSync(join(record, 'lock.json'), 'utf8')).toBe(lock)
  expect(existsSync(copy)).toBe(true)
})

test.each<[string, RequestListener, string]>([
  [
    'a redirect, also to itself',
    (request, response) => void response.writeHead(302, { Location: String(request.url) }).end(),
    'it redirects to "/a.yaml", and redirects are not followed',
  ],
  ['a status', (_, response) => void response.writeHead(404).end('type: string'), 'the answer is 404'],
  [
    'an encoding',
    (_, response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x'),
    'it is encoded as "gzip"',
  ],
  [
    'a body that breaks off',
    (_, response) => void response.writeHead(200, { 'Content-Length': '99' }).write('type', () => response.destroy()),
    'aborted',
  ],
  ['text that is no UTF-8', (_, response) => void response.end(Uint8Array.of(0xff, 0x41)), 'its text is not UTF-8'],
  [
    'a body without end',
    (_, response) => void response.write(Buffer.alloc(11 * 1024 * 1024)),
    'it is larger than 10,485,760 bytes',
  ],
])('what cannot be fetched is refused: %s', async (_, listener, reason) => {
  const { origin, asked } = await remote({ '/a.yaml': listener })
  const cwd = folder({ 'openapi.yaml': document(`${origin}/a.yaml`) })
  const { document: made, diagnostics } = await load(join(cwd, 'openapi.yaml'), { remoteOrigins: [origin] })
  expect(made).toBeUndefined()
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ['remote-unreachable', `the reference "${origin}/a.yaml" cannot be fetched: ${reason}`],
  ])
  expect(asked).toHaveLength(1)
})

test('time is limited for the whole body, not for each part of it', async () => {
  const { origin } = await remote({
    '/a.yaml': (_, response) => {
      const timer = setInterval(() => response.write('#\n'), 20)
      response.on('close', () => clearInterval(timer))
    },
  })
  const options = { anyAddress: true, longest: 0.3 }
  expect(await fetchDocument(new URL(`${origin}/a.yaml`), options)).toEqual({
    reason: 'it took longer than 0.3 seconds',
  })
})

test.each([
  ['credentials', 'https://user:secret@schemas.example/a.yaml', 'holds credentials'],
  ['http', 'http://schemas.example/a.yaml', 'goes over the network, and not over https'],
  ['a file', 'file:///etc/hostname', 'is a URL that is not followed'],
  ['another scheme', 'data:text/plain,type%3A%20string', 'is a URL that is not followed'],
  ['a host without a scheme', '//schemas.example/a.yaml', 'is a URL that is not followed'],
  ['a folder of Windows', 'C:/schemas/a.yaml', 'is a URL that is not followed'],
])('nothing is fetched, though the network is allowed: %s', async (_, ref, reason) => {
  const cwd = folder({ 'openapi.yaml': document(ref) })
  const options = { allowRemote: true, remoteOrigins: ['https://schemas.example'] }
  const { diagnostics } = await load(join(cwd, 'openapi.yaml'), options)
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ['reference-remote', `the reference ${JSON.stringify(ref)} ${reason}`],
  ])
})

test('a host on a private address is not asked, unless its origin is named', async () => {
  const { origin, asked } = await remote({ '/a.yaml': 'type: string\n' })
  const port = new URL(origin).port
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433', '10.1.2.3', '[::ffff:127.0.0.1]']) {
    for (const scheme of ['http', 'https']) {
      if (scheme === 'http' && /10|ffff/.test(host)) continue
      const cwd = folder({ 'openapi.yaml': document(`${scheme}://${host}:${port}/a.yaml`) })
      const { diagnostics } = await load(join(cwd, 'openapi.yaml'), { allowRemote: true })
      expect([host, diagnostics.map(({ code }) => code)]).toEqual([host, ['remote-unreachable']])
      expect(diagnostics[0]?.message).toMatch(/its host is at \S+, an address that is not public$/)
      expect(diagnostics[0]?.help).toMatch(/^if it is yours, name it: --remote-origin https?:\/\//)
    }
  }
  expect(asked).toHaveLength(0)
})

test('addresses that anybody can reach are told from others', () => {
  const hidden =
    '0.0.0.0 10.0.0.1 100.64.0.1 127.8.8.8 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 ::ffff:8.8.8.8 ::ffff:10.0.0.1 64:ff9b::8.8.8.8 fc00::1 fe80::1 fe80::1%eth0 ff02::1 2001:db8::1 2002:7f00:1:: 2001::1 localhost'
  const shown = '1.1.1.1 8.8.8.8 172.32.0.1 100.128.0.1 2606:4700:4700::1111 2a00:1450:4001::1'
  expect(hidden.split(' ').filter(isPublicAddress)).toEqual([])
  expect(shown.split(' ').filter(isPublicAddress)).toEqual(shown.split(' '))
})

test('a remote document leads to its own origin only, unless the other one is named', async () => {
  const other = await remote({ '/b.yaml': 'type: string\n' })
  const one = await remote({ '/a.yaml': `items: { $ref: '${other.origin}/b.yaml' }\n` })
  const cwd = folder({ 'openapi.yaml': document(`${one.origin}/a.yaml`) })
  const entry = join(cwd, 'openapi.yaml')
  const narrow = await load(entry, { allowRemote: true, remoteOrigins: [one.origin] })
  expect(narrow.diagnostics.map(({ code, message, location }) => [code, message, location?.file])).toEqual([
    [
      'reference-remote',
      `the reference "${other.origin}/b.yaml" leads from one origin to another`,
      `${one.origin}/a.yaml`,
    ],
  ])
  expect(other.asked).toHaveLength(0)
  const wide = await load(entry, { remoteOrigins: [one.origin, other.origin] })
  expect(wide.diagnostics).toEqual([])
  // No remote document reads a file of this machine.
  one.files['/a.yaml'] = 'items: { $ref: file:///etc/hostname }\n'
  expect((await load(entry, { remoteOrigins: [one.origin] })).diagnostics.map(({ code }) => code)).toEqual([
    'reference-remote',
  ])
  one.files['/a.yaml'] = 'items: { $ref: /etc/hostname }\n'
  await load(entry, { remoteOrigins: [one.origin] })
  expect(one.paths().at(-1)).toBe('/etc/hostname')
})

test('documents without end are not followed', async () => {
  const { origin, asked } = await remote(
    Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`/${i}.yaml`, `items: { $ref: '${i + 1}.yaml' }\n`])),
  )
  const cwd = folder({ 'openapi.yaml': document(`${origin}/0.yaml`) })
  const { diagnostics } = await load(join(cwd, 'openapi.yaml'), { remoteOrigins: [origin] })
  expect(diagnostics.map(({ code }) => code)).toEqual(['remote-unreachable'])
  expect(asked).toHaveLength(100)
})

test('a fault of a remote document is shown there', async () => {
  const { origin } = await remote({ '/a.yaml': 'a: 1\na: 2\n' })
  const work = workspace({ 'openapi.yaml': document(`${origin}/a.yaml`) })
  const { stderr } = await work.run('generate', 'openapi.yaml', '--remote-origin', origin)
  expect(stderr).toContain(`${origin}/a.yaml:2:1 error file-malformed: the member "a" stands twice in one object`)
})

test('an origin is named by its scheme, host and port', async () => {
  expect(['https://a.example', 'https://a.example:8443/', 'http://localhost:8080'].map(readOrigin)).toEqual([
    'https://a.example',
    'https://a.example:8443',
    'http://localhost:8080',
  ])
  for (const text of [
    'a.example',
    'http://a.example',
    'https://a.example/x',
    'https://u:p@a.example',
    '*',
    'https://*',
    'file:///',
  ]) {
    expect(() => readOrigin(text)).toThrow('is no origin such as')
    const { status, stderr } = await workspace({ 'openapi.yaml': '' }).run(
      'generate',
      'openapi.yaml',
      '--remote-origin',
      text,
    )
    expect([status, stderr]).toEqual([2, expect.stringContaining('is no origin such as')])
  }
})
