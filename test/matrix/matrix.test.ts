import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { formatMatrix, type Matrix, matrix } from '../../generator/index.js'
import { documentPath } from '../documents.js'
import { workspace } from '../golden/workspace.js'
import { readNaively } from '../sweep/naive-document.js'

const schema = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../generator/matrix/matrix.schema.json', import.meta.url)), 'utf8'),
) as object
const fits = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  schema,
)

const responses = "responses: { '204': { description: Done } }"
const DOCUMENT = `openapi: 3.1.0
info: { title: All of it, version: 1.0.0 }
security: [{ user: [read, write], key: [] }, { basic: [] }]
paths:
  /a/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { ${responses} }
    post: { operationId: make a, security: [], ${responses} }
    put: { operationId: putA, security: [{ user: [a, b] }, {}], x-scope-match: any, ${responses} }
    patch:
      operationId: patchA
      security: [{ user: [] }]
      x-claims: [{ n: 1, id: { param: id, message: No }, $check: one }, { age: { min: 1, max: 2 }, $check: { name: two, message: No } }]
      x-step-up: { acr: [mfa, hwk], maxAge: 300 }
      ${responses}
    delete: { operationId: deleteA, security: [{}], ${responses} }
    options: { operationId: optionsA, parameters: [{ name: q, in: query, required: true, schema: { type: array, items: { type: array } } }], ${responses} }
components:
  securitySchemes:
    user: { type: oauth2, flows: { clientCredentials: { tokenUrl: 'https://i.example', scopes: { read: R, write: W, a: A, b: B } } } }
    key: { type: apiKey, in: header, name: X-Key }
    basic: { type: http, scheme: basic }
`
const LOWERED = ['--rule', 'feature-unsupported=off']

async function matrixOfDocument(document: string): Promise<Matrix> {
  const work = workspace({ 'specs/openapi.yaml': document })
  const { status, stdout } = await work.run('matrix', '--format', 'json', ...LOWERED)
  expect(status).toBe(0)
  const found = JSON.parse(stdout) as Matrix
  expect(fits(found), JSON.stringify(fits.errors)).toBe(true)
  return found
}

describe('as JSON', () => {
  test('each operation has what it demands', async () => {
    const [get, post, put, patch, remove, ...more] = (await matrixOfDocument(DOCUMENT)).operations
    expect(more).toEqual([])
    expect(get).toEqual({
      method: 'GET',
      path: '/a/{id}',
      operationId: null,
      id: 'getAById',
      source: 'root',
      alternatives: [
        [
          { scheme: 'user', type: 'oauth2', scopes: ['read', 'write'] },
          { scheme: 'key', type: 'apiKey', scopes: [] },
        ],
        [{ scheme: 'basic', type: 'http', scopes: [] }],
      ],
      scopeMatch: 'all',
      claims: null,
      stepUp: null,
      public: false,
      optional: false,
    })
    expect(post).toMatchObject({
      operationId: 'make a',
      id: 'makeA',
      source: 'operation',
      alternatives: [],
      public: true,
      optional: false,
    })
    expect(put).toMatchObject({
      alternatives: [[{ scheme: 'user', type: 'oauth2', scopes: ['a', 'b'] }], []],
      scopeMatch: 'any',
      public: false,
      optional: true,
    })
    expect(patch?.claims).toEqual([
      { n: { equals: 1 }, id: { param: 'id', message: 'No' }, $check: { name: 'one' } },
      { age: { min: 1, max: 2 }, $check: { name: 'two', message: 'No' } },
    ])
    expect(patch?.stepUp).toEqual({ acr: ['mfa', 'hwk'], maxAge: 300 })
    expect(remove).toMatchObject({ alternatives: [[]], public: true, optional: false })
  })

  test('one that is left out stands apart, with the reasons', async () => {
    const { operations, skipped } = await matrixOfDocument(DOCUMENT)
    expect(operations.map(one => one.method)).not.toContain('OPTIONS')
    expect(skipped).toEqual([
      {
        method: 'OPTIONS',
        path: '/a/{id}',
        reasons: [
          {
            code: 'feature-unsupported',
            message:
              'it needs what is not supported yet: query parameter "q" with a list whose items are lists or objects',
          },
        ],
      },
    ])
  })

  test('one without security anywhere says so', async () => {
    const { operations } = await matrixOfDocument(DOCUMENT.replace(/^security: .*\n/m, ''))
    expect(operations[0]).toMatchObject({ source: 'none', alternatives: [], public: true })
  })

  test.each([
    'auth0-myaccount/myaccount-api-oas.json',
    'camara-geofencing/API_definitions/geofencing-subscriptions.yaml',
    'figma/openapi.yaml',
    'readme-petstore/petstore.json',
    'readme-security/security.yaml',
    'readme-security-multiple/security-multiple.json',
    'scalar-galaxy/3.1.yaml',
    'spotify/fixed-spotify-open-api.yml',
  ])('%s fits the schema, and names every operation with its alternatives', async name => {
    const { matrix: found } = await matrix({
      document: documentPath(name),
      root: documentPath(name.split('/')[0] ?? ''),
      rules: { 'feature-unsupported': 'off', 'alternative-unsatisfiable': 'off' },
    })
    expect(fits(found), JSON.stringify(fits.errors)).toBe(true)
    const naive = readNaively(documentPath(name)).operations
    const left = new Set(found?.skipped.map(one => `${one.method} ${one.path}`))
    const expected = naive.filter(one => !left.has(one.name))
    expect(left.size + expected.length).toBe(naive.length)
    expect(
      found?.operations.map(({ method, path, alternatives }) => ({
        name: `${method} ${path}`,
        alternatives: alternatives.map(all => Object.fromEntries(all.map(one => [one.scheme, [...one.scopes]]))),
      })),
    ).toEqual(expected.map(({ name: operation, alternatives }) => ({ name: operation, alternatives })))
  })

  test('the schema refuses what is no matrix', async () => {
    const found = await matrixOfDocument(DOCUMENT)
    const [first] = found.operations
    for (const wrong of [
      { ...found, operations: [{ ...first, source: 'path' }] },
      { ...found, operations: [{ ...first, claims: [{}] }] },
      { ...found, operations: [{ ...first, claims: [{ n: { equals: 1, in: [1] } }] }] },
      { ...found, operations: [{ ...first, stepUp: {} }] },
      { ...found, operations: [{ ...first, stepUp: { maxAge: 0 } }] },
      { ...found, operations: [{ ...first, more: 1 }] },
      { ...found, skipped: [{ method: 'GET', path: '/', reasons: [] }] },
    ])
      expect(fits(wrong)).toBe(false)
  })
})

