import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type Compiled, compile } from '../../generator/compile.js'
import { temporaryFolder } from '../golden/workspace.js'
import { documentOf, HARMLESS, type Slot, type Texts, texts } from './hostile.js'
import { shapeOf } from './shape.js'

const cwd = temporaryFolder()
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

async function compiled(of: Texts): Promise<Compiled> {
  mkdirSync(join(cwd, 'specs'), { recursive: true })
  writeFileSync(join(cwd, 'specs/openapi.yaml'), JSON.stringify(documentOf(of)))
  return compile({ cwd })
}

const filesOf = ({ emitted, stubs }: Compiled) => new Map([...emitted, ...stubs])

function shapesOf(result: Compiled) {
  const names = new Set(result.model?.operations.map(one => one.id))
  return [...filesOf(result)].map(([path, text]) => ({ path, ...shapeOf(path, text, names) }))
}

const harmless = await compiled(HARMLESS)
const expected = shapesOf(harmless)

/** No code is made of them, but more or less of it than of a harmless text: the lists below say where. */
const CHANGES: { readonly [file: string]: readonly Slot[] } = {
  // A format that is known is checked; a pattern is matched in its own way; a member or a media type may come to mean something else.
  'validators.ts': [
    'format',
    'mediaTypeParameter',
    'header',
    'schemaDefault',
    'parameterDefault',
    'property',
    'otherProperty',
    'pattern',
    'patternProperty',
    'discriminator',
  ],
  'replies.ts': ['property', 'otherProperty', 'patternProperty', 'discriminator'],
  'reply-validators.ts': ['format', 'property', 'otherProperty', 'pattern', 'patternProperty', 'discriminator'],
  // The path of a server's URL stands before the routes.
  'router.ts': ['server'],
  // A claim whose name begins with a slash is no member of the token's type.
  'handlers.ts': ['claim'],
  'types.ts': ['mediaTypeParameter', 'header', 'property', 'otherProperty', 'format'],
}

function isComparable(file: string, of: Texts): boolean {
  // A path that names one parameter more has a type and a check for it.
  if (/^(?:types|validators)\.ts$/.test(file) && /\{.+\}/s.test(of.path)) return false
  return (CHANGES[file] ?? []).every(slot => of[slot] === HARMLESS[slot])
}

/** An operation that is called as something of the template's would make that look like an operation's name. */
function isNamedApart(result: Compiled, template: ReadonlySet<string>): boolean {
  return !result.model?.operations.some(one => template.has(one.id))
}

/** Two members of one name are one member, and JavaScript puts names that are numbers first: no code of a text, either. */
function isDistinct(of: Texts): boolean {
  const all = Object.values(of)
  return new Set(all).size === all.length && !all.some(text => /^\d+$/.test(text))
}

describe('whatever the texts of a document are', () => {
  test('the harmless ones are taken', () => {
    expect(harmless.diagnostics).toEqual([])
    expect([...filesOf(harmless).keys()].map(path => basename(path))).toEqual([
      'types.ts',
      'policies.ts',
      'handlers.ts',
      'validators.ts',
      'replies.ts',
      'reply-validators.ts',
      'router.ts',
      'getPet.ts',
      'addPet.ts',
      'index.ts',
    ])
  })

  const tally = { emitted: 0, refused: 0, compared: 0 }

  async function expectInert(of: Texts): Promise<void> {
    const result = await compiled(of)
    if (!result.model) {
      tally.refused++
      expect(result.diagnostics.some(one => one.severity === 'error')).toBe(true)
      expect(filesOf(result).size).toBe(0)
      return
    }
    tally.emitted++
    for (const path of result.emitted.keys()) expect(dirname(path)).toBe(join(cwd, 'generated'))
    for (const path of result.stubs.keys()) {
      expect(dirname(path)).toBe(join(cwd, 'handlers'))
      expect(basename(path)).toMatch(/^[\p{L}_$][\p{L}\p{N}_$]*\.ts$/u)
    }
    const shapes = shapesOf(result)
    expect(shapes).toHaveLength(expected.length)
    for (const [index, { path, faults, tree, identifiers }] of shapes.entries()) {
      // A stub's file has its operation's name: its place among the files says which it is.
      const [file, wanted] = [basename(path), expected[index]]
      expect(faults, file).toEqual([])
      for (const one of identifiers)
        expect(wanted?.identifiers.has(one) || isOfSchemas(one), `${one} in ${file}`).toBe(true)
      const isOwn = isNamedApart(result, wanted?.identifiers ?? new Set())
      if (isOwn && isDistinct(of) && isComparable(file, of)) {
        tally.compared++
        expect(tree, file).toBe(wanted?.tree)
      }
    }
  }

  test('nothing is emitted, or what the template says and no other code, in files of plain names', async () => {
    await fc.assert(fc.asyncProperty(texts, expectInert), { numRuns: 150 })
    // Were they all refused, nothing would have been shown.
    expect(tally.emitted).toBeGreaterThan(40)
    expect(tally.refused).toBeGreaterThan(10)
    expect(tally.compared).toBeGreaterThan(150)
  }, 120_000)

  // Each of them was the end of a library once.
  test.each<[Slot, string]>([
    ['path', 'a%25'],
    ['pathParameter', 'a%'],
    ['schemaName', '%'],
    ['schemaName', '%2F'],
    ['property', '\ud800'],
    ['property', 'valueOf'],
    ['property', '__defineGetter__'],
    ['patternProperty', 'valueOf'],
    ['dependentProperty', 'hasOwnProperty'],
    ['schemaName', 'toString'],
    ['scheme', '__defineGetter__'],
    ['operationId', '\u{323b0}'],
    ['check', 'constructor'],
    ['claim', '__proto__'],
    ['claim', 'valueOf'],
    ['operationId', '<%= x %>'],
    ['operationId', 'gate'],
    ['mediaTypeParameter', 'x="*/"'],
    ['description', '*/ alert(1) /*'],
    ['propertyDescription', '*/ alert(1) /*\n*/'],
    ['summary', '*\u200b/ alert(1)'],
    ['operationId', '../../outside'],
  ])('nor with the %s %j', async (slot, text) => {
    await expectInert({ ...HARMLESS, [slot]: text })
  })

  test('the same document gives the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async of => {
        const [first, second] = [await compiled(of), await compiled(of)]
        expect([...filesOf(second)]).toEqual([...filesOf(first)])
        expect(second.model).toEqual(first.model)
        expect(second.diagnostics).toEqual(first.diagnostics)
      }),
      { numRuns: 20 },
    )
  })
})

/** The compiler of schemas numbers its own names, as many as it needs; some patterns are matched by the runtime. */
function isOfSchemas(name: string): boolean {
  return /^schemaFunctions$|^(?:validate|schema|pattern|obj|formats|func|wrapper|data|err|key|len|i|j|missing|_?errs|valid|_valid|props|evaluated|prop|p|tag|item)\d+$/.test(
    name,
  )
}
