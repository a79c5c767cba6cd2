import { once } from 'node:events'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { WriteStream } from 'node:tty'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { Checked, StaleFile } from './commands/check.js'
import type { Generated, GenerateOptions } from './commands/generate.js'
import type { Surveyed } from './commands/matrix.js'
import type { CompileOptions } from './compile.js'
import type { Diagnostic } from './diagnostics/diagnostic.js'
import type { TextOptions } from './diagnostics/formats.js'
import { displayPath } from './display-path.js'
import type { Sources } from './load/document.js'
import { readOrigin } from './load/remote-url.js'
import { formatMatrix, MATRIX_FORMATS, type MatrixFormat } from './matrix/formats.js'
import { readConfiguration } from './rules/config-file.js'
import { type RuleSettings, readRuleSettings, UsageError } from './rules/settings.js'
import type { Written } from './write.js'

/** Done; faults in the document or stale output; wrong usage. */
export type ExitStatus = 0 | 1 | 2

export interface Streams {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Default: the process's. */
  readonly cwd?: string
  /** Ends `--watch`. Default: when the process is told to end (SIGINT, SIGTERM). */
  readonly until?: AbortSignal
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
      .option('--allow-remote', 'fetch what the document refers to over https; generate records it')
      .option('--remote-origin <origin>', 'let references lead there from anywhere; repeatable', addOrigin)
      .option('--refresh-remote', 'fetch again what was recorded')
      .option('--rule <code=severity>', 'what a rule is to be: off, warn or error; repeatable', addRule)
      .option('--verbose', 'show each diagnostic on its own, also where there are many of one code')
      .helpOption('--help', 'print this help')
  const writing = (command: Command) =>
    documented(command)
      .option('--out <folder>', 'where the emitted files go (default: generated)')
      .option('--handlers <folder>', 'where the handlers are (default: handlers)')

  writing(program.command('generate'))
    .description('write the router, its types, policies and validators, and stubs for new operations')
    .option('--no-cache', 'do the whole work, also where nothing has changed since the last run')
    .option('--watch', 'generate again whenever a file of the document changes', false)
    .action(async (document: string | undefined, flags: Flags & { readonly watch: boolean }) => {
      if (flags.watch) return keepGenerating(() => configured(document, flags, cwd), streams, { cwd, ...flags })
      const options = configured(document, flags, cwd)
      const { generate } = await import('./commands/generate.js')
      const progress = startProgress(options.document, stderr)
      const result = await generate({ ...options, onStage: progress.stage }).finally(progress.end)
      status = await reportGenerated(result, streams, { cwd, ...flags })
    })
  writing(program.command('check'))
    .description('compare the emitted files with what the document demands; writes nothing')
    .action(async (document: string | undefined, flags: Flags) => {
      const options = configured(document, flags, cwd)
      const { check } = await import('./commands/check.js')
      const progress = startProgress(options.document, stderr)
      const result = await check({ ...options, onStage: progress.stage }).finally(progress.end)
      status = await reportChecked(result, streams, { cwd, ...flags })
    })
  documented(program.command('matrix'))
    .description('show every operation with what it demands; writes nothing')
    .addOption(new Option('--format <format>', 'of the output').choices(MATRIX_FORMATS).default('text'))
    .action(async (document: string | undefined, { format, ...flags }: Flags & { readonly format: MatrixFormat }) => {
      const options = configured(document, flags, cwd)
      const { matrix } = await import('./commands/matrix.js')
      const progress = startProgress(options.document, stderr)
      const result = await matrix({ ...options, onStage: progress.stage }).finally(progress.end)
      status = await reportMatrix(result, format, streams, { cwd, ...flags })
    })

  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    printFailure(error, streams)
    return error instanceof UsageError ? 2 : 1
  }
}

/** What was said on the command line. */
interface Flags extends Pick<CompileOptions, 'out' | 'handlers' | 'root' | 'allowRemote' | 'refreshRemote'> {
  readonly remoteOrigin?: readonly string[]
  readonly rule?: RuleSettings
  readonly verbose?: boolean
  readonly cache?: boolean
}

function addRule(text: string, before: RuleSettings = {}): RuleSettings {
  const [code = '', ...setting] = text.split('=')
  try {
    return { ...before, ...readRuleSettings({ [code]: setting.join('=') }) }
  } catch (error) {
    throw error instanceof UsageError ? new InvalidArgumentError(error.message) : error
  }
}

function addOrigin(text: string, before: readonly string[] = []): readonly string[] {
  try {
    return [...before, readOrigin(text)]
  } catch (error) {
    throw error instanceof TypeError ? new InvalidArgumentError(error.message) : error
  }
}

