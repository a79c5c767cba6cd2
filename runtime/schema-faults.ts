import type { Fault } from './problem.js'
import type { CompiledSchema, SchemaError } from './validator.js'

const MAX_FAULTS = 50

type Place = Fault['in']
type Path = readonly (string | number)[]

/** What `valid` finds wrong with `value`; nothing if it fits. `at` is where `value` stands in its place. */
export function schemaFaults(valid: CompiledSchema, value: unknown, place: Place, at: Path = []): Fault[] {
  try {
    if (valid(value)) return []
  } catch (error) {
    // A recursive schema is checked by recursive code: a value nested thousands deep exhausts the stack.
    if (error instanceof RangeError) return [{ in: place, pointer: pointerTo(at), detail: 'is nested too deeply' }]
    throw error
  }
  const prefix = at.map(jsonPointerSegment).join('')
  const faults = new Map<string, Fault>()
  for (const found of reduced(valid.errors ?? [])) {
    const pointer = fragment(prefix + found.path)
    faults.set(`${pointer} ${found.detail}`, { in: place, pointer, detail: found.detail })
    if (faults.size === MAX_FAULTS) break
  }
  // A compiled schema that refuses without saying why still refuses.
  return faults.size > 0 ? [...faults.values()] : [{ in: place, pointer: pointerTo(at), detail: MISFIT }]
}

/** RFC 6901 section 6. */
export function pointerTo(path: Path): string {
  return fragment(path.map(jsonPointerSegment).join(''))
}

export function jsonPointerSegment(segment: string | number): string {
  return `/${String(segment).replace(/~/g, '~0').replace(/\//g, '~1')}`
}

function fragment(pointer: string): string {
  return `#${encodeURI(pointer.replace(/\p{Surrogate}/gu, '\ufffd')).replace(/#/g, '%23')}`
}

interface Found {
  readonly path: string
  readonly detail: string
  readonly error: SchemaError
}

const MISFIT = 'does not fit the schema'

/**
 * ajv reports every failed branch of an `anyOf` or `oneOf` and then the keyword itself. Faults of branches that the
 * caller never meant would mislead: they give way to one fault for the whole.
 */
function reduced(errors: readonly SchemaError[]): Found[] {
  const kept: Found[] = []
  for (const error of errors) {
    if (error.keyword === 'if') continue
    const found = describe(error)
    if (error.keyword === 'anyOf' || error.keyword === 'oneOf') {
      const branches: Found[] = []
      for (let last = kept.at(-1); last && isUnder(last.error, error); last = kept.at(-1)) {
        branches.unshift(last)
        kept.pop()
      }
      kept.push({ ...found, detail: alternatives(branches, error) })
    } else {
      kept.push(found)
    }
  }
  // What is wrong with the alternative that was meant says more than that none fits.
  const told = kept.filter(one => one.error.keyword !== 'misfit' || !kept.some(other => saysMore(other, one)))
  // Where nothing but failed conditions is left, say at least where.
  const [first] = errors
  return told.length > 0 || !first ? told : [{ path: first.instancePath, detail: MISFIT, error: first }]
}

function saysMore({ error }: Found, misfit: Found): boolean {
  return error.keyword !== 'misfit' && isUnder(error, misfit.error)
}

function isUnder(error: SchemaError, whole: SchemaError): boolean {
  return error.instancePath === whole.instancePath || error.instancePath.startsWith(`${whole.instancePath}/`)
}

function alternatives(branches: readonly Found[], { instancePath, keyword, params }: SchemaError): string {
  if (keyword === 'oneOf' && params.passingSchemas) return 'fits more than one of the alternatives'
  const same = branches.filter(({ error }) => error.instancePath === instancePath)
  const types = same.filter(({ error }) => error.keyword === 'type')
  if (types.length === branches.length && types.length > 0) {
    return `must be ${[...new Set(types.map(({ detail }) => detail.replace(/^must be /, '')))].join(' or ')}`
  }
  return 'fits none of the alternatives'
}

const TYPES: { readonly [type: string]: string } = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  null: 'null',
}

function describe(error: SchemaError): Found {
  const { keyword, params, instancePath } = error
  const member = memberOf(error)
  const path = member === undefined ? instancePath : instancePath + jsonPointerSegment(member)
  const detail = Object.hasOwn(DETAILS, keyword) ? DETAILS[keyword]?.(params) : undefined
  return { path, detail: detail ?? MISFIT, error }
}

/** The member concerned, where ajv points at the object that holds it or lacks it. */
function memberOf({ keyword, params, ...error }: SchemaError): string | undefined {
  const name =
    params.missingProperty ??
    (keyword === 'additionalProperties' ? params.additionalProperty : undefined) ??
    (keyword === 'unevaluatedProperties' ? params.unevaluatedProperty : undefined) ??
    (keyword === 'propertyNames' ? params.propertyName : undefined) ??
    ('propertyName' in error ? error.propertyName : undefined)
  return typeof name === 'string' ? name : undefined
}

const required = () => 'is required'
const unexpected = () => 'is not allowed here'
const bound = ({ comparison, limit }: SchemaError['params']) => `must be ${comparison} ${limit}`
const atLeast = (things: string) => (params: SchemaError['params']) => `must have at least ${params.limit} ${things}`
const atMost = (things: string) => (params: SchemaError['params']) => `must have at most ${params.limit} ${things}`

/** The document's own words may be told; the caller's values are not repeated. */
const DETAILS: { readonly [keyword: string]: (params: SchemaError['params']) => string } = {
  required,
  dependentRequired: required,
  dependencies: required,
  additionalProperties: unexpected,
  unevaluatedProperties: unexpected,
  'false schema': unexpected,
  propertyNames: () => 'has a name that is not allowed here',
  type: ({ type }) => `must be ${(Array.isArray(type) ? type : [type]).map(name => TYPES[name] ?? name).join(' or ')}`,
  enum: ({ allowedValues }) => oneOf(allowedValues),
  const: ({ allowedValue }) => oneOf([allowedValue]),
  format: ({ format }) => `must be in the format ${format}`,
  pattern: ({ pattern }) => `must match the pattern ${short(String(pattern))}`,
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${multipleOf}`,
  minLength: atLeast('characters'),
  maxLength: atMost('characters'),
  minItems: atLeast('items'),
  maxItems: atMost('items'),
  items: atMost('items'),
  unevaluatedItems: ({ len }) => `must have at most ${len} items`,
  minProperties: atLeast('members'),
  maxProperties: atMost('members'),
  uniqueItems: () => 'must not hold the same item twice',
  contains: ({ minContains }) => `must hold at least ${minContains} fitting item${minContains === 1 ? '' : 's'}`,
  not: () => 'is excluded by the schema',
  misfit: ({ reason }) => String(reason),
}

function oneOf(values: unknown): string {
  const texts = Array.isArray(values) ? values.map(value => JSON.stringify(value)) : []
  return texts.length === 1 ? `must be ${short(String(texts[0]))}` : `must be one of ${short(texts.join(', '))}`
}

function short(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`
}
