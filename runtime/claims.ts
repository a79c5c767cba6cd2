import type { ClaimRule, JsonPrimitive } from './policy.js'

export type PathParameters = Readonly<Record<string, string>>

/** Own members only: `constructor` or `__proto__` is never found unless the token carries it. */
export function ownClaim(claims: object, name: string): { found: boolean; value?: unknown } {
  return Object.hasOwn(claims, name)
    ? { found: true, value: (claims as Record<string, unknown>)[name] }
    : { found: false }
}

/** A claim by its name, or by a JSON Pointer (RFC 6901) into nested ones when `name` begins with `/`. */
export function claimOf(claims: object, name: string): { found: boolean; value?: unknown } {
  if (!name.startsWith('/')) return ownClaim(claims, name)
  let value: unknown = claims
  for (const token of name.slice(1).split('/')) {
    if (value === null || typeof value !== 'object') return { found: false }
    // `length` is an own member of every array; RFC 6901 section 4 lets an array be entered by index only.
    if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(token)) return { found: false }
    const member = ownClaim(value, token.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (!member.found) return member
    value = member.value
  }
  return { found: true, value }
}

/**
 * Does `value`, a claim of a verified token, meet `rule`? Comparison is strict: nothing is coerced, joined or split,
 * and a rule that asks for members of a list wants an array of strings, numbers or booleans. Path parameters are
 * compared as decoded text, or, where the document declares an integer, with the integer they spell canonically.
 */
export function ruleMet(rule: ClaimRule, value: unknown, params: PathParameters): boolean {
  if ('equals' in rule) return value === rule.equals
  if ('in' in rule) return rule.in.some(one => one === value)
  if ('includes' in rule) {
    const list = primitives(value)
    // `every` of nothing would be true: an empty list of demands must never let anybody pass.
    return list !== undefined && rule.includes.length > 0 && rule.includes.every(one => list.includes(one))
  }
  if ('includesAny' in rule) {
    const list = primitives(value)
    return list?.some(one => rule.includesAny.includes(one)) ?? false
  }
  if ('present' in rule) return rule.present === true && value !== undefined && value !== null
  if ('param' in rule) {
    if (!Object.hasOwn(params, rule.param)) return false
    const text = params[rule.param]
    return rule.type === 'integer' ? Number.isSafeInteger(value) && String(value) === text : value === text
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  if ('min' in rule) return value >= rule.min && (rule.max === undefined || value <= rule.max)
  if ('max' in rule) return value <= rule.max
  return false
}

function primitives(value: unknown): readonly JsonPrimitive[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.every(one => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean')
    ? value
    : undefined
}
