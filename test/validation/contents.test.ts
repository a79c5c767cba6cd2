import { describe, expect, it } from 'vitest'
import { type ParameterRules, type ParameterSources, readParameters } from '../../runtime/parameters.js'
import { parameter, validatorFor, type Written } from './emitted.js'

const none: ParameterSources = { path: {}, query: '', headers: {} }

function read(written: Written | Written[], sources: Partial<ParameterSources>, rules?: ParameterRules) {
  const parameters = [written].flat().map(parameter)
  return readParameters(validatorFor({ parameters }), { ...none, ...sources }, rules)
}

function outcome(
  result: ReturnType<typeof readParameters>,
  place: 'params' | 'query' | 'headers' | 'cookies' = 'query',
) {
  if (!result.ok) return result.faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')
  // Objects have no prototype here.
  return JSON.parse(JSON.stringify(result[place]))
}

describe('deepObject', () => {
  const filter = {
    type: 'object',
    properties: {
      n: { type: 'integer' },
      tags: { type: 'array', items: { type: 'string' }, maxItems: 3 },
      by: {
        type: 'object',
        properties: { name: { type: 'string' }, ids: { type: 'array', items: { type: 'integer' } } },
      },
      rows: { type: 'array', items: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] } },
    },
    additionalProperties: false,
  }
  const ask = (schema: unknown, text: string) =>
    outcome(read({ in: 'query', name: 'f', style: 'deepObject', explode: true, schema }, { query: text }))

  it.each([
    ['f[n]=1&x=2', { n: 1 }],
    ['f%5Bn%5D=1', { n: 1 }],
    ['f[n]=1e3', '#/f/n must be an integer'],
    ['f[n]=1&f%5bn%5d=2', '#/f/n must not be repeated'],
    ['f[by][name]=a+b&f[by][ids][]=1&f[by][ids][]=2', { by: { name: 'a b', ids: [1, 2] } }],
    ['f[tags]=a', { tags: ['a'] }],
    ['f[tags]=a&f[tags]=b', { tags: ['a', 'b'] }],
    ['f[tags][]=a&f[tags][]=b', { tags: ['a', 'b'] }],
    ['f[tags][1]=b&f[tags][0]=a', { tags: ['a', 'b'] }],
    ['f[rows][0][id]=1&f[rows][1][id]=2', { rows: [{ id: 1 }, { id: 2 }] }],
    ['f[rows][][id]=1', '#/f/rows must number its items, [0], [1] and so on, or append them all with []'],
    ['f[tags][]=a&f[tags][0]=b', '#/f/tags must number its items, [0], [1] and so on, or append them all with []'],
    ['f[tags][1]=b', '#/f/tags must number its items from 0, without gaps'],
    ['f[tags][00]=b', '#/f/tags must number its items from 0, without gaps'],
    ['f[tags][999999999]=b', '#/f/tags must number its items from 0, without gaps'],
    ['f[tags][]=1&f[tags][]=2&f[tags][]=3&f[tags][]=4', '#/f/tags must have at most 3 items'],
    ['f[tags]=a&f[tags][]=b', '#/f/tags must not have both a value and members'],
    ['f[n]=1&f[n][x]=2', '#/f/n must not have both a value and members'],
    ['f[n][x]=1', '#/f/n must be an integer'],
    ['f[by]=x', '#/f/by must be an object'],
    ['f=x', '#/f must be an object'],
    ['f[]=x', '#/f must name its members'],
    ['f[evil]=x', '#/f/evil is not allowed here'],
    ['f[n]=%zz', '#/f/n is not valid percent-encoding'],
    ['f[%zz]=1', '# has a name that is not valid percent-encoding'],
    ['f[n=1', '#/f must be spelled f[member]'],
    ['f[n]x=1', '#/f must be spelled f[member]'],
    ['f[n]]=1', '#/f must be spelled f[member]'],
    [`f${'[x]'.repeat(9)}=1`, '#/f is nested too deeply'],
    ['fn[n]=1&F[n]=1', undefined],
  ])('%s', (text, expected) => {
    const value = ask(filter, text)
    expect(typeof value === 'string' ? value : value.f).toEqual(expected)
  })

  it('is read as it is spelled where the schema leaves its members open', () => {
    expect(ask({ type: 'object' }, 'f[in][]=1&f[in][]=2&f[x][y]=1&f[z]=2&f[l][0]=a')).toEqual({
      f: { in: ['1', '2'], x: { y: '1' }, z: '2', l: { 0: 'a' } },
    })
    expect(ask({ type: 'object', additionalProperties: { type: 'integer' } }, 'f[a][b]=1')).toBe(
      '#/f/a must be an integer',
    )
  })

  it('of a list, or of a value or its bounds', () => {
    const list = { type: 'array', items: { type: 'integer' } }
    for (const text of ['f[]=1&f[]=2', 'f[0]=1&f[1]=2', 'f=1&f=2']) expect(ask(list, text)).toEqual({ f: [1, 2] })
    const range = { anyOf: [{ type: 'integer' }, { type: 'object', properties: { gt: { type: 'integer' } } }] }
    expect(ask(range, 'f=5')).toEqual({ f: 5 })
    expect(ask(range, 'f[gt]=5')).toEqual({ f: { gt: 5 } })
    expect(ask(range, 'f=5&f[gt]=5')).toBe('#/f must not have both a value and members')
  })

  it('of a schema that contains itself is read four members deep', () => {
    const schemas = {
      T: { type: 'object', properties: { n: { type: 'integer' }, t: { $ref: '#/components/schemas/T' } } },
    }
    const written = parameter({
      in: 'query',
      name: 'f',
      style: 'deepObject',
      schema: { $ref: '#/components/schemas/T' },
    })
    const validator = validatorFor({ parameters: [written] }, schemas)
    const at = (depth: number) => outcome(readParameters(validator, { ...none, query: `f${'[t]'.repeat(depth)}[n]=1` }))
    expect(at(3)).toEqual({ f: { t: { t: { t: { n: 1 } } } } })
    expect(at(4)).toBe('#/f/t/t/t/t cannot be sent as text')
  })

  it('leaves other parameters alone, and they it', () => {
    const rest: Written = {
      in: 'query',
      name: 'rest',
      schema: { type: 'object', additionalProperties: { type: 'string' } },
    }
    const parameters = [{ in: 'query', name: 'f', style: 'deepObject', schema: filter } as Written, rest]
    expect(outcome(read(parameters, { query: 'f[n]=1&g[n]=2&x=3' }))).toEqual({
      f: { n: 1 },
      rest: { 'g[n]': '2', x: '3' },
    })
  })
})

