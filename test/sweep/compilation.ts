import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { REPOSITORY } from './documents.js'

/** What the compiler says of every TypeScript file below a folder, under the repository's own options. */
export function faultsOfTypes(folder: string): { readonly files: number; readonly faults: string } {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
  const config = ts.readConfigFile(join(REPOSITORY, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config.config, include: [], files: [] }, ts.sys, REPOSITORY)
  const program = ts.createProgram(files, {
    ...options,
    noEmit: true,
    paths: { 'gatewright/runtime': [join(REPOSITORY, 'runtime/index.ts')] },
  })
  const found = ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file === undefined || file.fileName.startsWith(folder))
  const faults = ts.formatDiagnostics(found, {
    getCanonicalFileName: name => name,
    getCurrentDirectory: () => folder,
    getNewLine: () => '\n',
  })
  return { files: files.length, faults }
}
