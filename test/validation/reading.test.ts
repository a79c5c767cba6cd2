import { describe, expect, test } from 'vitest'
import { readParameters } from '../../runtime/parameters.js'
import { matchSegment, parsePath } from '../../runtime/path.js'
import { Routes } from '../../runtime/routes.js'
import { schemaFaults } from '../../runtime/schema-faults.js'
import { readTexts } from '../../runtime/text-values.js'
import type { CompiledSchema, ParameterShape, SchemaError } from '../../runtime/validator.js'
import { bodyValidator } from './emitted.js'

interface Sources {
  readonly path?: { readonly [name: string]: string }
  readonly query?: string
  readonly headers?: { readonly [name: string]: string | string[] }
}

/** The values of one parameter, or what is wrong with them. */
function read(shape: ParameterShape, { path = {}, query = '', headers = {} }: Sources): unknown {
  const result = readParameters({ parameters: [shape] }, { path, query, headers })
  if (!result.ok) return result.faults.map(({ pointer, detail }) => `${pointer} ${detail}`)
  const all = { ...result.params, ...result.query, ...result.headers, ...result.cookies }
  // Objects have no prototype here.
  return JSON.parse(JSON.stringify(all))
}

describe('parameters', () => {
  test('of a header that Node gives as a list are one list', () => {
    const shape: ParameterShape = { in: 'header', name: 'Set-Cookie', type: 'array' }
    expect(read(shape, { headers: { 'set-cookie': ['a', 'b'] } })).toEqual({ 'Set-Cookie': ['a', 'b'] })
  })

  test('of a path are absent where the path has none, or a name that every object has', () => {
    for (const name of ['id', 'constructor']) expect(read({ in: 'path', name, type: 'string' }, {})).toEqual({})
  })

  test('that may be a text or an exploded object are whichever was sent', () => {
    const shape: ParameterShape = {
      in: 'query',
      name: 'filter',
      type: ['string', 'object'],
      properties: { a: { type: 'integer' } },
    }
    expect(read(shape, { query: 'a=1' })).toEqual({ filter: { a: 1 } })
    expect(read(shape, { query: 'filter=x' })).toEqual({ filter: 'x' })
    expect(read(shape, { query: 'b=x' })).toEqual({})
    const refusing = (query: string) =>
      readParameters({ parameters: [shape] }, { path: {}, query, headers: {} }, { refuseUnknown: { credentials: [] } })
        .ok
    expect(['a=1', 'filter=x', 'b=x'].map(refusing)).toEqual([true, true, false])
    const object: ParameterShape = { ...shape, type: 'object' }
    expect(read(object, { query: 'filter=x' })).toEqual({})
  })

  test('of a whole query are absent where nothing of it is theirs', () => {
    const shape: ParameterShape = {
      in: 'querystring',
      name: 'all',
      content: 'form',
      type: 'object',
      additionalProperties: { type: 'string' },
      except: ['key'],
    }
    expect(read(shape, { query: 'key=secret' })).toEqual({})
    expect(read(shape, { query: 'key=secret&a=1' })).toEqual({ all: { a: '1' } })
    expect(read({ ...shape, except: undefined } as never, { query: 'a=1' })).toEqual({ all: { a: '1' } })
  })

  test('of a deep object say which item of a list is wrong', () => {
    const shape: ParameterShape = {
      in: 'query',
      name: 'f',
      style: 'deepObject',
      type: 'object',
      properties: { ids: { type: 'array', items: { type: 'integer' } } },
    }
    expect(read(shape, { query: 'f[ids][0]=1&f[ids][1]=2' })).toEqual({ f: { ids: [1, 2] } })
    expect(read(shape, { query: 'f[ids][0]=1&f[ids][1]=x' })).toEqual(['#/f/ids/1 must be an integer'])
  })

  test('spelled by pairs need a name and a value, well encoded', () => {
    const shape: ParameterShape = {
      in: 'query',
      name: 'o',
      explode: false,
      type: 'object',
      additionalProperties: { type: 'string' },
    }
    expect(read(shape, { query: 'o=a,1,b,2' })).toEqual({ o: { a: '1', b: '2' } })
    expect(read(shape, { query: 'o=a,1,b' })).toEqual(['#/o must list names with their values'])
    expect(read(shape, { query: 'o=%zz,1' })).toEqual(['#/o is not valid percent-encoding'])
    const label: ParameterShape = { ...shape, in: 'path', style: 'label', explode: true }
    expect(read(label, { path: { o: '.a=1.b' } })).toEqual(['#/o must list names with their values'])
    expect(read(label, { path: { o: '.a=1.b=2' } })).toEqual({ o: { a: '1', b: '2' } })
  })
})

