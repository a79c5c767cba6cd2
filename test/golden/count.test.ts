import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { countOperations } from '../../generator/emit/count.js'
import { type ApiModel, type Emitted, emit, load, model } from '../../generator/index.js'

let emitted: Emitted
let read: ApiModel

beforeAll(async () => {
  const entry = fileURLToPath(new URL('scopes/openapi.yaml', import.meta.url))
  const { document } = await load(entry)
  if (!document) throw new Error('the document does not load')
  const modelled = model(document, { document: 'openapi.yaml' })
  if (!modelled.model) throw new Error('the document has faults')
  read = modelled.model
  emitted = await emit(read, document)
})

/** The files with one of them changed, which must be a change. */
function changed(name: string, change: (text: string) => string): Emitted {
  const text = emitted.get(name) ?? ''
  expect(change(text)).not.toBe(text)
  return new Map([...emitted, [name, change(text)]])
}

describe('emitted files are read again, and refused when they', () => {
  const first = () => read.operations[0]?.id as string
  const lineOf = (name: string) => new RegExp(`^.*\\b${name}\\b.*\\n`, 'm')

  test('are as they should be: not at all', () => {
    expect(() => countOperations(emitted, read)).not.toThrow()
  })
  test.each(['policies.ts', 'handlers.ts', 'validators.ts', 'replies.ts', 'reply-validators.ts', 'router.ts'])(
    'lack an operation in %s',
    name => {
      const member = name === 'router.ts' ? /^ {2}gate\..*\n/m : new RegExp(`^  ${first()}:.*\\n`, 'm')
      expect(() =>
        countOperations(
          changed(name, text => text.replace(member, '')),
          read,
        ),
      ).toThrow(name)
    },
  )
  test.each(['policies.ts', 'handlers.ts', 'router.ts'])('hold one twice in %s', name => {
    const member = name === 'router.ts' ? /^ {2}gate\..*\n/m : new RegExp(`^  ${first()}:.*\\n`, 'm')
    expect(() =>
      countOperations(
        changed(name, text => text.replace(member, '$&$&')),
        read,
      ),
    ).toThrow(name)
  })
  test('pair a handler with the policy of another operation', () => {
    const [one, other] = read.operations.map(operation => operation.id) as [string, string]
    const swapped = changed('router.ts', text => text.replace(`policies.${one},`, `policies.${other},`))
    expect(() => countOperations(swapped, read)).toThrow('router.ts')
  })
  test('have no type for an operation', () => {
    const path = read.operations[0]?.path as string
    const untyped = changed('types.ts', text => text.replace(`"${path}"`, '"/elsewhere"'))
    expect(() => countOperations(untyped, read)).toThrow(/types\.ts lacks/)
  })
  test('do not parse', () => {
    expect(() =>
      countOperations(
        changed('policies.ts', text => text.replace(lineOf(first()), '} }\n')),
        read,
      ),
    ).toThrow('policies.ts')
  })
})

test('the model is plain data', () => {
  expect(JSON.parse(JSON.stringify(read))).toEqual(read)
})
