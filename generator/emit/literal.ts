import type { JsonPrimitive } from '../../runtime/policy.js'

/**
 * The only door through which a string of the document becomes TypeScript text. What comes out is one literal:
 * no quote, line end, comment or control character of the input can end it, whatever the string holds.
 */
export function literal(value: JsonPrimitive): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('Only finite numbers have a literal')
  return Object.is(value, -0) ? '-0' : String(value)
}

/** `name` as a member's name in an object literal or type: bare where it can be, quoted elsewhere. */
export function propertyName(name: string): string {
  // In an object literal `__proto__: x` sets the prototype, quoted or not; computed, it is a member as any other.
  if (name === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)
}

/** `text` in a comment: on one line, and unable to close it or to write to a terminal. */
export function comment(text: string): string {
  return text
    .replace(/[\s\p{C}\u2028\u2029]+/gu, ' ')
    .replace(/\*(?=\/)/g, '* ')
    .trim()
}

/** A list of literals: `['a', 'b']`. */
export function literals(values: readonly JsonPrimitive[]): string {
  return `[${values.map(literal).join(', ')}]`
}

function quote(text: string): string {
  const inert = JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")
  // Lone surrogates are escaped by JSON.stringify already; these others are legal in a literal but not in an editor.
  return `'${inert.replace(/[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|<(?=\/script|!--)/gi, escapeUnit)}'`
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
