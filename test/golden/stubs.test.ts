import { describe, expect, test } from 'vitest'
import { type Workspace, workspace } from './workspace.js'

const document = (...ids: readonly string[]) => `openapi: 3.1.0
info: { title: T, version: '1' }
security: []
paths:
${ids.map(id => `  /${id}: { get: { operationId: ${id}, responses: { '204': { description: Done } } } }\n`).join('')}`

const stub = (id: string) => `import { notImplemented } from 'gatewright/runtime'
import type { Handlers } from '../generated/handlers.js'

export const ${id}: Handlers['${id}'] = notImplemented()
`

const handlersOf = (work: Workspace) =>
  Object.fromEntries(Object.entries(work.texts()).filter(([name]) => name.startsWith('handlers/')))

/** Is `text` what remains of `longer` when some of its lines are taken away, each with its line end? */
function isKept(text: string, longer: string): boolean {
  const lines = (one: string) => one.split(/(?<=\n)/)
  let rest = lines(longer)
  for (const line of lines(text)) {
    const at = rest.findIndex(one => one === line || one.replace(/\r?\n$/, '') === line)
    if (at < 0) return false
    rest = rest.slice(at + 1)
  }
  return true
}

describe('a stub', () => {
  test('is a file for each operation, and a line of the index', async () => {
    const work = workspace({ 'openapi.yaml': document('one', 'two') })
    const { status, stdout, stderr } = await work.run('generate', 'openapi.yaml')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(handlersOf(work)).toEqual({
      'handlers/index.ts': "export { one } from './one.js'\nexport { two } from './two.js'\n",
      'handlers/one.ts': stub('one'),
      'handlers/two.ts': stub('two'),
    })
    expect(stdout).toBe(`wrote generated/types.ts
wrote generated/policies.ts
wrote generated/handlers.ts
wrote generated/validators.ts
wrote generated/replies.ts
wrote generated/reply-validators.ts
wrote generated/router.ts
wrote handlers/one.ts
wrote handlers/two.ts
wrote handlers/index.ts
2 operations. 10 files written, 0 unchanged.
`)
  })

  test('names the emitted types from where the folders are', async () => {
    const work = workspace({ 'openapi.yaml': document('one') })
    await work.run('generate', 'openapi.yaml', '--out', 'src/api/generated', '--handlers', 'src/handlers')
    expect(work.text('src/handlers/one.ts')).toContain("from '../api/generated/handlers.js'")
    await work.run('generate', 'openapi.yaml', '--out', 'same/out', '--handlers', 'same')
    expect(work.text('same/one.ts')).toContain("from './out/handlers.js'")
  })

  test('that was written is never rewritten, whatever became of it', async () => {
    const work = workspace({ 'openapi.yaml': document('one', 'two') })
    await work.run('generate', 'openapi.yaml')
    work.put({ 'handlers/one.ts': "export const one = 'mine'\n", 'openapi.yaml': document('two', 'one') })
    await work.run('generate', 'openapi.yaml')
    expect(work.text('handlers/one.ts')).toBe("export const one = 'mine'\n")
  })
})

test('a second run writes nothing, not even the same again', async () => {
  const work = workspace({ 'openapi.yaml': document('one', 'two') })
  await work.run('generate', 'openapi.yaml')
  const before = work.states()
  const { status, stdout, stderr } = await work.run('generate', 'openapi.yaml')
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: '2 operations. Everything was up to date.\n',
    stderr: '',
  })
  expect(work.states()).toEqual(before)
})

test('what a change does not touch keeps its file', async () => {
  const work = workspace({ 'openapi.yaml': document('one') })
  await work.run('generate', 'openapi.yaml')
  const before = work.states()
  work.put({ 'openapi.yaml': document('one').replace('security: []', 'security: [{}]') })
  const { stdout } = await work.run('generate', 'openapi.yaml')
  expect(stdout).toBe(
    'wrote generated/policies.ts\nwrote generated/handlers.ts\n1 operation. 2 files written, 5 unchanged.\n',
  )
  const after = work.states()
  for (const name of ['generated/types.ts', 'generated/router.ts', 'handlers/one.ts', 'handlers/index.ts'])
    expect(after[name], name).toEqual(before[name])
  expect(after['generated/policies.ts']?.inode).not.toBe(before['generated/policies.ts']?.inode)
})

