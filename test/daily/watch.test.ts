import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Outcome, watch } from '../../generator/index.js'
import { type Files, type Workspace, workspace } from '../golden/workspace.js'
import { command } from './command.js'

const operations = (...ids: readonly string[]) => `openapi: 3.1.0
info: { title: T, version: '1' }
security: []
paths:
${ids.map(id => `  /${id}: { get: { operationId: ${id}, responses: { '204': { description: Done } } } }\n`).join('')}`

const REFERRING = `openapi: 3.1.0
info: { title: T, version: '1' }
security: []
paths:
  /one: { $ref: 'paths/one.yaml' }
`
const item = (id: string) => `get: { operationId: ${id}, responses: { '204': { description: Done } } }\n`

/** What each run came to, as it happens. */
async function watched(files: Files) {
  const work = workspace(files)
  const runs: Outcome[] = []
  const watching = await watch({
    generate: () => ({ cwd: work.folder, document: 'specs/openapi.yaml' }),
    onRun: outcome => void runs.push(outcome),
    files: [join(work.folder, 'package.json')],
  })
  onTestFinished(() => watching.close())
  return { work, runs, watching }
}

function until(condition: () => void): Promise<void> {
  return vi.waitFor(condition, { timeout: 30_000, interval: 20 })
}

const policies = (work: Workspace) => work.text('generated/policies.ts')
const codes = (outcome: Outcome | undefined) =>
  outcome && 'generated' in outcome ? outcome.generated.diagnostics.map(one => one.code) : ['thrown']