describe('readTexts', () => {
  const spelling = { decode: (text: string) => text, delimited: false, pairs: false }

  test('reads nothing of nothing', () => {
    expect(readTexts([], { type: 'string' }, spelling)).toEqual({ faults: [{ path: [], detail: 'is required' }] })
  })

  test('takes the most specific meaning where nothing chooses, and the first where none fits', () => {
    const schema = { type: ['integer', 'string'] } as const
    expect(readTexts(['12'], schema, spelling)).toEqual({ value: 12 })
    expect(readTexts(['12'], schema, spelling, value => typeof value === 'string')).toEqual({ value: '12' })
    expect(readTexts(['12'], schema, spelling, () => false)).toEqual({ value: 12 })
  })
})

describe('faults of a schema', () => {
  const failing = (errors: readonly SchemaError[] | null): CompiledSchema => Object.assign(() => false, { errors })

  test('say where, though the schema does not say what', () => {
    const somewhere = { in: 'body', pointer: '#', detail: 'does not fit the schema' }
    expect(schemaFaults(failing(null), 1, 'body')).toEqual([somewhere])
    expect(schemaFaults(failing([{ keyword: 'if', instancePath: '/a', params: {} } as never]), 1, 'body')).toEqual([
      { ...somewhere, pointer: '#/a' },
    ])
    expect(schemaFaults(failing([{ keyword: 'new', instancePath: '', params: {} } as never]), 1, 'body')).toEqual([
      somewhere,
    ])
  })

  test.each<[string, object, string]>([
    ['type', { type: ['string', 'null'] }, 'must be a string or null'],
    ['type', { type: 'hologram' }, 'must be hologram'],
    ['enum', {}, 'must be one of '],
    ['enum', { allowedValues: ['a', 'b'] }, 'must be one of "a", "b"'],
    ['enum', { allowedValues: ['a'] }, 'must be "a"'],
    ['contains', { minContains: 1 }, 'must hold at least 1 fitting item'],
    ['contains', { minContains: 2 }, 'must hold at least 2 fitting items'],
    ['pattern', { pattern: 'x'.repeat(301) }, `must match the pattern ${'x'.repeat(300)}…`],
  ])('%s %j', (keyword, params, detail) => {
    expect(schemaFaults(failing([{ keyword, instancePath: '', params } as never]), 1, 'body')).toEqual([
      { in: 'body', pointer: '#', detail },
    ])
  })

  test('are one where a value exhausts the stack, and what is no fault of the value is thrown', () => {
    const Tree = { type: 'object', properties: { child: { $ref: '#/components/schemas/Tree' } } }
    const valid = bodyValidator({ $ref: '#/components/schemas/Tree' }, { Tree }).body?.content[0]?.valid
    if (!valid) throw new Error('no schema')
    let tree: object = {}
    for (let depth = 0; depth < 100_000; depth++) tree = { child: tree }
    expect(schemaFaults(valid, tree, 'body')).toEqual([{ in: 'body', pointer: '#', detail: 'is nested too deeply' }])
    const broken = () => {
      throw new TypeError('broken')
    }
    expect(() => schemaFaults(broken as unknown as CompiledSchema, 1, 'body')).toThrow('broken')
  })
})

describe('paths', () => {
  test('of one shape are one', () => {
    const routes = new Routes<number>()
    const add = (path: string) => {
      const parsed = parsePath(path)
      if ('fault' in parsed) throw new Error(parsed.fault)
      routes.add(parsed.segments, { path, entry: 1 })
    }
    add('/a/{b}')
    expect(() => add('/a/{c}')).toThrow('/a/{b} and /a/{c} are the same path')
  })

  test('match whole segments', () => {
    const literal = [{ literal: 'a' }]
    expect([matchSegment(literal, 'a'), matchSegment(literal, 'ab'), matchSegment(literal, 'b')]).toEqual([
      [],
      undefined,
      undefined,
    ])
    const mixed = [{ literal: 'a' }, { param: 'x' }, { literal: 'b' }]
    expect(['a1b', 'a1bb', 'ab', 'a1', 'a1bc'].map(text => matchSegment(mixed, text))).toEqual([
      ['1'],
      ['1b'],
      undefined,
      undefined,
      undefined,
    ])
  })
})
