import { describe, expect, test } from 'vitest'
import { replyShapes } from '../../runtime/reply-shape.js'
import { strip } from '../../runtime/reply-strip.js'
import { fits, type Schemas, sent, shapeFor } from './emitted.js'

const string = { type: 'string' }
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const named = (...names: string[]) => ({
  type: 'object',
  properties: Object.fromEntries(names.map(name => [name, string])),
})
const abc = { a: 'a', b: 'b', c: 'c' }

interface Case {
  readonly schema: unknown
  readonly value: unknown
  readonly sent: unknown
  readonly schemas?: Schemas
}

const PETS: Schemas = {
  Pet: { ...named('kind', 'name'), required: ['kind'], discriminator: { propertyName: 'kind' } },
  Cat: { allOf: [ref('Pet'), named('claws')] },
  Dog: { allOf: [ref('Pet'), named('tricks')] },
}
const USERS: Schemas = { Open: named('kind', 'id'), Inner: named('kind', 'id', 'email') }
const byKind = {
  oneOf: [ref('Open'), ref('Inner')],
  discriminator: { propertyName: 'kind', mapping: { open: '#/components/schemas/Open', inner: 'Inner' } },
}

const CASES: { readonly [name: string]: Case } = {
  'members that are not named': { schema: named('a'), value: abc, sent: { a: 'a' } },
  'nested ones': {
    schema: { type: 'object', properties: { inner: named('a'), list: { type: 'array', items: named('b') } } },
    value: { inner: abc, list: [abc, abc], other: 1 },
    sent: { inner: { a: 'a' }, list: [{ b: 'b' }, { b: 'b' }] },
  },
  'none, where the schema says nothing': { schema: {}, value: abc, sent: abc },
  'none, where it names no member': { schema: { type: 'object', required: ['a'] }, value: abc, sent: abc },
  'none, where others are allowed in so many words': {
    schema: { ...named('a'), additionalProperties: true },
    value: abc,
    sent: abc,
  },
  'those of other members, by their own schema': {
    schema: { type: 'object', additionalProperties: named('a') },
    value: { x: abc, y: abc },
    sent: { x: { a: 'a' }, y: { a: 'a' } },
  },
  'all, where none is allowed': { schema: { type: 'object', additionalProperties: false }, value: abc, sent: {} },
  'those that no pattern names': {
    schema: { type: 'object', patternProperties: { '^x-': named('a') } },
    value: { 'x-a': abc, y: abc },
    sent: { 'x-a': { a: 'a' } },
  },
  'those that no pattern names, however long it would take to find out': {
    schema: { type: 'object', patternProperties: { '^(?:a+)+$': named('a') } },
    value: { aaa: abc, [`${'a'.repeat(60)}!`]: abc },
    sent: { aaa: { a: 'a' } },
  },
  'none that is demanded, named or not': {
    schema: { ...named('a'), required: ['a', 'b'] },
    value: abc,
    sent: { a: 'a', b: 'b' },
  },
  'what is no member of all parts of allOf': {
    schema: { allOf: [named('a'), named('b'), { required: ['a'] }] },
    value: abc,
    sent: { a: 'a', b: 'b' },
  },
  'of a member that two parts describe, what neither does': {
    schema: {
      allOf: [
        { type: 'object', properties: { x: named('a') } },
        { type: 'object', properties: { x: named('b') } },
      ],
    },
    value: { x: abc },
    sent: { x: { a: 'a', b: 'b' } },
  },
  'what stands beside a reference': {
    schema: { ...ref('A'), properties: { b: string } },
    value: abc,
    sent: { a: 'a', b: 'b' },
    schemas: { A: named('a') },
  },
  'an object where a text is documented': {
    schema: { type: 'object', properties: { author: string, tags: { type: 'array', items: string }, at: named('a') } },
    value: { author: { name: 'a', password: 'b' }, tags: [{ id: 1 }], at: [abc] },
    sent: { author: {}, tags: [{}], at: [] },
  },
  'an array where an object is documented without a type': {
    schema: { properties: { a: string } },
    value: [abc],
    sent: [],
  },
  'an object where values are listed': { schema: { enum: ['a', 'b'] }, value: abc, sent: {} },
  'by the first items, one by one': {
    schema: { type: 'array', prefixItems: [named('a'), named('b')], items: named('c') },
    value: [abc, abc, abc],
    sent: [{ a: 'a' }, { b: 'b' }, { c: 'c' }],
  },
  'in circles of schemas': {
    schema: ref('Tree'),
    value: { a: 1, x: 1, next: { a: 2, x: 1, next: { a: 3, x: 1 } } },
    sent: { a: 1, next: { a: 2, next: { a: 3 } } },
    schemas: { Tree: { type: 'object', properties: { a: { type: 'integer' }, next: ref('Tree') } } },
  },
  'of null, where the object is optional': {
    schema: { anyOf: [named('a'), { type: 'null' }] },
    value: null,
    sent: null,
  },
  'of an object that may be null': { schema: { anyOf: [named('a'), { type: 'null' }] }, value: abc, sent: { a: 'a' } },
  'what the branch that the discriminator names does not': {
    schema: byKind,
    value: { kind: 'open', id: '1', email: 'e' },
    sent: { kind: 'open', id: '1' },
    schemas: USERS,
  },
  'nothing that it does': {
    schema: byKind,
    value: { kind: 'inner', id: '1', email: 'e', other: 1 },
    sent: { kind: 'inner', id: '1', email: 'e' },
    schemas: USERS,
  },
  'what the schema that a discriminator leads to does not name': {
    schema: ref('Pet'),
    value: { kind: 'Cat', name: 'n', claws: 'c', tricks: 't' },
    sent: { kind: 'Cat', name: 'n', claws: 'c' },
    schemas: PETS,
  },
  'what only those name that a discriminator might have led to': {
    schema: ref('Pet'),
    value: { kind: 'Pet', name: 'n', claws: 'c', tricks: 't' },
    sent: { kind: 'Pet', name: 'n' },
    schemas: PETS,
  },
  'what is of a branch that the values exclude': {
    schema: {
      oneOf: [
        { ...named('a', 'type'), properties: { a: string, type: { const: 'x' } } },
        { type: 'object', properties: { b: string, type: { enum: ['y', 'z'] } } },
      ],
    },
    value: { ...abc, type: 'y' },
    sent: { b: 'b', type: 'y' },
  },
  'what is of a branch that lacks what it demands': {
    schema: { anyOf: [{ ...named('a', 'b'), required: ['d'] }, named('c')] },
    value: abc,
    sent: { c: 'c' },
  },
  'nothing that one of several possible branches names': {
    schema: { anyOf: [named('a'), named('b')] },
    value: abc,
    sent: { a: 'a', b: 'b' },
  },
  'what no branch names, where it fits none': {
    schema: {
      oneOf: [
        { ...named('a'), required: ['x'] },
        { ...named('b'), required: ['y'] },
      ],
    },
    value: abc,
    sent: { a: 'a', b: 'b' },
  },
  'what only a condition names that does not hold': {
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    schema: { ...named('a'), if: { required: ['d'] }, then: named('b'), else: named('c') },
    value: abc,
    sent: { a: 'a', c: 'c' },
  },
  'writeOnly members': {
    schema: { ...named('a'), properties: { a: string, b: { type: 'string', writeOnly: true } }, required: ['b'] },
    value: abc,
    sent: { a: 'a' },
  },
  'writeOnly members by reference, and of an open object': {
    schema: { type: 'object', properties: { b: ref('Secret') }, additionalProperties: true },
    value: abc,
    sent: { a: 'a', c: 'c' },
    schemas: { Secret: { type: 'string', writeOnly: true } },
  },
  'members that one part of allOf names, and another calls writeOnly': {
    schema: { allOf: [named('a', 'b'), { type: 'object', properties: { b: { writeOnly: true } } }] },
    value: abc,
    sent: { a: 'a' },
  },
  'no readOnly ones': {
    schema: { type: 'object', properties: { a: { type: 'string', readOnly: true } } },
    value: abc,
    sent: { a: 'a' },
  },
  'names that every object inherits': {
    schema: named('a'),
    value: { a: 'a', constructor: 'x', toString: 'y', hasOwnProperty: 'z' },
    sent: { a: 'a' },
  },
  'no name that looks like one': {
    schema: named('constructor'),
    value: { constructor: 'x', a: 1 },
    sent: { constructor: 'x' },
  },
}