describe('watching', () => {
  test('generates at once, and again for each change', async () => {
    const { work, runs } = await watched({ 'specs/openapi.yaml': operations('one') })
    expect(runs.map(codes)).toEqual([[]])
    expect(policies(work)).toContain('one:')
    work.put({ 'specs/openapi.yaml': operations('one', 'two') })
    await until(() => expect(policies(work)).toContain('two:'))
    expect(work.text('handlers/index.ts')).toContain('two')
    work.put({ 'specs/openapi.yaml': operations('one', 'three') })
    await until(() => expect(policies(work)).toContain('three:'))
  })

  test('writes nothing, and runs not even, where nothing changed', async () => {
    const { work, runs } = await watched({ 'specs/openapi.yaml': operations('one') })
    const before = work.states()
    work.put({ 'specs/openapi.yaml': operations('one'), 'specs/notes.md': 'mine\n' })
    // A change that is one, later than those that are none.
    work.put({ 'specs/openapi.yaml': `${operations('one')}# a remark\n` })
    await until(() => expect(runs).toHaveLength(2))
    const after = work.states()
    for (const name of Object.keys(before).filter(one => one !== 'specs/openapi.yaml'))
      expect(after[name], name).toEqual(before[name])
  })

  test.each([
    ['a half-saved document', 'openapi: 3.1.0\ninfo: { title: T', 'file-malformed'],
    ['an empty one', '', 'file-malformed'],
    ['one of another kind', 'just: words\n', 'document-version'],
    ['one that is not UTF-8', Buffer.from([0xc3, 0x28]), 'file-unreadable'],
  ])('survives %s', async (_, broken, code) => {
    const { work, runs } = await watched({ 'specs/openapi.yaml': operations('one') })
    const before = policies(work)
    work.put({ 'specs/openapi.yaml': broken })
    await until(() => expect(codes(runs.at(-1))).toEqual([code]))
    expect(policies(work)).toBe(before)
    work.put({ 'specs/openapi.yaml': operations('mended') })
    await until(() => expect(policies(work)).toContain('mended:'))
  })

  test('survives a document that vanishes and comes back, as some editors save', async () => {
    const { work, runs } = await watched({ 'specs/openapi.yaml': operations('one') })
    rmSync(join(work.folder, 'specs/openapi.yaml'))
    await until(() => expect(codes(runs.at(-1))).toEqual(['file-unreadable']))
    work.put({ 'specs/openapi.yaml': operations('again') })
    await until(() => expect(policies(work)).toContain('again:'))
  })

  test('sees a file that was put in the place of another, time and again', async () => {
    const { work } = await watched({ 'specs/openapi.yaml': operations('one') })
    for (const id of ['two', 'three', 'four']) {
      work.put({ 'specs/openapi.yaml.swp': operations(id) })
      renameSync(join(work.folder, 'specs/openapi.yaml.swp'), join(work.folder, 'specs/openapi.yaml'))
      await until(() => expect(policies(work)).toContain(`${id}:`))
    }
  })

  test('sees a folder that was replaced, and what changes in the new one', async () => {
    const { work } = await watched({ 'specs/openapi.yaml': operations('one') })
    work.put({ 'other/openapi.yaml': operations('two') })
    renameSync(join(work.folder, 'specs'), join(work.folder, 'old'))
    renameSync(join(work.folder, 'other'), join(work.folder, 'specs'))
    await until(() => expect(policies(work)).toContain('two:'))
    work.put({ 'specs/openapi.yaml': operations('three') })
    await until(() => expect(policies(work)).toContain('three:'))
    rmSync(join(work.folder, 'specs'), { recursive: true })
    work.put({ 'specs/openapi.yaml': operations('four') })
    await until(() => expect(policies(work)).toContain('four:'))
  })

  test('waits for a document that is not there yet, nor its folder', async () => {
    const { work, runs, watching } = await watched({})
    expect(runs.map(codes)).toEqual([['file-unreadable']])
    expect(watching.files).toContain(join(work.folder, 'specs/openapi.yaml'))
    mkdirSync(join(work.folder, 'specs'))
    work.put({ 'specs/openapi.yaml': operations('one') })
    await until(() => expect(policies(work)).toContain('one:'))
  })

  test('watches referenced files, those that it missed, and no more those that nobody names', async () => {
    const { work, runs, watching } = await watched({ 'specs/openapi.yaml': REFERRING })
    expect(runs.map(codes)).toEqual([['reference-dangling']])
    work.put({ 'specs/paths/one.yaml': item('found') })
    await until(() => expect(policies(work)).toContain('found:'))
    work.put({ 'specs/paths/one.yaml': item('changed') })
    await until(() => expect(policies(work)).toContain('changed:'))
    rmSync(join(work.folder, 'specs/paths/one.yaml'))
    await until(() => expect(codes(runs.at(-1))).toEqual(['reference-dangling']))
    work.put({ 'specs/openapi.yaml': operations('alone') })
    await until(() => expect(policies(work)).toContain('alone:'))
    expect(watching.files.map(file => file.slice(work.folder.length + 1))).not.toContain('specs/paths/one.yaml')
  })

  test('follows a link to where it leads, and elsewhere', async () => {
    const work = workspace({ 'a.yaml': operations('one'), 'b.yaml': operations('two') })
    const link = join(work.folder, 'openapi.yaml')
    symlinkSync('a.yaml', link)
    const watching = await watch({
      generate: () => ({ cwd: work.folder, document: 'openapi.yaml' }),
      onRun: () => {},
    })
    onTestFinished(() => watching.close())
    work.put({ 'a.yaml': operations('changed') })
    await until(() => expect(policies(work)).toContain('changed:'))
    rmSync(link)
    symlinkSync('b.yaml', link)
    await until(() => expect(policies(work)).toContain('two:'))
  })

  test('runs again, with what it asks for anew, when a further file comes', async () => {
    const work = workspace({ 'a.yaml': operations('one') })
    const file = join(work.folder, 'settings.json')
    let out = 'first'
    const watching = await watch({
      generate: () => ({ cwd: work.folder, document: 'a.yaml', out }),
      onRun: () => {},
      files: [file],
    })
    onTestFinished(() => watching.close())
    out = 'second'
    work.put({ 'settings.json': '{}' })
    await until(() => expect(work.text('second/policies.ts')).toContain('one:'))
  })

  test('goes on when a run throws, and when what it asks for does', async () => {
    const work = workspace({ 'a.yaml': operations('one'), generated: 'a file in the way\n' })
    const runs: Outcome[] = []
    let fails = false
    const watching = await watch({
      generate() {
        if (fails) throw new Error('no settings')
        return { cwd: work.folder, document: 'a.yaml' }
      },
      onRun: outcome => void runs.push(outcome),
    })
    onTestFinished(() => watching.close())
    expect(runs.map(codes)).toEqual([['thrown']])
    fails = true
    work.put({ 'a.yaml': operations('two') })
    await until(() => expect(runs.at(-1)).toEqual({ error: new Error('no settings') }))
    fails = false
    rmSync(join(work.folder, 'generated'))
    work.put({ 'a.yaml': operations('three') })
    await until(() => expect(policies(work)).toContain('three:'))
  })

  test('makes one run of many saves', async () => {
    const { work, runs } = await watched({ 'specs/openapi.yaml': operations('one') })
    for (let count = 0; count < 200; count++) work.put({ 'specs/openapi.yaml': operations(`one${count}`) })
    await until(() => expect(policies(work)).toContain('one199:'))
    expect(runs.length).toBeLessThan(20)
  })

  test('leaves the handlers to who writes them', async () => {
    const { work, runs } = await watched({ 'specs/openapi.yaml': operations('one') })
    work.put({ 'handlers/index.ts': '' })
    work.put({ 'specs/openapi.yaml': `${operations('one')}# a remark\n` })
    await until(() => expect(runs).toHaveLength(2))
    expect(work.text('handlers/index.ts')).toContain('one')
  })

  test('has ended when it is closed', async () => {
    const { work, runs, watching } = await watched({ 'specs/openapi.yaml': operations('one') })
    await watching.close()
    work.put({ 'specs/openapi.yaml': operations('two') })
    await new Promise(resolve => setTimeout(resolve, 500))
    expect(runs).toHaveLength(1)
  })
})

describe('generate --watch', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('prints what each run came to, and ends well on %s', async signal => {
    const work = workspace({ 'specs/openapi.yaml': operations('one') })
    const running = command(work.folder, 'generate', '--watch')
    await running.shows(/1 operation\. 9 files written, 0 unchanged\.\n[\s\S]*Watching for changes\.\n/)
    work.put({ 'specs/openapi.yaml': operations('one').replace('security: []', 'security: [{ nobody: [] }]') })
    await running.shows(/error scheme-undefined: [\s\S]*1 error, 0 warnings\. Nothing was written\.\n/)
    writeFileSync(join(work.folder, 'specs/openapi.yaml'), operations('one', 'two'))
    await running.shows(/wrote handlers\/two\.ts\n[\s\S]*2 operations\. \d files written, \d unchanged\.\n/)
    running.process.kill(signal)
    expect(await running.ended).toEqual([0, null])
    expect(readFileSync(join(work.folder, 'generated/policies.ts'), 'utf8')).toContain('two:')
  })

  test('ends well where no run went well', async () => {
    const work = workspace({})
    const running = command(work.folder, 'generate', '--watch')
    await running.shows(/error file-unreadable/)
    running.process.kill('SIGINT')
    expect(await running.ended).toEqual([0, null])
  })
})
