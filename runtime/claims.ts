import { after, type Eventual } from './eventual.js'
import type { CheckRule, ClaimDemands, ClaimRule, JsonPrimitive } from './policy.js'
import { thrownName } from './thrown.js'

export type PathParameters = Readonly<Record<string, string>>

/** A claim that was looked up; `found` is false where the token does not carry it. */
export type FoundClaim = { readonly found: true; readonly value: unknown } | { readonly found: false }

const ABSENT: FoundClaim = { found: false }

/** A claim by its name, or by a JSON Pointer (RFC 6901) into nested ones when `name` begins with `/`. */
export function claimOf(claims: object, name: string): FoundClaim {
  return name.startsWith('/') ? nestedClaim(claims, name) : ownClaim(claims, name)
}

/** Own members only: `constructor` or `__proto__` is never found unless the token carries it. */
export function ownClaim(claims: object, name: string): FoundClaim {
  return Object.hasOwn(claims, name) ? { found: true, value: (claims as Record<string, unknown>)[name] } : ABSENT
}

function nestedClaim(claims: object, pointer: string): FoundClaim {
  let value: unknown = claims
  for (const token of pointer.slice(1).split('/')) {
    if (value === null || typeof value !== 'object') return ABSENT
    // `length` is an own member of every array; RFC 6901 section 4 lets an array be entered by index only.
    if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(token)) return ABSENT
    const member = ownClaim(value, token.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (!member.found) return ABSENT
    value = member.value
  }
  return { found: true, value }
}

type Operand<Operator extends string> = Extract<ClaimRule, { readonly [key in Operator]: unknown }>[Operator]

type Operator = 'equals' | 'in' | 'includes' | 'includesAny' | 'present' | 'min' | 'max' | 'param'

/**
 * A row per operator. Comparison is strict: nothing is coerced, joined or split, and a rule that asks for members
 * wants an array of strings, numbers or booleans.
 */
const OPERATORS: {
  readonly [O in Operator]: (value: unknown, operand: Operand<O>, params: PathParameters, rule: ClaimRule) => boolean
} = {
  equals: (value, operand) => value === operand,
  in: (value, operand) => operand.some(one => one === value),
  // `every` of nothing would be true: an empty list of demands must never let anybody pass.
  includes: (value, operand) => isList(value) && operand.length > 0 && operand.every(one => value.includes(one)),
  includesAny: (value, operand) => isList(value) && operand.some(one => value.includes(one)),
  present: (value, operand) => operand === true && value !== undefined && value !== null,
  min: (value, operand) => Number.isFinite(value) && (value as number) >= operand,
  max: (value, operand) => Number.isFinite(value) && (value as number) <= (operand as number),
  param: (value, operand, params, rule) => {
    if (!Object.hasOwn(params, operand)) return false
    // An integer of the document is compared with the number that the parameter spells, and with no other spelling.
    if ('type' in rule) return Number.isSafeInteger(value) && String(value) === params[operand]
    return value === params[operand]
  },
}

const OPERATOR_NAMES = Object.keys(OPERATORS) as Operator[]

function isList(value: unknown): value is readonly JsonPrimitive[] {
  return (
    Array.isArray(value) &&
    value.every(one => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean')
  )
}

/** Does the value of a claim meet every operator of `rule`? A rule without a known operator is never met. */
export function ruleMet(rule: ClaimRule, value: unknown, params: PathParameters): boolean {
  const operators = OPERATOR_NAMES.filter(operator => Object.hasOwn(rule, operator))
  return (
    operators.length > 0 &&
    operators.every(operator => {
      const holds = OPERATORS[operator] as (value: unknown, operand: unknown, ...more: unknown[]) => boolean
      return holds(value, (rule as unknown as Record<string, unknown>)[operator], params, rule)
    })
  )
}

/** What kept a token from meeting demands on its claims. */
export interface UnmetClaim {
  /** The claim's name; absent where a check refused. */
  readonly claim?: string
  readonly found?: boolean
  /** The rule's own message, meant for the token's holder. */
  readonly message?: string
  /** For the operator. */
  readonly reason: string
}

/** A function of the user's that `$check` names, already bound to its request. */
export type RunCheck = (name: string) => unknown

/** What keeps `claims` from meeting one of `demands` (OR over AND); nothing when one is met. */
export function unmetClaim(
  demands: readonly ClaimDemands[],
  claims: object,
  params: PathParameters,
  runCheck: RunCheck,
): Eventual<UnmetClaim | undefined> {
  const [demand, ...others] = demands
  if (!demand) return { reason: 'no claim rule can be met' }
  return after(unmetRule(demand, claims, params) ?? unmetCheck(demand, runCheck), unmet => {
    if (!unmet) return undefined
    // Of several that are not met, the first is told.
    return after(unmetClaim(others, claims, params, runCheck), another => another && unmet)
  })
}

function unmetRule(demand: ClaimDemands, claims: object, params: PathParameters): UnmetClaim | undefined {
  for (const [name, rule] of Object.entries(demand)) {
    if (name === '$check') continue
    const claim = claimOf(claims, name)
    if (claim.found && ruleMet(rule as ClaimRule, claim.value, params)) continue
    return { claim: name, found: claim.found, reason: `claim ${name}`, ...messageOf(rule as ClaimRule) }
  }
  return undefined
}

function unmetCheck(demand: ClaimDemands, runCheck: RunCheck): Eventual<UnmetClaim | undefined> {
  return Object.hasOwn(demand, '$check') ? unmetByCheck(demand, runCheck) : undefined
}

async function unmetByCheck(demand: ClaimDemands, runCheck: RunCheck): Promise<UnmetClaim | undefined> {
  const rule = demand.$check as CheckRule
  const name = typeof rule === 'string' ? rule : rule.name
  try {
    if (await runCheck(name)) return undefined
    return { reason: `check ${name}`, ...messageOf(rule) }
  } catch (error) {
    return { reason: `check ${name} threw ${thrownName(error)}`, ...messageOf(rule) }
  }
}

function messageOf(rule: ClaimRule | CheckRule): { message?: string } {
  return typeof rule === 'object' && rule.message !== undefined ? { message: rule.message } : {}
}
