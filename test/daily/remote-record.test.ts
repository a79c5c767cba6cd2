import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type GenerateOptions, generate, type Outcome, watch } from '../../generator/index.js'
import { type Workspace, workspace } from '../golden/workspace.js'
import { remote } from '../load/remote-server.js'

const SCHEMA = `type: object\nproperties: { name: { type: string } }\n`
const document = (...urls: readonly string[]) => `openapi: 3.1.0
info: { title: T, version: '1' }
security: []
paths:
  /a:
    post:
      operationId: postA
      requestBody: { content: { application/json: { schema: { allOf: [${urls.map(url => `{ $ref: '${url}' }`)}] } } } }
      responses: { '204': { description: Done } }
`

/** A document that was generated with what it refers to, and a memory of the run that read the record. */
async function settled() {
  const server = await remote({ '/a.yaml': SCHEMA })
  const work = workspace({ 'specs/openapi.yaml': document(`${server.origin}/a.yaml`) })
  mkdirSync(join(work.folder, 'node_modules'))
  const allowed = { remoteOrigins: [server.origin] }
  expect(await isSpared(work, allowed)).toBe(false)
  expect(server.asked).toHaveLength(1)
  // The one that fetched had no copy yet that could be looked at again.
  expect(await isSpared(work, allowed)).toBe(false)
  return { work, allowed, server }
}

async function isSpared(work: Workspace, options: GenerateOptions = {}): Promise<boolean> {
  const { model, files } = await generate({ cwd: work.folder, cache: true, ...options })
  expect(files).toBeDefined()
  return model === undefined
}

const record = (work: Workspace) => join(work.folder, 'specs/openapi.yaml.remote')
const copyOf = (work: Workspace) =>
  join(record(work), readdirSync(record(work)).find(name => name.endsWith('.yaml')) ?? '')

test('a run with a record is spared as any other, and asks nobody', async () => {
  const { work, allowed, server } = await settled()
  expect(await isSpared(work, allowed)).toBe(true)
  const { sources } = await generate({ cwd: work.folder, cache: true, ...allowed })
  expect(sources.text(`${server.origin}/a.yaml`)).toBe(SCHEMA)
  expect(server.asked).toHaveLength(1)
})

test('what may be fetched is an option like any other', async () => {
  const { work, allowed } = await settled()
  expect(await isSpared(work)).toBe(false)
  expect(await isSpared(work, { ...allowed, allowRemote: true })).toBe(false)
})

test('who asks to fetch again is never spared', async () => {
  const { work, allowed, server } = await settled()
  for (const count of [2, 3]) {
    expect(await isSpared(work, { ...allowed, refreshRemote: true })).toBe(false)
    expect(server.asked).toHaveLength(count)
  }
  expect(await isSpared(work, allowed)).toBe(true)

  work.put({ 'specs/openapi.yaml': document('#/components/schemas/A').concat('components: { schemas: { A: {} } }\n') })
  for (const _ of [1, 2]) expect(await isSpared(work, { refreshRemote: true })).toBe(false)
})

test.each<[string, (work: Workspace) => void]>([
  ['a copy was edited', work => appendFileSync(copyOf(work), 'required: [name]\n')],
  ['a copy is gone', work => rmSync(copyOf(work))],
  ['the list was garbled', work => appendFileSync(join(record(work), 'lock.json'), '!')],
])('a run is not spared where %s', async (_, change) => {
  const { work, allowed, server } = await settled()
  expect(await isSpared(work, allowed)).toBe(true)
  change(work)
  const { diagnostics, files } = await generate({ cwd: work.folder, cache: true, ...allowed })
  expect([diagnostics.map(({ code }) => code), files]).toEqual([['remote-record-broken'], undefined])
  expect(server.asked).toHaveLength(1)
})

test('where the whole record is gone, it is fetched and written again', async () => {
  const { work, allowed, server } = await settled()
  rmSync(record(work), { recursive: true })
  expect(await isSpared(work, allowed)).toBe(false)
  expect(server.asked).toHaveLength(2)
  expect(readdirSync(record(work))).toHaveLength(2)
})

test('copies that nothing refers to are named by check, and removed and named by generate', async () => {
  const { work } = await settled()
  const [copy = '', lock = ''] = readdirSync(record(work)).sort()
  work.put({ 'specs/openapi.yaml': document('#/components/schemas/A').concat('components: { schemas: { A: {} } }\n') })
  const checked = await work.run('check')
  expect(checked.status).toBe(1)
  for (const name of [copy, lock])
    expect(checked.stderr).toContain(`specs/openapi.yaml.remote/${name} is no longer part of the output`)
  const { status, stdout } = await work.run('generate')
  expect(status).toBe(0)
  for (const name of [copy, lock]) expect(stdout).toContain(`removed specs/openapi.yaml.remote/${name}`)
  expect(readdirSync(record(work))).toEqual([])
  expect((await work.run('check')).status).toBe(0)
})

test("a copy that is gone and that nothing refers to is in nobody's way", async () => {
  const { work } = await settled()
  rmSync(copyOf(work))
  work.put({ 'specs/openapi.yaml': document('#/components/schemas/A').concat('components: { schemas: { A: {} } }\n') })
  expect((await work.run('generate')).status).toBe(0)
  expect(readdirSync(record(work))).toEqual([])
})

test('where what was fetched cannot be recorded, nothing is written', async () => {
  const { work, allowed, server } = await settled()
  const copy = copyOf(work)
  for (const name of ['specs/openapi.yaml.remote', 'generated', 'handlers'])
    rmSync(join(work.folder, name), { recursive: true })
  mkdirSync(copy, { recursive: true })
  await expect(generate({ cwd: work.folder, ...allowed })).rejects.toThrow('EISDIR')
  expect(server.asked).toHaveLength(2)
  expect(readdirSync(work.folder).sort()).toEqual(['node_modules', 'specs'])
  expect(readdirSync(record(work))).toEqual([basename(copy)])
})

test('matrix reads what generate reads, and writes nothing', async () => {
  const { origin } = await remote({ '/a.yaml': SCHEMA })
  const work = workspace({ 'specs/openapi.yaml': document(`${origin}/a.yaml`) })
  const before = work.states()
  expect((await work.run('matrix')).stderr).toContain('error reference-remote')
  const { status, stdout } = await work.run('matrix', '--remote-origin', origin)
  expect([status, stdout]).toEqual([0, expect.stringContaining('/a')])
  expect(work.states()).toEqual(before)
})

test('watching asks once, also where it is to fetch again, and sees the record change', async () => {
  const { work, allowed, server } = await settled()
  let answer = 0
  server.files['/a.yaml'] = (_, response) => void response.end(`${SCHEMA}description: ${answer++}\n`)
  const runs: Outcome[] = []
  const watching = await watch({
    generate: () => ({ cwd: work.folder, ...allowed, refreshRemote: true }),
    onRun: outcome => void runs.push(outcome),
  })
  onTestFinished(() => watching.close())
  expect(server.asked).toHaveLength(2)
  expect(work.text('generated/types.ts')).toContain('0')
  expect(watching.files).toContain(join(record(work), 'lock.json'))

  const codes = (outcome: Outcome | undefined) =>
    outcome && 'generated' in outcome ? outcome.generated.diagnostics.map(({ code }) => code) : ['thrown']
  appendFileSync(copyOf(work), 'required: [name]\n')
  await vi.waitFor(() => expect(codes(runs.at(-1))).toEqual(['remote-record-broken']), { timeout: 30_000 })
  expect(server.asked).toHaveLength(2)
})
