import { expect, test } from 'vitest'
import { trustedProxies } from '../../runtime/trusted-proxies.js'
import { ConfigurationError } from '../../runtime/verifier.js'

const isTrusted = trustedProxies('here', ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '2001:db8::7', '::1', '127.0.0.1/32'])

test.each([
  '10.0.0.0',
  '10.255.255.255',
  '::ffff:10.1.2.3',
  '::FFFF:192.0.2.7',
  '192.0.2.7',
  'fd12:3456::1',
  '2001:db8::7',
  '2001:0db8:0:0:0:0:0:7',
  '::1',
  '127.0.0.1',
])('%s is one of them', address => {
  expect(isTrusted(address)).toBe(true)
})

test.each([
  undefined,
  '',
  '11.0.0.0',
  '9.255.255.255',
  '192.0.2.70',
  '192.0.2.6',
  '::ffff:11.0.0.1',
  '::10.0.0.1',
  'fe80::1',
  'fd00::1%eth0',
  '::1%lo',
  '2001:db8::8',
  '127.0.0.2',
  '10.0.0.1, 192.0.2.1',
  '010.0.0.1',
  'localhost',
])('%s is none of them', address => {
  expect(isTrusted(address)).toBe(false)
})

test('without a list, or with an empty one, nobody is', () => {
  expect(trustedProxies('here', undefined)('127.0.0.1')).toBe(false)
  expect(trustedProxies('here', [])('127.0.0.1')).toBe(false)
})

test.each([
  '',
  'localhost',
  '10.0.0',
  '10.0.0.0/0',
  '::/0',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/08',
  '10.0.0.0/8/8',
  '10.0.0.0/255.0.0.0',
  'fd00::/129',
  'fe80::1%eth0',
  '::ffff:10.0.0.0',
  '::ffff:0:0/96',
  '*',
  ' 10.0.0.1',
  7,
  null,
])('%j is refused', entry => {
  const list = ['10.0.0.1', entry] as string[]
  expect(() => trustedProxies('here', list)).toThrow(ConfigurationError)
  expect(() => trustedProxies('here', list)).toThrow(`here: 'trustedProxies' holds ${JSON.stringify(entry)}; write an`)
})

test('a list is demanded', () => {
  expect(() => trustedProxies('here', '10.0.0.1' as unknown as string[])).toThrow(`'trustedProxies' must be a list`)
})
