import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { generate } from '../../generator/index.js'
import { type Workspace, workspace } from '../golden/workspace.js'
import { script } from './command.js'

const DOCUMENT = `openapi: 3.1.0
info: { title: T, version: '1' }
paths:
  /one: { $ref: 'paths/one.yaml' }
  /two: { get: { operationId: two, security: [{}], responses: { '204': { description: Done } } } }
`
const ITEM = `get: { operationId: one, responses: { '204': { description: Done } } }\n`
const CACHE = 'node_modules/.cache/gatewright'

/** A folder in which a run went well, and the next has nothing to do. */
async function settled(): Promise<Workspace> {
  const work = workspace({ 'specs/openapi.yaml': DOCUMENT, 'specs/paths/one.yaml': ITEM })
  mkdirSync(join(work.folder, 'node_modules'))
  expect(await isSpared(work)).toBe(false)
  return work
}

/** Was the run spared? The function tells by giving no model; the command line shows no difference. */
async function isSpared(work: Workspace, options = {}): Promise<boolean> {
  const { model, files } = await generate({
    cwd: work.folder,
    cache: true,
    ...options,
  })
  expect(files).toBeDefined()
  return model === undefined
}

describe('an unchanged run', () => {
  test('does nothing, and says what the full run says', async () => {
    const work = await settled()
    const full = await work.run('generate', '--no-cache')
    await work.run('generate')
    const before = work.states()
    const spared = await work.run('generate')
    expect(spared.stderr).toMatch(/specs\/paths\/one\.yaml:1:\d+ warning operation-public-by-omission/)
    expect(spared.stdout).toBe('2 operations. Everything was up to date.\n')
    expect(spared).toEqual(full)
    expect(work.states()).toEqual(before)
  })

  test('loads no compiler', async () => {
    const work = await settled()
    await work.run('generate')
    expect(await script(work.folder, 'loaded.ts', 'generate').shows(/loaded: .*/)).toMatch(/loaded: none$/m)
    expect(await script(work.folder, 'loaded.ts', 'generate', '--no-cache').shows(/loaded: .*/)).toMatch(
      /loaded: ajv ts-morph typescript$/m,
    )
  })

  test('is one where files were only touched', async () => {
    const work = await settled()
    for (const name of ['specs/openapi.yaml', 'generated/router.ts', 'handlers/one.ts'])
      utimesSync(join(work.folder, name), new Date(), new Date())
    expect(await isSpared(work)).toBe(true)
  })

  test('does not take the place of a check', async () => {
    const work = await settled()
    appendFileSync(join(work.folder, 'generated/router.ts'), '// edited\n')
    expect((await work.run('check')).stderr).toContain('generated/router.ts differs')
  })
})

describe('the whole work is done', () => {
  const changes: { readonly [what: string]: (work: Workspace) => void } = {
    'when the document changed': work => work.put({ 'specs/openapi.yaml': `${DOCUMENT}# a remark\n` }),
    'when a file that it refers to changed': work => work.put({ 'specs/paths/one.yaml': `${ITEM}# a remark\n` }),
    'when a file is the same but leads elsewhere': work => {
      work.put({ 'specs/other.yaml': ITEM })
      rmSync(join(work.folder, 'specs/paths/one.yaml'))
      symlinkSync('../other.yaml', join(work.folder, 'specs/paths/one.yaml'))
    },
    'when an emitted file was edited': work => appendFileSync(join(work.folder, 'generated/router.ts'), '// edited\n'),
    'when an emitted file is gone': work => rmSync(join(work.folder, 'generated/types.ts')),
    'when a file of an earlier output came back': work =>
      work.put({ 'generated/old.ts': work.text('generated/router.ts') }),
    'when a handler changed': work => work.put({ 'handlers/one.ts': 'export const one = 1\n' }),
    'when a handler is gone': work => rmSync(join(work.folder, 'handlers/one.ts')),
    'when a handler came': work => work.put({ 'handlers/three.ts': 'export const three = 1\n' }),
    'when the memory is gone': work => rmSync(join(work.folder, CACHE), { recursive: true }),
  }
  test.each(Object.entries(changes))('%s', async (_, change) => {
    const work = await settled()
    change(work)
    expect(await isSpared(work)).toBe(false)
    expect((await work.run('check')).status).toBe(0)
  })

  test.each([
    ['an option', { allowRemote: true }],
    ['an option that nobody knows', { later: 1 }],
    ['a function among the options', { later: () => 1 }],
    ['no memory', { cache: false }],
  ])('with %s', async (_, options) => {
    expect(await isSpared(await settled(), options)).toBe(false)
  })

  test('where there is a faulty document, each time', async () => {
    const work = await settled()
    work.put({ 'specs/openapi.yaml': DOCUMENT.replace('security: [{}]', 'security: [{ nobody: [] }]') })
    for (const _ of [1, 2]) {
      const { status, stderr } = await work.run('generate')
      expect(status).toBe(1)
      expect(stderr).toContain('scheme-undefined')
    }
  })

  test('where a memory was garbled, cut short, or tampered with', async () => {
    const work = await settled()
    const [name = ''] = readdirSync(join(work.folder, CACHE))
    const path = join(work.folder, CACHE, name)
    const text = readFileSync(path, 'utf8')
    expect(await isSpared(work)).toBe(true)
    for (const wrong of [
      '',
      '{}',
      'null',
      text.slice(0, -1),
      text.slice(0, text.indexOf('\n')),
      text.slice(text.indexOf('\n') + 1),
      text.replace('"operations":2', '"operations":3'),
      text.replace('operation-public-by-omission', 'operation-public-by-omissions'),
      Buffer.from([0xff, 0xfe, 0x00]),
    ]) {
      writeFileSync(path, wrong)
      expect(await isSpared(work)).toBe(false)
    }
    expect(await isSpared(work)).toBe(true)
  })

  test('in another folder with the same memory', async () => {
    const work = await settled()
    const other = await settled()
    other.put({ 'generated/router.ts': '' })
    const [name = ''] = readdirSync(join(work.folder, CACHE))
    for (const one of readdirSync(join(other.folder, CACHE)))
      writeFileSync(join(other.folder, CACHE, one), readFileSync(join(work.folder, CACHE, name)))
    expect(await isSpared(other)).toBe(false)
  })
})

test('a memory that cannot be kept is no fault', async () => {
  const work = workspace({ 'specs/openapi.yaml': DOCUMENT, 'specs/paths/one.yaml': ITEM, 'node_modules/.cache': '' })
  for (const _ of [1, 2]) expect((await work.run('generate')).status).toBe(0)
  expect(await isSpared(work)).toBe(false)
})

test('a run that left something to add is not remembered as done', async () => {
  const work = await settled()
  work.put({ 'specs/openapi.yaml': DOCUMENT.replace('operationId: two', 'operationId: three') })
  expect(await isSpared(work)).toBe(false)
  const again = await work.run('generate')
  expect(again).toEqual(await work.run('generate', '--no-cache'))
  expect(again.stderr).toContain('handler-orphaned')
})

test('few memories are kept', async () => {
  const work = await settled()
  for (let count = 0; count < 40; count++) await isSpared(work, { out: `generated${count % 2}`, later: count })
  expect(readdirSync(join(work.folder, CACHE)).length).toBeLessThanOrEqual(32)
  expect(await isSpared(work, { out: 'generated1', later: 39 })).toBe(true)
})