/** The configuration file's, and above it the command line's. */
function configured(
  document: string | undefined,
  { rule, out, handlers, root, allowRemote, remoteOrigin, refreshRemote, cache }: Flags,
  cwd: string,
): GenerateOptions & { readonly document: string } {
  const { rules, ...file } = readConfiguration(cwd)
  return {
    ...file,
    ...(out !== undefined && { out }),
    ...(handlers !== undefined && { handlers }),
    ...(root !== undefined && { root }),
    ...(allowRemote !== undefined && { allowRemote }),
    ...(remoteOrigin !== undefined && { remoteOrigins: remoteOrigin }),
    ...(refreshRemote !== undefined && { refreshRemote }),
    ...(cache !== undefined && { cache }),
    document: document ?? file.document ?? 'specs/openapi.yaml',
    rules: { ...rules, ...rule },
    cwd,
  }
}

function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('gatewright/package.json') as { version: string }
  return version
}

function printFailure(error: unknown, { stderr }: Streams): void {
  if (error instanceof UsageError) stderr.write(`error: ${error.message}\n`)
  else stderr.write(`gatewright: ${error instanceof Error ? error.message : String(error)}\nNothing was written.\n`)
}

/** Files of the working folder that decide what a run does, beside the document. */
const CONFIGURATION = ['package.json', 'gatewright.config.json']

async function keepGenerating(
  options: () => GenerateOptions & { readonly document: string },
  streams: Streams,
  shown: Shown,
): Promise<void> {
  const { watch } = await import('./commands/watch.js')
  const { until = interruption() } = streams
  let progress = startProgress('', streams.stderr)
  const watching = await watch({
    files: CONFIGURATION.map(name => resolve(shown.cwd, name)),
    generate() {
      const asked = options()
      progress = startProgress(asked.document, streams.stderr)
      return { ...asked, onStage: progress.stage }
    },
    async onRun(outcome) {
      progress.end()
      if ('error' in outcome) printFailure(outcome.error, streams)
      else await reportGenerated(outcome.generated, streams, shown)
    },
  })
  streams.stdout.write('Watching for changes.\n')
  if (!until.aborted) await once(until, 'abort')
  await watching.close()
}

/** SIGINT is how a terminal says it (Ctrl+C), SIGTERM how other programs do. The second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

type Shown = TextOptions & { readonly cwd: string }

async function reportGenerated(result: Generated, streams: Streams, shown: Shown): Promise<ExitStatus> {
  const { cwd } = shown
  const { diagnostics, sources, count: done, files } = result
  await printDiagnostics(diagnostics, sources, streams, shown)
  if (!files || !done) return 1
  for (const path of files.written) streams.stdout.write(`wrote ${displayPath(cwd, path)}\n`)
  for (const path of files.removed) streams.stdout.write(`removed ${displayPath(cwd, path)}\n`)
  const left = done.skipped > 0 ? `, ${count(done.skipped, 'operation')} left out` : ''
  streams.stdout.write(`${count(done.operations, 'operation')}${left}. ${summary(files)}\n`)
  return 0
}

function summary({ written, unchanged, removed }: Written): string {
  if (written.length + removed.length === 0) return 'Everything was up to date.'
  const gone = removed.length === 0 ? '' : `, ${removed.length} removed`
  return `${count(written.length, 'file')} written, ${unchanged.length} unchanged${gone}.`
}

async function reportChecked(
  { diagnostics, sources, model, stale }: Checked,
  streams: Streams,
  shown: Shown,
): Promise<ExitStatus> {
  const { cwd } = shown
  await printDiagnostics(diagnostics, sources, streams, shown)
  if (!model) return 1
  for (const file of stale) streams.stderr.write(`${displayPath(cwd, file.path)} ${stateText(file)}\n`)
  if (stale.length > 0) {
    streams.stderr.write(`${count(stale.length, 'file')} not as the document demands. Run \`gatewright generate\`.\n`)
    return 1
  }
  streams.stdout.write(`${count(model.operations.length, 'operation')}. Everything is up to date.\n`)
  return 0
}

function stateText({ state, line }: StaleFile): string {
  if (state === 'missing') return 'is missing'
  if (state === 'obsolete') return 'is no longer part of the output'
  return line === undefined ? 'differs' : `differs from line ${line} on`
}

async function reportMatrix(
  { diagnostics, sources, matrix: found }: Surveyed,
  format: MatrixFormat,
  streams: Streams,
  shown: Shown,
): Promise<ExitStatus> {
  await printDiagnostics(diagnostics, sources, streams, shown)
  if (!found) return 1
  streams.stdout.write(formatMatrix(found, format))
  return 0
}

async function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  { stderr }: Streams,
  { cwd, verbose = false }: Shown,
): Promise<void> {
  if (diagnostics.length === 0) return
  const { countLine, formatText } = await import('./diagnostics/formats.js')
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
