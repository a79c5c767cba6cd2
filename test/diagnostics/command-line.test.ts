import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { check } from '../../generator/index.js'
import { type Workspace, workspace } from '../golden/workspace.js'

const { version } = createRequire(import.meta.url)('gatewright/package.json') as { version: string }

const SOUND = `openapi: 3.1.0
info: { title: T, version: '1' }
security: []
paths:
  /one: { get: { operationId: one, responses: { '204': { description: Done } } } }
`

async function generated(): Promise<Workspace> {
  const work = workspace({ 'specs/openapi.yaml': SOUND })
  expect((await work.run('generate')).status).toBe(0)
  return work
}

describe('check', () => {
  test('is content with what generate wrote, and writes nothing', async () => {
    const work = await generated()
    const before = work.states()
    expect(await work.run('check')).toEqual({
      status: 0,
      stdout: '1 operation. Everything is up to date.\n',
      stderr: '',
    })
    expect(work.states()).toEqual(before)
  })

  test('names each file that differs, from which line on, and each that is missing', async () => {
    const work = await generated()
    work.put({
      'specs/openapi.yaml': SOUND.replace('security: []', 'security: [{}]').replaceAll('one', 'other'),
      'generated/types.ts': work.text('generated/types.ts').replace('export type webhooks', 'export type hooks'),
    })
    rmSync(join(work.folder, 'generated/validators.ts'))
    const before = work.states()
    const { status, stdout, stderr } = await work.run('check')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(
      stderr,
    ).toBe(`warning handler-orphaned: handlers/one.ts implements "one", which is no operation of the document
  help: delete it, or move the code to "other" if that is the operation's new name

0 errors, 1 warning.
generated/types.ts differs from line 3 on
generated/policies.ts differs from line 9 on
generated/handlers.ts differs from line 7 on
generated/validators.ts is missing
generated/replies.ts differs from line 9 on
generated/reply-validators.ts differs from line 7 on
generated/router.ts differs from line 13 on
handlers/other.ts is missing
handlers/index.ts differs from line 2 on
9 files not as the document demands. Run \`gatewright generate\`.
`)
    expect(work.states()).toEqual(before)
  })

  test('tells a line that was added at the end, and one that was taken away there', async () => {
    const work = await generated()
    const router = work.text('generated/router.ts')
    const lines = router.split('\n').length
    const staleLine = async (text: string) => {
      work.put({ 'generated/router.ts': text })
      const { stale } = await check({ cwd: work.folder })
      return stale.map(({ path, state, line }) => [path.slice(work.folder.length + 1), state, line])
    }
    expect(await staleLine(`${router}// more\n`)).toEqual([['generated/router.ts', 'differs', lines]])
    expect(await staleLine(router.slice(0, -2))).toEqual([['generated/router.ts', 'differs', lines - 1]])
    expect(await staleLine(router.slice(0, -1))).toEqual([['generated/router.ts', 'differs', lines]])
  })

  test('shows the faults of the document, and no more than these', async () => {
    const work = await generated()
    work.put({ 'specs/openapi.yaml': SOUND.replace('security: []', 'security: [{ nobody: [] }]') })
    const { status, stdout, stderr } = await work.run('check')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('error scheme-undefined')
    expect(stderr).not.toContain('differs')
  })
})

