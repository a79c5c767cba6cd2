import type { CheckRule, ClaimDemands, ClaimRule, JsonPrimitive } from '../../runtime/policy.js'
import { isObject } from '../load/targets.js'
import { show } from './faults.js'

export { isObject }

/** What is wrong, and under which members of the extension it stands. */
export interface DemandFault {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly help: string
}

/** `x-claims` in long form, or what is wrong with it. An empty list demands nothing: it lifts what was inherited. */
export interface ParsedClaims {
  readonly demands: readonly ClaimDemands[]
  readonly faults: readonly DemandFault[]
}

const OPERATORS = ['equals', 'includes', 'includesAny', 'in', 'param', 'present', 'min', 'max'] as const
type Operator = (typeof OPERATORS)[number]

const FORMS = `a value, a list of values, or an object with one of ${OPERATORS.join(', ')}`

/** Reads `x-claims`: an object is AND, a list of objects is OR; short forms become long ones. */
export function parseClaims(value: unknown): ParsedClaims {
  const faults: DemandFault[] = []
  if (isObject(value)) {
    if (Object.keys(value).length === 0) return { demands: [], faults }
    return { demands: [demandsOf(value, [], faults)], faults }
  }
  if (!Array.isArray(value) || value.length === 0) {
    const found = Array.isArray(value) ? 'an empty list' : kindOf(value)
    const message = `x-claims must be an object or a list of objects, and is ${found}`
    return {
      demands: [],
      faults: [{ path: [], message, help: 'write claims as `name: rule`; `{}` lifts what is inherited' }],
    }
  }
  const demands = value.map((one, index): ClaimDemands => {
    if (isObject(one) && Object.keys(one).length > 0) return demandsOf(one, [index], faults)
    const message = isObject(one)
      ? 'an empty alternative of x-claims lets every token pass'
      : `an alternative of x-claims must be an object, and is ${kindOf(one)}`
    faults.push({ path: [index], message, help: 'name a claim in it, or remove it' })
    return {}
  })
  return { demands, faults }
}

function demandsOf(value: object, path: readonly (string | number)[], faults: DemandFault[]): ClaimDemands {
  const demands: [string, ClaimRule | CheckRule][] = []
  for (const [name, written] of Object.entries(value)) {
    const rule = name === '$check' ? checkOf(written) : (nameFault(name) ?? ruleOf(written))
    if ('fault' in rule)
      faults.push({ path: [...path, name], message: `claim ${show(name)}: ${rule.fault}`, help: rule.help })
    else demands.push([name, rule.rule])
  }
  // fromEntries defines members: `__proto__` is a claim's name like any other.
  return Object.fromEntries(demands)
}

type Parsed<Rule> = { readonly rule: Rule } | { readonly fault: string; readonly help: string }

function nameFault(name: string): { fault: string; help: string } | undefined {
  if (name === '') return { fault: 'the name is empty', help: 'name the claim' }
  if (name.startsWith('$'))
    return { fault: 'names that begin with $ are reserved', help: 'write $check for a function of yours' }
  if (name.startsWith('/') && /~(?![01])/.test(name)) {
    return {
      fault: 'a name that begins with / is a JSON Pointer, and this one is malformed',
      help: 'write ~ as ~0, and / within a name as ~1',
    }
  }
  return undefined
}

function checkOf(written: unknown): Parsed<CheckRule> {
  const help = 'write `$check: name`, or `$check: { name, message }`, with an identifier as the name'
  if (isCheckName(written)) return { rule: written }
  if (typeof written === 'string') return { fault: `the name ${show(written)} is no identifier`, help }
  if (!isObject(written)) return { fault: `is ${kindOf(written)}`, help }
  const { name, message, ...more } = written as Record<string, unknown>
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) return { fault: `unknown member ${show(unknown)}`, help }
  if (!isCheckName(name)) return { fault: `the name ${show(name)} is no identifier`, help }
  if (message === undefined) return { rule: name }
  return isMessage(message) ? { rule: { name, message } } : { fault: 'message must be a text', help }
}

