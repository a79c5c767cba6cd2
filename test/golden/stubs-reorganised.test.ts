import { describe, expect, test } from 'vitest'
import { firstStubs } from '../../generator/emit/stubs/first-stubs.js'
import { emitStubs } from '../../generator/emit/stubs.js'

const MODULE = '../generated/handlers.js'
const TYPES = `import type { Handlers } from '${MODULE}'\n`
const stubsFor = (existing: { readonly [name: string]: string }, ...operations: readonly string[]) =>
  emitStubs(operations, existing, MODULE)
const NOTHING = { files: {}, orphans: [], unclear: [] }
const BODY = `async () => ({ status: 204 })`

describe('a handler is found, and nothing is written, when the index gives it', () => {
  test.each<[string, { readonly [name: string]: string }]>([
    [
      'from one file of several handlers',
      {
        'index.ts': "export * from './pets.js'\n",
        'pets.ts': `${TYPES}export const one: Handlers['one'] = ${BODY}\nexport const two = (${BODY}) satisfies Handlers['two']\n`,
      },
    ],
    [
      'from default exports',
      {
        'index.ts': "export { default as one } from './one.js'\nimport two from './two.js'\nexport { two }\n",
        'one.ts': `export default ${BODY}\n`,
        'two.ts': `export default async function two() {}\n`,
      },
    ],
    [
      'under another name than it was written with',
      {
        'index.ts': "import { a } from './a.js'\nexport { a as one, b as two }\nfunction b() {}\n",
        'a.ts': 'export const a = 1\n',
      },
    ],
    ['through index.mts', { 'index.mts': 'export const one = 1, two = 2\n' }],
    ['through index.js', { 'index.js': 'export const one = 1, two = 2\n' }],
    [
      'through index.mjs',
      { 'index.mjs': "export * from './more.mjs'\n", 'more.mjs': 'export const one = 1, two = 2\n' },
    ],
    [
      'from folders',
      {
        'index.ts': "export * from './a/b.ts'\nexport * from './a'\n",
        'a/b.ts': 'export const one = 1\n',
        'a/index.ts': 'export const two = 1\n',
      },
    ],
    [
      'as an object of that type',
      { 'index.ts': `${TYPES}export const handlers: Handlers = { one: ${BODY}, async two() {} }\n` },
    ],
    [
      'as an object that satisfies it',
      { 'index.ts': `${TYPES}const one = 1, two = 2\nexport default { one, 'two': two } satisfies Handlers\n` },
    ],
    ['as an object without a type', { 'index.ts': 'const one = f(), two = f()\nexport default { one, two }\n' }],
    [
      'as a frozen object',
      { 'index.ts': 'const one = f(), two = f()\nexport const handlers = Object.freeze({ one, two } as const)\n' },
    ],
    [
      'as objects of parts of that type',
      {
        'index.ts': "export { pets } from './pets.js'\nexport * from './users.js'\n",
        'pets.ts': `${TYPES}export const pets = { one: ${BODY} } satisfies Pick<Handlers, 'one'>\n`,
        'users.ts': `${TYPES}type Mine = 'two'\ntype Users = Readonly<Pick<Handlers, Mine>>\nexport const users: Users = make()\n`,
      },
    ],
    [
      'spread into one object',
      {
        'index.ts': `${TYPES}import { pets } from './pets.js'\nimport * as users from './users.js'\nexport const handlers: Handlers = { ...pets, ...users }\n`,
        'pets.ts': 'export const pets = { one: f() }\n',
        'users.ts': 'export const two = 1\n',
      },
    ],
    [
      'as an instance of a class',
      {
        'index.ts':
          "import { Pets } from './pets.js'\nexport const pets = new Pets()\nexport const users: Pick<Handlers, 'two'> = new Users()\n",
        'pets.ts': `${TYPES}export class Pets implements Pick<Handlers, 'one'> {\n  one: Handlers['one'] = ${BODY}\n}\n`,
      },
    ],
    [
      'as what a function returns',
      { 'index.ts': `${TYPES}export function createHandlers(db: Db): Handlers {\n  return db.make()\n}\n` },
    ],
    ['as what an arrow returns', { 'index.ts': `export const create = (db: Db) => ({ one: db.f(), two: db.f() })\n` }],
    [
      'as what a function returns in a block',
      {
        'index.ts': `${TYPES}export function create(): Handlers {\n  const x = 1\n  return { one: f(x), two: f(x) }\n}\n`,
      },
    ],
    ['by all but some', { 'index.ts': `${TYPES}export const most: Omit<Handlers, 'gone'> = make()\n` }],
    [
      'as a type that is imported by another name',
      { 'index.ts': `import type { Handlers as H } from '${MODULE}'\nexport const all: H = make()\n` },
    ],
    [
      'as a type of a namespace',
      { 'index.ts': `import type * as made from '${MODULE}'\nexport const all: made.Handlers = make()\n` },
    ],
  ])('%s', (_, existing) => {
    expect(stubsFor(existing, 'one', 'two')).toEqual(NOTHING)
  })

  test('also by a folder without an index, where it is part of something', () => {
    const existing = {
      'pets.ts': `${TYPES}export const pets = { one: ${BODY} } satisfies Pick<Handlers, 'one'>\n`,
      'users.ts': `${TYPES}export class Users implements Pick<Handlers, 'two'> { two = ${BODY} }\n`,
    }
    expect(stubsFor(existing, 'one', 'two')).toEqual(NOTHING)
  })
})

