import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { contractProblem, type Problem, sendProblem } from '../../runtime/problem.js'
import { schemaFaults } from '../../runtime/schema-faults.js'
import { bodyValidator } from './emitted.js'

function faults(schema: unknown, value: unknown, schemas = {}): string[] {
  const { valid = () => true } = bodyValidator(schema, schemas).body?.content[0] ?? {}
  return schemaFaults(valid, value, 'body').map(({ pointer, detail }) => `${pointer} ${detail}`)
}

const cat = { type: 'object', required: ['claws'], properties: { kind: { const: 'cat' }, claws: { type: 'integer' } } }
const dog = { type: 'object', required: ['bark'], properties: { kind: { const: 'dog' }, bark: { type: 'string' } } }
const schemas = { Cat: cat, Dog: dog }
const both = [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }]

describe('faults', () => {
  it.each<[unknown, unknown, string[]]>([
    [{ type: ['string', 'null'] }, 1, ['# must be a string or null']],
    [{ enum: ['a', 1] }, 'x', ['# must be one of "a", 1']],
    [{ const: { a: 1 } }, 'x', ['# must be {"a":1}']],
    [{ minimum: 1 }, 0, ['# must be >= 1']],
    [{ exclusiveMaximum: 1 }, 1, ['# must be < 1']],
    [{ multipleOf: 2 }, 1, ['# must be a multiple of 2']],
    [{ minLength: 2 }, '', ['# must have at least 2 characters']],
    [{ pattern: '^a' }, 'b', ['# must match the pattern ^a']],
    [{ format: 'date' }, 'b', ['# must be in the format date']],
    [{ maxItems: 1 }, [1, 2], ['# must have at most 1 items']],
    [{ prefixItems: [true], items: false }, [1, 2], ['# must have at most 1 items']],
    [{ uniqueItems: true }, [1, 1], ['# must not hold the same item twice']],
    [{ contains: { const: 1 } }, [2], ['#/0 must be 1', '# must hold at least 1 fitting item']],
    [{ minProperties: 1 }, {}, ['# must have at least 1 members']],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, ['#/b is required']],
    [{ properties: { a: false } }, { a: 1 }, ['#/a is not allowed here']],
    [{ unevaluatedProperties: false }, { a: 1 }, ['#/a is not allowed here']],
    [
      { propertyNames: { maxLength: 1 } },
      { ab: 1 },
      ['#/ab must have at most 1 characters', '#/ab has a name that is not allowed here'],
    ],
    [{ not: { type: 'string' } }, 'a', ['# is excluded by the schema']],
    [false, 1, ['# is excluded by the schema']],
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
    [{ if: { required: ['a'] }, then: { required: ['b'] } }, { a: 1 }, ['#/b is required']],
    [{ items: { required: ['a/b~c d#'] } }, [{}], ['#/0/a~1b~0c%20d%23 is required']],
  ])('%j %j', (schema, value, expected) => {
    expect(faults(schema, value)).toEqual(expected)
  })

  describe('of members that are checked together', () => {
    const properties = {
      'a/b~c': { type: 'string' },
      constructor: { type: 'string' },
      count: { type: 'integer', format: 'int32' },
      day: { type: ['string', 'null'], format: 'date' },
      state: { type: 'string', enum: ['on', 'off'] },
      other: { enum: [{ a: 1 }, 2] },
      size: { type: 'number', minimum: 1 },
    }

    it.each<[unknown, string[]]>([
      [{}, []],
      [{ 'a/b~c': '', constructor: '', count: 1, day: null, state: 'on', other: { a: 1 }, size: 1 }, []],
      [
        { 'a/b~c': 1, day: '2024-02-30', size: 0 },
        ['#/a~1b~0c must be a string', '#/day must be in the format date', '#/size must be >= 1'],
      ],
      [{ count: 2 ** 31 }, ['#/count must be in the format int32']],
      [{ count: 'x' }, ['#/count must be an integer']],
      [{ day: 1 }, ['#/day must be a string or null']],
      [{ state: 'x', other: {} }, ['#/state must be one of "on", "off"', '#/other must be one of {"a":1}, 2']],
      [{ state: 1 }, ['#/state must be a string', '#/state must be one of "on", "off"']],
    ])('%j', (value, expected) => {
      expect(faults({ properties }, value)).toEqual(expected)
      expect(faults({ properties, unevaluatedProperties: false }, value)).toEqual(expected)
      const inside = { required: ['x'], properties: { list: { items: { properties, additionalProperties: false } } } }
      const deeper = expected.map(one => one.replace('#', '#/list/0'))
      expect(faults(inside, { list: [value] })).toEqual(['#/x is required', ...deeper])
    })

    it('where a fault is no fault of the whole', () => {
      expect(faults({ not: { properties } }, { day: 1 })).toEqual([])
      expect(faults({ not: { properties } }, { day: null })).toEqual(['# is excluded by the schema'])
    })
  })

  it.each(['anyOf', 'oneOf'])('of the only alternative of %s are its own', keyword => {
    const only = { [keyword]: [{ $ref: '#/components/schemas/Cat' }] }
    expect(faults(only, {}, schemas)).toEqual(['#/claws is required'])
    expect(faults(only, { claws: 1 }, schemas)).toEqual([])
  })

  it('of alternatives are one fault', () => {
    expect(faults({ oneOf: both }, { kind: 'cat' }, schemas)).toEqual(['# fits none of the alternatives'])
    expect(faults({ properties: { pet: { anyOf: both } }, required: ['a'] }, { pet: {} }, schemas)).toEqual([
      '#/a is required',
      '#/pet fits none of the alternatives',
    ])
    expect(faults({ oneOf: both }, { claws: 1, bark: 'x' }, schemas)).toEqual([
      '# fits more than one of the alternatives',
    ])
    expect(faults({ anyOf: [{ type: 'string' }, { type: 'integer' }] }, true)).toEqual([
      '# must be a string or an integer',
    ])
  })

  describe('of alternatives are those of the one that is meant', () => {
    const open = (members: object) => ({ type: 'object', required: Object.keys(members), properties: members })
    const kinds = {
      Cat: open({ kind: { type: 'string' }, claws: { type: 'integer' } }),
      Dog: { allOf: [{ $ref: '#/components/schemas/Base' }, open({ bark: { type: 'string' } })] },
      Base: open({ kind: { type: 'string' } }),
      Fox: open({ kind: { enum: ['fox', 'vixen'] }, den: { type: 'string' } }),
    }
    const refs = (...names: string[]) => names.map(name => ({ $ref: `#/components/schemas/${name}` }))
    const named = (discriminator: object, ...names: string[]) => ({
      oneOf: refs(...names),
      discriminator: { propertyName: 'kind', ...discriminator },
    })

    it.each<[string, object, unknown, string[]]>([
      ['by implicit names', named({}, 'Cat', 'Dog'), { kind: 'Dog', bark: 1 }, ['#/bark must be a string']],
      ['by names in a mapping', named({ mapping: { c: 'Cat' } }, 'Cat', 'Dog'), { kind: 'c' }, ['#/claws is required']],
      [
        'by references in a mapping',
        named({ mapping: { d: '#/components/schemas/Dog', e: 'Dog' } }, 'Cat', 'Dog'),
        { kind: 'e' },
        ['#/bark is required'],
      ],
      ['by the values that they have', named({}, 'Cat', 'Fox'), { kind: 'vixen' }, ['#/den is required']],
      [
        'and an unknown value is one fault',
        named({ mapping: { c: 'Cat' } }, 'Cat', 'Dog', 'Fox'),
        { kind: 'cow' },
        ['#/kind must be one of "c", "Dog", "fox", "vixen"'],
      ],
      ['and a missing one is', named({}, 'Cat', 'Dog'), {}, ['#/kind is required']],
      ['and what is no object', named({}, 'Cat', 'Dog'), 'Cat', ['# must be an object']],
      [
        'with a default',
        named({ mapping: { c: 'Cat' }, defaultMapping: 'Dog' }, 'Cat', 'Dog'),
        { kind: 'cow' },
        ['#/bark is required'],
      ],
      [
        'with anyOf',
        { anyOf: refs('Cat', 'Dog'), discriminator: { propertyName: 'kind' } },
        { kind: 'Cat', claws: '1' },
        ['#/claws must be an integer'],
      ],
      [
        'but one that fits with another',
        named({}, 'Cat', 'Base'),
        { kind: 'Cat', claws: 1 },
        ['# does not fit exactly one of the alternatives'],
      ],
      [
        'deep inside',
        { items: named({}, 'Cat', 'Dog'), minItems: 3 },
        [{ kind: 'Cat' }, { kind: 'Dog', bark: true }],
        ['# must have at least 3 items', '#/0/claws is required', '#/1/bark must be a string'],
      ],
      [
        'by a property with values of its own, without a discriminator',
        {
          oneOf: [
            open({ op: { const: 'add' }, value: { type: 'integer' } }),
            open({ op: { enum: ['remove', 'test'] }, path: { type: 'string' } }),
          ],
        },
        { op: 'test' },
        ['#/path is required'],
      ],
      [
        'by their types',
        { anyOf: [{ type: 'string', maxLength: 1 }, { type: 'array', items: { type: 'integer' } }, refs('Cat')[0]] },
        ['x'],
        ['#/0 must be an integer'],
      ],
      [
        'by their types, of which it has none',
        {
          anyOf: [
            { type: 'string', maxLength: 1 },
            { type: 'array', items: { type: 'integer' } },
          ],
        },
        1,
        ['# must be a string or an array'],
      ],
    ])('%s', (_name, schema, value, expected) => {
      expect(faults(schema, value, kinds)).toEqual(expected)
    })

    it.each<[string, object, unknown]>([
      ['names another than it fits', named({}, 'Cat', 'Dog'), { kind: 'Dog', claws: 1 }],
      ['names none', named({}, 'Cat', 'Dog'), { kind: 'cow', claws: 1 }],
      ['names one that is not there', named({ mapping: { cow: 'Cow' } }, 'Cat', 'Dog'), { kind: 'cow', claws: 1 }],
      ['is null', { oneOf: [...refs('Cat', 'Fox'), { type: 'null' }] }, null],
    ])('and a value that fits one fits, where it %s: a discriminator is a hint', (_name, schema, value) => {
      expect(faults(schema, value, kinds)).toEqual([])
    })

    it('whatever a discriminator says of a parent: that is a hint at its children', () => {
      const parent = { ...kinds.Base, discriminator: { propertyName: 'kind', mapping: { cat: 'Cat' } } }
      const child = { allOf: [{ $ref: '#/components/schemas/Parent' }, open({ claws: { type: 'integer' } })] }
      const family = { Parent: parent, Cat: child }
      expect(faults({ $ref: '#/components/schemas/Parent' }, { kind: 'cat' }, family)).toEqual([])
      expect(faults({ oneOf: refs('Cat', 'Parent') }, { kind: 'x', claws: 1 }, family)).toEqual([
        '# fits more than one of the alternatives',
      ])
      expect(faults({ $ref: '#/components/schemas/Cat' }, { kind: 'cat' }, family)).toEqual(['#/claws is required'])
    })
  })

  it('of what may be null are those of the other branch', () => {
    for (const keyword of ['anyOf', 'oneOf']) {
      const schema = { [keyword]: [{ $ref: '#/components/schemas/Cat' }, { type: 'null' }] }
      expect(faults(schema, { claws: 'x' }, schemas)).toEqual(['#/claws must be an integer'])
      expect(faults(schema, null, schemas)).toEqual([])
    }
  })

  it('are fifty at most', () => {
    expect(faults({ items: { type: 'string' } }, Array(200).fill(1))).toHaveLength(50)
  })

  it('are there even where the schema gives no reason', () => {
    expect(schemaFaults(() => false, 1, 'query', ['a'])).toEqual([
      { in: 'query', pointer: '#/a', detail: 'does not fit the schema' },
    ])
  })
})

async function answer(problem: Problem) {
  const server = createServer((_req, res) => {
    sendProblem(res, problem)
    sendProblem(res, problem)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    return { status: response.status, headers: response.headers, text: await response.text() }
  } finally {
    server.close()
  }
}

describe('problem details', () => {
  it('have the form of RFC 9457', async () => {
    const fault = { in: 'query', pointer: '#/é', detail: 'is required' } as const
    const { status, headers, text } = await answer(contractProblem([fault]))
    expect(status).toBe(400)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
    expect(text).toBe(
      JSON.stringify({
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'The request does not fit the document.',
        errors: [fault],
      }),
    )
  })

  it('carry the headers of the problem', async () => {
    const { status, headers, text } = await answer({ status: 405, headers: { Allow: 'GET, HEAD' } })
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe('GET, HEAD')
    expect(JSON.parse(text)).toEqual({ type: 'about:blank', title: 'Method Not Allowed', status: 405 })
  })
})
