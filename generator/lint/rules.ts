import type { Diagnostic, Severity } from '../diagnostics/diagnostic.js'
import type { ApiModel } from '../model/api-model.js'
import { bodyUnreadable } from './rules/body-unreadable.js'
import { operationPublicByOmission } from './rules/operation-public-by-omission.js'

export interface Rule {
  readonly code: string
  readonly severity: Severity
  readonly find: (model: ApiModel) => readonly Omit<Diagnostic, 'code' | 'severity'>[]
}

export const RULES: readonly Rule[] = [bodyUnreadable, operationPublicByOmission]
