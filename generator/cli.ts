import { createRequire } from 'node:module'
import type { WriteStream } from 'node:tty'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type Checked, check } from './commands/check.js'
import { type Generated, generate } from './commands/generate.js'
import { matrix, type Surveyed } from './commands/matrix.js'
import { type CompileOptions, displayPath } from './compile.js'
import type { Diagnostic } from './diagnostics/diagnostic.js'
import { countLine, formatText, type TextOptions } from './diagnostics/formats.js'
import type { Sources } from './load/document.js'
import { formatMatrix, MATRIX_FORMATS, type MatrixFormat } from './matrix/formats.js'
import { readConfiguration } from './rules/config-file.js'
import { type RuleSettings, readRuleSettings, UsageError } from './rules/settings.js'

/** Done; faults in the document or stale output; wrong usage. */
export type ExitStatus = 0 | 1 | 2

export interface Streams {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Default: the process's. */
  readonly cwd?: string
}

/** The command line. @param args without `node` and the script. */
export async function run(args: readonly string[], streams: Streams): Promise<ExitStatus> {
  const { stdout, stderr, cwd = process.cwd() } = streams
  let status: ExitStatus = 0
  const program = new Command('gatewright')
    .description('From an OpenAPI document to a typed Express router that cannot forget its guards.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .exitOverride()
    .configureOutput({ writeOut: text => stdout.write(text), writeErr: text => stderr.write(text) })
    .addHelpText('after', '\nExit status: 0 done, 1 faults in the document or stale output, 2 wrong usage.')
  // Defaults are not commander's: what the configuration file says comes before them.
  const documented = (command: Command) =>
    command
      .argument('[document]', 'the OpenAPI document (default: specs/openapi.yaml)')
      .option('--root <folder>', "the folder that no reference may leave (default: the document's own)")
      .option('--rule <code=severity>', 'what a rule is to be: off, warn or error; repeatable', addRule)
      .option('--verbose', 'show each diagnostic on its own, also where there are many of one code')
      .helpOption('--help', 'print this help')
  const writing = (command: Command) =>
    documented(command)
      .option('--out <folder>', 'where the emitted files go (default: generated)')
      .option('--handlers <folder>', 'where the handlers are (default: handlers)')

  writing(program.command('generate'))
    .description('write the router, its types, policies and validators, and stubs for new operations')
    .action(async (document: string | undefined, flags: Flags) => {
      const options = configured(document, flags, cwd)
      const progress = startProgress(options.document, stderr)
      const result = await generate({ ...options, onStage: progress.stage }).finally(progress.end)
      status = reportGenerated(result, streams, { cwd, ...flags })
    })
  writing(program.command('check'))
    .description('compare the emitted files with what the document demands; writes nothing')
    .action(async (document: string | undefined, flags: Flags) => {
      const options = configured(document, flags, cwd)
      const progress = startProgress(options.document, stderr)
      const result = await check({ ...options, onStage: progress.stage }).finally(progress.end)
      status = reportChecked(result, streams, { cwd, ...flags })
    })
  documented(program.command('matrix'))
    .description('show every operation with what it demands; writes nothing')
    .addOption(new Option('--format <format>', 'of the output').choices(MATRIX_FORMATS).default('text'))
    .action(async (document: string | undefined, { format, ...flags }: Flags & { readonly format: MatrixFormat }) => {
      const options = configured(document, flags, cwd)
      const progress = startProgress(options.document, stderr)
      const result = await matrix({ ...options, onStage: progress.stage }).finally(progress.end)
      status = reportMatrix(result, format, streams, { cwd, ...flags })
    })

  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof UsageError) {
      stderr.write(`error: ${error.message}\n`)
      return 2
    }
    stderr.write(`gatewright: ${error instanceof Error ? error.message : String(error)}\nNothing was written.\n`)
    return 1
  }
}

/** What was said on the command line. */
interface Flags extends Pick<CompileOptions, 'out' | 'handlers' | 'root'> {
  readonly rule?: RuleSettings
  readonly verbose?: boolean
}

