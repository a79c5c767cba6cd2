import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ParameterSources, readParameters } from '../../runtime/parameters.js'
import { parameter, validatorFor, type Written } from './emitted.js'

const none: ParameterSources = { path: {}, query: '', headers: {} }

function read(written: Written | Written[], sources: Partial<ParameterSources>, schemas = {}) {
  const parameters = [written].flat().map(parameter)
  return readParameters(validatorFor({ parameters }, schemas), { ...none, ...sources })
}

/** The value that `text` of the query gives to a parameter `a`, or the fault. */
function query(schema: unknown, text: string, rest: Partial<Written> = {}, schemas = {}) {
  const result = read({ in: 'query', name: 'a', ...rest, schema }, { query: text }, schemas)
  return result.ok ? result.query.a : result.faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')
}

const INTEGER = '#/a must be an integer'
const INEXACT = '#/a must be an integer between -9007199254740991 and 9007199254740991'
const NUMBER = '#/a must be a number'
const BOOLEAN = '#/a must be true or false'

describe('coercion never guesses', () => {
  const table: [type: unknown, text: string, expected: unknown][] = [
    ['integer', '12', 12],
    ['integer', '0', 0],
    ['integer', '-7', -7],
    ['integer', '9007199254740991', 9007199254740991],
    ...['1e3', '1.0', '%201', '1%20', '+1', '%2B1', '0x1', '01', '-', '', 'NaN', '1_000', '１'].map(
      text => ['integer', text, INTEGER] as [unknown, string, unknown],
    ),
    ['integer', '9007199254740992', INEXACT],
    ['integer', '-9223372036854775808', INEXACT],
    ['number', '1.5', 1.5],
    ['number', '-1e-3', -0.001],
    ['number', '1E%2B2', 100],
    ...['.5', '5.', '+1', '01', '1e400', 'Infinity', '', '%201', '1,5'].map(
      text => ['number', text, NUMBER] as [unknown, string, unknown],
    ),
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ...['1', '0', 'TRUE', 'True', 'yes', 'on', '', 'true%20'].map(
      text => ['boolean', text, BOOLEAN] as [unknown, string, unknown],
    ),
    ['string', '12', '12'],
    ['string', '', ''],
    ['string', 'a+b%2Bc%20d', 'a b+c d'],
    ['string', 'null', 'null'],
    [['string', 'null'], 'null', 'null'],
    [['integer', 'null'], 'null', INTEGER],
    ['null', 'null', '#/a cannot be sent as text'],
    [['integer', 'string'], '12', 12],
    [['integer', 'string'], '1e3', '1e3'],
    [['integer', 'string'], '9007199254740993', '9007199254740993'],
    [['boolean', 'string'], 'true', true],
    [['boolean', 'string'], 'TRUE', 'TRUE'],
    [['integer', 'boolean'], 'x', '#/a must be an integer or true or false'],
  ]
  it.each(table)('%j %s', (type, text, expected) => {
    expect(query({ type }, `a=${text}`)).toEqual(expected)
  })

  it('reads what JSON.parse reads as a number, and nothing else', () => {
    const candidates = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789+-.eExX _') }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    )
    const validator = validatorFor({ parameters: [parameter({ in: 'query', name: 'a', schema: { type: 'number' } })] })
    fc.assert(
      fc.property(candidates, text => {
        const result = readParameters(validator, { ...none, query: `a=${encodeURIComponent(text)}` })
        let expected: unknown
        try {
          expected = text.trim() === text ? JSON.parse(text) : undefined
        } catch {}
        const isNumber = typeof expected === 'number' && Number.isFinite(expected)
        expect(result.ok).toBe(isNumber)
        if (result.ok) expect(result.query.a).toBe(Object.is(expected, -0) && text === '-0' ? 0 : expected)
      }),
    )
  })
})