function isCheckName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z_$][\w$]*$/.test(value) && value !== '__proto__'
}

function ruleOf(written: unknown): Parsed<ClaimRule> {
  if (isPrimitive(written)) return { rule: { equals: written } }
  if (Array.isArray(written)) return listRule('includes', written, {})
  if (!isObject(written)) return { fault: `is ${kindOf(written)}`, help: `write ${FORMS}` }
  const { message, ...operators } = written as Record<string, unknown>
  const names = Object.keys(operators)
  const unknown = names.find(name => !OPERATORS.includes(name as Operator))
  if (unknown !== undefined)
    return { fault: `unknown operator ${show(unknown)}`, help: `use one of ${OPERATORS.join(', ')}` }
  const range = names.every(name => name === 'min' || name === 'max')
  if (names.length === 0 || (names.length > 1 && !range)) {
    return {
      fault: names.length === 0 ? 'demands nothing' : `holds several operators: ${names.join(', ')}`,
      help: `write one of ${OPERATORS.join(', ')}; only min and max go together`,
    }
  }
  if (message !== undefined && !isMessage(message))
    return { fault: 'message must be a text', help: 'write what the caller should read' }
  const shown = message === undefined ? {} : { message: message as string }
  if (range) return rangeRule(operators, shown)
  const [operator] = names as [Operator]
  return operatorRule(operator, operators[operator], shown)
}

function operatorRule(operator: Operator, operand: unknown, shown: { message?: string }): Parsed<ClaimRule> {
  if (operator === 'equals') {
    if (isPrimitive(operand)) return { rule: { equals: operand, ...shown } }
    return { fault: `equals is ${kindOf(operand)}`, help: 'compare with a string, number, boolean or null' }
  }
  if (operator === 'present') {
    if (operand === true) return { rule: { present: true, ...shown } }
    return { fault: 'present must be true', help: 'a rule demands what a token has, never what it lacks' }
  }
  if (operator === 'param') {
    if (typeof operand === 'string' && operand !== '') return { rule: { param: operand, ...shown } }
    return { fault: 'param must name a path parameter', help: 'write `param: orgId` for a path with {orgId}' }
  }
  return listRule(operator as 'includes' | 'includesAny' | 'in', operand, shown)
}

function listRule(
  operator: 'includes' | 'includesAny' | 'in',
  operand: unknown,
  shown: { message?: string },
): Parsed<ClaimRule> {
  const help = `list one or more strings, numbers${operator === 'in' ? ', booleans or null' : ' or booleans'}`
  if (!Array.isArray(operand) || operand.length === 0)
    return { fault: `${operator} is ${Array.isArray(operand) ? 'an empty list' : kindOf(operand)}`, help }
  const at = operand.findIndex(one => !isPrimitive(one) || (one === null && operator !== 'in'))
  const odd = operand[at]
  if (at >= 0) return { fault: `${operator} lists ${kindOf(odd)}`, help }
  return { rule: { [operator]: operand as JsonPrimitive[], ...shown } as unknown as ClaimRule }
}

function rangeRule({ min, max }: Record<string, unknown>, shown: { message?: string }): Parsed<ClaimRule> {
  const help = 'write finite numbers, min not above max'
  if (min !== undefined && !isNumber(min)) return { fault: `min is ${kindOf(min)}`, help }
  if (max !== undefined && !isNumber(max)) return { fault: `max is ${kindOf(max)}`, help }
  if (min === undefined) return isNumber(max) ? { rule: { max, ...shown } } : { fault: 'demands nothing', help }
  if (max === undefined) return { rule: { min, ...shown } }
  return min <= max ? { rule: { min, max, ...shown } } : { fault: `no number is from ${min} to ${max}`, help }
}

function isMessage(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isPrimitive(value: unknown): value is JsonPrimitive {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || isNumber(value)
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value === undefined ? 'absent' : `a ${typeof value}`
}