describe('a handler that stands somewhere comes to the index, without a stub', () => {
  test.each<[string, { readonly [name: string]: string }, string]>([
    ['by default', { 'one.ts': `export default ${BODY}\n` }, "export { default as one } from './one.js'\n"],
    [
      'by its type, whatever its name',
      { 'lib/list.ts': `${TYPES}export const list = (${BODY}) satisfies Handlers['one']\n` },
      "export { list as one } from './lib/list.js'\n",
    ],
    [
      'by its type, as default of a file of another name',
      { 'lib/list.ts': `${TYPES}export default (${BODY}) satisfies Handlers['one']\n` },
      "export { default as one } from './lib/list.js'\n",
    ],
    [
      'by its name, in a file that knows the types',
      { 'pets.ts': `${TYPES}export async function one(c: Parameters<Handlers['one']>[0]) {}\n` },
      "export { one } from './pets.js'\n",
    ],
    [
      'by its name, in a list at the end',
      { 'pets.ts': `${TYPES}const it: Handlers['one'] = ${BODY}\nexport { it as one }\n` },
      "export { one } from './pets.js'\n",
    ],
  ])('%s', (_, existing, line) => {
    const index = "export { other } from './other.js'\n"
    expect(stubsFor({ 'index.ts': index, 'other.ts': '', ...existing }, 'other', 'one')).toEqual({
      ...NOTHING,
      files: { 'index.ts': `${index}${line}` },
    })
  })

  test('a helper that only has the name of one is none', () => {
    const { files } = stubsFor({ 'lib/db.ts': 'export const one = () => 1\n' }, 'one')
    expect(Object.keys(files).sort()).toEqual(['index.ts', 'one.ts'])
    expect(files['index.ts']).toBe("export { one } from './one.js'\n")
  })

  test('nor is a test', () => {
    const { files } = stubsFor({ 'one.test.ts': `${TYPES}const one: Handlers['one'] = ${BODY}\n` }, 'one')
    expect(Object.keys(files).sort()).toEqual(['index.ts', 'one.ts'])
  })
})