describe('types are found wherever the schema says them', () => {
  const schemas = {
    Limit: { type: 'integer', maximum: 100 },
    Loop: { anyOf: [{ $ref: '#/components/schemas/Loop' }, { type: 'integer' }] },
    Page: { allOf: [{ $ref: '#/components/schemas/Limit' }], default: 7 },
  }
  it.each([
    [{ $ref: '#/components/schemas/Limit' }, '12', 12],
    [{ $ref: '#/components/schemas/Page' }, '12', 12],
    [{ $ref: '#/components/schemas/Loop' }, 'x', '#/a is nested too deeply'],
    [{ allOf: [{ $ref: '#/components/schemas/Limit' }, { minimum: 1 }] }, '12', 12],
    [{ allOf: [{ $ref: '#/components/schemas/Limit' }, { minimum: 1 }] }, '0', '#/a must be >= 1'],
    [{ allOf: [{ type: 'number' }, { type: 'integer' }] }, '1.5', '#/a must be an integer'],
    [{ enum: [1, 2] }, '2', 2],
    [{ enum: [1, 2] }, '3', '#/a must be one of 1, 2'],
    [{ enum: ['1', '2'] }, '2', '2'],
    [{ const: true }, 'true', true],
    [{ minimum: 3 }, '2', '#/a must be >= 3'],
    [{ maxLength: 3 }, '12345', '#/a must have at most 3 characters'],
    [{}, '12', '12'],
    [false, '12', '#/a cannot be sent as text'],
    [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, '12', 12],
    [
      {
        oneOf: [
          { type: 'integer', maximum: 10 },
          { type: 'string', pattern: '^\\d{5}$' },
        ],
      },
      '12345',
      '12345',
    ],
    [
      {
        oneOf: [
          { type: 'integer', maximum: 10 },
          { type: 'string', pattern: '^\\d{5}$' },
        ],
      },
      '5',
      5,
    ],
    [{ type: ['integer', 'string'], enum: ['1', 2] }, '1', '1'],
  ])('%j %s', (schema, text, expected) => {
    expect(query(schema, `a=${text}`, {}, schemas)).toEqual(expected)
  })
})

describe('lists', () => {
  const integers = { type: 'array', items: { type: 'integer' }, maxItems: 3 }
  const strings = { type: 'array', items: { type: 'string' } }
  const either = { oneOf: [{ type: 'string' }, strings] }
  it.each([
    [integers, 'a=1&a=2', {}, [1, 2]],
    [integers, 'a=1', {}, [1]],
    [integers, 'a=1,2', {}, '#/a/0 must be an integer'],
    [integers, 'a=1&a=x', {}, '#/a/1 must be an integer'],
    [integers, 'a=1&a=2&a=3&a=4', {}, '#/a must have at most 3 items'],
    [integers, 'a=1,2', { explode: false }, [1, 2]],
    [integers, 'a=1%2C2', { explode: false }, '#/a/0 must be an integer'],
    [integers, 'a=1&a=2', { explode: false }, '#/a must not be repeated'],
    [integers, 'a=', {}, '#/a/0 must be an integer'],
    [strings, 'a=', {}, ['']],
    [strings, 'a=x%2Cy,z+w', { explode: false }, ['x,y', 'z w']],
    [{ type: 'array' }, 'a=1', {}, ['1']],
    [either, 'a=x', {}, 'x'],
    [either, 'a=x&a=y', {}, ['x', 'y']],
    [either, 'a=x,y', { explode: false }, ['x', 'y']],
    [{ type: 'array', items: strings }, 'a=x', {}, '#/a/0 cannot be sent as text'],
    [{ type: 'integer' }, 'a=1&a=2', {}, '#/a must not be repeated'],
    [{ type: 'integer' }, 'a=1&%61=2', {}, '#/a must not be repeated'],
    [{ type: 'string' }, 'a=%zz', {}, '#/a is not valid percent-encoding'],
    [{ type: 'string' }, 'a=%ff', {}, '#/a is not valid percent-encoding'],
    [{ type: 'string' }, 'b=%zz&a=1&&=', {}, '1'],
    [{ type: 'string' }, 'a=1&%zz=1', {}, '# has a name that is not valid percent-encoding'],
    [{ type: 'string' }, 'a', {}, ''],
    [{ type: 'string' }, 'A=1', {}, undefined],
  ])('%j %s %j', (schema, text, rest, expected) => {
    expect(query(schema, text, rest)).toEqual(expected)
  })
})

