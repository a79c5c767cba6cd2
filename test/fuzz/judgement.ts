import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import ts from 'typescript'
import { type Diagnostic, formatJson, formatText, type Generated, generate } from '../../generator/index.js'
import { RULES } from '../../generator/rules/table.js'
import { faultsOfTypes } from '../sweep/compilation.js'
import { countOperations } from './operation-count.js'
import { faultsOfService } from './service-check.js'

/** A folder with a mutant in it, and how it is to be generated. */
export interface Task {
  /** Absolute. Holds `document/`, and what an earlier run left. */
  readonly folder: string
  readonly entry: string
  /** Every rule that can be lowered is. */
  readonly lowered: boolean
  /** Look at its types as well, and serve it, where it was written. */
  readonly closely: boolean
}

export interface Verdict {
  readonly outcome: 'written' | 'refused' | 'file system'
  /** Codes of its errors. */
  readonly codes: readonly string[]
  /** What the generator must not do; nothing else matters. */
  readonly faults: readonly string[]
  /** Of messages that hide what a library said. */
  readonly remarks: readonly string[]
  readonly operations: number
}

const EMITTED = ['handlers', 'policies', 'replies', 'reply-validators', 'router', 'types', 'validators']

const LOWERED = Object.fromEntries(
  [...RULES].flatMap(([code, { lowered, severities }]) =>
    lowered !== 'never' && severities.includes('error') ? [[code, 'warn' as const]] : [],
  ),
)

/**
 * Generates a mutant, and looks at all that came of it.
 * @param onEnd called when the generator has ended, and its diagnostics are printed.
 */
export async function judge({ folder, entry, lowered, closely }: Task, onEnd: () => void): Promise<Verdict> {
  const before = digestsIn(folder)
  const document = join(folder, 'document', entry)
  let generated: Generated
  try {
    generated = await generate({
      cwd: folder,
      document,
      root: join(folder, 'document'),
      ...(lowered && { rules: LOWERED }),
    })
  } catch (error) {
    const isSystem = error instanceof Error && 'syscall' in error
    const changes = changesOf(before, digestsIn(folder))
    const faults = isSystem ? changes : [`thrown: ${error instanceof Error ? error.stack : String(error)}`, ...changes]
    return { outcome: 'file system', codes: [], faults, remarks: [String(error)], operations: 0 }
  }
  const { diagnostics, files } = generated
  const errors = diagnostics.filter(one => one.severity === 'error')
  const faults = faultsOfDiagnostics(generated, folder)
  onEnd()
  if (files === undefined) {
    if (errors.length === 0) faults.push('nothing was written, and no error says why')
    faults.push(...changesOf(before, digestsIn(folder)))
  } else {
    if (errors.length > 0) faults.push('written in spite of errors')
    faults.push(...faultsOfOutput(generated, folder, document))
    if (closely && faults.length === 0) faults.push(...(await faultsOfUse(generated, folder)))
  }
  return {
    outcome: files === undefined ? 'refused' : 'written',
    codes: [...new Set(errors.map(one => one.code))],
    faults,
    remarks: errors.flatMap(({ code, message }) => (code === 'emit-failed' ? [message.slice(0, 300)] : [])),
    operations: generated.count?.operations ?? 0,
  }
}

function faultsOfDiagnostics({ diagnostics, sources }: Generated, cwd: string): string[] {
  const faults = diagnostics.flatMap(one => faultsOfDiagnostic(one))
  for (const verbose of [true, false]) {
    const text = formatText(diagnostics, sources, { cwd, verbose })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    const [control] = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/.exec(text) ?? []
    if (control !== undefined) faults.push(`a control character in a diagnostic: ${JSON.stringify(control)}`)
    if (stripVTControlCharacters(text) !== text) faults.push('a control sequence in a diagnostic')
    const widest = text.split('\n').reduce((most, line) => Math.max(most, line.length), 0)
    if (widest > 20_000) faults.push(`a line of ${widest} characters in a diagnostic`)
    if (diagnostics.length > 0 && text.trim() === '') faults.push('diagnostics without a text')
  }
  if (formatJson(diagnostics, sources, { cwd }).length !== diagnostics.length) faults.push('diagnostics lost in JSON')
  return faults
}

function faultsOfDiagnostic({ code, severity, message, help }: Diagnostic): string[] {
  const rule = RULES.get(code)
  if (rule === undefined) return [`no rule ${code}`]
  const faults: string[] = []
  if (severity === 'error' && !rule.severities.includes('error')) faults.push(`${code} is no error`)
  if (message.trim() === '') faults.push(`${code} has no message`)
  if (help.trim() === '') faults.push(`${code} has no help`)
  // In quotes stands what the document says.
  const own = message.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  if (/\bundefined\b|\[object Object\]|\bNaN\b/.test(own)) faults.push(`${code}: ${message.slice(0, 200)}`)
  return faults
}

function faultsOfOutput({ count, files, model }: Generated, folder: string, document: string): string[] {
  const faults: string[] = []
  const found = readdirSync(join(folder, 'generated')).sort()
  if (
    found.join() !==
    EMITTED.map(name => `${name}.ts`)
      .sort()
      .join()
  )
    faults.push(`generated/ holds ${found}`)
  for (const path of [...(files?.written ?? []), ...(files?.unchanged ?? [])]) {
    if (!path.startsWith(`${folder}/generated/`) && !path.startsWith(`${folder}/handlers/`))
      faults.push(`wrote ${path}`)
    if (path.endsWith('.ts')) faults.push(...faultsOfText(path))
  }
  const left = [...digestsIn(folder).keys()].filter(path => path.endsWith('.tmp'))
  if (left.length > 0) faults.push(`left behind: ${left}`)
  const { operations = 0, skipped = 0 } = count ?? {}
  const policies = policiesIn(join(folder, 'generated/policies.ts'))
  if (policies !== operations) faults.push(`${policies} policies for ${operations} operations`)
  if (model?.operations.length !== operations) faults.push('the model has other operations')
  const naive = countOperations(document)
  if (naive !== undefined && naive !== operations + skipped) {
    faults.push(`${operations} operations and ${skipped} left out, of ${naive} in the document`)
  }
  return faults
}

/** What a compiler says of it, and what it answers to those who bring nothing. */
async function faultsOfUse({ model }: Generated, folder: string): Promise<string[]> {
  if (model === undefined) return []
  const { faults } = faultsOfTypes(folder)
  const guarded = model.operations.filter(({ policy: { security } }) => {
    return security.length > 0 && security.every(alternative => Object.keys(alternative).length > 0)
  })
  return [...(faults === '' ? [] : [faults]), ...(await faultsOfService(folder, guarded, model.checks))]
}

function faultsOfText(path: string): string[] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2023, false)
  const faults = (file as unknown as { parseDiagnostics: readonly ts.Diagnostic[] }).parseDiagnostics
  return faults.map(one => `${path}: ${ts.flattenDiagnosticMessageText(one.messageText, ' ')}`).slice(0, 3)
}

function policiesIn(path: string): number {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2023, false)
  let count = -1
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit)
    if (!ts.isVariableDeclaration(node)) return
    let value = node.initializer
    while (value && (ts.isSatisfiesExpression(value) || ts.isAsExpression(value))) value = value.expression
    if (node.name.getText(file) === 'policies' && value && ts.isObjectLiteralExpression(value)) {
      count = value.properties.length
    }
  }
  visit(file)
  return count
}

function digestsIn(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
  return new Map(files.map(path => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]))
}

function changesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])]
  return paths.filter(path => before.get(path) !== after.get(path)).map(path => `changed all the same: ${path}`)
}