function addRule(text: string, before: RuleSettings = {}): RuleSettings {
  const [code = '', ...setting] = text.split('=')
  try {
    return { ...before, ...readRuleSettings({ [code]: setting.join('=') }) }
  } catch (error) {
    throw error instanceof UsageError ? new InvalidArgumentError(error.message) : error
  }
}

/** The configuration file's, and above it the command line's. */
function configured(
  document: string | undefined,
  { rule, verbose: _, ...paths }: Flags,
  cwd: string,
): CompileOptions & { readonly document: string } {
  const { rules, ...file } = readConfiguration(cwd)
  return {
    ...file,
    ...paths,
    document: document ?? file.document ?? 'specs/openapi.yaml',
    rules: { ...rules, ...rule },
    cwd,
  }
}

function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('gatewright/package.json') as { version: string }
  return version
}

function reportGenerated(
  { diagnostics, sources, model, files }: Generated,
  streams: Streams,
  shown: TextOptions,
): ExitStatus {
  const { cwd } = shown
  printDiagnostics(diagnostics, sources, streams, shown)
  if (!files || !model) return 1
  for (const path of files.written) streams.stdout.write(`wrote ${displayPath(cwd, path)}\n`)
  const { operations, skipped } = model
  const left = skipped.length > 0 ? `, ${count(skipped.length, 'operation')} left out` : ''
  streams.stdout.write(
    `${count(operations.length, 'operation')}${left}. ${summary(files.written.length, files.unchanged.length)}\n`,
  )
  return 0
}

function summary(written: number, unchanged: number): string {
  return written === 0 ? 'Everything was up to date.' : `${count(written, 'file')} written, ${unchanged} unchanged.`
}

function reportChecked(
  { diagnostics, sources, model, stale }: Checked,
  streams: Streams,
  shown: TextOptions,
): ExitStatus {
  const { cwd } = shown
  printDiagnostics(diagnostics, sources, streams, shown)
  if (!model) return 1
  for (const { path, state, line } of stale) {
    const where = line === undefined ? '' : ` from line ${line} on`
    streams.stderr.write(`${displayPath(cwd, path)} ${state === 'missing' ? 'is missing' : `differs${where}`}\n`)
  }
  if (stale.length > 0) {
    streams.stderr.write(`${count(stale.length, 'file')} not as the document demands. Run \`gatewright generate\`.\n`)
    return 1
  }
  streams.stdout.write(`${count(model.operations.length, 'operation')}. Everything is up to date.\n`)
  return 0
}

function reportMatrix(
  { diagnostics, sources, matrix: found }: Surveyed,
  format: MatrixFormat,
  streams: Streams,
  shown: TextOptions,
): ExitStatus {
  printDiagnostics(diagnostics, sources, streams, shown)
  if (!found) return 1
  streams.stdout.write(formatMatrix(found, format))
  return 0
}

function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  { stderr }: Streams,
  { cwd, verbose = false }: TextOptions,
): void {
  if (diagnostics.length === 0) return
  const text = formatText(diagnostics, sources, { cwd, verbose, colour: wantsColour(stderr) })
  stderr.write(`${text}\n${countLine(diagnostics)}\n`)
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** NO_COLOR: any value but the empty one. */
function wantsColour(stream: NodeJS.WritableStream): boolean {
  return isTerminal(stream) && !process.env.NO_COLOR
}

function isTerminal(stream: NodeJS.WritableStream): stream is WriteStream {
  return (stream as Partial<WriteStream>).isTTY === true
}

/** Says on a terminal what is being done, when it takes longer than a second. */
function startProgress(
  document: string,
  stream: NodeJS.WritableStream,
): { stage: (stage: string) => void; end: () => void } {
  if (!isTerminal(stream)) return { stage: () => {}, end: () => {} }
  const start = Date.now()
  let shown = false
  return {
    stage(stage) {
      // The work is synchronous for long stretches: a timer would not fire, so each stage says its name as it begins.
      if (Date.now() - start < 1000) return
      stream.write(`\r\u001b[K${document}: ${stage} …`)
      shown = true
    },
    end() {
      if (shown) stream.write('\r\u001b[K')
    },
  }
}
