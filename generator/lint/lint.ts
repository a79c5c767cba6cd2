import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { ApiModel } from '../model/api-model.js'
import { RULES } from './rules.js'

/** What is allowed, and worth a second look. */
export function lint(model: ApiModel): readonly Diagnostic[] {
  return RULES.flatMap(({ code, severity, find }) => find(model).map(found => ({ code, severity, ...found })))
}
