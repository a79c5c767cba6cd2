import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { generate, type RuleSettings, UsageError } from '../../generator/index.js'
import { RULES } from '../../generator/rules/table.js'
import { type Workspace, workspace } from '../golden/workspace.js'

const repository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const codesWhere = (lowered: string) =>
  [...RULES].filter(([, rule]) => rule.lowered === lowered && rule.severities.includes('error')).map(([code]) => code)

describe('the table of rules and the documentation', () => {
  const page = readFileSync(repository('docs/diagnostics.md'), 'utf8')
  const severities = page.slice(page.indexOf('## Severities'))
  const codes = (text: string) => [...text.matchAll(/`([a-z0-9]+(?:-[a-z0-9]+)+)`/g)].map(([, code]) => code)

  test('say the same of each', () => {
    const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (.+?) \| (.+) \|$/gm)].map(([, ...cells]) => cells)
    expect(rows).toEqual([...RULES].map(([code, { severities: all, fact }]) => [code, all.join(', '), fact]))
  })

  test('agree on what is kept, and on what is never lowered', () => {
    const kept = severities.slice(severities.indexOf('Kept in the router'), severities.indexOf('Never lowered'))
    const never = severities.slice(severities.indexOf('Never lowered'), severities.indexOf('And `operation-skipped`'))
    expect(codes(kept)).toEqual(codesWhere('kept'))
    expect(codes(never)).toEqual(codesWhere('never'))
  })
})

describe('a rule that concerns the whole document', () => {
  test.each(codesWhere('never'))('%s cannot be lowered', async code => {
    for (const setting of ['warn', 'off']) {
      const { status, stdout, stderr } = await workspace().run('generate', '--rule', `${code}=${setting}`)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toContain(`rule ${code} cannot be lowered`)
    }
  })

  test('what is left out can be an error, and is never silent', async () => {
    const { status, stderr } = await workspace().run('check', '--rule', 'operation-skipped=off')
    expect(status).toBe(2)
    expect(stderr).toContain('what is left out of the router is always named')
  })
})

/** A document of test/diagnostics/, with the files beside it, in a folder. */
function wrong(code: string): Workspace {
  return workspace({ 'specs/openapi.yaml': readFileSync(repository(`test/diagnostics/${code}/wrong.yaml`)) })
}

/** `METHOD /path` of all operations. */
function operationsOf(text: string): string[] {
  const { paths } = parse(text) as { paths: { [path: string]: object | null } }
  const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(typeof item === 'object' && item !== null ? item : {})
      .filter(key => methods.includes(key))
      .map(method => `${method.toUpperCase()} ${path}`),
  )
}