describe('stripping leaves out', () => {
  test.each(Object.entries(CASES))('%s', (_name, { schema, value, sent: expected, schemas }) => {
    const before = JSON.stringify(value)
    expect(sent(schema, value, schemas)).toEqual(expected)
    expect(JSON.stringify(value)).toBe(before)
  })
})

describe('what is sent is what JSON.stringify makes of a value', () => {
  const write = (schema: unknown, value: unknown) => JSON.stringify(strip(shapeFor(schema), value))

  test('toJSON is asked, once, and what it gives is stripped', () => {
    class Account {
      asked = 0
      readonly #name = 'n'
      toJSON() {
        this.asked++
        return { a: this.#name, password: 'p' }
      }
    }
    const account = new Account()
    expect(write({ type: 'object', properties: { account: named('a') } }, { account })).toBe('{"account":{"a":"n"}}')
    expect(account.asked).toBe(1)
    expect(write(named('a'), account)).toBe('{"a":"n"}')
    expect(write(named('a'), { a: 'a', b: 'b', toJSON: () => ({ a: 'x', b: 'y' }) })).toBe('{"a":"x"}')
  })
  test('and not asked again of what it gave', () => {
    const value = { toJSON: () => ({ a: 'a', b: 'b', toJSON: () => ({ a: 'other', b: 'other' }) }) }
    expect(JSON.stringify(value)).toBe('{"a":"a","b":"b"}')
    expect(write(named('a', 'b'), value)).toBe('{"a":"a","b":"b"}')
    expect(write(named('a'), value)).toBe('{"a":"a"}')
    expect(write({ ...named('a'), additionalProperties: true }, value)).toBe('{"a":"a","b":"b"}')
  })
  test('a function that has a toJSON, and a bigint that was given one', () => {
    const called = Object.assign(() => 1, { toJSON: () => abc })
    expect(write({ type: 'object', properties: { x: named('a') } }, { x: called })).toBe('{"x":{"a":"a"}}')
    const prototype = BigInt.prototype as { toJSON?: () => unknown }
    prototype.toJSON = () => abc
    try {
      expect(write({ type: 'object', properties: { x: named('a') } }, { x: 1n })).toBe('{"x":{"a":"a"}}')
    } finally {
      delete prototype.toJSON
    }
  })
  test('dates, boxed scalars, what has no JSON form, holes', () => {
    const value = {
      a: new Date(0),
      b: Object('text'),
      c: undefined,
      d: () => 1,
      e: Number.NaN,
      // biome-ignore lint/suspicious/noSparseArray: that is the point
      f: [1, , undefined, Symbol('x')],
      g: new Map([[1, 2]]),
    }
    const schema = {
      ...named('a', 'b', 'c', 'd', 'e'),
      properties: { ...named('a', 'b', 'c', 'd', 'e').properties, f: {}, g: {} },
    }
    expect(write(schema, value)).toBe(JSON.stringify(value))
    expect(write(named('a', 'b'), { ...value, x: 1 })).toBe(JSON.stringify({ a: value.a, b: value.b }))
  })
  test('a member called __proto__ is a member', () => {
    const value = JSON.parse('{"x":1,"__proto__":{"a":1},"a":"a"}')
    expect(write({ ...named('a'), additionalProperties: named('a') }, value)).toBe(
      '{"x":1,"__proto__":{"a":1},"a":"a"}',
    )
    expect(write({ type: 'object', properties: { y: {} }, additionalProperties: named('b') }, value)).toBe(
      '{"x":1,"__proto__":{},"a":"a"}',
    )
    expect(write(named('a'), value)).toBe('{"a":"a"}')
  })
  test('inherited members are not sent', () => {
    expect(write(named('a', 'b'), Object.assign(Object.create({ a: 'inherited' }), { b: 'b' }))).toBe('{"b":"b"}')
  })
  test('where nothing has to go, it is the value itself', () => {
    const value = { a: 'a', list: [abc] }
    const schema = { type: 'object', properties: { a: string, list: { type: 'array', items: named('a', 'b', 'c') } } }
    expect(strip(shapeFor(schema), value)).toBe(value)
  })
})

describe('checking', () => {
  const password = { ...named('a'), properties: { a: string, p: { type: 'string', writeOnly: true, minLength: 9 } } }

  test('demands what is readOnly, and nothing of what is writeOnly', () => {
    const schema = { ...password, required: ['p', 'r'], properties: { ...password.properties, r: { readOnly: true } } }
    expect(fits(schema, { r: 1 })).toBe(true)
    expect(fits(schema, { r: 1, p: 'short' })).toBe(true)
    expect(fits(schema, { p: 'long enough' })).toBe(false)
    expect(fits({ ...schema, additionalProperties: false }, { r: 1, p: 'x' })).toBe(true)
    expect(fits({ ...schema, additionalProperties: false }, { r: 1, q: 'x' })).toBe(false)
  })
})

describe('objects that write themselves', () => {
  const shape = shapeFor({ type: 'object', properties: { a: { type: 'string' } } })
  const written = (value: unknown) => JSON.stringify(strip(shape, value))

  test('as the scalar inside them go through, whatever was hung onto them', () => {
    expect(written(Object.assign(new String('x'), { secret: 1 }))).toBe('"x"')
    expect(written(Object.assign(new Number(1), { secret: 1 }))).toBe('1')
  })

  test('once, as JSON.stringify has it', () => {
    const list = Object.assign([{ a: 'x', secret: 1 }], { toJSON: () => ['not asked'] })
    const items = shapeFor({ type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } })
    expect(JSON.stringify(strip(items, { toJSON: () => list }))).toBe('[{"a":"x"}]')
  })
})

