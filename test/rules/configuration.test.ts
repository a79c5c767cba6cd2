import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { RULES, type RuleFacts } from '../../generator/rules/table.js'
import { type Files, workspace } from '../golden/workspace.js'

const DOCUMENT = `openapi: 3.1.0
info: { title: T, version: '1' }
paths:
  /one: { get: { operationId: one, responses: { '204': { description: Done } } } }
  /two: { get: { operationId: two, security: [], parameters: [{ name: q, in: query, required: true, schema: { type: array, items: { type: array } } }], responses: { '204': { description: Done } } } }
`
const RULES_OF_MINE = { 'feature-unsupported': 'off', 'operation-public-by-omission': 'off' }
const OWN = 'gatewright.config.json'

const project = (files: Files) => workspace({ 'specs/openapi.yaml': DOCUMENT, ...files })
const json = (value: unknown) => JSON.stringify(value)

describe('the configuration of a project', () => {
  test.each([
    [OWN, (value: object) => ({ [OWN]: json(value) })],
    ['package.json', (value: object) => ({ 'package.json': json({ name: 'mine', gatewright: value }) })],
  ])('is read from %s', async (_, files) => {
    const work = project({ ...files({ rules: RULES_OF_MINE }) })
    const { status, stderr } = await work.run('generate')
    expect(status).toBe(0)
    expect(stderr.match(/(?:error|warning) [a-z-]+/g)).toEqual(['warning operation-skipped'])
    expect((await work.run('check')).status).toBe(0)
    expect((await work.run('matrix')).stdout).toContain('left out because')
  })

  test('names the document and the folders', async () => {
    const work = workspace({
      'api/main.yaml': DOCUMENT.replace(/^ {2}\/two.*\n/m, "  /two: { $ref: '../shared/two.yaml' }\n"),
      'shared/two.yaml': "get: { operationId: two, security: [], responses: { '204': { description: Done } } }\n",
      [OWN]: json({
        document: 'api/main.yaml',
        root: '.',
        out: 'src/made',
        handlers: 'src/hands',
        $schema: './s.json',
      }),
    })
    const { status } = await work.run('generate')
    expect(status).toBe(0)
    expect(Object.keys(work.texts())).toEqual(expect.arrayContaining(['src/made/router.ts', 'src/hands/two.ts']))
  })

  test('gives way to the command line, rule by rule', async () => {
    const work = project({ [OWN]: json({ out: 'elsewhere', rules: RULES_OF_MINE }) })
    const { status, stderr } = await work.run(
      'generate',
      '--out',
      'made',
      '--rule',
      'operation-public-by-omission=warn',
    )
    expect(status).toBe(0)
    expect(stderr.match(/(?:error|warning) [a-z-]+/g)?.sort()).toEqual([
      'warning operation-public-by-omission',
      'warning operation-skipped',
    ])
    expect(Object.keys(work.texts())).toContain('made/router.ts')
    expect(Object.keys(work.texts())).not.toContain('elsewhere/router.ts')
  })

  test('a package.json without it is none', async () => {
    const work = project({ 'package.json': json({ name: 'mine' }), [OWN]: json({ rules: RULES_OF_MINE }) })
    expect((await work.run('generate')).status).toBe(0)
  })

  test('is not looked for in folders above', async () => {
    const work = project({ [OWN]: '{' })
    expect((await work.run('--help')).status).toBe(0)
  })
})

describe('the JSON Schema of a configuration', () => {
  const path = fileURLToPath(new URL('../../generator/rules/config.schema.json', import.meta.url))
  const settings = (code: string, { severities, lowered }: RuleFacts) => {
    if (lowered !== 'never') return ['off', 'warn', 'error']
    return code === 'operation-skipped' || !severities.includes('error') ? ['warn', 'error'] : ['error']
  }
  const rules = [...RULES].map(([code, rule]) => [
    code,
    { description: rule.fact, enum: settings(code, rule), default: rule.severities[0] === 'error' ? 'error' : 'warn' },
  ])

  test('knows every rule, and what it can be', () => {
    const written = JSON.parse(readFileSync(path, 'utf8')) as { properties: { rules: { properties: unknown } } }
    if (process.env.UPDATE_GOLDEN === '1') {
      written.properties.rules.properties = Object.fromEntries(rules)
      writeFileSync(path, `${JSON.stringify(written, undefined, 2)}\n`)
    }
    expect(written.properties.rules.properties).toEqual(Object.fromEntries(rules))
  })

  test('takes what the command line takes, and no more', () => {
    const fits = new Ajv2020({ strict: true }).compile(JSON.parse(readFileSync(path, 'utf8')) as object)
    expect(fits({ $schema: './s.json', document: 'a', out: 'b', handlers: 'c', root: 'd', rules: RULES_OF_MINE })).toBe(
      true,
    )
    for (const wrong of [
      { rule: {} },
      { out: '' },
      { rules: { 'file-malformed': 'off' } },
      { rules: { nonsense: 'off' } },
    ])
      expect(fits(wrong)).toBe(false)
  })
})

describe('wrong usage, told before anything is done', () => {
  test.each<[string, Files, string]>([
    [
      'two configurations',
      { [OWN]: '{}', 'package.json': '{ "gatewright": {} }' },
      'gatewright.config.json and "gatewright" in package.json both hold a configuration: remove one of them',
    ],
    [
      'an unknown member',
      { [OWN]: '{ "rule": {} }' },
      'gatewright.config.json holds "rule", which is not known: did you mean rules?',
    ],
    [
      'an unknown rule',
      { [OWN]: '{ "rules": { "path-malformd": "off" } }' },
      'gatewright.config.json: there is no rule "path-malformd": did you mean path-malformed?',
    ],
    [
      'an unknown severity',
      { [OWN]: '{ "rules": { "path-malformed": "warning" } }' },
      'gatewright.config.json: rule path-malformed cannot be "warning": write off, warn or error',
    ],
    [
      'rules that are no object',
      { [OWN]: '{ "rules": ["path-malformed"] }' },
      'gatewright.config.json: rules must be an object',
    ],
    [
      'a path that is none',
      { 'package.json': '{ "gatewright": { "out": 1 } }' },
      '"out" of "gatewright" in package.json must be a path',
    ],
    ['what is no JSON', { [OWN]: '{ rules: {} }' }, 'gatewright.config.json is no JSON: '],
    ['what is no object', { [OWN]: 'null' }, 'gatewright.config.json must be an object'],
    [
      'a rule that cannot be lowered',
      { [OWN]: '{ "rules": { "file-malformed": "off" } }' },
      'gatewright.config.json: rule file-malformed cannot be lowered',
    ],
  ])('%s', async (_, files, message) => {
    const work = project(files)
    const before = work.states()
    for (const command of ['generate', 'check', 'matrix']) {
      const { status, stdout, stderr } = await work.run(command)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toContain(`error: ${message}`)
    }
    expect(work.states()).toEqual(before)
  })

  test.each([
    ['path-malformed', 'write off, warn or error'],
    ['path-malformed=', 'write off, warn or error'],
    ['path-malformed=off=off', 'write off, warn or error'],
    ['=off', 'there is no rule ""'],
    ['__proto__=off', 'there is no rule "__proto__"'],
    ['pathmalformed=off', 'did you mean path-malformed?'],
  ])('--rule %s', async (rule, message) => {
    const { status, stdout, stderr } = await project({}).run('generate', '--rule', rule)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})