describe('objects', () => {
  const filter = {
    type: 'object',
    properties: { n: { type: 'integer' }, tags: { type: 'array' } },
    additionalProperties: false,
  }
  const map = { type: 'object', additionalProperties: { type: 'integer' } }
  it.each([
    [filter, 'n=1&tags=x&tags=y&z=1', {}, { n: 1, tags: ['x', 'y'] }],
    [filter, 'n=x', {}, '#/a/n must be an integer'],
    [filter, 'n=1&n=2', {}, '#/a/n must not be repeated'],
    [filter, 'a=1', {}, undefined],
    [filter, 'a=n,1', { explode: false }, { n: 1 }],
    [filter, 'a=n,1,evil,2', { explode: false }, '#/a/evil is not allowed here'],
    [filter, 'a=n,1,evil', { explode: false }, '#/a must list names with their values'],
    [map, 'x=1&y=2', {}, { x: 1, y: 2 }],
    [map, 'x=1&__proto__=2', {}, JSON.parse('{ "x": 1, "__proto__": 2 }')],
    [{ type: 'object' }, 'x=1', {}, { x: '1' }],
  ])('%j %s %j', (schema, text, rest, expected) => {
    const value = query(schema, text, rest)
    expect(typeof value === 'object' ? Object.entries(value as object) : value).toEqual(
      typeof expected === 'object' ? Object.entries(expected) : expected,
    )
  })

  it('leave other parameters alone', () => {
    const result = read(
      [
        { in: 'query', name: 'rest', schema: map },
        { in: 'query', name: 'page', schema: { type: 'string' } },
      ],
      { query: 'page=x&n=1' },
    )
    expect(result).toMatchObject({ ok: true, query: { rest: { n: 1 }, page: 'x' } })
  })
})

describe('places', () => {
  const integers = { type: 'array', items: { type: 'integer' } }
  const strings = { type: 'array', items: { type: 'string' } }
  const pair = { type: 'object', properties: { x: { type: 'integer' }, y: { type: 'string' } } }

  it('path', () => {
    const id: Written = { in: 'path', name: 'id', schema: { type: 'integer' } }
    expect(read(id, { path: { id: '7' } })).toMatchObject({ ok: true, params: { id: 7 } })
    expect(read(id, { path: { id: '%37' } })).toMatchObject({ ok: false })
    const ids: Written = { in: 'path', name: 'ids', schema: strings }
    const sources = { path: { ids: 'a,b,c' }, rawPath: () => ({ ids: 'a%2Cb,c' }) }
    expect(read(ids, sources)).toMatchObject({ ok: true, params: { ids: ['a,b', 'c'] } })
    const object: Written = { in: 'path', name: 'p', schema: pair }
    expect(read(object, { path: { p: 'x,1,y,a' } })).toMatchObject({ ok: true, params: { p: { x: 1, y: 'a' } } })
    expect(
      read({ ...object, explode: true }, { path: { p: 'x=1,y=%3D' }, rawPath: () => ({ p: 'x=1,y=%3D' }) }),
    ).toMatchObject({
      params: { p: { x: 1, y: '=' } },
    })
    expect(read(id, {})).toMatchObject({ ok: false, faults: [{ in: 'path', pointer: '#/id', detail: 'is required' }] })
  })

  it('header, in any case, under the name of the document', () => {
    const written: Written = { in: 'header', name: 'X-Ids', schema: integers }
    expect(read(written, { headers: { 'x-ids': '1, 2 ,3' } })).toMatchObject({
      ok: true,
      headers: { 'X-Ids': [1, 2, 3] },
    })
    const text: Written = { in: 'header', name: 'X-Text', schema: { type: 'string' } }
    expect(read(text, { headers: { 'x-text': '100%, a+b' } })).toMatchObject({
      ok: true,
      headers: { 'X-Text': '100%, a+b' },
    })
    for (const name of ['Accept', 'content-type', 'AUTHORIZATION']) {
      expect(validatorFor({ parameters: [parameter({ in: 'header', name, required: true })] })).toEqual({})
    }
  })

  it('cookie', () => {
    const parameters: Written[] = [
      { in: 'cookie', name: 'n', schema: { type: 'integer' } },
      { in: 'cookie', name: 's', schema: { type: 'string' } },
      { in: 'cookie', name: 'l', schema: strings },
    ]
    const headers = { cookie: 'other=%zz; n=5; s="a%20b+c"; l=x; l=y' }
    expect(read(parameters, { headers })).toMatchObject({ ok: true, cookies: { n: 5, s: 'a b+c', l: ['x', 'y'] } })
    expect(read(parameters, { headers: { cookie: 'n=5; n=6' } })).toMatchObject({
      ok: false,
      faults: [{ in: 'cookie', pointer: '#/n', detail: 'must not be repeated' }],
    })
  })

  it('all faults at once, with no value of the caller', () => {
    const result = read(
      [
        { in: 'query', name: 'a/b ~"#', required: true },
        { in: 'query', name: 'limit', schema: { type: 'integer' } },
        { in: 'header', name: 'X-A', schema: { type: 'string', pattern: '^a$' } },
      ],
      { query: 'limit=SECRET', headers: { 'x-a': 'SECRET' } },
    )
    expect(result).toEqual({
      ok: false,
      faults: [
        { in: 'query', pointer: '#/a~1b%20~0%22%23', detail: 'is required' },
        { in: 'query', pointer: '#/limit', detail: 'must be an integer' },
        { in: 'header', pointer: '#/X-A', detail: 'must match the pattern ^a$' },
      ],
    })
  })
})

