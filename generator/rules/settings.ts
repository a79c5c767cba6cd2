import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { nearest } from '../diagnostics/suggestion.js'
import { isObject } from '../load/targets.js'
import { RULES } from './table.js'

export type RuleSetting = 'off' | 'warn' | 'error'

/** Code of a rule → what it is to be, instead of its default. */
export type RuleSettings = { readonly [code: string]: RuleSetting }

/** The generator was called wrongly: its exit status is 2. The message says how to call it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * Rules and their severities, as a command line, a file or a program names them.
 * @throws {UsageError} for a code or a severity that does not exist, and for a rule that cannot be lowered.
 */
export function readRuleSettings(value: unknown): RuleSettings {
  if (!isObject(value)) throw new UsageError('rules must be an object of codes and severities: { "CODE": "warn" }')
  const settings = Object.entries(value).map(([code, setting]): [string, RuleSetting] => [
    code,
    readRuleSetting(code, setting),
  ])
  return Object.fromEntries(settings)
}

function readRuleSetting(code: string, setting: unknown): RuleSetting {
  const rule = RULES.get(code)
  if (!rule) {
    const near = nearest(code, [...RULES.keys()])
    const meant = near === undefined ? 'docs/diagnostics.md lists them' : `did you mean ${near}?`
    throw new UsageError(`there is no rule ${JSON.stringify(code)}: ${meant}`)
  }
  if (setting !== 'off' && setting !== 'warn' && setting !== 'error') {
    throw new UsageError(`rule ${code} cannot be ${JSON.stringify(setting)}: write off, warn or error`)
  }
  if (rule.lowered !== 'never' || setting === 'error') return setting
  if (!rule.severities.includes('error')) {
    if (setting === 'warn') return setting
    throw new UsageError(`rule ${code} cannot be off: what is left out of the router is always named`)
  }
  throw new UsageError(
    `rule ${code} cannot be lowered: it concerns the whole document or what is written, and no operation could be left out instead`,
  )
}

/**
 * A diagnostic as the settings have it; nothing where its rule is off. An error is lowered only where the operations
 * that it belongs to may be served all the same, or were left out: say which with `leftOut`.
 */
export function settled(diagnostic: Diagnostic, settings: RuleSettings, leftOut = false): Diagnostic | undefined {
  const { code, severity } = diagnostic
  const setting = Object.hasOwn(settings, code) ? settings[code] : undefined
  if (setting === undefined) return diagnostic
  if (setting === 'error') return { ...diagnostic, severity: 'error' }
  const lowered = RULES.get(code)?.lowered
  if (severity === 'error' && lowered !== 'kept' && !(lowered === 'left out' && leftOut)) return diagnostic
  return setting === 'off' ? undefined : { ...diagnostic, severity: 'warning' }
}