describe('an addition', () => {
  test('to the index leaves every character of it in place', async () => {
    const index = "// mine\nexport   {one}   from './elsewhere.js' ;;\n\n\nexport const helper = 1 // no line end"
    const work = workspace({
      'openapi.yaml': document('one', 'two'),
      'handlers/index.ts': index,
      'handlers/elsewhere.ts': 'export const one = () => ({ status: 204 }) as const\n',
    })
    await work.run('generate', 'openapi.yaml')
    expect(work.text('handlers/index.ts')).toBe(`${index}\nexport { two } from './two.js'\n`)
    expect(Object.keys(handlersOf(work))).toEqual(['handlers/elsewhere.ts', 'handlers/index.ts', 'handlers/two.ts'])
  })

  test.each([
    ['a variable', 'export const one: unknown = 0, two = 1\n'],
    ['a function', 'export function one() {}\nexport async function two() {}\n'],
    ['another name', 'const x = 1\nexport { x as one, x as two }\n'],
    ['a star', "export * from './both.js'\n"],
    ['a class', 'export class one {}\nexport abstract class two {}\n'],
    ['parts of a value', 'export const { one, x: two } = { one: 1, x: 2 }\n'],
    ['a namespace', "export * as one from './both.js'\nexport * as two from './both.js'\n"],
    ['a star without ending', "export * from './both'\n"],
    ['a star through a folder', "export * from './more/index.js'\n"],
    ['a star of a folder', "export * from './more'\n"],
  ])('is not made for what the index exports as %s', async (_, index) => {
    const files = {
      'handlers/index.ts': index,
      'handlers/both.ts': 'export const one = 1\nexport const two = 2\n',
      'handlers/more/index.ts': "export * from '../both.js'\n",
    }
    const work = workspace({ 'openapi.yaml': document('one', 'two'), ...files })
    await work.run('generate', 'openapi.yaml')
    expect(handlersOf(work)).toEqual(files)
  })

  const edited = `#!/usr/bin/env node
/* A licence */
'use strict'

import   {   readFile   }   from   "node:fs/promises" ;  // spacing of mine
import type { Handlers } from '../generated/handlers.js'


/** Documented. */
export   const other : Handlers [ 'other' ]=async()=>{return{status:204}};;

\texport default { readFile , /* here too */ other }
// the end, without a line end`

  test('to a file that a user edited leaves every character of it in place', async () => {
    const work = workspace({ 'openapi.yaml': document('other', 'one'), 'handlers/one.ts': edited })
    await work.run('generate', 'openapi.yaml')
    const text = work.text('handlers/one.ts')
    expect(isKept(edited, text)).toBe(true)
    expect(
      text.endsWith("// the end, without a line end\nexport const one: Handlers['one'] = notImplemented()\n"),
    ).toBe(true)
    expect(text).toContain('notImplemented } from')
    expect(text.match(/Handlers \} from/g)).toHaveLength(1)
  })

  test('keeps the line ends that it finds', async () => {
    const windows = edited.replaceAll('\n', '\r\n')
    const work = workspace({ 'openapi.yaml': document('other', 'one'), 'handlers/one.ts': windows })
    await work.run('generate', 'openapi.yaml')
    const text = work.text('handlers/one.ts')
    expect(isKept(windows, text)).toBe(true)
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  })

  test('keeps the mark of its encoding', async () => {
    const file = '\ufeffexport const other = 1\n'
    const work = workspace({ 'openapi.yaml': document('other', 'one'), 'handlers/one.ts': file })
    await work.run('generate', 'openapi.yaml')
    expect(work.text('handlers/one.ts').startsWith('\ufeff')).toBe(true)
  })

  test('exports a handler whose export was forgotten', async () => {
    const work = workspace({
      'openapi.yaml': document('one'),
      'handlers/one.ts': 'const one = () => ({ status: 204 })\n',
    })
    await work.run('generate', 'openapi.yaml')
    expect(work.text('handlers/one.ts')).toBe('const one = () => ({ status: 204 })\nexport { one }\n')
  })

  test('avoids the names that it finds', async () => {
    const file = 'const notImplemented = 1\nexport type Handlers = typeof notImplemented\n'
    const work = workspace({ 'openapi.yaml': document('one'), 'handlers/one.ts': file })
    await work.run('generate', 'openapi.yaml')
    const text = work.text('handlers/one.ts')
    expect(isKept(file, text)).toBe(true)
    expect(text).toMatch(/export const one: Handlers_\['one'\] = notImplemented_\(\)\n$/)
  })

  test('uses the imports that it finds, by whatever name', async () => {
    const file = `import { notImplemented as later, type Token } from 'gatewright/runtime'
import type { Handlers as H } from '../generated/handlers.js'
export type Mine = Token
`
    const work = workspace({ 'openapi.yaml': document('one'), 'handlers/one.ts': file })
    await work.run('generate', 'openapi.yaml')
    expect(work.text('handlers/one.ts')).toBe(`${file}export const one: H['one'] = later()\n`)
  })
})