describe('defaults', () => {
  it('stand in where nothing was sent, each request with its own', () => {
    const written: Written = { in: 'query', name: 'a', schema: { type: 'array', default: ['x'] } }
    const first = read(written, {})
    expect(first).toMatchObject({ ok: true, query: { a: ['x'] } })
    const validator = validatorFor({ parameters: [parameter(written)] })
    const one = readParameters(validator, none)
    if (one.ok) (one.query.a as string[]).push('y')
    expect(readParameters(validator, none)).toMatchObject({ query: { a: ['x'] } })
    expect(query(written.schema, 'a=z')).toEqual(['z'])
  })

  it('come from what the schema refers to', () => {
    const schemas = { Limit: { type: 'integer', default: 20 } }
    expect(query({ $ref: '#/components/schemas/Limit' }, '', {}, schemas)).toBe(20)
    expect(query({ allOf: [{ $ref: '#/components/schemas/Limit' }] }, '', {}, schemas)).toBe(20)
  })

  it('that do not fit their schema are none, and required parameters have none', () => {
    expect(query({ type: 'integer', default: '20' }, '')).toBe(undefined)
    expect(query({ type: 'integer', default: 20 }, '', { required: true })).toBe('#/a is required')
  })
})

describe('names', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is inert', name => {
    const written: Written = { in: 'query', name, schema: { type: 'string' } }
    const absent = read(written, {})
    expect(absent.ok && Object.hasOwn(absent.query, name)).toBe(false)
    const result = read(written, { query: `${name}=x` })
    expect(result.ok && Object.entries(result.query)).toEqual([[name, 'x']])
    expect(result.ok && Object.getPrototypeOf(result.query)).toBe(null)
    expect(read({ ...written, required: true }, {}).ok).toBe(false)
    expect(read({ ...written, in: 'header', required: true }, {}).ok).toBe(false)
    expect(read({ ...written, in: 'path', required: true }, {}).ok).toBe(false)
  })

  it('an operation without parameters costs nothing', () => {
    expect(readParameters({}, none)).toBe(readParameters({}, { ...none, query: 'a=1' }))
  })
})
