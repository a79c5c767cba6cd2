import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { comment, literal, literals, propertyName } from '../../generator/emit/literal.js'
import { hostile } from './hostile.js'

/** What an editor shows otherwise than it is, what a terminal acts on, and what HTML ends a script with. */
const UNSEEN = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}|<\/script|<!--/iu

const runs = { numRuns: 2000 }

function statementsOf(text: string): readonly ts.Statement[] {
  const file = ts.createSourceFile('x.ts', text, ts.ScriptTarget.ES2023, true)
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.Diagnostic[] }
  expect(parseDiagnostics).toEqual([])
  return file.statements
}

test('a literal is one string, and the one that it was made of', () => {
  fc.assert(
    fc.property(hostile, text => {
      const code = literal(text)
      expect(runInNewContext(code)).toBe(text)
      const [statement, ...more] = statementsOf(`f(${code})\n`)
      expect(more).toHaveLength(0)
      const call = statement && ts.isExpressionStatement(statement) ? statement.expression : undefined
      const argument = call && ts.isCallExpression(call) && call.arguments.length === 1 ? call.arguments[0] : undefined
      expect(argument && ts.isStringLiteral(argument) && argument.text).toBe(text)
      expect(code).not.toMatch(UNSEEN)
    }),
    runs,
  )
})

test('numbers, booleans and null are what they were', () => {
  const values = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(values, hostile), { maxLength: 4 }), list => {
      expect(runInNewContext(`JSON.stringify(${literals(list)}.map(one => [one, Object.is(one, -0)]))`)).toBe(
        JSON.stringify(list.map(one => [one, Object.is(one, -0)])),
      )
    }),
  )
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => literal(odd)).toThrow(RangeError)
})

test("a property's name makes one member of its own, whatever it is", () => {
  fc.assert(
    fc.property(hostile, name => {
      const [json, isPlain] = runInNewContext(
        `const made = { ${propertyName(name)}: 1 }; [JSON.stringify(Object.entries(made)), Object.getPrototypeOf(made) === Object.prototype]`,
      ) as [string, boolean]
      expect(JSON.parse(json)).toEqual([[name, 1]])
      expect(isPlain).toBe(true)
      const [statement, ...more] = statementsOf(`type T = { ${propertyName(name)}: 1 }\n`)
      expect(more).toHaveLength(0)
      expect(
        statement &&
          ts.isTypeAliasDeclaration(statement) &&
          ts.isTypeLiteralNode(statement.type) &&
          statement.type.members.length,
      ).toBe(1)
    }),
    runs,
  )
})

test('a comment stays one, on one line', () => {
  fc.assert(
    fc.property(hostile, hostile, (before, after) => {
      const text = comment(`${before}${after}`)
      expect(statementsOf(`/** ${text} */\n`)).toHaveLength(0)
      expect(statementsOf(`// ${text}\n`)).toHaveLength(0)
      expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
    }),
    runs,
  )
})
