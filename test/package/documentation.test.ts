import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { generate } from '../../generator/index.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${root}test/out/readme/`

function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text]) => text as string,
  )
}

describe('the README', () => {
  const readme = readFileSync(`${root}README.md`, 'utf8')

  test('has a tour whose document generates and whose code compiles', async () => {
    rmSync(folder, { recursive: true, force: true })
    const [document = ''] = blocks(readme, 'yaml')
    const [handler = '', server = '', types = ''] = blocks(readme, 'ts')
    mkdirSync(`${folder}handlers`, { recursive: true })
    writeFileSync(`${folder}openapi.yaml`, document)
    writeFileSync(`${folder}handlers/listNotes.ts`, handler)
    const { diagnostics, files } = await generate({
      document: `${folder}openapi.yaml`,
      out: `${folder}generated`,
      handlers: `${folder}handlers`,
    })
    expect([diagnostics, files?.written.length]).toEqual([[], 7 + 2])
    const customer =
      'interface Customer { name: string }\ndeclare function findCustomerByKey(key: string): Customer | undefined\n'
    writeFileSync(`${folder}server.ts`, `${server}\n${customer}${types}`)
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      skipLibCheck: true,
      types: ['node'],
    }
    const program = ts.createProgram([`${folder}server.ts`], options)
    const faults = ts.getPreEmitDiagnostics(program).map(one => ts.flattenDiagnosticMessageText(one.messageText, '\n'))
    expect(faults).toEqual([])
  })

  test('has the two commands', () => {
    expect(readme).toContain('npm ci && npm start')
    expect(readme).toContain('npm ci && npm test')
  })
})

test('every code of a diagnostic is in the table, and no other', () => {
  const sources = readdirSync(`${root}generator`, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => readFileSync(`${root}generator/${name}`, 'utf8'))
    .join('\n')
  const table = readFileSync(`${root}docs/diagnostics.md`, 'utf8')
  const documented = [...table.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, code]) => code as string)
  const unknown = documented.filter(code => !sources.includes(`'${code}'`))
  const used = new Set([...sources.matchAll(/\bcode: '([a-z0-9-]+)'/g)].map(([, code]) => code as string))
  expect([unknown, [...used].filter(code => !documented.includes(code))]).toEqual([[], []])
  expect(documented).toEqual([...documented].sort())
})
