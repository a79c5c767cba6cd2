import type { SchemaObject, SchemaRoot } from './document-schema.js'
import type { Judge } from './judge.js'
import { type Demand, type Position, positionsIn } from './positions.js'
import { type Path, pointerTo, replaced, valueAt, without } from './values.js'

/** A value that one thing is wrong with. */
export interface Violation {
  /** The keyword, and where. */
  readonly title: string
  readonly value: unknown
  /** Where ajv says that something is wrong. */
  readonly pointers: readonly string[]
  /** The place that was changed is among them: what the answer must name. */
  readonly at: string
  /** Nothing else is wrong anywhere, and no alternative had a say: the answer names `pointers`, no more and no less. */
  readonly isPlain: boolean
  readonly isAlternative: boolean
}

export interface Violations {
  readonly violations: readonly Violation[]
  /** Constraints against which values can be sent, of which ajv refuses none for that reason. */
  readonly unviolated: readonly string[]
}

export interface Medium {
  /** Values travel as text, where `12` is a number or a string as the schema says. */
  readonly isText: boolean
  readonly accepts: (value: unknown) => boolean
}

/** Every constraint at every place of a value that fits, violated once. */
export function violationsOf(value: unknown, root: SchemaRoot, judge: Judge, medium: Medium): Violations {
  const violations = new Map<string, Violation>()
  const unviolated = new Set<string>()
  for (const position of positionsIn(value, root, judge)) {
    for (const demand of position.demands) {
      for (const attempt of attemptsAt(position, demand, medium.isText)) {
        const title = `${attempt.name} at ${pointerTo(attempt.path)}`
        if (violations.has(title)) continue
        const found = firstRefused(attempt, demand)
        if (typeof found === 'object') {
          violations.set(title, { title, ...found })
          unviolated.delete(title)
        } else if (found === 'unviolated') unviolated.add(title)
      }
    }
  }
  return { violations: [...violations.values()], unviolated: [...unviolated] }

  function firstRefused({ keyword, path, changed }: Attempt, { isAlternative }: Demand) {
    const at = pointerTo(path)
    let first: Omit<Violation, 'title'> | undefined
    let isSendable = false
    for (const apply of changed) {
      const wrong = apply(value)
      if (!medium.accepts(wrong)) continue
      isSendable = true
      if (medium.isText && fitsAsText(wrong, path)) continue
      const { faults, isPlain } = judge.judge(root, wrong)
      const isMeant = faults.some(one => one.pointer === at && one.keyword === keyword)
      if (faults.length === 0 || !(isMeant || isAlternative)) continue
      const pointers = [...new Set(faults.map(one => one.pointer))]
      first ??= { value: wrong, pointers, at, isPlain, isAlternative }
      if (pointers.length === 1) return { value: wrong, pointers, at, isPlain, isAlternative }
    }
    return first ?? (isSendable ? 'unviolated' : 'unsendable')
  }

  /** What is no string may be read as one. */
  function fitsAsText(wrong: unknown, path: Path): boolean {
    const changed = valueAt(wrong, path)
    if (typeof changed !== 'number' && typeof changed !== 'boolean') return false
    return judge.judge(root, replaced(wrong, path, String(changed))).faults.length === 0
  }
}

/** Ways to violate one keyword; the first that ajv refuses for that reason alone is taken. */
interface Attempt {
  /** That ajv must name, at the path. */
  readonly keyword: string
  /** What the title calls it. */
  readonly name: string
  readonly path: Path
  readonly changed: readonly ((value: unknown) => unknown)[]
}

function attemptsAt({ path, value }: Position, { schema }: Demand, isText: boolean): Attempt[] {
  const put = (keyword: string, candidates: readonly unknown[], name = keyword): Attempt => ({
    keyword,
    name,
    path,
    changed: candidates.map(one => whole => replaced(whole, path, one)),
  })
  const attempts = Object.entries(schema).map(([keyword, limit]) =>
    put(keyword, candidatesFor(keyword, limit, value, isText)),
  )
  if (schema.type === 'integer') attempts.push(put('type', [1.5], 'fraction'))
  return [...attempts.filter(one => one.changed.length > 0), ...memberAttempts(path, value, schema, isText)]
}

function memberAttempts(path: Path, value: unknown, schema: SchemaObject, isText: boolean): Attempt[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const { required, dependentRequired, additionalProperties } = schema
  const demanded = [
    ...namesIn(required).map(name => ({ keyword: 'required', name })),
    ...Object.entries(dependentRequired ?? {})
      .filter(([name]) => name in value)
      .flatMap(([, names]) => namesIn(names).map(name => ({ keyword: 'dependentRequired', name }))),
  ]
  const attempts = demanded.map(({ keyword, name }): Attempt => {
    const member = [...path, name]
    return { keyword, name: keyword, path: member, changed: [whole => without(whole, member)] }
  })
  const member = [...path, 'undocumented']
  const add = (keyword: string, name: string, candidates: readonly unknown[]): Attempt => ({
    keyword,
    name,
    path: member,
    changed: candidates.map(one => whole => replaced(whole, member, one)),
  })
  if (additionalProperties === false) attempts.push(add('additionalProperties', 'additionalProperties', ['text']))
  // A schema for them is no constraint before it constrains something.
  else if (Object.keys(Object(additionalProperties)).length > 0) {
    attempts.push(add('type', 'type of additionalProperties', isText ? TEXTS : WRONG_TYPES))
  }
  return attempts
}

function namesIn(names: unknown): string[] {
  return Array.isArray(names) ? names.map(String) : []
}

const TEXTS: readonly unknown[] = ['text', ['text', 'text']]
const WRONG_TYPES: readonly unknown[] = [12, 'text', true, {}, []]

function candidatesFor(keyword: string, limit: unknown, value: unknown, isText: boolean): unknown[] {
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
