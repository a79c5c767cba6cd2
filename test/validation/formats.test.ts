import { describe, expect, it } from 'vitest'
import { formats } from '../../runtime/formats.js'
import { bodyValidator, operation, parameter, validatorFor } from './emitted.js'

const texts: [format: string, fits: string[], fitsNot: string[]][] = [
  [
    'date-time',
    [
      '2024-02-29T00:00:00Z',
      '2000-02-29T00:00:00Z',
      '2024-01-01t00:00:00.123+01:00',
      '1998-12-31T23:59:60Z',
      '1998-12-31T15:59:60.1-08:00',
      '1990-12-31T15:59:60-08:00',
    ],
    [
      '2023-02-29T00:00:00Z',
      '1900-02-29T00:00:00Z',
      '2024-01-01 00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01T00:00:00',
      '2024-01-01T00:00:00+0100',
      '1998-12-31T22:59:60Z',
      '2024-01-01T00:00:00+24:00',
    ],
  ],
  [
    'uri',
    [
      'http://a',
      'http://[::1]:80/',
      'urn:isbn:1',
      'mailto:a@b',
      'a:',
      'http://u:p@h:80/p?q#f',
      'http://[v1.a]/',
      'http://[fe80::1%25eth0]/',
      'file:///etc',
      'http://ex.com/%20',
      'http://1.2.3.999',
    ],
    [
      '//a',
      'a',
      '1a:b',
      'http://a b',
      'http://[::1',
      'http://a/é',
      'http://a/%zz',
      'http://a@b@c/',
      'http://a<b@c/',
      'http://[fe80::1%25a%25b]/',
      'http://[fe80::1%25a!]/',
      'http://[fe80::1%a]/',
      'http://a:b/',
      ':a',
      'http://a/{x}',
    ],
  ],
  ['uri-reference', ['', 'a', '//a', './a:b', '?q', '#f', '/a//b', 'a/b:c'], ['1a:b', ':a', 'a b', '\\a', '#a#b']],
  ['iri', ['http://é/ü?ö#ä', 'http://example.com/😀'], ['é', 'http://a/ ']],
  [
    'email',
    ['a@b.co', '"a b"@x.y', 'a@[127.0.0.1]', 'a@localhost', 'a+b@c.d', 'a@[IPv6:::1]'],
    ['a', '@b', 'a@', 'a..b@c.d', '.a@b.c', 'a@b..c', 'a b@c.d', 'a@-b.c', 'a@b.', '"a"b"@c.d'],
  ],
  ['idn-email', ['é@bücher.example'], ['é']],
  ['hostname', ['a', 'a.b', 'a-b.c', 'x.'], ['', '-a', 'a..b', 'a_b', 'a'.repeat(64), '.']],
  ['uri-template', ['/a/{b}', '{?x,y*}', '{a.b:3}', '{+path}/x'], ['{', '}', '{a b}', 'a b', '%{a}41', '{a']],
  ['duration', ['P1D', 'PT1H', 'P1Y2M3DT4H5M6S', 'P3W', 'P1Y2D'], ['P', 'PT', 'P1', '1D', 'P1W2D', 'PT1D', 'P1DT']],
  ['byte', ['', 'YQ==', 'YWI=', 'YWJj'], ['YQ', 'YQ=', '!!!!\n', 'YQ==\nYQ==', 'Y===']],
  ['base64url', ['', 'YQ', 'YQ==', '-_-_'], ['Y', 'YQ=', '+/==']],
  ['ipv4', ['1.2.3.4'], ['01.2.3.4', '1.2.3', '256.1.1.1']],
  ['ipv6', ['::', '::1', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4'], ['fe80::1%eth0', ':::', '1::2::3']],
  ['json-pointer', ['', '/', '/a~0b/~1'], ['a', '/~2', '/~']],
  ['relative-json-pointer', ['0', '1/a', '0#'], ['01', '/a', '-1', '0##']],
  ['uuid', ['00000000-0000-0000-0000-000000000000'], ['urn:uuid:00000000-0000-0000-0000-000000000000', 'x']],
  ['time', ['12:00:00Z', '23:59:60Z', '01:29:60+01:30'], ['12:00:00', '12:00Z', '24:00:00Z']],
  ['http-date', ['Sun, 06 Nov 1994 08:49:37 GMT'], ['Sun, 31 Feb 1994 08:49:37 GMT', 'x']],
  ['int64 as text', ['9223372036854775807', '-9223372036854775808'], ['9223372036854775808', 'a', '1.0', '']],
  ['char', ['a', '😀', '\n'], ['', 'ab']],
  ['regex', ['^a', '\\Z', '(?<a>b)'], ['(', '*']],
]

const numbers: [format: string, fits: number[], fitsNot: number[]][] = [
  ['int8', [-128, 127, 1.0], [-129, 128, 0.5]],
  ['int32', [-(2 ** 31), 2 ** 31 - 1], [2 ** 31, 1.5]],
  ['int64', [-(2 ** 63), 2 ** 53], [2 ** 63, 1e300, 0.1]],
  ['uint8', [0, 255], [-1, 256]],
  ['uint64', [0, 2 ** 63], [-1, 2 ** 64]],
  ['double-int', [2 ** 53 - 1], [2 ** 53, 0.5]],
]

const fits = (schema: unknown, value: unknown) => bodyValidator(schema).body?.content[0]?.valid?.(value) ?? true

describe('formats', () => {
  it.each(texts)('%s', (format, right, wrong) => {
    expect(right.filter(text => !fits({ format }, text))).toEqual([])
    expect(wrong.filter(text => fits({ format }, text))).toEqual([])
    // It speaks of texts only.
    expect(fits({ format }, 1)).toBe(true)
  })

  it.each(numbers)('%s', (format, right, wrong) => {
    expect(right.filter(value => !fits({ type: 'number', format }, value))).toEqual([])
    expect(wrong.filter(value => fits({ type: 'number', format }, value))).toEqual([])
  })

  it('of 64 bits may be spelled as text', () => {
    for (const schema of [{ type: 'string', format: 'int64' }, { format: 'int64' }]) {
      expect([fits(schema, '9223372036854775807'), fits(schema, '9223372036854775808')]).toEqual([true, false])
      expect([fits(schema, 'x'), fits(schema, '-1')]).toEqual([false, true])
    }
    expect([fits({ type: ['string', 'integer'], format: 'uint64' }, '-1'), fits({ format: 'uint64' }, -1)]).toEqual([
      false,
      false,
    ])
  })

  it.each([
    { type: 'string', format: 'int32' },
    { type: 'string', format: 'url' },
    { type: 'string', format: 'password' },
    { type: 'string', format: 'idn-hostname' },
    { type: 'integer', format: 'date' },
    { type: 'number', format: 'float' },
  ])('%j is checked by its type only', schema => {
    const query = parameter({ in: 'query', name: 'q', schema })
    expect(validatorFor(operation('it', { parameters: [query] })).parameters?.[0]?.valid).toBeUndefined()
  })

  it('take no longer than their text is long', () => {
    const pieces = [
      'a',
      'a.',
      'a-',
      '/',
      '://',
      'a@',
      '"',
      '\\"',
      '%41',
      '{a',
      '{a,',
      '1',
      '12:',
      'A',
      '=',
      '😀',
      '[',
      ':',
      '~0',
      '#',
    ]
    for (const check of Object.values(formats)) {
      if (typeof check !== 'function') continue
      for (const start of ['', 'http://', 'http://[', '"', '{', 'P', 'a@', '/']) {
        for (const piece of pieces) check(`${start}${piece.repeat(50_000)}\n`)
      }
    }
  })
})
