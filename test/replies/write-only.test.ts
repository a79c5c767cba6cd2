import { expect, test } from 'vitest'
import { emitHandlers } from '../../generator/emit/handlers.js'
import { apiModel, content, operation } from '../validation/emitted.js'

const location = { file: '/api.yaml', pointer: '' }
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const secret = { type: 'string', writeOnly: true }

function handlerOf(schema: unknown): string | undefined {
  const responses = [{ status: '200', headers: [], content: [content('application/json', schema)], location }]
  const model = apiModel([operation('it', { responses })], {
    Secret: secret,
    User: {
      type: 'object',
      required: ['name', 'password'],
      properties: { name: { type: 'string' }, password: reference('Secret'), hint: secret, chief: reference('User') },
    },
  })
  return /it: Handler<.*/.exec(emitHandlers(model))?.[0]
}

test.each([
  ['by reference', reference('User')],
  ['further in', { type: 'array', items: { properties: { user: reference('User') } } }],
  ['demanded elsewhere', { allOf: [{ required: ['password'] }, { properties: { password: secret } }] }],
])('handlers know which members that a schema demands are not sent: %s', (_, schema) => {
  expect(handlerOf(schema)).toBe("it: Handler<paths['/it']['post'], never, { writeOnly: 'password' }>")
})

test('and need not where none is, or none is demanded', () => {
  expect(handlerOf({ properties: { name: { type: 'string' }, hint: secret } })).toBe(
    "it: Handler<paths['/it']['post']>",
  )
})
