import { literal, propertyName } from '../literal.js'

/** A JSON value as TypeScript text on one line. */
export function jsonLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonLiteral).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    return objectText(Object.entries(value).map(([name, member]) => [name, jsonLiteral(member)]))
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return literal(value)
  }
  throw new TypeError(`${typeof value} is no JSON value`)
}

/** An object literal, from names and the code of their values. A member without code is left out. */
export function objectText(members: readonly (readonly [string, string | undefined])[]): string {
  const texts = members.flatMap(([name, code]) => (code === undefined ? [] : `${propertyName(name)}: ${code}`))
  return texts.length === 0 ? '{}' : `{ ${texts.join(', ')} }`
}
