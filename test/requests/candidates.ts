/** What some schema's type keeps out, in JSON and in text. */
export const WRONG_TEXTS: readonly unknown[] = ['text', ['text', 'text']]
export const WRONG_TYPES: readonly unknown[] = [12, 'text', true, {}, []]

/** Values in place of one that fits, most of which a keyword refuses; none for one that demands nothing of it. */
export function candidatesFor(keyword: string, limit: unknown, value: unknown, isText: boolean): unknown[] {
  if (keyword === 'type') return isText ? wrongTexts(value) : wrongTypes(value)
  if (keyword === 'enum' || keyword === 'const') return ['no such member', 987654321, 'NO_SUCH', {}]
  if (typeof value === 'string') return texts(keyword, limit, value)
  if (typeof value === 'number') return numbers(keyword, limit, value)
  if (Array.isArray(value)) return lists(keyword, Number(limit), value)
  if (typeof value === 'object' && value !== null) return objects(keyword, limit, value)
  return []
}

/** What looks like the right one comes first. */
function wrongTypes(value: unknown): unknown[] {
  switch (typeof value) {
    case 'string':
      return [12, {}, null]
    case 'number':
    case 'boolean':
      return [String(value), ...WRONG_TYPES, null]
    default:
      return Array.isArray(value) ? [{}, 'text', null] : [[], 'text', null]
  }
}

/** A text that stands where a list is expected is a list of one. */
function wrongTexts(value: unknown): unknown[] {
  if (typeof value === 'string') return [[value, value]]
  return Array.isArray(value) ? [] : ['text']
}

const ODD_TEXTS = ['', '-', ' ', '!', 'é', '\u0001', 'no such text', '0', 'z'.repeat(200)]

const NO_FORMAT = ['not in that format', '2030-02-30', '::']

function texts(keyword: string, limit: unknown, value: string): string[] {
  switch (keyword) {
    case 'minLength':
      return Number(limit) > 0 ? [value.slice(0, Number(limit) - 1), 'x'.repeat(Number(limit) - 1)] : []
    case 'maxLength': {
      const filling = (value.at(-1) ?? 'x').repeat(Math.max(0, Number(limit) + 1 - value.length))
      return [value + filling, 'x'.repeat(Number(limit) + 1)]
    }
    case 'pattern':
      return [`${value}!`, `!${value}`, `!${value.slice(1)}`, `${value.slice(0, -1)}!`, ...ODD_TEXTS]
    case 'format':
      return FORMATS.includes(String(limit)) ? NO_FORMAT : []
    default:
      return []
  }
}

/** Those that text is held to. */
const FORMATS = ['date', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid', 'byte']

function numbers(keyword: string, limit: unknown, value: number): number[] {
  switch (keyword) {
    case 'minimum':
      return [Number(limit) - 1]
    case 'maximum':
      return [Number(limit) + 1]
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return [Number(limit)]
    case 'multipleOf':
      return [value + 1, value + Number(limit) / 2]
    case 'format':
      return limit === 'int32' ? [2 ** 31] : []
    default:
      return []
  }
}

function lists(keyword: string, limit: number, value: readonly unknown[]): unknown[] {
  const last = value.length > 0 ? value.slice(-1) : ['text']
  switch (keyword) {
    case 'minItems':
      return limit > 0 ? [value.slice(0, limit - 1)] : []
    case 'maxItems':
      return [[...value, ...Array.from({ length: limit + 1 - value.length }, () => last).flat()]]
    case 'uniqueItems':
      return [
        [...value, ...last],
        [...last, ...last],
      ]
    default:
      return []
  }
}

function objects(keyword: string, limit: unknown, value: object): object[] {
  const entries = Object.entries(value)
  switch (keyword) {
    case 'minProperties':
      return Number(limit) > 0 ? [Object.fromEntries(entries.slice(0, Number(limit) - 1))] : []
    case 'maxProperties': {
      const more = Array.from({ length: Number(limit) + 1 }, (_, index) => [`more${index}`, entries[0]?.[1] ?? 'text'])
      return [Object.fromEntries([...entries, ...more])]
    }
    default:
      return []
  }
}