describe('content', () => {
  const point = { type: 'object', properties: { lat: { type: 'number' } }, required: ['lat'] }
  const json = (place: Written['in'], rest: Partial<Written> = {}): Written => ({
    in: place,
    name: 'at',
    mediaType: 'application/json',
    schema: point,
    ...rest,
  })
  const text = encodeURIComponent('{"lat":1.5}')

  it('of JSON in every place', () => {
    expect(outcome(read(json('query'), { query: `at=${text}` }))).toEqual({ at: { lat: 1.5 } })
    expect(outcome(read(json('path'), { path: { at: '{"lat":1.5}' } }), 'params')).toEqual({ at: { lat: 1.5 } })
    expect(outcome(read(json('header'), { headers: { at: '{"lat":1.5}' } }), 'headers')).toEqual({ at: { lat: 1.5 } })
    expect(outcome(read(json('cookie'), { headers: { cookie: `at=${text}` } }), 'cookies')).toEqual({
      at: { lat: 1.5 },
    })
    expect(outcome(read(json('querystring'), { query: text }))).toEqual({ at: { lat: 1.5 } })
  })

  it.each([
    ['at=%7B', '#/at is not valid JSON'],
    ['at=', '#/at is not valid JSON'],
    ['at=%7B%7D', '#/at/lat is required'],
    ['at=%7B%22lat%22%3A%221%22%7D', '#/at/lat must be a number'],
    ['at=null', '#/at must be an object'],
    ['at=%zz', '#/at is not valid percent-encoding'],
    ['at=%7B%22lat%22%3A1%7D&at=%7B%22lat%22%3A1%7D', '#/at must not be repeated'],
    ['at=%7B%22lat%22%3A1%2C%22__proto__%22%3A1%7D', '#/at/__proto__ is not allowed here'],
    ['at=%7B%22lat%22%3A1%2C%22%5Cu005f_proto__%22%3A1%7D', '#/at/__proto__ is not allowed here'],
    [`at=${'['.repeat(5000)}${']'.repeat(5000)}`, '#/at is nested too deeply'],
  ])('that does not fit: %.60s', (query, fault) => {
    expect(outcome(read(json('query'), { query }))).toBe(fault)
  })

  it('of text is one value, decoded as its place has it', () => {
    const plain = (place: Written['in'], schema: unknown): Written => ({
      in: place,
      name: 'v',
      mediaType: 'text/plain',
      schema,
    })
    const string = { type: 'string' }
    expect(outcome(read(plain('query', string), { query: 'v=a,b%2C+c' }))).toEqual({ v: 'a,b, c' })
    expect(outcome(read(plain('cookie', string), { headers: { cookie: 'v="a%20,b"' } }), 'cookies')).toEqual({
      v: '"a%20,b"',
    })
    expect(outcome(read(plain('header', string), { headers: { v: 'a, %20' } }), 'headers')).toEqual({ v: 'a, %20' })
    expect(outcome(read(plain('query', { type: 'integer' }), { query: 'v=12' }))).toEqual({ v: 12 })
    expect(outcome(read(plain('query', { type: 'integer' }), { query: 'v=1e1' }))).toBe('#/v must be an integer')
    expect(outcome(read(plain('query', { type: 'array' }), { query: 'v=1' }))).toBe('#/v cannot be sent as text')
    const path = { ...plain('querystring', string), mediaType: 'application/jsonpath' }
    expect(outcome(read(path, { query: '%24.a.b%5B1%3A1%5D' }))).toEqual({ v: '$.a.b[1:1]' })
    const xml = { ...plain('query', { type: 'object' }), mediaType: 'application/xml' }
    expect(outcome(read(xml, { query: 'v=%3Ca/%3E' }))).toBe('#/v cannot be sent as text')
  })

  it('of a form is the whole query', () => {
    const schema = {
      type: 'object',
      properties: {
        foo: { type: 'string' },
        bar: { type: 'boolean' },
        ids: { type: 'array', items: { type: 'integer' } },
      },
      additionalProperties: false,
    }
    const form: Written = { in: 'querystring', name: 'q', mediaType: 'application/x-www-form-urlencoded', schema }
    expect(outcome(read(form, { query: 'foo=a+%2B+b&bar=true&ids=1&ids=2' }))).toEqual({
      q: { foo: 'a + b', bar: true, ids: [1, 2] },
    })
    expect(outcome(read(form, {}))).toEqual({})
    expect(outcome(read({ ...form, required: true }, {}))).toBe('#/q is required')
    expect(outcome(read(form, { query: 'evil=1' }))).toBe('#/q/evil is not allowed here')
    expect(outcome(read(form, { query: 'bar=1' }))).toBe('#/q/bar must be true or false')
    expect(outcome(read({ ...form, schema: { type: 'string' } }, { query: 'a=1' }))).toBe('#/q cannot be sent as text')
  })
})