describe('a new stub comes to the index in the form that it has', () => {
  test.each<[string, string, string]>([
    ['no endings', "export { one } from './one'\n", "export { two } from './two'\n"],
    ['endings of sources', "export { one } from './one.ts'\n", "export { two } from './two.ts'\n"],
    ['endings of what runs', "export { one } from './one.js'\n", "export { two } from './two.js'\n"],
  ])('%s', (_, index, line) => {
    const { files } = stubsFor({ 'index.ts': index, 'one.ts': '' }, 'one', 'two')
    expect(files['index.ts']).toBe(`${index}${line}`)
    expect(files['two.ts']).toContain("Handlers['two']")
  })

  test.each(['mts', 'js', 'mjs'])('index.%s', ending => {
    const { files } = stubsFor({ [`index.${ending}`]: 'export const one = 1' }, 'one', 'two')
    const runs = ending.replace('ts', 'js')
    expect(files[`index.${ending}`]).toBe(`export const one = 1\nexport { two } from './two.${runs}'\n`)
    expect(files[`two.${ending}`]).toBe(
      ending === 'mts'
        ? `import { notImplemented } from 'gatewright/runtime'\n${TYPES}\nexport const two: Handlers['two'] = notImplemented()\n`
        : `import { notImplemented } from 'gatewright/runtime'\n\n/** @type {import('${MODULE}').Handlers['two']} */\nexport const two = notImplemented()\n`,
    )
  })

  test.each<[string, string, string]>([
    ['one line', 'export const handlers: Handlers = { one }', 'export const handlers: Handlers = { one, two, three }'],
    [
      'several lines',
      'export default {\n    one, // the first\n    // the end\n} satisfies Handlers',
      'export default {\n    one,\n    two,\n    three, // the first\n    // the end\n} satisfies Handlers',
    ],
    [
      'lines without a comma at the end',
      'export const handlers = {\n\tone() {\n\t\treturn 1\n\t}\n}',
      'export const handlers = {\n\tone() {\n\t\treturn 1\n\t},\n\ttwo,\n\tthree\n}',
    ],
    [
      'a function',
      'export function create(db: Db): Handlers {\n  return { one: f(db) }\n}',
      'export function create(db: Db): Handlers {\n  return { one: f(db), two, three }\n}',
    ],
  ])('an object in %s', (_, before, after) => {
    const { files, unclear } = stubsFor({ 'index.ts': `${TYPES}\n${before}\n` }, 'one', 'two', 'three')
    expect(unclear).toEqual([])
    const imports = "import { two } from './two.js'\nimport { three } from './three.js'\n"
    expect(files['index.ts']).toBe(`${TYPES}${imports}\n${after}\n`)
    expect(Object.keys(files).sort()).toEqual(['index.ts', 'three.ts', 'two.ts'])
  })

  test('an object that is empty', () => {
    const { files } = stubsFor({ 'index.ts': `${TYPES}export const handlers: Handlers = {}` }, 'one', 'two')
    expect(files['index.ts']).toBe(
      `${TYPES}import { one } from './one.js'\nimport { two } from './two.js'\nexport const handlers: Handlers = { one, two }`,
    )
  })

  test('names beside an object: each by its name', () => {
    const index = `${TYPES}export const one = 1\nexport const handlers: Handlers = {}\n`
    const { files } = stubsFor({ 'index.ts': index }, 'one', 'two')
    expect(files['index.ts']).toBe(`${index}export { two } from './two.js'\n`)
  })

  test('an object elsewhere in the folder, whose names are taken', () => {
    const all = `${TYPES}const two = 'mine'\nexport const handlers: Handlers = { one: f(two) }\n`
    const { files } = stubsFor({ 'index.ts': "export * from './lib/all.js'\n", 'lib/all.ts': all }, 'one', 'two')
    expect(files).toMatchObject({
      'lib/all.ts': `${TYPES}import { two as two_ } from '../two.js'\nconst two = 'mine'\nexport const handlers: Handlers = { one: f(two), two: two_ }\n`,
    })
    expect(Object.keys(files).sort()).toEqual(['lib/all.ts', 'two.ts'])
  })

  test('an object of a folder without an index', () => {
    const all = `${TYPES}export const handlers: Handlers = { one: ${BODY} }\n`
    const { files } = stubsFor({ 'all.ts': all, 'two.ts': `export default ${BODY}\n` }, 'one', 'two')
    expect(files).toEqual({
      'all.ts': `${TYPES}import { default as two } from './two.js'\nexport const handlers: Handlers = { one: ${BODY}, two }\n`,
    })
  })

  test('keeping line ends, the mark of its encoding, and what it lacks at the end', () => {
    const index = `\ufeff${TYPES}\nexport const handlers: Handlers = {\n  one\n}`.replaceAll('\n', '\r\n')
    const { files } = stubsFor({ 'index.ts': index }, 'one', 'two')
    expect(files['index.ts']).toBe(
      `\ufeff${TYPES}import { two } from './two.js'\n\nexport const handlers: Handlers = {\n  one,\n  two\n}`.replaceAll(
        '\n',
        '\r\n',
      ),
    )
  })
})

