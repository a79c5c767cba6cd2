import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readParameters } from '../../runtime/parameters.js'
import { parameter, validatorFor, type Written } from '../validation/emitted.js'

type Scalar = string | number | boolean
type Value = Scalar | readonly Scalar[] | { readonly [name: string]: Scalar }
type Style = NonNullable<Written['style']>

interface Spelling {
  readonly place: 'path' | 'query' | 'header' | 'cookie'
  readonly style: Style
  readonly explode: boolean
}

const SPELLINGS: readonly Spelling[] = [
  ...(['simple', 'label', 'matrix'] as const).map(style => ['path', style] as const),
  ...(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'] as const).map(style => ['query', style] as const),
  ['header', 'simple'] as const,
  ...(['form', 'cookie'] as const).map(style => ['cookie', style] as const),
].flatMap(([place, style]) => [false, true].map(explode => ({ place, style, explode })))

/** All but RFC 3986's unreserved characters; a dot too, where it delimits. */
function encode(text: Scalar): string {
  return encodeURIComponent(String(text)).replace(
    /[!'()*~.]/g,
    one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** RFC 6570 section 3.2.1, its table: what stands first, what between, is the name said, what follows it when empty. */
const OPERATORS: { readonly [style: string]: readonly [first: string, sep: string, named: boolean, ifEmpty: string] } =
  {
    simple: ['', ',', false, ''],
    label: ['.', '.', false, ''],
    matrix: [';', ';', true, ''],
    form: ['', '&', true, '='],
    cookie: ['', '; ', true, '='],
  }

function expand(name: string, value: Value, { place, style, explode }: Spelling): string {
  const text = place === 'header' || style === 'cookie' ? String : encode
  const pairs = Object.entries(typeof value === 'object' ? value : {}).map(
    ([key, one]) => [text(key), text(one)] as const,
  )
  const isList = Array.isArray(value)
  if (style === 'deepObject') return pairs.map(([key, one]) => `${name}%5B${key}%5D=${one}`).join('&')
  if (!explode && (style === 'spaceDelimited' || style === 'pipeDelimited')) {
    const delimiter = style === 'spaceDelimited' ? '%20' : '%7C'
    return `${name}=${(isList ? pairs.map(([, one]) => one) : pairs.flat()).join(delimiter)}`
  }
  const [first, sep, named, ifEmpty] = OPERATORS[style] ?? ['', '&', true, '=']
  const between = place === 'cookie' ? '; ' : sep
  const say = (key: string, one: string) => `${key}${one === '' ? ifEmpty : `=${one}`}`
  if (typeof value !== 'object') return `${first}${named ? say(name, text(value)) : text(value)}`
  if (!explode) {
    const joined = (isList ? pairs.map(([, one]) => one) : pairs.flat()).join(',')
    return `${first}${named ? say(name, joined) : joined}`
  }
  const parts = pairs.map(([key, one]) => {
    if (isList) return named ? say(name, one) : one
    return named ? say(key, one) : `${key}=${one}`
  })
  return first + parts.join(between)
}

function read(written: Written, text: string): unknown {
  const { name } = written
  const result = readParameters(validatorFor({ parameters: [parameter(written)] }), {
    path: written.in === 'path' ? { [name]: decodeURIComponent(text) } : {},
    rawPath: () => ({ [name]: text }),
    query: text,
    headers: { [name]: text, cookie: text },
  })
  if (!result.ok) return result.faults
  const { params, query, headers, cookies } = result
  const found = { path: params, query, header: headers, cookie: cookies }[written.in as Spelling['place']][name]
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : found
}

const TYPES = ['string', 'integer', 'number', 'boolean'] as const

function scalar(type: (typeof TYPES)[number], texts: fc.Arbitrary<string>): fc.Arbitrary<Scalar> {
  if (type === 'integer') return fc.maxSafeInteger()
  if (type === 'boolean') return fc.boolean()
  if (type === 'number') return fc.double({ noNaN: true, noDefaultInfinity: true }).map(one => one + 0)
  return texts
}

/** What the style can carry: in a header and in style `cookie` nothing is encoded, so a delimiter cannot be in a text. */
function textsOf({ place, style }: Spelling, isEmptyAllowed: boolean): fc.Arbitrary<string> {
  const unit = place === 'header' || style === 'cookie' ? fc.constantFrom(...'abcXYZ019%+!~._-') : 'grapheme'
  return fc
    .string({ unit, minLength: isEmptyAllowed ? 0 : 1, maxLength: 6 })
    .filter(text => !(style === 'spaceDelimited' && text.includes(' ')))
    .filter(text => !(style === 'pipeDelimited' && text.includes('|')))
    .filter(text => !/[[\]]/.test(text) && text !== '__proto__')
}

function described(spelling: Spelling): fc.Arbitrary<readonly [schema: unknown, value: Value]> {
  const { style } = spelling
  return fc.constantFrom(...TYPES).chain(type => {
    const one = scalar(type, textsOf(spelling, true))
    const scalars = one.map(value => [{ type }, value] as const)
    const lists = fc
      .array(one, { minLength: 1, maxLength: 4 })
      .map(value => [{ type: 'array', items: { type } }, value] as const)
    const objects = fc
      .dictionary(textsOf(spelling, false), one, { minKeys: 1, maxKeys: 4, noNullPrototype: true })
      .filter(value => Object.keys(value).length > 0)
      .map(value => [{ type: 'object', additionalProperties: { type } }, value] as const)
    if (style === 'deepObject') return objects
    return style === 'spaceDelimited' || style === 'pipeDelimited'
      ? fc.oneof(lists, objects)
      : fc.oneof(scalars, lists, objects)
  })
}

describe.each(SPELLINGS)('in $place, $style, explode $explode', spelling => {
  it('what a client spells as RFC 6570 has it is what the handler is given', () => {
    const { place, style, explode } = spelling
    fc.assert(
      fc.property(described(spelling), ([schema, value]) => {
        const text = expand('p', value, spelling)
        expect(read({ in: place, name: 'p', style, explode, schema }, text)).toEqual(value)
      }),
      { numRuns: 40 },
    )
  })
})