describe('a rule of operations, lowered', () => {
  const lowerable = codesWhere('left out').filter(code => existsSync(repository(`test/diagnostics/${code}/wrong.yaml`)))

  test.each(lowerable)('%s: what has the fault is left out and named, and the rest is served', async code => {
    const work = wrong(code)
    const all = operationsOf(work.text('specs/openapi.yaml'))
    for (const setting of ['warn', 'off'] as const) {
      const { diagnostics, model, files } = await generate({ cwd: work.folder, rules: { [code]: setting } })
      expect(diagnostics.filter(one => one.severity === 'error')).toEqual([])
      expect(files).toBeDefined()
      const served = model?.operations.map(one => `${one.method.toUpperCase()} ${one.path}`) ?? []
      const skipped = model?.skipped.map(one => `${one.method.toUpperCase()} ${one.path}`) ?? []
      expect([...served, ...skipped].sort()).toEqual([...all].sort())
      expect(model?.skipped.flatMap(one => one.reasons.map(({ code: reason }) => reason))).toContain(code)
      const named = diagnostics.filter(one => one.code === 'operation-skipped')
      expect(named.map(one => one.message.split(' is left out: ')[0])).toEqual(skipped)
      expect(diagnostics.some(one => one.code === code)).toBe(setting === 'warn')
      expect(work.text('generated/router.ts').match(/gate\.[a-z]+\(.*handlers\./g) ?? []).toHaveLength(served.length)
    }
  })

  test('a scope that is not declared is demanded all the same', async () => {
    const work = wrong('scope-undefined')
    const { model, files } = await generate({ cwd: work.folder, rules: { 'scope-undefined': 'off' } })
    expect(files).toBeDefined()
    expect(model?.skipped).toEqual([])
    const written = parse(work.text('specs/openapi.yaml')) as {
      paths: { [path: string]: { get: { security: unknown } } }
    }
    const [[path, item] = ['', undefined]] = Object.entries(written.paths)
    expect(model?.operations.find(one => one.path === path)?.policy.security).toEqual(item?.get.security)
  })

  test('a warning can be raised, which stops the generation, or silenced', async () => {
    const work = wrong('operation-public-by-omission')
    const raised = await work.run('generate', '--rule', 'operation-public-by-omission=error')
    expect(raised.status).toBe(1)
    expect(raised.stderr).toContain('error operation-public-by-omission')
    expect(raised.stderr).toContain('Nothing was written.')
    expect(Object.keys(work.texts())).toEqual(['specs/openapi.yaml'])
    expect(await work.run('generate', '--rule', 'operation-public-by-omission=off')).toMatchObject({
      status: 0,
      stderr: '',
    })
  })

  test('leaving out can be made an error', async () => {
    const rules = ['--rule', 'feature-unsupported=off', '--rule', 'operation-skipped=error']
    const { status, stderr } = await wrong('operation-skipped').run('generate', ...rules)
    expect(status).toBe(1)
    expect(stderr).toContain('error operation-skipped: POST /pets is left out')
  })
})

const responses = "responses: { '204': { description: Done } }"

test('all faults of an operation are named as reasons, and where they stand', async () => {
  const work = workspace({
    'specs/openapi.yaml': `openapi: 3.1.0
info: { title: T, version: '1' }
paths:
  /a: { get: { security: [], parameters: [{ name: q, in: body }, { name: r, in: query, required: true, schema: { type: array, items: { type: array } } }], ${responses} } }
`,
  })
  const rules = { 'feature-unsupported': 'off', 'parameter-malformed': 'off' } as const
  const { diagnostics, model } = await generate({ cwd: work.folder, rules })
  const codes = ['parameter-malformed', 'feature-unsupported']
  expect(model?.skipped[0]?.reasons.map(one => one.code)).toEqual(codes)
  const [skipped] = diagnostics.filter(one => one.code === 'operation-skipped')
  expect(skipped?.notes?.map(one => one.message)).toEqual(codes.map(code => `${code} stands here`))
})

describe('whose fault it is', () => {
  const leftOut = async (document: string, rules: RuleSettings) => {
    const work = workspace({ 'specs/openapi.yaml': `openapi: 3.1.0\ninfo: { title: T, version: '1' }\n${document}` })
    const { diagnostics, model } = await generate({ cwd: work.folder, rules })
    expect(diagnostics.filter(one => one.severity === 'error')).toEqual([])
    return model?.skipped.map(({ method, path }) => `${method} ${path}`)
  }

  test('a faulty schema: all whose requests reach it, by whichever way', async () => {
    const body = (name: string) =>
      `requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/${name}' } } } }`
    const document = `paths:
  /direct: { post: { ${body('Faulty')}, ${responses} } }
  /behind: { post: { ${body('Behind')}, ${responses} } }
  /list: { get: { parameters: [{ name: q, in: query, schema: { type: array, items: { $ref: '#/components/schemas/Faulty' } } }], ${responses} } }
  /circle: { post: { ${body('Round')}, ${responses} } }
  /sound: { post: { ${body('Sound')}, ${responses} } }
  /reply: { get: { responses: { '200': { description: R, content: { application/json: { schema: { $ref: '#/components/schemas/Behind' } } } } } } }
components:
  schemas:
    Faulty: { type: string, pattern: '[' }
    Behind: { type: object, properties: { a: { $ref: '#/components/schemas/Sound' }, b: { items: { $ref: '#/components/schemas/Faulty' } } } }
    Round: { allOf: [{ $ref: '#/components/schemas/Round' }] }
    Sound: { type: string }
`
    expect(await leftOut(document, { 'schema-malformed': 'warn' })).toEqual([
      'post /direct',
      'post /behind',
      'get /list',
      'post /circle',
    ])
  })

  test('a faulty schema that no request reaches is a warning', async () => {
    const document = `openapi: 3.0.3
info: { title: T, version: '1' }
paths:
  /reply: { get: { responses: { '200': { description: R, content: { application/json: { schema: { $ref: '#/components/schemas/Faulty' } } } } } } }
components: { schemas: { Faulty: { type: string, pattern: '[' }, Lost: { type: text } } }
`
    const work = workspace({ 'specs/openapi.yaml': document })
    const run = await work.run('generate', '--rule', 'operation-public-by-omission=off', '--rule', 'document-form=off')
    expect(run.status).toBe(0)
    expect(run.stderr.match(/(?:error|warning) [a-z-]+:/g)).toEqual([
      'warning response-unchecked:',
      'warning schema-malformed:',
      'warning schema-malformed:',
    ])
    expect((await work.run('check', '--rule', 'schema-malformed=error')).stderr).toContain('error schema-malformed')
    expect((await work.run('check', '--rule', 'schema-malformed=off')).stderr).not.toContain('schema-malformed')
  })

  test('x-claims at the root and on a path item: those that inherit it', async () => {
    const user = 'security: [{ user: [] }]'
    const document = `x-claims: { age: { min: many } }
paths:
  /own: { get: { ${user}, x-claims: { a: 1 }, ${responses} } }
  /lifted: { get: { ${user}, x-claims: {}, ${responses} } }
  /public: { get: { security: [], ${responses} } }
  /root: { get: { ${user}, ${responses} } }
  /item:
    x-claims: []
    get: { ${user}, ${responses} }
    put: { ${user}, x-claims: { a: 1 }, ${responses} }
components: { securitySchemes: { user: { type: http, scheme: bearer } } }
`
    expect(await leftOut(document, { 'claims-malformed': 'off' })).toEqual(['get /root', 'get /item'])
  })

  test('x-step-up at the root and on a path item: those that inherit it', async () => {
    const user = 'security: [{ user: [] }]'
    const document = `x-step-up: { maxAge: soon }
paths:
  /own: { get: { ${user}, x-step-up: { maxAge: 1 }, ${responses} } }
  /lifted: { get: { ${user}, x-step-up: {}, ${responses} } }
  /public: { get: { security: [], ${responses} } }
  /root: { get: { ${user}, ${responses} } }
  /item:
    x-step-up: []
    get: { ${user}, ${responses} }
    put: { ${user}, x-step-up: { acr: [a] }, ${responses} }
components: { securitySchemes: { user: { type: http, scheme: bearer } } }
`
    expect(await leftOut(document, { 'step-up-malformed': 'off' })).toEqual(['get /root', 'get /item'])
  })

  test('a name that is almost that of an extension: all below it', async () => {
    const document = `paths:
  /a: { x-claim: { a: 1 }, get: { ${responses} }, put: { x-claims: {}, ${responses} } }
  /b: { get: { ${responses} } }
`
    expect(await leftOut(document, { 'extension-unknown': 'warn' })).toEqual(['get /a', 'put /a'])
    expect(await leftOut(`X-Claims: { a: 1 }\n${document}`, { 'extension-unknown': 'warn' })).toEqual([
      'get /a',
      'put /a',
      'get /b',
    ])
  })

  test('a malformed scheme: those that demand it, also from the root', async () => {
    const document = `security: [{ odd: [] }]
paths:
  /a: { get: { ${responses} }, put: { security: [{ user: [] }, { odd: [] }], ${responses} } }
  /b: { get: { security: [{ user: [] }], ${responses} } }
components: { securitySchemes: { user: { type: http, scheme: bearer }, odd: { type: key } } }
`
    expect(await leftOut(document, { 'scheme-malformed': 'warn' })).toEqual(['get /a', 'put /a'])
  })

  test('two of one name: both', async () => {
    const document = `paths:
  /a: { get: { operationId: same, ${responses} } }
  /b: { get: { operationId: other, ${responses} } }
  /c: { get: { operationId: same, ${responses} } }
`
    expect(await leftOut(document, { 'operation-id-duplicate': 'warn' })).toEqual(['get /a', 'get /c'])
  })

  test('a parameter of a path item: all its operations', async () => {
    const document = `paths:
  /a: { parameters: [{ name: q, in: body }], get: { ${responses} }, put: { ${responses} } }
  /b: { get: { ${responses} } }
`
    expect(await leftOut(document, { 'parameter-malformed': 'warn' })).toEqual(['get /a', 'put /a'])
  })
})

test('a program that names rules wrongly is told so', async () => {
  for (const rules of [{ nonsense: 'warn' }, { 'path-malformed': 'maybe' }, { 'file-malformed': 'off' }, []] as never[])
    await expect(generate({ cwd: workspace().folder, rules })).rejects.toThrow(UsageError)
})