describe('headers that are sent twice', () => {
  const sent = { headers: { 'x-a': '1, 2' }, rawHeaders: ['Host', 'h', 'X-A', '1', 'x-a', '2'] }
  it('are one list, and no value else', () => {
    const list = { type: 'array', items: { type: 'integer' } }
    expect(outcome(read({ in: 'header', name: 'X-A', schema: list }, sent), 'headers')).toEqual({ 'X-A': [1, 2] })
    const text: Written = { in: 'header', name: 'X-A', schema: { type: 'string' } }
    expect(outcome(read(text, sent))).toBe('#/X-A must not be repeated')
    expect(outcome(read({ ...text, mediaType: 'text/plain' }, sent))).toBe('#/X-A must not be repeated')
    const once = { headers: { 'x-a': '1, 2' }, rawHeaders: ['X-A', '1, 2'] }
    expect(outcome(read(text, once), 'headers')).toEqual({ 'X-A': '1, 2' })
  })
})

describe('allowEmptyValue', () => {
  it('an empty text that does not fit counts as not sent', () => {
    const flag: Written = { in: 'query', name: 'a', schema: { type: 'integer', default: 3 } }
    expect(outcome(read(flag, { query: 'a=' }))).toBe('#/a must be an integer')
    const empty = { ...flag, allowEmptyValue: true } as const
    for (const query of ['a=', 'a']) expect(outcome(read(empty, { query }))).toEqual({ a: 3 })
    for (const query of ['a=%20', 'a=&a=', 'a=x']) expect(read(empty, { query }).ok).toBe(false)
    expect(outcome(read({ ...empty, required: true }, { query: 'a=' }))).toBe('#/a is required')
    expect(outcome(read({ ...empty, schema: { type: 'string' } }, { query: 'a=' }))).toEqual({ a: '' })
    expect(outcome(read({ ...empty, schema: { type: 'string', minLength: 1 } }, { query: 'a=' }))).toEqual({})
  })
})

