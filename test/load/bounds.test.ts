import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { folder } from './folder.js'

const generator = (name: string) => new URL(`../../generator/${name}`, import.meta.url)
const TSX = import.meta.resolve('tsx')

interface Ended {
  readonly status: unknown
  readonly stdout: string
  readonly stderr: string
}

/** A process with little memory and a bounded time. */
function run(cwd: string, ...args: string[]): Promise<Ended> {
  const memory = ['--max-old-space-size=512', '--import', TSX]
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [...memory, ...args],
      { cwd, timeout: 110_000, maxBuffer: 1e8 },
      (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : (error.code ?? error.signal), stdout, stderr })
      },
    )
  })
}

/** Loads each `*.yaml` of a folder in one process, and tells the codes of what is wrong with it. */
const LOAD_ALL = `
  const { load } = await import(process.argv[1])
  for (const file of process.argv.slice(2)) {
    const { document, diagnostics } = await load(file)
    console.log(JSON.stringify([file, document === undefined, [...new Set(diagnostics.map(({ code }) => code))]]))
  }
`

const head = 'openapi: 3.1.0\ninfo: { title: T, version: "1" }\npaths: {}\n'
const times = (count: number, text: (index: number) => string, separator = '\n') =>
  Array.from({ length: count }, (_, index) => text(index)).join(separator)

const BOMBS: { readonly [name: string]: string } = {
  'aliases that multiply': `x-0: &a0 [x]\n${times(200, i => `x-${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`)}`,
  'merges that multiply': `x-0: &a0 { k: {} }\n${times(200, i => `x-${i + 1}: &a${i + 1} { a: *a${i}, b: { <<: [*a${i}, *a${i}] } }`)}`,
  'a large anchor that many aliases repeat': `x-0: &a [${times(10_000, i => String(i), ', ')}]\nx-1: [${times(10_000, () => '*a', ', ')}]`,
  'lists in lists': `x: ${'['.repeat(200_000)}${']'.repeat(200_000)}`,
  'lists in lists that never end': `x: ${'['.repeat(200_000)}`,
  'lists in lists on one line': `x:\n  ${'- '.repeat(100_000)}`,
  'objects in objects': `x: ${'{a: '.repeat(100_000)}`,
  'objects in objects by indentation': `x:\n${times(3000, i => `${' '.repeat(i + 1)}a:`)}`,
  'names in names': `${'? '.repeat(50_000)}`,
  'tags and anchors without end': `x: ${times(20_000, i => `&a${i} !t`, ' ')} 1`,
}

test('documents that multiply or nest without end are errors, in bounded time and memory', async () => {
  const json = `{"openapi": "3.1.0", "x": ${'[{"a":'.repeat(1_000_000)}1${'}]'.repeat(1_000_000)}}`
  const texts = Object.entries(BOMBS).map(([name, text]) => [`${name}.yaml`, `${head}${text}\n`] as const)
  const cwd = folder({ ...Object.fromEntries(texts), 'JSON.yaml': json })
  const names = [...texts.map(([name]) => name), 'JSON.yaml']
  const load = generator('load/load.ts').href
  const { status, stdout, stderr } = await run(cwd, '--input-type=module', '--eval', LOAD_ALL, load, ...names)
  expect([status, stderr]).toEqual([0, ''])
  const ended = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(ended).toEqual(names.map(name => [name, true, ['file-malformed']]))
}, 120_000)

test('what is as large as it may be is taken', async () => {
  const aliases = `x-0: &a [${times(100, i => `{ a: ${i} }`, ', ')}]\nx-1: [${times(2400, () => '*a', ', ')}]\n`
  const long = `x-long: ${'a'.repeat(5_000_000)}\n`
  const many = `x-many:\n${times(20_000, i => `  name${i}: { a: [1, 2] }`)}\n`
  const cwd = folder({ 'openapi.yaml': `${head}${aliases}${long}${many}` })
  const { status, stderr } = await run(cwd, fileURLToPath(generator('bin.ts')), 'generate', 'openapi.yaml')
  expect([status, stderr]).toEqual([0, ''])
}, 120_000)
