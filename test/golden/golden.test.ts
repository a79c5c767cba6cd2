import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, describe, expect, test } from 'vitest'
import { temporaryFolder, workspaceIn } from './workspace.js'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const CASES = readdirSync(here('.'), { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? entry.name : []))
const COMPARED = ['policies.ts', 'handlers.ts', 'router.ts']
/** Small enough to be read, and of interest there only. */
const ALSO: { readonly [name: string]: readonly string[] } = { 'parameters-and-body': ['validators.ts'] }
const UPDATE = process.env.UPDATE_GOLDEN === '1'

const folder = temporaryFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('what is emitted', () => {
  test.each(CASES)('%s', async name => {
    const work = workspaceIn(`${folder}/${name}`)
    work.put({ 'openapi.yaml': readFileSync(here(`${name}/openapi.yaml`)) })
    expect(await work.run('generate', 'openapi.yaml')).toMatchObject({ status: 0, stderr: '' })

    const files = [...COMPARED, ...(ALSO[name] ?? [])]
    if (UPDATE) {
      rmSync(here(`${name}/expected`), { recursive: true, force: true })
      mkdirSync(here(`${name}/expected`))
      for (const file of files) writeFileSync(here(`${name}/expected/${file}`), work.text(`generated/${file}`))
    }
    expect(readdirSync(here(`${name}/expected`)).sort()).toEqual([...files].sort())
    for (const file of files)
      expect(work.text(`generated/${file}`), file).toBe(readFileSync(here(`${name}/expected/${file}`), 'utf8'))
  })

  test('all of it compiles, with its stubs, as strictly as TypeScript can', () => {
    const files = CASES.flatMap(name =>
      Object.keys(workspaceIn(`${folder}/${name}`).texts()).map(file => `${name}/${file}`),
    )
    const sources = files.filter(file => file.endsWith('.ts')).map(file => `${folder}/${file}`)
    const program = ts.createProgram(sources, {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: ['node'],
      noEmit: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      skipLibCheck: true,
      paths: { 'gatewright/runtime': [here('../../runtime/index.ts')] },
    })
    const faults = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.startsWith(folder) ?? true)
    const text = ts.formatDiagnostics(faults, {
      getCanonicalFileName: name => name,
      getCurrentDirectory: () => folder,
      getNewLine: () => '\n',
    })
    expect(sources.length).toBeGreaterThan(CASES.length * 6)
    expect(text).toBe('')
  })
})