describe('query parameters that the document does not describe', () => {
  const refuse = { refuseUnknown: { credentials: ['api_key'] } }
  const known: Written[] = [
    { in: 'query', name: 'a', schema: { type: 'string' } },
    { in: 'query', name: 'f', style: 'deepObject', schema: { type: 'object' } },
    { in: 'query', name: 'j', mediaType: 'application/json', schema: {} },
    { in: 'query', name: 'page', schema: { type: 'object', properties: { size: { type: 'integer' } } } },
    { in: 'header', name: 'h', schema: { type: 'string' } },
  ]
  const ask = (query: string, written = known) => outcome(read(written, { query }, refuse))

  it('are ignored, unless they are to be refused', () => {
    expect(read(known, { query: 'b=1' }).ok).toBe(true)
    expect(ask('a=1&f[x]=1&j=1&size=1&api_key=k')).toEqual({ a: '1', f: { x: '1' }, j: 1, page: { size: 1 } })
    const fault = (name: string) => `#/${name} is not a parameter of this operation`
    for (const name of ['b', 'A', 'page', 'h', 'fx', 'constructor', '__proto__'])
      expect(ask(`${name}=1`)).toBe(fault(name))
    expect(ask('a=1&b=1', [])).toBe(`${fault('a')}; ${fault('b')}`)
    expect(ask('u1&u2&u3&u4&u5&u6&u7')).toBe(['u1', 'u2', 'u3', 'u4', 'u5'].map(fault).join('; '))
    expect(ask('%zz=1', [])).toBe('# has a name that is not valid percent-encoding')
    expect(ask('')).toEqual({})
  })

  it('are all the members of an open object, and of a whole query', () => {
    const map: Written = {
      in: 'query',
      name: 'm',
      schema: { type: 'object', additionalProperties: { type: 'integer' } },
    }
    expect(ask('x=1&y=2', [map])).toEqual({ m: { x: 1, y: 2 } })
    const whole: Written = { in: 'querystring', name: 'q', mediaType: 'application/json', schema: {} }
    expect(ask('%7B%22a%22%3A1%7D', [whole])).toEqual({ q: { a: 1 } })
  })
})

describe('limits', () => {
  it('a thousand members of the query or the cookies, and no more', () => {
    const a: Written = { in: 'query', name: 'a', schema: { type: 'string' } }
    const members = (count: number, delimiter: string) =>
      Array.from({ length: count }, (_, at) => `x${at}=1`).join(delimiter)
    expect(read(a, { query: members(1000, '&') }).ok).toBe(true)
    expect(outcome(read({ ...a, required: true }, { query: members(1001, '&') }))).toBe(
      '# must have at most 1000 members',
    )
    expect(read(a, { query: 'a=1&'.repeat(2000) }).ok).toBe(false)
    const cookie: Written = { ...a, in: 'cookie' }
    expect(read(cookie, { headers: { cookie: members(1000, '; ') } }).ok).toBe(true)
    expect(outcome(read(cookie, { headers: { cookie: members(1001, '; ') } }))).toBe('# must have at most 1000 members')
  })
})
