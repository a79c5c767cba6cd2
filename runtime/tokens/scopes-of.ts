import { claimOf } from '../claims.js'

/** The claims that hold scopes: RFC 9068's, and the one that several issuers use in its place. */
export const DEFAULT_SCOPE_CLAIMS: readonly string[] = Object.freeze(['scope', 'scp'])

/**
 * The scopes of a token: the union of what `claimNames` hold. A string is split at single spaces (U+0020 and no
 * other), the strings of an array are taken whole, and any other value is no scope. A name that begins with `/` is a
 * JSON Pointer into a nested claim.
 */
export function scopesOf(claims: object, claimNames: readonly string[] = DEFAULT_SCOPE_CLAIMS): string[] {
  const scopes = new Set<string>()
  for (const name of claimNames) {
    const claim = claimOf(claims, name)
    for (const scope of claim.found ? members(claim.value) : []) {
      if (typeof scope === 'string' && scope !== '') scopes.add(scope)
    }
  }
  return [...scopes]
}

function members(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return value.split(' ')
  return Array.isArray(value) ? value : []
}
