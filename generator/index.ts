export { type Checked, check, type StaleFile } from './commands/check.js'
export { type Generated, type GenerateOptions, generate } from './commands/generate.js'
export { matrix, type Surveyed } from './commands/matrix.js'
export { type Outcome, type Watching, type WatchOptions, watch } from './commands/watch.js'
export { type Compiled, type CompileOptions, compile } from './compile.js'
export type { Diagnostic, Location, Note, Severity } from './diagnostics/diagnostic.js'
export { formatJson, formatText, sortDiagnostics } from './diagnostics/formats.js'
export { type Emitted, emit } from './emit/emit.js'
export { lint } from './lint/lint.js'
export type { Loaded, ResolvedDocument, Sources } from './load/document.js'
export { type LoadOptions, load } from './load/load.js'
export { formatMatrix, type MatrixFormat } from './matrix/formats.js'
export { type Matrix, type MatrixOperation, type MatrixRequirement, matrixOf } from './matrix/matrix.js'
export type {
  ApiModel,
  JsonSchema,
  MediaType,
  Method,
  Operation,
  Parameter,
  ParameterLocation,
  ParameterStyle,
  RequestBody,
  Response,
  ResponseHeader,
  Scheme,
  SkippedOperation,
} from './model/api-model.js'
export { type Modelled, type ModelOptions, model } from './model/model.js'
export { type RuleSetting, type RuleSettings, UsageError } from './rules/settings.js'
export { type Written, write } from './write.js'
