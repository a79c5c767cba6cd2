export { type Checked, check, type StaleFile } from './commands/check.js'
export { type Generated, generate } from './commands/generate.js'
export { type Compiled, type CompileOptions, compile } from './compile.js'
export type { Diagnostic, Location, Note, Severity } from './diagnostics/diagnostic.js'
export { formatJson, formatText, sortDiagnostics } from './diagnostics/formats.js'
export { type Emitted, emit } from './emit/emit.js'
export { lint } from './lint/lint.js'
export type { Loaded, ResolvedDocument, Sources } from './load/document.js'
export { type LoadOptions, load } from './load/load.js'
export type {
  ApiModel,
  JsonSchema,
  MediaType,
  Method,
  Operation,
  Parameter,
  ParameterLocation,
  RequestBody,
  Response,
  ResponseHeader,
  Scheme,
} from './model/api-model.js'
export { type Modelled, type ModelOptions, model } from './model/model.js'
export { type Written, write } from './write.js'