test('a file that the index names and that is gone is written again, without a second line', () => {
  const index = "export { one } from './one'\nexport { two } from './two'\nexport * from 'others'\n"
  const { files, unclear } = stubsFor({ 'index.ts': index.replace(/.*others.*\n/, ''), 'one.ts': '' }, 'one', 'two')
  expect({ names: Object.keys(files), unclear }).toEqual({ names: ['two.ts'], unclear: [] })
  const moved = { 'index.ts': index, 'lib/two.ts': `${TYPES}export const two: Handlers['two'] = ${BODY}\n` }
  expect(stubsFor({ 'one.ts': '', ...moved }, 'one', 'two')).toMatchObject({ files: {} })
})

describe('what cannot be added safely is said', () => {
  test.each<[string, { readonly [name: string]: string }, object]>([
    [
      'a fault of syntax in the index',
      { 'index.ts': 'export const one = 1\nexport const {\n' },
      { file: 'index.ts', operations: ['one', 'two'], reason: expect.stringContaining('has a fault of syntax (line ') },
    ],
    [
      'a fault of syntax behind it',
      { 'index.ts': "export const one = 1\nexport * from './pets.js'\n", 'pets.ts': 'export const {\n' },
      {
        file: 'index.ts',
        operations: ['two'],
        reason: expect.stringContaining("takes all of './pets.js', which has a fault of syntax"),
      },
    ],
    [
      'all of a file outside of the folder',
      { 'index.ts': "export const one = 1\nexport * from '../shared.js'\n" },
      { file: 'index.ts', operations: ['two'], reason: "takes all of '../shared.js', which is not in the folder" },
    ],
    [
      'all of a package',
      { 'index.ts': "export const one = 1\nexport * from 'our-handlers'\n" },
      { file: 'index.ts', operations: ['two'], reason: "takes all of 'our-handlers', which is not in the folder" },
    ],
    [
      'CommonJS',
      { 'index.js': 'module.exports = { one }\n' },
      { file: 'index.js', operations: ['one', 'two'], reason: 'exports as CommonJS' },
    ],
    [
      'a spread of what cannot be seen',
      { 'index.ts': 'export default { one: f(), ...more() }\n' },
      { file: 'index.ts', operations: ['two'], reason: 'spreads what cannot be seen' },
    ],
    [
      'a member that the index does not give',
      {
        'index.ts': 'export const one = 1\n',
        'pets.ts': `${TYPES}export const pets = { two: f() } satisfies Pick<Handlers, 'two'>\n`,
      },
      { file: 'index.ts', operations: ['two'], reason: 'does not give what pets.ts holds' },
    ],
    [
      'two that may be meant',
      {
        'index.ts': 'export const one = 1\n',
        'a.ts': `${TYPES}export const two: Handlers['two'] = ${BODY}\n`,
        'b.ts': `${TYPES}export const two: Handlers['two'] = ${BODY}\n`,
      },
      { file: 'index.ts', operations: ['two'], reason: 'may mean a.ts or b.ts' },
    ],
    [
      'a file that the index names, and that stands elsewhere',
      {
        'index.ts': "export const one = 1\nexport { two } from './two.js'\n",
        'lib/two.ts': `${TYPES}export const two: Handlers['two'] = ${BODY}\n`,
      },
      {
        file: 'index.ts',
        operations: ['two'],
        reason: 'names a file for "two" that is not there',
        help: "write `export { two } from './lib/two.js'`, unless it is there in another form, and generate again",
      },
    ],
    [
      'a fault of syntax in the file of the handler',
      { 'index.ts': 'export const one = 1\n', 'two.ts': 'const {\n' },
      { file: 'two.ts', operations: ['two'], reason: expect.stringContaining('has a fault of syntax') },
    ],
  ])('%s', (_, existing, expected) => {
    const { files, unclear } = stubsFor(existing, 'one', 'two')
    expect(files).toEqual({})
    expect(unclear).toEqual([expect.objectContaining(expected)])
  })

  test('several objects, none of which holds all: the stub is there, and what to do with it', () => {
    const index = `${TYPES}export const a: Pick<Handlers, 'one'> = f()\nexport const b: Pick<Handlers, 'two'> = f()\n`
    const first = stubsFor({ 'index.ts': index }, 'one', 'two', 'three')
    expect(Object.keys(first.files)).toEqual(['three.ts'])
    const expected = [
      {
        file: 'index.ts',
        operations: ['three'],
        reason: 'gives handlers as parts of several things',
        help: "write `export { three } from './three.js'`, unless it is there in another form, and generate again",
      },
    ]
    expect(first.unclear).toEqual(expected)
    expect(stubsFor({ 'index.ts': index, ...first.files }, 'one', 'two', 'three')).toEqual({
      ...NOTHING,
      unclear: expected,
    })
  })

  test('parts in a folder without an index', () => {
    const pets = `${TYPES}export const pets = { one: ${BODY} } satisfies Pick<Handlers, 'one'>\n`
    const { files, unclear } = stubsFor({ 'pets.ts': pets }, 'one', 'two')
    expect(Object.keys(files)).toEqual(['two.ts'])
    expect(unclear).toEqual([
      {
        operations: ['two'],
        reason: 'has no index, and its handlers are parts of several things',
        help: "write `export { two } from './two.js'`, unless it is there in another form, and generate again",
      },
    ])
  })
})

