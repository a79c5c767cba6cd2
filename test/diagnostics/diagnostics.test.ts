import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Files, type Ran, type Workspace, workspace } from '../golden/workspace.js'
import { codesIn, wordsIn } from './codes.js'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const GENERATOR = here('../../generator')
const CODES = readdirSync(here('.'), { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? entry.name : []))
const UPDATE = process.env.UPDATE_GOLDEN === '1'

/** Faults that are not in the document alone: what stands beside it, and with which options it is read. */
const BESIDE: { readonly [code: string]: { readonly wrong: Files; readonly mended?: Files } } = {
  'output-foreign': {
    wrong: { 'generated/policies.ts': 'export const policies = { mine: true }\n' },
    mended: { 'elsewhere/policies.ts': 'export const policies = { mine: true }\n' },
  },
  'handler-index-unclear': {
    wrong: { 'handlers/index.ts': "export * from '../shared/handlers.js'\n" },
    mended: {
      'handlers/index.ts': "export * from '../shared/handlers.js'\nexport { listCats } from './listCats.js'\n",
    },
  },
  'remote-record-broken': { wrong: recorded('number'), mended: recorded('string') },
  'handler-orphaned': {
    wrong: {
      'handlers/listPets.ts':
        "import type { Handlers } from '../generated/handlers.js'\n\nexport const listPets: Handlers['listPets'] = () => ({ status: 204 })\n",
    },
  },
}
const OPTIONS: { readonly [code: string]: readonly string[] } = {
  'operation-skipped': ['--rule', 'feature-unsupported=off'],
  'claims-malformed': ['--verbose'],
  'path-malformed': ['--verbose'],
  'remote-unreachable': ['--remote-origin', 'https://127.0.0.1:9'],
}

/** A recorded copy of what the document refers to, with the digest of one that says "string". */
function recorded(type: string): Files {
  const entry = {
    file: 'a2ca672196f0-pets.yaml',
    sha256: '50732f6b86ba81d01d8b2c6aaab616d6ccf15951d120acd8ae8b4f24f8b378ef',
  }
  return {
    'openapi.yaml.remote/lock.json': JSON.stringify({ documents: { 'https://schemas.example/pets.yaml': entry } }),
    [`openapi.yaml.remote/${entry.file}`]: `{ type: array, items: { type: ${type} } }\n`,
  }
}

/** Linked files of a case stand in its folder, and are laid beside the document. */
function filesOf(code: string, document: string): Files {
  const linked = readdirSync(here(code), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => entry.isFile() && !/^(wrong|mended)\.yaml$|^expected\.txt$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
  const text = readFileSync(here(`${code}/${document}`), 'utf8')
  return {
    // Bytes that are no UTF-8 would be no file that other tools can read.
    'openapi.yaml': code === 'file-unreadable' && document === 'wrong.yaml' ? Buffer.from(text, 'latin1') : text,
    ...Object.fromEntries(linked.map(path => [path.slice(here(code).length + 1), readFileSync(path)])),
  }
}

function generate(code: string, work: Workspace): Promise<Ran> {
  return work.run('generate', 'openapi.yaml', ...(OPTIONS[code] ?? []))
}

describe('a wrong document is shown as such', () => {
  test.each(CODES)('%s', async code => {
    const work = workspace({ ...filesOf(code, 'wrong.yaml'), ...BESIDE[code]?.wrong })
    const before = work.states()
    const { status, stdout, stderr } = await generate(code, work)

    if (UPDATE) writeFileSync(here(`${code}/expected.txt`), stderr)
    expect(stderr).toBe(readFileSync(here(`${code}/expected.txt`), 'utf8'))
    expect(stderr).toMatch(new RegExp(`(^| )(error|warning) ${code}: `, 'm'))
    const isError = new RegExp(`(^| )error ${code}: `, 'm').test(stderr)
    expect(status).toBe(isError ? 1 : 0)
    if (isError) {
      expect(stdout).toBe('')
      expect(work.states()).toEqual(before)
    }
    // What it says does not depend on whether something is to be written.
    if (code !== 'output-foreign') {
      const checked = await workspace({ ...filesOf(code, 'wrong.yaml'), ...BESIDE[code]?.wrong }).run(
        'check',
        'openapi.yaml',
        ...(OPTIONS[code] ?? []),
      )
      expect(checked.status).toBe(1)
      expect(checked.stderr.startsWith(stderr)).toBe(true)
    }
  })
})

describe('mended as its help says, it is silent', () => {
  test.each(CODES)('%s', async code => {
    expect(existsSync(here(`${code}/mended.yaml`))).toBe(true)
    const work = workspace({ ...filesOf(code, 'mended.yaml'), ...BESIDE[code]?.mended })
    expect(await generate(code, work)).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('every code of the sources has its case here', () => {
  const sources = readdirSync(GENERATOR, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => readFileSync(join(GENERATOR, name), 'utf8'))
  const codes = new Set(sources.flatMap(codesIn))

  test('as they are found in the sources', () => {
    expect([...codes].sort()).toEqual([...CODES].sort())
  })

  test('and none hides in another form', () => {
    const words = new Set(sources.flatMap(wordsIn))
    for (const code of codes) words.delete(code)
    expect([...words].sort()).toEqual(OTHER_WORDS)
  })
})

/** Words of the sources that look like codes and are none. */
const OTHER_WORDS = [
  'adjacent-params',
  'client-cert',
  'content-encoding',
  'content-type',
  'first-wins',
  'form-data',
  'no-leading-slash',
  'openapi-typescript',
  'query-or-fragment',
  'redos-detector',
  'repeated-param',
  'second-wins',
  'set-cookie',
  'ts-morph',
  'utf-8',
  'x-claims',
  'x-scope-match',
  'x-step-up',
  'x-token',
  'x-www-form-urlencoded',
]