test('a handler without an operation is named, and kept', async () => {
  const work = workspace({ 'openapi.yaml': document('one', 'two') })
  await work.run('generate', 'openapi.yaml')
  const before = work.states()
  work.put({ 'openapi.yaml': document('one') })
  const { status, stderr } = await work.run('generate', 'openapi.yaml')
  expect(status).toBe(0)
  expect(stderr).toContain(
    'warning handler-orphaned: handlers/two.ts implements "two", which is no operation of the document',
  )
  expect(work.states()['handlers/two.ts']).toEqual(before['handlers/two.ts'])
  expect(work.text('handlers/index.ts')).toContain('two')
})

describe('a handler whose operation has another name now', () => {
  const renamed = (from: string, to: string) =>
    document('one', 'two').replace(`operationId: ${from}`, `operationId: ${to}`)

  test('is named with it, while the last output tells', async () => {
    const work = workspace({ 'openapi.yaml': document('one', 'two') })
    await work.run('generate', 'openapi.yaml')
    // No type says that this is a handler.
    work.put({ 'handlers/two.ts': 'export const two = async () => ({ status: 204 }) as const\n' })
    work.put({ 'openapi.yaml': renamed('two', 'second') })
    const { stderr } = await work.run('generate', 'openapi.yaml')
    expect(stderr).toContain(
      'handler-orphaned: handlers/two.ts implements "two", which is no operation of the document',
    )
    expect(stderr).toContain('help: the operation is "second" now: move the code to that name, and delete what is left')
    expect(work.text('handlers/second.ts')).toBe(stub('second'))
    expect(work.text('handlers/two.ts')).toContain('status: 204')
  })

  test('is named with the only one that it could be, afterwards', async () => {
    const work = workspace({ 'openapi.yaml': document('one', 'two') })
    await work.run('generate', 'openapi.yaml')
    work.put({ 'handlers/one.ts': 'export const one = async () => ({ status: 204 }) as const\n' })
    work.put({ 'openapi.yaml': renamed('two', 'second') })
    await work.run('generate', 'openapi.yaml')
    const { stderr } = await work.run('generate', 'openapi.yaml')
    expect(stderr).toContain('handlers/two.ts implements "two"')
    expect(stderr).toContain('help: delete it, or move the code to "second" if that is the operation\'s new name')
  })
})

test('an object of all handlers gains members, and the whole compiles as before', async () => {
  const work = workspace({
    'openapi.yaml': document('one', 'two'),
    'handlers/index.ts': `import type { Handlers } from '../generated/handlers.js'

export const handlers: Handlers = {
  one: async () => ({ status: 204 }),
}
`,
  })
  const { stderr } = await work.run('generate', 'openapi.yaml')
  expect(stderr).toBe('')
  expect(work.text('handlers/index.ts')).toBe(`import type { Handlers } from '../generated/handlers.js'
import { two } from './two.js'

export const handlers: Handlers = {
  one: async () => ({ status: 204 }),
  two,
}
`)
  expect(await work.run('check', 'openapi.yaml')).toMatchObject({ status: 0, stderr: '' })
})