test('what was added is found again: a second look adds nothing', () => {
  const folders: { readonly [name: string]: string }[] = [
    {},
    { 'index.ts': `${TYPES}export const handlers: Handlers = { one: f() }\n` },
    { 'index.ts': `${TYPES}export const handlers: Handlers = {}\n` },
    { 'index.ts': "export { default as one } from './one'\n", 'one.ts': `export default ${BODY}\n` },
    { 'index.js': '' },
    { 'one.ts': 'const one = 1\n', 'two.mts': 'export const x = 1\n' },
    { 'lib/all.ts': `${TYPES}export const a: Handlers['one'] = f()\nconst b: Handlers['two'] = f()\n` },
  ]
  for (const folder of folders) {
    const first = stubsFor(folder, 'one', 'two', 'three')
    expect(stubsFor({ ...folder, ...first.files }, 'one', 'two', 'three')).toEqual(NOTHING)
  }
})

describe('a handler without an operation', () => {
  test.each<[string, string]>([
    ['by its type', `export const x: Handlers['gone'] = ${BODY}\n`],
    ['by what it satisfies', `export default (${BODY}) satisfies Handlers['gone']\n`],
    ['as a part', `export const pets: Pick<Handlers, 'one' | 'gone'> = make()\n`],
    ['as a member', `export const handlers: Handlers = { one: f(), gone: f() }\n`],
    ['as a member of what satisfies', `export const handlers = { one: f(), async gone() {} } satisfies Handlers\n`],
  ])('is named %s', (_, text) => {
    const { orphans } = stubsFor({ 'index.ts': 'export const one = 1\n', 'pets.ts': TYPES + text }, 'one')
    expect(orphans).toEqual([{ file: 'pets.ts', operation: 'gone' }])
  })

  test.each<[string, string, string]>([
    ['by its name', 'pets.ts', 'export const gone = 1, helper = 2\n'],
    ['by the name of its file', 'gone.ts', `export default ${BODY}\n`],
  ])('is named %s, when the last output had it', (_, name, text) => {
    const existing = { 'index.ts': 'export const one = 1\n', [name]: text }
    const { orphans } = emitStubs(['one'], existing, MODULE, ['one', 'gone'])
    expect(orphans).toEqual([{ file: name, operation: 'gone' }])
    expect(stubsFor(existing, 'one').orphans).toEqual([])
  })
})

describe('the first stubs', () => {
  test.each([[[]], [['one']], [['one', 'index', 'two', 'default_', '$3', 'ünï']]])(
    'of %j are those that a folder without modules gets',
    operations => {
      expect(firstStubs(operations, MODULE)).toEqual(emitStubs(operations, {}, MODULE).files)
    },
  )

  test('leave nothing to add and nothing to say', () => {
    const operations = ['one', 'index2', 'two']
    expect(emitStubs(operations, firstStubs(operations, MODULE), MODULE, operations)).toEqual(NOTHING)
  })
})
