import { describe, expect, it } from 'vitest'
import { type ParameterSources, readParameters } from '../../runtime/parameters.js'
import { parameter, validatorFor, type Written } from './emitted.js'

type Style = NonNullable<Written['style']>
type Place = 'path' | 'query' | 'header' | 'cookie'

const none: ParameterSources = { path: {}, query: '', headers: {} }

function sourcesOf(place: Place, name: string, text: string): ParameterSources {
  switch (place) {
    case 'path':
      return { ...none, path: { [name]: text }, rawPath: () => ({ [name]: text }) }
    case 'query':
      return { ...none, query: text }
    case 'header':
      return { ...none, headers: { [name.toLowerCase()]: text } }
    case 'cookie':
      return { ...none, headers: { cookie: text } }
  }
}

/** What `text` in its place gives to the parameter, or the fault. */
function read(written: Written, text: string, schemas = {}) {
  const validator = validatorFor({ parameters: [parameter(written)] }, schemas)
  const result = readParameters(validator, sourcesOf(written.in as Place, written.name, text))
  if (!result.ok) return result.faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')
  const { params, query, headers, cookies } = result
  const value = { path: params, query, header: headers, cookie: cookies, querystring: query }[written.in][written.name]
  // Objects have no prototype here.
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

const STRING = 'blue'
const ARRAY = ['blue', 'black', 'brown']
const OBJECT = { R: 100, G: 200, B: 150 }
const SCHEMAS = {
  string: { type: 'string' },
  array: { type: 'array', items: { type: 'string' } },
  object: { type: 'object', properties: { R: { type: 'integer' }, G: { type: 'integer' }, B: { type: 'integer' } } },
}

describe('Style Examples of OpenAPI 3.0.4, 3.1.1 and 3.2.0', () => {
  type Text = string | undefined
  type Row = [Place, Style, explode: boolean, empty: Text, string: Text, array: Text, object: Text]
  const table: Row[] = [
    ['path', 'matrix', false, ';color', ';color=blue', ';color=blue,black,brown', ';color=R,100,G,200,B,150'],
    ['path', 'matrix', true, ';color', ';color=blue', ';color=blue;color=black;color=brown', ';R=100;G=200;B=150'],
    ['path', 'label', false, '.', '.blue', '.blue,black,brown', '.R,100,G,200,B,150'],
    ['path', 'label', true, '.', '.blue', '.blue.black.brown', '.R=100.G=200.B=150'],
    ['path', 'simple', false, '', 'blue', 'blue,black,brown', 'R,100,G,200,B,150'],
    ['path', 'simple', true, '', 'blue', 'blue,black,brown', 'R=100,G=200,B=150'],
    ['header', 'simple', false, '', 'blue', 'blue,black,brown', 'R,100,G,200,B,150'],
    ['header', 'simple', true, '', 'blue', 'blue,black,brown', 'R=100,G=200,B=150'],
    ['query', 'form', false, 'color=', 'color=blue', 'color=blue,black,brown', 'color=R,100,G,200,B,150'],
    ['query', 'form', true, 'color=', 'color=blue', 'color=blue&color=black&color=brown', 'R=100&G=200&B=150'],
    ['cookie', 'form', false, 'color=', 'color=blue', 'color=blue,black,brown', 'color=R,100,G,200,B,150'],
    // Appendix D of 3.2: `&`, as RFC 6570 has it, is never right in a cookie.
    ['cookie', 'form', true, 'color=', 'color=blue', 'color=blue; color=black; color=brown', 'R=100; G=200; B=150'],
    [
      'query',
      'spaceDelimited',
      false,
      undefined,
      undefined,
      'color=blue%20black%20brown',
      'color=R%20100%20G%20200%20B%20150',
    ],
    [
      'query',
      'pipeDelimited',
      false,
      undefined,
      undefined,
      'color=blue%7Cblack%7Cbrown',
      'color=R%7C100%7CG%7C200%7CB%7C150',
    ],
    [
      'query',
      'deepObject',
      false,
      undefined,
      undefined,
      undefined,
      'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150',
    ],
    [
      'query',
      'deepObject',
      true,
      undefined,
      undefined,
      undefined,
      'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150',
    ],
    ['cookie', 'cookie', false, 'color=', 'color=blue', 'color=blue,black,brown', 'color=R,100,G,200,B,150'],
    ['cookie', 'cookie', true, 'color=', 'color=blue', 'color=blue; color=black; color=brown', 'R=100; G=200; B=150'],
  ]
  it.each(table)('in %s, %s, explode %s', (place, style, explode, empty, string, array, object) => {
    const of = (type: keyof typeof SCHEMAS): Written => ({
      in: place,
      name: 'color',
      style,
      explode,
      schema: SCHEMAS[type],
    })
    if (empty !== undefined) expect(read(of('string'), empty)).toBe('')
    if (string !== undefined) expect(read(of('string'), string)).toBe(STRING)
    if (array !== undefined) expect(read(of('array'), array)).toEqual(ARRAY)
    if (object !== undefined) expect(read(of('object'), object)).toEqual(OBJECT)
  })

  it('what the tables leave undefined is refused, or read by the words of `explode`', () => {
    for (const style of ['spaceDelimited', 'pipeDelimited', 'deepObject'] as const) {
      const none = { in: 'query', name: 'color', style, schema: SCHEMAS.string } as const
      expect(read({ ...none, explode: false }, 'color=blue')).toBe('#/color cannot be sent as text')
    }
    for (const style of ['spaceDelimited', 'pipeDelimited'] as const) {
      const apart = { in: 'query', name: 'color', style, explode: true } as const
      expect(read({ ...apart, schema: SCHEMAS.array }, 'color=blue&color=black&color=brown')).toEqual(ARRAY)
      expect(read({ ...apart, schema: SCHEMAS.object }, 'R=100&G=200&B=150')).toEqual(OBJECT)
    }
  })
})

describe('delimiters', () => {
  const list = (place: Place, style: Style, explode = false): Written => ({
    in: place,
    name: 'a',
    style,
    explode,
    schema: SCHEMAS.array,
  })
  it.each([
    [list('path', 'simple'), 'x%2Cy,z', ['x,y', 'z']],
    [list('path', 'label', true), '.x%2Ey.z', ['x.y', 'z']],
    [list('path', 'label'), '.x.y,%2C', ['x.y', ',']],
    [list('path', 'label'), 'x,y', '#/a must begin with a dot'],
    [list('path', 'label'), '.%FF', '#/a/0 is not valid percent-encoding'],
    [list('path', 'matrix'), ';a=x%2C%3B,y', ['x,;', 'y']],
    [list('path', 'matrix', true), ';a=x%3B;a=y%3D;a', ['x;', 'y=', '']],
    [list('path', 'matrix'), ';b=x', '#/a must be spelled ;a='],
    [list('path', 'matrix'), ';a=x;b=y', '#/a must be spelled ;a='],
    [list('path', 'matrix'), ';a=x;a=y', '#/a must not be repeated'],
    [list('path', 'matrix'), 'a=x', '#/a must begin with a semicolon'],
    [list('path', 'matrix'), ';%FF=x', '#/a is not valid percent-encoding'],
    [list('query', 'form'), 'a=x%2Cy,z', ['x,y', 'z']],
    [list('query', 'spaceDelimited'), 'a=x+y%20z', ['x', 'y', 'z']],
    [list('query', 'spaceDelimited'), 'a=x%2By,z', ['x+y,z']],
    [list('query', 'pipeDelimited'), 'a=x|y%7cz%2C', ['x', 'y', 'z,']],
    [list('query', 'pipeDelimited'), 'a=x|%zz', '#/a/1 is not valid percent-encoding'],
    [list('query', 'pipeDelimited'), 'a=x&a=y', '#/a must not be repeated'],
    [list('header', 'simple'), ' x%2C , "y" ,', ['x%2C', '"y"', '']],
    [list('cookie', 'form'), 'a="x%2C,y"', ['x,', 'y']],
    // OpenAPI 3.2 (Parameter Object): nothing is decoded or unquoted.
    [list('cookie', 'cookie'), 'a="x%2C,y"', ['"x%2C', 'y"']],
    [list('cookie', 'cookie', true), 'a=x+%20; b=1; a=y', ['x+%20', 'y']],
    [{ in: 'path', name: 'a', style: 'label', explode: true, schema: { type: 'number' } } as Written, '.1.5', 1.5],
    [{ in: 'path', name: 'a', style: 'matrix', schema: { type: 'boolean' } } as Written, ';a=true', true],
    [
      { in: 'path', name: 'a', style: 'matrix', schema: { type: 'boolean' } } as Written,
      ';a',
      '#/a must be true or false',
    ],
  ] as [Written, string, unknown][])('%j %s', (written, text, expected) => {
    expect(read(written, text)).toEqual(expected)
  })

  it('either a text or an object', () => {
    const schema = { oneOf: [{ type: 'string' }, { type: 'object', properties: { a: { type: 'integer' } } }] }
    const written = { in: 'path', name: 'p', style: 'matrix', explode: true, schema } as const
    expect(read(written, ';p=x')).toBe('x')
    expect(read(written, ';a=1')).toEqual({ a: 1 })
  })

  it('are of use for a thousand items, and no more', () => {
    const written: Written = { in: 'query', name: 'a', explode: false, schema: SCHEMAS.array }
    expect(read(written, `a=${'x,'.repeat(999)}x`)).toHaveLength(1000)
    expect(read(written, `a=${'x,'.repeat(1000)}x`)).toBe('#/a must have at most 1000 items')
  })
})

describe('the members of an object keep their names apart', () => {
  const members = { type: 'object', additionalProperties: { type: 'string' } }
  it.each([
    ['form', 'a=__proto__,x,constructor,y'],
    ['spaceDelimited', 'a=__proto__%20x%20constructor%20y'],
    ['deepObject', 'a[__proto__]=x&a[constructor]=y'],
  ] as const)('%s', (style, text) => {
    const validator = validatorFor({
      parameters: [parameter({ in: 'query', name: 'a', style, explode: false, schema: members })],
    })
    const result = readParameters(validator, { ...none, query: text })
    expect(result.ok && Object.entries(result.query.a as object)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect(result.ok && Object.getPrototypeOf(result.query.a)).toBe(null)
  })

  it('a repeated name is a list, where the schema has one', () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' }, l: { type: 'array' } } }
    expect(read({ in: 'query', name: 'a', explode: false, schema }, 'a=n,1,n,2')).toBe('#/a/n must not be repeated')
    expect(read({ in: 'query', name: 'a', explode: false, schema }, 'a=l,1,l,2')).toEqual({ l: ['1', '2'] })
  })

  it('names of cookies in style form are encoded, as RFC 6570 has it', () => {
    expect(read({ in: 'cookie', name: 'a', schema: members }, '%C3%A9=1; b%=2')).toEqual({ é: '1' })
    expect(read({ in: 'cookie', name: 'a', style: 'cookie', schema: members }, '%C3%A9=1')).toEqual({ '%C3%A9': '1' })
  })
})
