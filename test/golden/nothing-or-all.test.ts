import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Workspace, workspace } from './workspace.js'

const SOUND = `openapi: 3.1.0
info: { title: T, version: '1' }
security: []
paths:
  /one: { get: { operationId: one, responses: { '204': { description: Done } } } }
`
const CHANGED = SOUND.replace('/one:', '/changed:').replace('operationId: one', 'operationId: changed')
const FAULTY = CHANGED.replace('security: []', 'security: [{ nobody: [] }]')

async function generated(): Promise<Workspace> {
  const work = workspace({ 'openapi.yaml': SOUND })
  expect((await work.run('generate', 'openapi.yaml')).status).toBe(0)
  return work
}

async function expectNothing(work: Workspace, ...args: string[]): Promise<string> {
  const before = work.states()
  const { status, stdout, stderr } = await work.run('generate', 'openapi.yaml', ...args)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain('Nothing was written.')
  expect(work.states()).toEqual(before)
  return stderr
}

describe('a run that fails leaves everything as it was', () => {
  test('when the document is faulty', async () => {
    const work = await generated()
    work.put({ 'openapi.yaml': FAULTY })
    await expectNothing(work)
  })

  test('when the document is faulty and nothing was there', async () => {
    const work = workspace({ 'openapi.yaml': FAULTY })
    await expectNothing(work)
    expect(Object.keys(work.texts())).toEqual(['openapi.yaml'])
  })

  test.each(['policies.ts', 'router.ts', 'types.ts', 'handlers.ts', 'validators.ts', 'replies.ts'])(
    'when somebody else wrote %s',
    async name => {
      const work = await generated()
      work.put({ 'openapi.yaml': CHANGED, [`generated/${name}`]: '// mine\nexport {}\n' })
      const stderr = await expectNothing(work)
      expect(stderr).toContain(`error output-foreign: generated/${name} was not written by gatewright`)
    },
  )

  // Whoever is root may write everywhere.
  test.skipIf(process.getuid?.() === 0).each(['generated', 'handlers'])('when %s is read-only', async name => {
    const work = await generated()
    work.put({ 'openapi.yaml': CHANGED })
    const folder = join(work.folder, name)
    chmodSync(folder, 0o555)
    onTestFinished(() => chmodSync(folder, 0o755))
    await expectNothing(work)
  })

  // Nobody may write there, not even root.
  test.skipIf(process.platform !== 'linux').each(['generated', 'handlers'])('when %s takes no files', async name => {
    const work = workspace({ 'openapi.yaml': CHANGED })
    symlinkSync('/proc/self/task', join(work.folder, name))
    const { status, stderr } = await work.run('generate', 'openapi.yaml')
    expect(status).toBe(1)
    expect(stderr).toContain('Nothing was written.')
    expect(Object.keys(work.texts())).toEqual(['openapi.yaml'])
  })

  test.each(['generated/router.ts', 'handlers/changed.ts'])('when a folder is in the way of %s', async name => {
    const work = workspace({ 'openapi.yaml': CHANGED, 'generated/other.ts': 'export {}\n' })
    mkdirSync(join(work.folder, name), { recursive: true })
    await expectNothing(work)
  })

  test.each(['generated', 'handlers'])('when %s is a file', async name => {
    const work = workspace({ 'openapi.yaml': CHANGED, [name]: 'a file\n' })
    await expectNothing(work)
  })

  test('when the handlers lead nowhere', async () => {
    const work = workspace({ 'openapi.yaml': CHANGED })
    mkdirSync(join(work.folder, 'handlers'))
    symlinkSync('nowhere/at/all.ts', join(work.folder, 'handlers/changed.ts'))
    await work.run('generate', 'openapi.yaml')
    expect(Object.keys(work.texts()).filter(name => name.endsWith('.tmp'))).toEqual([])
  })
})

test('an emitted file that was emptied, or edited below its first line, is written anew', async () => {
  const work = await generated()
  const before = work.texts()
  work.put({ 'generated/policies.ts': '', 'generated/router.ts': `${before['generated/router.ts']}// edited\n` })
  expect((await work.run('generate', 'openapi.yaml')).status).toBe(0)
  expect(work.texts()).toEqual(before)
})

test('a run that succeeds leaves no temporary files', async () => {
  const work = await generated()
  expect(Object.keys(work.texts())).toEqual([
    'generated/handlers.ts',
    'generated/policies.ts',
    'generated/replies.ts',
    'generated/reply-validators.ts',
    'generated/router.ts',
    'generated/types.ts',
    'generated/validators.ts',
    'handlers/index.ts',
    'handlers/one.ts',
    'openapi.yaml',
  ])
})
