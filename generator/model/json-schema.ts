import type { JsonSchema } from './api-model.js'
import { isObject, kindOf } from './claims.js'
import { CONSTRAINTS, SUBSCHEMAS, type Subschemas } from './json-schema-keywords.js'
import { unicodePattern } from './pattern.js'
import { matchingOf } from './patterns/matching.js'

/** Why a schema cannot be compiled, and where inside it. */
export interface SchemaFault {
  readonly code: 'schema-malformed' | 'schema-unsupported' | 'pattern-unsafe'
  readonly message: string
  readonly help: string
  readonly path: readonly (string | number)[]
}

export type ReportSchemaFault = (fault: SchemaFault) => void

type Version = '3.0' | '3.1' | '3.2'
type Path = SchemaFault['path']
type Keywords = { [keyword: string]: unknown }

/**
 * Brings a Schema Object of an OpenAPI version to JSON Schema 2020-12: keywords that constrain, `default`, `readOnly`,
 * `writeOnly` and `discriminator`. Annotations and unknown keywords are left out; what constrains and is malformed is reported, and a
 * schema that matches nothing stands in its place. A schema in this form already stays as it is.
 *
 * Does not resolve `$ref`. A `discriminator` stays as a hint at which branch of `oneOf` or `anyOf` is meant.
 */
export function toJsonSchema(schema: unknown, version: Version, report: ReportSchemaFault): JsonSchema {
  return convert(schema, [], { version, report })
}

interface Context {
  readonly version: Version
  readonly report: ReportSchemaFault
}

function convert(schema: unknown, path: Path, context: Context): JsonSchema {
  if (typeof schema === 'boolean') return schema
  if (!isObject(schema)) {
    const help = 'write a Schema Object; {} fits every value'
    context.report(malformed(`a schema must be an object, and is ${kindOf(schema)}`, help, path))
    return false
  }
  // OpenAPI 3.0 (Reference Object): what stands beside `$ref` is ignored.
  if (context.version === '3.0' && typeof schema.$ref === 'string') return { $ref: schema.$ref }
  const result: Keywords = {}
  let sound = true
  for (const [keyword, value] of Object.entries(context.version === '3.0' ? withBounds(schema) : schema)) {
    const converted = convertKeyword(keyword, value, path, context)
    if (converted === FAULTY) sound = false
    else if (converted !== undefined) Object.assign(result, converted)
  }
  if ('dependencies' in schema && ('dependentRequired' in schema || 'dependentSchemas' in schema)) {
    const help = 'move what it says into dependentRequired and dependentSchemas'
    context.report(
      malformed('dependencies stands beside the keywords that replaced it', help, [...path, 'dependencies']),
    )
    sound = false
  }
  if (!sound) return false
  return context.version === '3.0' && schema.nullable === true ? nullable(result) : result
}

const FAULTY = Symbol('faulty')

/** The keyword's part of the result; none for an annotation. */
function convertKeyword(
  keyword: string,
  value: unknown,
  path: Path,
  context: Context,
): Keywords | typeof FAULTY | undefined {
  const at = [...path, keyword]
  const fail = (fault: SchemaFault): typeof FAULTY => {
    context.report(fault)
    return FAULTY
  }
  if (keyword === 'dependencies') return convertDependencies(value, at, context)
  if (keyword === 'discriminator') return convertDiscriminator(value)
  const holds = SUBSCHEMAS.get(keyword)
  if (holds) return convertSubschemas(keyword, holds, value, at, context)
  const constraint = CONSTRAINTS.get(keyword)
  if (!constraint) return undefined
  if (!constraint.fits(value)) {
    return fail(malformed(`${keyword} must be ${constraint.form}`, `mend it, or remove ${keyword}`, at))
  }
  if (namesPrototype(value) || (NAMES.includes(keyword) && listsPrototype(value))) return fail(prototypeName(at))
  if (keyword === 'type') return { type: Array.isArray(value) ? [...new Set(value)] : value }
  if (keyword !== 'pattern') return { [keyword]: value }
  const pattern = unicodePattern(String(value))
  const fault = faultOfPattern(pattern, at)
  return fault || pattern === undefined ? fail(fault ?? badPattern(at)) : { pattern }
}

function convertSubschemas(
  keyword: string,
  holds: Subschemas,
  value: unknown,
  at: Path,
  context: Context,
): Keywords | typeof FAULTY {
  const { report } = context
  if (holds === 'one') return { [keyword]: convert(value, at, context) }
  if (holds === 'list') {
    if (!Array.isArray(value) || value.length === 0) {
      report(malformed(`${keyword} must be a list of schemas, one at least`, `mend it, or remove ${keyword}`, at))
      return FAULTY
    }
    return { [keyword]: value.map((one, index) => convert(one, [...at, index], context)) }
  }
  if (!isObject(value)) {
    report(malformed(`${keyword} must be a map from names to schemas`, `mend it, or remove ${keyword}`, at))
    return FAULTY
  }
  const members: [string, JsonSchema][] = []
  for (const [name, one] of Object.entries(value)) {
    const key = keyword === 'patternProperties' ? unicodePattern(name) : name
    const fault =
      faultOfName(name, [...at, name]) ?? (keyword === 'patternProperties' && faultOfPattern(key, [...at, name]))
    if (fault || key === undefined) {
      if (fault) report(fault)
      return FAULTY
    }
    members.push([key, convert(one, [...at, name], context)])
  }
  return { [keyword]: Object.fromEntries(members) }
}