describe('for people', () => {
  test('as text, in columns', async () => {
    const work = workspace({ 'specs/openapi.yaml': DOCUMENT })
    const { status, stdout } = await work.run('matrix', ...LOWERED)
    expect(status).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "method  path     operation  demands                             claims                                                                                                                                           step-up
      GET     /a/{id}  getAById   user (read write) and key or basic
      POST    /a/{id}  makeA      public
      PUT     /a/{id}  putA       user (one of a b) or anonymous
      PATCH   /a/{id}  patchA     user                                n {"equals":1} and id {"param":"id","message":"No"} and $check {"name":"one"} or age {"min":1,"max":2} and $check {"name":"two","message":"No"}  {"acr":["mfa","hwk"],"maxAge":300}
      DELETE  /a/{id}  deleteA    anonymous

      method   path     left out because
      OPTIONS  /a/{id}  feature-unsupported: it needs what is not supported yet: query parameter "q" with a list whose items are lists or objects
      "
    `)
  })

  test('as Markdown, in tables', async () => {
    const work = workspace({ 'specs/openapi.yaml': DOCUMENT })
    const { stdout } = await work.run('matrix', '--format', 'md', ...LOWERED)
    expect(stdout).toMatchInlineSnapshot(`
      "# Who may call what: \`specs/openapi.yaml\`

      | method | path | operation | demands | claims | step-up |
      | --- | --- | --- | --- | --- | --- |
      | \`GET\` | \`/a/{id}\` | \`getAById\` | \`user (read write) and key or basic\` |  |  |
      | \`POST\` | \`/a/{id}\` | \`makeA\` | \`public\` |  |  |
      | \`PUT\` | \`/a/{id}\` | \`putA\` | \`user (one of a b) or anonymous\` |  |  |
      | \`PATCH\` | \`/a/{id}\` | \`patchA\` | \`user\` | \`n {"equals":1} and id {"param":"id","message":"No"} and $check {"name":"one"} or age {"min":1,"max":2} and $check {"name":"two","message":"No"}\` | \`{"acr":["mfa","hwk"],"maxAge":300}\` |
      | \`DELETE\` | \`/a/{id}\` | \`deleteA\` | \`anonymous\` |  |  |

      ## Left out of the router

      | method | path | left out because |
      | --- | --- | --- |
      | \`OPTIONS\` | \`/a/{id}\` | \`feature-unsupported: it needs what is not supported yet: query parameter "q" with a list whose items are lists or objects\` |
      "
    `)
  })

  const evil = 'a|b\\|c\n| d |`e`<img src=x>\u001b[31m\u202e{f}\r@all :+1:'
  const hostile: Matrix = {
    document: evil,
    operations: [
      {
        method: 'GET',
        path: `/${evil}`,
        operationId: evil,
        id: 'evil',
        source: 'operation',
        alternatives: [[{ scheme: evil, type: 'http', scopes: [evil, '<b>x</b> :+1:'] }]],
        scopeMatch: 'any',
        claims: [{ [evil]: { equals: evil } }],
        stepUp: { acr: [evil] },
        public: false,
        optional: false,
      },
    ],
    skipped: [{ method: evil, path: evil, reasons: [{ code: 'a-b', message: evil }] }],
  }

  test('no name can write to the terminal or begin another line', () => {
    const text = formatMatrix(hostile, 'text')
    expect(text).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u)
    expect(text.match(/\n/g)).toHaveLength(2 + 1 + 2)
  })

  test('no name can end a cell of a table, or be read as HTML', () => {
    const markdown = formatMatrix(hostile, 'md')
    expect(markdown).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u)
    const [heading = '', ...lines] = markdown.split('\n')
    expect(heading).toMatch(/^# /)
    for (const line of lines.filter(one => one.startsWith('|'))) {
      expect(line).not.toContain('\\|')
      expect(line.match(/\|/g)).toHaveLength(lines.indexOf(line) < 6 ? 7 : 4)
      // Outside of code, nothing is left that Markdown knows.
      expect(line.replace(/`[^`|]*`/g, '')).not.toMatch(/[<>[\]*_@\\]/)
    }
  })
})

describe('of a document with faults', () => {
  test('nothing is shown but these', async () => {
    const work = workspace({ 'specs/openapi.yaml': DOCUMENT })
    for (const format of ['text', 'json', 'md']) {
      const { status, stdout, stderr } = await work.run('matrix', '--format', format)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain('error feature-unsupported')
    }
    expect(Object.keys(work.texts())).toEqual(['specs/openapi.yaml'])
  })

  test('an unknown format is wrong usage', async () => {
    const { status, stdout } = await workspace({ 'specs/openapi.yaml': DOCUMENT }).run('matrix', '--format', 'xml')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})
