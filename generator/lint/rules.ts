import type { Diagnostic, Severity } from '../diagnostics/diagnostic.js'
import type { ApiModel } from '../model/api-model.js'
import { bodyUnreadable } from './rules/body-unreadable.js'
import { defaultUnfit } from './rules/default-unfit.js'
import { operationPublicByOmission } from './rules/operation-public-by-omission.js'
import { parameterUnreadable } from './rules/parameter-unreadable.js'

export interface Rule {
  readonly code: string
  readonly severity: Severity
  readonly find: (model: ApiModel) => readonly Omit<Diagnostic, 'code' | 'severity'>[]
}

export const RULES: readonly Rule[] = [bodyUnreadable, defaultUnfit, operationPublicByOmission, parameterUnreadable]
