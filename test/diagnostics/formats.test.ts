import { describe, expect, test } from 'vitest'
import { codeFrame } from '../../generator/diagnostics/code-frame.js'
import type { Diagnostic } from '../../generator/diagnostics/diagnostic.js'
import { countLine, formatJson, formatText, sortDiagnostics } from '../../generator/diagnostics/formats.js'

const entry = '/project/specs/openapi.yaml'
const other = '/project/common/a.yaml'
const texts: Record<string, string> = {
  [entry]: `openapi: 3.1.0
paths:
  /api/messages:
    get:
      operationId: listMessages
      summary: Messages
      security:
        - auth0: [read:mesages]
      responses:
        200: { description: ok }
components:
  securitySchemes:
    auth0:
      type: oauth2
      flows:
        clientCredentials:
          tokenUrl: https://issuer.example/token
          scopes:
            read:messages: Read messages
`,
  [other]: 'a: 1\nb: 2\n',
}
const sources = { files: [entry, other], text: (file: string) => texts[file] }
const cwd = '/project'

const fault = (members: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'scope-undefined',
  severity: 'error',
  message: 'security scheme "auth0" declares no scope "read:mesages"',
  help: 'write "read:messages", or add "read:mesages" to the scopes of "auth0"',
  location: { file: entry, pointer: '/paths/~1api~1messages/get/security/0/auth0/0' },
  ...members,
})
const at = (file: string, pointer: string, code = 'a-b') => fault({ code, message: 'm', location: { file, pointer } })

test('a diagnostic reads as the style guide shows it', () => {
  const pointer = '/components/securitySchemes/auth0/flows/clientCredentials/scopes/read:messages'
  const notes = [{ message: 'declares "read:messages"', location: { file: entry, pointer, key: true } }]
  expect(formatText([fault({ notes })], sources, { cwd })).toBe(`\
specs/openapi.yaml:8:19 error scope-undefined: security scheme "auth0" declares no scope "read:mesages"
  at #/paths/~1api~1messages/get/security/0/auth0/0

    7 |       security:
  > 8 |         - auth0: [read:mesages]
      |                   ^^^^^^^^^^^^
    9 |       responses:

  note: specs/openapi.yaml:19:13 declares "read:messages"
  help: write "read:messages", or add "read:mesages" to the scopes of "auth0"
`)
})

test('a fault without a place, and one in a file that was never read', () => {
  const { location: _, ...placeless } = fault({ notes: [{ message: 'why' }] })
  expect(formatText([placeless, at('/elsewhere/x.yaml', '/a')], sources, { cwd })).toBe(`\
error scope-undefined: security scheme "auth0" declares no scope "read:mesages"
  note: why
  help: write "read:messages", or add "read:mesages" to the scopes of "auth0"

../elsewhere/x.yaml error a-b: m
  help: write "read:messages", or add "read:mesages" to the scopes of "auth0"
`)
})

test('the entry comes first, then file by file from top to bottom', () => {
  const diagnostics = [
    at(other, '/b'),
    at(other, '/a', 'z-z'),
    at(other, '/a'),
    at(entry, '/components'),
    at(entry, '/paths'),
  ]
  const order = sortDiagnostics(diagnostics, sources).map(
    ({ code, location }) => `${location?.file} ${location?.pointer} ${code}`,
  )
  expect(order).toEqual([
    `${entry} /paths a-b`,
    `${entry} /components a-b`,
    `${other} /a a-b`,
    `${other} /a z-z`,
    `${other} /b a-b`,
  ])
})

test('as JSON, plain data with positions', () => {
  const notes = [{ message: 'n', location: { file: other, pointer: '/b' } }, { message: 'o' }]
  expect(
    formatJson(
      [fault({ notes }), fault({ severity: 'warning', location: { file: other, pointer: '', offset: 6 } })],
      sources,
      { cwd },
    ),
  ).toEqual([
    {
      file: 'specs/openapi.yaml',
      line: 8,
      column: 19,
      pointer: '/paths/~1api~1messages/get/security/0/auth0/0',
      code: 'scope-undefined',
      severity: 'error',
      message: fault().message,
      help: fault().help,
      notes: [{ file: 'common/a.yaml', line: 2, column: 4, pointer: '/b', message: 'n' }, { message: 'o' }],
    },
    {
      file: 'common/a.yaml',
      line: 2,
      column: 2,
      code: 'scope-undefined',
      severity: 'warning',
      message: fault().message,
      help: fault().help,
      notes: [],
    },
  ])
})

test('the last line counts, and says that nothing was written only where that is so', () => {
  expect(countLine([fault()])).toBe('1 error, 0 warnings. Nothing was written.')
  expect(countLine([fault(), fault(), fault({ severity: 'warning' })])).toBe(
    '2 errors, 1 warning. Nothing was written.',
  )
  expect(countLine([fault({ severity: 'warning' })])).toBe('0 errors, 1 warning.')
  expect(countLine([])).toBe('0 errors, 0 warnings.')
})

test('colours only when asked for, and then whatever the environment says', () => {
  const plain = formatText([fault()], sources, { cwd })
  const coloured = formatText([fault()], sources, { cwd, colour: true })
  expect(plain).not.toContain('\u001b')
  expect(coloured).toContain('\u001b[31m')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain)
})

test('no text of the document can write to the terminal or break the line', () => {
  const evil = 'a\u001b[31m\u009b\u0007\r\n\u2028\u202e\u200bb\ud800'
  const file = `/project/${evil}.yaml`
  const wild = { files: [file], text: () => `x: "${evil.replace('\r\n', '')}"\n` }
  const pointer = `/${evil}`
  const text = formatText(
    [fault({ message: evil, help: evil, notes: [{ message: evil }], location: { file, pointer } })],
    wild,
    { cwd },
  )
  expect(text).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u)
  expect(text).toContain('\\u001b[31m\\u009b\\u0007\\r\\n\\u2028\\u202e\\u200bb\\ud800')
  expect(text.split('\n').filter(line => line.startsWith('  help:'))).toHaveLength(1)
})

