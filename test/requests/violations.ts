import { candidatesFor, WRONG_TEXTS, WRONG_TYPES } from './candidates.js'
import type { SchemaObject, SchemaRoot } from './document-schema.js'
import type { Judge } from './judge.js'
import { type Demand, type Position, positionsIn } from './positions.js'
import { type Path, pointerTo, replaced, valueAt, without } from './values.js'

/** A value that one thing is wrong with. */
export interface Violation {
  /** The keyword, and where. */
  readonly title: string
  readonly kind: string
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
          violations.set(title, { title, kind: attempt.name, ...found })
          unviolated.delete(title)
        } else if (found === 'unviolated') unviolated.add(title)
      }
    }
  }
  return { violations: [...violations.values()], unviolated: [...unviolated] }

  function firstRefused({ keyword, path, changed }: Attempt, { isAlternative }: Demand) {
    const at = pointerTo(path)
    let first: Omit<Violation, 'title' | 'kind'> | undefined
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
    attempts.push(add('type', 'type of additionalProperties', isText ? WRONG_TEXTS : WRONG_TYPES))
  }
  return attempts
}

function namesIn(names: unknown): string[] {
  return Array.isArray(names) ? names.map(String) : []
}