function faultOfName(name: string, at: Path): SchemaFault | undefined {
  if (name === '__proto__') return prototypeName(at)
  if (!/\p{Surrogate}/u.test(name)) return undefined
  const message = 'a member whose name is no well-formed Unicode cannot be validated'
  return { code: 'schema-unsupported', message, help: 'give it another name', path: at }
}

/** The older keyword that 2020-12 divided in two. */
function convertDependencies(value: unknown, at: Path, context: Context): Keywords | typeof FAULTY {
  const entries = isObject(value) ? Object.entries(value) : []
  const names = Object.fromEntries(entries.filter(([, needed]) => Array.isArray(needed)))
  const schemas = Object.fromEntries(entries.filter(([, needed]) => !Array.isArray(needed)))
  const fits = isObject(value) && CONSTRAINTS.get('dependentRequired')?.fits(names)
  if (!fits || namesPrototype(names) || listsPrototype(names)) {
    context.report(
      malformed('dependencies must be a map from names to lists of names, or to schemas', 'mend or remove it', at),
    )
    return FAULTY
  }
  const dependentSchemas = convertSubschemas('dependentSchemas', 'members', schemas, at, context)
  return dependentSchemas === FAULTY ? FAULTY : { dependentRequired: names, ...dependentSchemas }
}

/** A hint, as OpenAPI says: one that is malformed, or of no use, is none. */
function convertDiscriminator(value: unknown): Keywords | undefined {
  if (!isObject(value) || typeof value.propertyName !== 'string' || value.propertyName === '__proto__') return undefined
  const { propertyName, mapping, defaultMapping } = value
  const entries = Object.entries(isObject(mapping) ? mapping : {}).filter(([, target]) => typeof target === 'string')
  return {
    discriminator: {
      propertyName,
      ...(entries.length > 0 && { mapping: Object.fromEntries(entries) }),
      ...(typeof defaultMapping === 'string' && { defaultMapping }),
    },
  }
}

/** In OpenAPI 3.0, exclusive bounds are flags beside the bounds themselves. */
function withBounds(schema: Keywords): Keywords {
  const result = { ...schema }
  for (const [bound, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (typeof schema[exclusive] !== 'boolean') continue
    delete result[exclusive]
    if (schema[exclusive] && schema[bound] !== undefined) {
      result[exclusive] = schema[bound]
      delete result[bound]
    }
  }
  return result
}

const COMPOSED = ['$ref', 'const', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else']

/** `nullable` lets `null` in whatever stands beside it, as documents in the field mean it. */
function nullable(schema: Keywords): JsonSchema {
  if (COMPOSED.some(keyword => keyword in schema)) {
    const { default: value, readOnly, writeOnly, ...rest } = schema
    const outside = Object.entries({ default: value, readOnly, writeOnly }).filter(([, one]) => one !== undefined)
    return { ...Object.fromEntries(outside), anyOf: [rest, { type: 'null' }] }
  }
  const { type, enum: values } = schema
  return {
    ...schema,
    ...(type !== undefined && { type: [...new Set([type, 'null'].flat())] }),
    ...(Array.isArray(values) && { enum: values.includes(null) ? values : [...values, null] }),
  }
}

/** Has a value, or one inside it, a member called `__proto__`? Code that builds such a value sets a prototype. */
function namesPrototype(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => name === '__proto__' || namesPrototype(member))
}

const NAMES = ['required', 'dependentRequired']

function listsPrototype(names: unknown): boolean {
  return Object.values(names as object)
    .flat()
    .includes('__proto__')
}

function malformed(message: string, help: string, path: Path): SchemaFault {
  return { code: 'schema-malformed', message, help, path }
}

function badPattern(path: Path): SchemaFault {
  const help = 'write it in the syntax of JavaScript (ECMA-262, with the u flag), without delimiters or flags'
  return malformed('the pattern is no regular expression', help, path)
}

function faultOfPattern(pattern: string | undefined, path: Path): SchemaFault | undefined {
  if (pattern === undefined) return badPattern(path)
  if (matchingOf(pattern)) return undefined
  return {
    code: 'pattern-unsafe',
    message: 'the pattern may take so long on a text made for it that the server stands still',
    help: 'write it without backreferences, without lookaround except next to its two ends, and with counts below 1000: maxLength limits lengths',
    path,
  }
}

function prototypeName(path: Path): SchemaFault {
  const message = 'a member that is called __proto__ cannot be validated'
  return { code: 'schema-unsupported', message, help: 'give it another name', path }
}