describe('several faults', () => {
  const wrong = `openapi: 3.1.0
info: { title: T, version: '1' }
security: [{ auth: [read] }]
paths:
  /a/{id}:
    get: { operationId: twice, x-claims: { age: { min: many } }, responses: { '200': { $ref: r.yaml } } }
    put: { operationId: twice, security: [{ nobody: [] }], responses: { '204': { description: Done } } }
  a:
    get: { responses: { '204': { description: Done } } }
components: { securitySchemes: { auth: { type: http, scheme: bearer } } }
`
  test('are all shown, from top to bottom, file by file, and counted', async () => {
    const work = workspace({ 'specs/openapi.yaml': wrong, 'specs/r.yaml': 'description: Done\n' })
    const { status, stderr } = await work.run('generate')
    const heads = stderr.match(/^\S*:\d+:\d+ (?:error|warning) [a-z-]+/gm)
    expect(status).toBe(1)
    expect(heads).toEqual([
      'specs/openapi.yaml:6:49 error claims-malformed',
      'specs/openapi.yaml:7:5 error operation-id-duplicate',
      'specs/openapi.yaml:7:45 error scheme-undefined',
      'specs/openapi.yaml:8:3 warning document-form',
      'specs/openapi.yaml:8:3 error path-malformed',
    ])
    expect(stderr).toMatch(/\n\n4 errors, 1 warning\. Nothing was written\.\n$/)
  })

  test('of several files are shown file by file, those of the document first', async () => {
    const work = workspace({
      'specs/openapi.yaml': wrong,
      'specs/r.yaml': 'description: Done\nheaders: { X-A: { $ref: nowhere.yaml } }\n',
    })
    work.put({
      'specs/openapi.yaml': wrong.replace('$ref: r.yaml', '$ref: a/r.yaml'),
      'specs/a/r.yaml': work.text('specs/r.yaml'),
    })
    work.put({
      'specs/openapi.yaml': work
        .text('specs/openapi.yaml')
        .replace('put: { operationId: twice', 'put: { $ref: no.yaml, operationId: twice'),
    })
    const { stderr } = await work.run('generate')
    expect(stderr.match(/^\S*:\d+:\d+ (?:error|warning) [a-z-]+/gm)).toEqual([
      'specs/openapi.yaml:7:18 error reference-dangling',
      'specs/a/r.yaml:2:25 error reference-dangling',
    ])
  })

  test('cannot write to the terminal', async () => {
    const work = workspace({
      'specs/openapi.yaml': SOUND.replace('security: []', 'security: [{ "\\e[31m\\u202e\\u0007": [] }]'),
    })
    const { stderr } = await work.run('generate')
    expect(stderr).toContain('scheme-undefined')
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe('wrong usage is told from faults', () => {
  test.each([
    ['an unknown command', ['produce']],
    ['an unknown option', ['generate', '--force']],
    ['an unknown option of its own', ['--force']],
    ['an option without its value', ['generate', '--out']],
    ['too many arguments', ['check', 'a.yaml', 'b.yaml']],
  ])('%s', async (_, args) => {
    const work = await generated()
    const before = work.states()
    const { status, stdout, stderr } = await work.run(...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^error: .+\n/)
    expect(work.states()).toEqual(before)
  })

  test('a document that is not there is a fault', async () => {
    const { status, stderr } = await workspace().run('generate')
    expect(status).toBe(1)
    expect(stderr).toContain(
      'specs/openapi.yaml error file-unreadable: the document cannot be read: there is no such file',
    )
  })
})

describe('help', () => {
  test.each([[['--help']], [[]]])('of %j names the commands', async args => {
    const { status, stdout, stderr } = await workspace().run(...args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: gatewright/)
    expect(stdout).toMatch(/^ +generate /m)
    expect(stdout).toMatch(/^ +check /m)
    expect(stdout).toContain('Exit status: 0 done, 1 faults in the document or stale output, 2 wrong usage.')
  })

  test.each(['generate', 'check'])('of %s names the options', async command => {
    const { status, stdout } = await workspace().run(command, '--help')
    expect(status).toBe(0)
    for (const option of ['--out <folder>', '--handlers <folder>', '--root <folder>', '--rule <code=severity>'])
      expect(stdout).toContain(option)
  })

  test("the version is the package's", async () => {
    expect(await workspace().run('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  })
})

describe('operations that cannot be enforced yet', () => {
  const document = `openapi: 3.1.0
info: { title: T, version: '1' }
security: []
paths:
  /one: { get: { operationId: one, responses: { '204': { description: Done } } } }
  /two:
    post:
      operationId: two
      requestBody: { content: { multipart/mixed: { schema: { type: object } } } }
      responses: { '204': { description: Done } }
`
  test('are left out on request, and counted', async () => {
    const work = workspace({ 'specs/openapi.yaml': document })
    const { status, stdout, stderr } = await work.run('generate', '--rule', 'feature-unsupported=warn')
    expect(status).toBe(0)
    expect(stderr).toContain('warning operation-skipped: POST /two is left out')
    expect(stdout).toMatch(/\n1 operation, 1 operation left out\. 9 files written, 0 unchanged\.\n$/)
    for (const name of ['policies.ts', 'handlers.ts', 'validators.ts'])
      expect(work.text(`generated/${name}`)).not.toContain('two')
    expect(work.text('generated/router.ts')).toContain("gate.absent('/two')")
    expect(Object.keys(work.texts())).not.toContain('handlers/two.ts')
    // What stands is only current under the same option.
    expect((await work.run('check', '--rule', 'feature-unsupported=warn')).status).toBe(0)
    expect((await work.run('check')).status).toBe(1)
  })
})
