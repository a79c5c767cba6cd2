import { HOSTILE } from '../properties/hostile.js'
import type { Random } from './random.js'

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.1,
  1.5,
  1e21,
  1e-7,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  1e9,
  100000,
  500,
  65536,
]

/** Patterns that are slow, wrong, large, or of another dialect. */
const PATTERNS = [
  '(a+)+$',
  '(.*)*x',
  '^(\\w+\\s?)*$',
  '(?<=x)y',
  '(?<n>a)\\k<n>',
  '(a)\\1',
  'a{1,1000}{1,1000}',
  '(a{1,100}){1,100}{1,100}',
  'a{1000000}',
  '[',
  '(?i)a',
  '\\p{L}+',
  '\\p{No_Such}',
  '[[:alpha:]]',
  '\\Z',
  '(?:)*',
  '^$',
  '\\u{110000}',
  '[z-a]',
  `${'('.repeat(300)}a${')'.repeat(300)}`,
  `(${'a|'.repeat(3000)}b)+$`,
  '[^\\d\\D]',
  '\\cA\\0\\x00',
  '(?=a*)*b',
]

const MEDIA_TYPES = [
  'application/json',
  'application/*',
  '*/*',
  'multipart/form-data',
  'application/x-www-form-urlencoded',
  'text/plain; charset=utf-8',
  'application/octet-stream',
  'application/xml',
  'application/vnd.a+json',
  'nonsense',
  '',
]

const WORDS = [
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
  'binary',
  'byte',
  'date-time',
  'int64',
  'path',
  'query',
  'header',
  'cookie',
  'querystring',
  'form',
  'simple',
  'label',
  'matrix',
  'deepObject',
  'spaceDelimited',
  'http',
  'apiKey',
  'oauth2',
  'openIdConnect',
  'mutualTLS',
  'bearer',
  'basic',
  'digest',
  'Authorization',
  'Cookie',
  'Content-Type',
  'default',
  '200',
  '2XX',
  'all',
  'any',
  '3.0.3',
  '3.1.0',
  '3.2.0',
  'https://json-schema.org/draft/2020-12/schema',
]

/** Members that mean something somewhere in a document. */
const NAMES = [
  ...'$ref $id $anchor $dynamicRef $dynamicAnchor $defs $schema type format pattern enum const default nullable'.split(
    ' ',
  ),
  ...'properties patternProperties additionalProperties unevaluatedProperties propertyNames required'.split(' '),
  ...'dependentRequired dependentSchemas items prefixItems contains minContains maxContains uniqueItems'.split(' '),
  ...'unevaluatedItems allOf anyOf oneOf not if then else discriminator readOnly writeOnly minimum maximum'.split(' '),
  ...'exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems minProperties'.split(' '),
  ...'maxProperties contentMediaType contentEncoding example examples xml deprecated description title'.split(' '),
  ...'name in style explode allowReserved allowEmptyValue schema content encoding headers contentType'.split(' '),
  ...'get put post delete options head patch trace query additionalOperations parameters requestBody'.split(' '),
  ...'responses callbacks links security servers operationId summary tags x-claims x-scope-match x-token'.split(' '),
  ...'x-step-up components schemas securitySchemes pathItems paths webhooks openapi info $self scheme'.split(' '),
  ...'flows openIdConnectUrl bearerFormat mapping propertyName itemSchema jsonSchemaDialect 200 default <<'.split(' '),
]

export function hostileText(random: Random): string {
  switch (random.below(7)) {
    case 0:
      return random.pick(PATTERNS)
    case 1:
      return random.pick(MEDIA_TYPES)
    case 2:
      return random.pick(WORDS)
    case 3:
      return random.pick(NAMES)
    case 4:
      return random.pick(HOSTILE).repeat(random.chance(0.1) ? random.magnitude(1, 10_000) : 1)
    case 5:
      return `${random.pick(HOSTILE)}${random.pick(WORDS)}${random.pick(HOSTILE)}`
    default:
      return random.pick(HOSTILE)
  }
}

export function hostileName(random: Random): string {
  if (random.chance(0.5)) return random.pick(NAMES)
  return random.chance(0.2) ? `/${hostileText(random)}/{${hostileText(random)}}` : hostileText(random)
}

/** A value of any type, of no use in most places. */
export function hostileValue(random: Random): unknown {
  switch (random.below(10)) {
    case 0:
      return null
    case 1:
      return random.chance(0.5)
    case 2:
    case 3:
      return random.pick(NUMBERS)
    case 4:
      return []
    case 5:
      return {}
    case 6:
      return Array.from({ length: random.below(4) }, () => hostileValue(random))
    case 7:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [hostileName(random), hostileValue(random)]),
      )
    default:
      return hostileText(random)
  }
}
