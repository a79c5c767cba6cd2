import { isObject } from './claims.js'

/** Where a keyword of JSON Schema holds schemas: it is one, a list of them, or a map from names to them. */
export type Subschemas = 'one' | 'list' | 'members'

/** Keywords of JSON Schema 2020-12 that hold schemas. */
export const SUBSCHEMAS: ReadonlyMap<string, Subschemas> = new Map([
  ['items', 'one'],
  ['prefixItems', 'list'],
  ['contains', 'one'],
  ['unevaluatedItems', 'one'],
  ['properties', 'members'],
  ['patternProperties', 'members'],
  ['additionalProperties', 'one'],
  ['unevaluatedProperties', 'one'],
  ['propertyNames', 'one'],
  ['dependentSchemas', 'members'],
  ['allOf', 'list'],
  ['anyOf', 'list'],
  ['oneOf', 'list'],
  ['not', 'one'],
  ['if', 'one'],
  ['then', 'one'],
  ['else', 'one'],
])

interface Keyword {
  readonly fits: (value: unknown) => boolean
  /** What a value must be, as a message says it. */
  readonly form: string
}

export const TYPES: readonly unknown[] = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']

const isString = (value: unknown) => typeof value === 'string'
const isBoolean = (value: unknown) => typeof value === 'boolean'
const isNames = (value: unknown) => Array.isArray(value) && value.every(isString)

const number: Keyword = { fits: Number.isFinite, form: 'a number' }
const count: Keyword = { fits: value => Number.isInteger(value) && Number(value) >= 0, form: 'an integer of 0 or more' }
const flag: Keyword = { fits: isBoolean, form: 'true or false' }

/** All other keywords that constrain a value or that the emitters use; what is in neither table is an annotation. */
export const CONSTRAINTS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ['$ref', { fits: isString, form: 'a reference' }],
  [
    'type',
    {
      fits: value => {
        const types: unknown[] = Array.isArray(value) ? value : [value]
        return types.length > 0 && types.every(type => TYPES.includes(type))
      },
      form: `one of ${TYPES.join(', ')}, or a list of these`,
    },
  ],
  ['enum', { fits: value => Array.isArray(value) && value.length > 0, form: 'a list of at least one value' }],
  ['const', { fits: value => value !== undefined, form: 'a value' }],
  ['multipleOf', { fits: value => Number.isFinite(value) && Number(value) > 0, form: 'a number above 0' }],
  ['minimum', number],
  ['maximum', number],
  ['exclusiveMinimum', number],
  ['exclusiveMaximum', number],
  ['minLength', count],
  ['maxLength', count],
  ['minItems', count],
  ['maxItems', count],
  ['minContains', count],
  ['maxContains', count],
  ['minProperties', count],
  ['maxProperties', count],
  ['uniqueItems', flag],
  ['pattern', { fits: isString, form: 'a regular expression' }],
  ['format', { fits: isString, form: 'a name' }],
  ['contentMediaType', { fits: isString, form: 'a media type' }],
  ['contentEncoding', { fits: isString, form: 'a name' }],
  ['required', { fits: isNames, form: 'a list of names, in the schema of the object that holds these' }],
  [
    'dependentRequired',
    {
      fits: value => isObject(value) && Object.values(value).every(isNames),
      form: 'a map from names to lists of names',
    },
  ],
  ['default', { fits: () => true, form: 'a value' }],
  ['readOnly', flag],
  ['writeOnly', flag],
])

/** Calls `map` with each schema directly inside `schema`; everything else stays as it is. */
export function mapSubschemas<Schema>(
  schema: { readonly [keyword: string]: unknown },
  map: (subschema: Schema) => Schema,
): { [keyword: string]: unknown } {
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    switch (SUBSCHEMAS.get(keyword)) {
      case 'one':
        return [keyword, map(value as Schema)]
      case 'list':
        return [keyword, (value as Schema[]).map(map)]
      case 'members':
        return [keyword, Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, map(one)]))]
      default:
        return [keyword, value]
    }
  })
  return Object.fromEntries(entries)
}
