import type { ScopeDemand } from './policy.js'

/** Scopes are compared whole, as case-sensitive strings (RFC 6749 section 3.3). */
export function scopesMet(demand: ScopeDemand, scopes: readonly string[]): boolean {
  return isAny(demand)
    ? demand.anyOf.some(scope => scopes.includes(scope))
    : demand.every(scope => scopes.includes(scope))
}

/** Every scope that a demand names, in the document's order: what a challenge lists. */
export function scopesNamed(demand: ScopeDemand): readonly string[] {
  return isAny(demand) ? demand.anyOf : demand
}

function isAny(demand: ScopeDemand): demand is { readonly anyOf: readonly string[] } {
  return !Array.isArray(demand)
}