describe('many combinations', () => {
  const names = Array.from({ length: 11 }, (_, index) => `m${index}`)

  test('of branches are cut alike, whether they are remembered or not', () => {
    const shape = shapeFor({
      anyOf: names.map(name => ({ type: 'object', required: [name], properties: { [name]: { type: 'integer' } } })),
    })
    for (let subset = 1; subset < 2 ** names.length; subset++) {
      const value = Object.fromEntries(names.filter((_, index) => subset & (2 ** index)).map(name => [name, 1]))
      expect(strip(shape, { ...value, secret: 1 })).toEqual(value)
    }
  })

  test('of schemas as well', () => {
    const { shape, any } = replyShapes
    const holding = (member: string) => shape(() => ({ members: { [member]: any } }))
    for (let index = 0; index < 10_100; index++) {
      const both = [holding('a'), holding('b')].map(inner => shape(() => ({ members: { inner } })))
      const value = { inner: { a: 1, b: 2, secret: 3 } }
      expect(
        strip(
          shape(() => ({ all: both })),
          value,
        ),
      ).toEqual({ inner: { a: 1, b: 2 } })
    }
  })

  test('of branches that say the same of other members', () => {
    const sealed = (name: string) => ({ properties: { [name]: {} }, additionalProperties: false })
    const open = { additionalProperties: { type: 'object', properties: { a: {} } } }
    expect(sent({ anyOf: [sealed('a'), sealed('b')] }, { a: 1, b: 2, c: 3 })).toEqual({ a: 1, b: 2 })
    expect(
      sent(
        { anyOf: [{ properties: { c: { type: 'object', properties: { b: {} } } } }, open] },
        {
          c: { a: 1, b: 2, secret: 3 },
          d: { a: 1, secret: 3 },
        },
      ),
    ).toEqual({ c: { a: 1, b: 2 }, d: { a: 1 } })
  })
})

test('schemas in a circle send what the circle names, or less', () => {
  const { shape, any } = replyShapes
  const circle = shape(() => ({ all: [back, inner] }))
  const back = shape(() => ({ all: [circle] }))
  const inner = shape(() => ({ either: [[{ shape: shape(() => ({ members: { a: any } })) }]] }))
  const value = { a: 1, secret: 2 }
  expect(strip(circle, value)).toEqual({ a: 1 })
  expect(strip(back, value)).not.toHaveProperty('secret')
  const kinds = ['x', 'y', 'z'].map(kind => ({
    shape: shape(() => ({ members: { kind: any } })),
    is: { kind: [kind] },
  }))
  const outer = shape(() => ({ all: [back, shape(() => ({ either: [kinds] }))] }))
  expect(strip(outer, { kind: 'z', secret: 2 })).not.toHaveProperty('secret')
})