test('carets stand below the place, also behind escaped characters and tabs', () => {
  expect(codeFrame(line => ['\t\u0007x'][line - 1], { line: 1, start: 3, end: 4 })).toEqual([
    '> 1 |  \\u0007x',
    '    |        ^',
  ])
})

test('a long line is cut around the place', () => {
  const line = `${'a'.repeat(5000)}HERE${'b'.repeat(5000)}`
  const frame = codeFrame(number => (number === 1 ? line : undefined), { line: 1, start: 5001, end: 5005 })
  const [text = '', carets = ''] = frame
  expect(text.length).toBeLessThan(120)
  expect(text.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('HERE')
  expect(text).toMatch(/^> 1 \| …a+HEREb+…$/)
})

test('a cut through a character leaves no half of it, and carets stay in place', () => {
  const line = `${'😀'.repeat(300)}HERE${'😀'.repeat(300)}`
  for (const shift of ['', 'a']) {
    const frame = codeFrame(number => (number === 1 ? shift + line : undefined), {
      line: 1,
      start: 601 + shift.length,
      end: 605 + shift.length,
    })
    const [text = '', carets = ''] = frame
    expect(text).not.toMatch(/\p{Surrogate}/u)
    expect(text).not.toContain('\\u')
    expect(text.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('HERE')
  }
})

test('a place that fills its line is cut too', () => {
  const frame = codeFrame(line => (line === 1 ? 'x'.repeat(9999) : undefined), { line: 1, start: 2, end: 9999 })
  expect(Math.max(...frame.map(row => row.length))).toBeLessThan(120)
})

test('line numbers of unequal length stand flush, and the frame ends with the text', () => {
  const lines = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', '']
  expect(codeFrame(line => lines[line - 1], { line: 9, start: 1, end: 2 })).toEqual([
    '   8 | h',
    '>  9 | i',
    '     | ^',
    '  10 | j',
  ])
  expect(codeFrame(line => lines[line - 1], { line: 10, start: 1, end: 2 })).toEqual([
    '   9 | i',
    '> 10 | j',
    '     | ^',
  ])
  expect(codeFrame(() => undefined, { line: 1, start: 1, end: 1 })).toEqual([])
})

describe('many of one code', () => {
  const many = (count: number, members: (index: number) => Partial<Diagnostic> = () => ({})) =>
    Array.from({ length: count }, (_, index) =>
      fault({ message: `number ${index}`, help: 'mend it', ...members(index) }),
    )

  test('are one entry with their number and the first places, and the others stay as they are', () => {
    const text = formatText([...many(1223), fault({ code: 'a-b', location: { file: other, pointer: '' } })], sources, {
      cwd,
    })
    expect(text).toBe(`\
error scope-undefined: 1223 times, of which the first 3 are shown; --verbose shows all
  specs/openapi.yaml:8:19 number 0
  specs/openapi.yaml:8:19 number 1
  specs/openapi.yaml:8:19 number 2
  help: mend it

common/a.yaml:1:1 error a-b: security scheme "auth0" declares no scope "read:mesages"
  at #

  > 1 | a: 1
      | ^
    2 | b: 2

  help: write "read:messages", or add "read:mesages" to the scopes of "auth0"
`)
  })

  test('are five at most on their own, and any number when asked for', () => {
    expect(formatText(many(5), sources, { cwd }).match(/help:/g)).toHaveLength(5)
    expect(formatText(many(6), sources, { cwd }).match(/number \d/g)).toHaveLength(3)
    expect(formatText(many(6), sources, { cwd, verbose: true }).match(/number \d/g)).toHaveLength(6)
  })

  test('keep what helps each where that differs, and are told by severity', () => {
    const text = formatText(
      [...many(6, index => ({ help: `mend ${index}` })), ...many(6, () => ({ severity: 'warning' }))],
      sources,
      { cwd },
    )
    expect(text).toContain('  specs/openapi.yaml:8:19 number 1\n    help: mend 1\n')
    expect(text.match(/^(?:error|warning) scope-undefined: 6 times/gm)).toEqual([
      'error scope-undefined: 6 times',
      'warning scope-undefined: 6 times',
    ])
  })

  test('are all named, where they are what the router leaves out', () => {
    const text = formatText(
      many(40, () => ({ code: 'operation-skipped', severity: 'warning' })),
      sources,
      { cwd },
    )
    expect(text).toMatch(/^warning operation-skipped: 40 times\n/)
    expect(text.match(/number \d+$/gm)).toHaveLength(40)
  })

  test('places are worked out for those only that are shown', () => {
    let asked = 0
    const pointers = many(100, index => ({
      location: {
        file: entry,
        get pointer() {
          asked++
          return `/paths/${index}`
        },
      },
    }))
    formatText(pointers, sources, { cwd })
    expect(asked).toBeLessThan(10)
    expect(formatJson(pointers, sources, { cwd })).toHaveLength(100)
    expect(countLine(pointers)).toMatch(/^100 errors/)
  })
})

test('a text without end is cut in its middle', () => {
  const message = `the name ${'a'.repeat(100_000)} is long`
  const long: Diagnostic = { code: 'document-form', severity: 'warning', message, help: 'shorten it' }
  const text = formatText([long], { files: [], text: () => undefined }, { cwd: '/' })
  expect(text).toMatch(/^warning document-form: the name a+ … a+ is long\n {2}help: shorten it\n$/)
  expect(text.length).toBeLessThan(1200)
})
