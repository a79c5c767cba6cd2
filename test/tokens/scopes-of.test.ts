import { expect, test } from 'vitest'
import { scopesOf } from '../../runtime/tokens/scopes-of.js'

test.each<[string, object, string[]]>([
  ['a string at single spaces', { scope: 'read:a write:b' }, ['read:a', 'write:b']],
  ['empty parts as nothing', { scope: ' a  b ' }, ['a', 'b']],
  ['an empty string as nothing', { scope: '' }, []],
  ['the space and no other white space', { scope: 'a\tb\u00a0c\u2003d\ne' }, ['a\tb\u00a0c\u2003d\ne']],
  ['case as it is', { scope: 'A a' }, ['A', 'a']],
  ['an array whole', { scope: ['a b', 'c'] }, ['a b', 'c']],
  ['strings of an array only', { scope: ['a', 1, null, ['b'], { c: 'c' }, ''] }, ['a']],
  ['scp beside scope', { scope: 'a b', scp: ['b', 'c'] }, ['a', 'b', 'c']],
  ['no other claim', { permissions: ['a'], scopes: 'b', Scope: 'c' }, []],
  ['a number as nothing', { scope: 1 }, []],
  ['null as nothing', { scope: null }, []],
  ['an object as nothing', { scope: { 0: 'a', length: 1 } }, []],
  ['no inherited member', Object.create({ scope: 'a' }), []],
])('reads %s', (_, claims, scopes) => {
  expect(scopesOf(claims)).toEqual(scopes)
})

test('reads the claims that it is told to, nested ones by pointer', () => {
  const claims = { scope: 'a', permissions: ['b'], realm_access: { roles: ['c'] } }
  expect(scopesOf(claims, ['permissions', '/realm_access/roles'])).toEqual(['b', 'c'])
  expect(scopesOf(claims, ['constructor', 'toString', '__proto__'])).toEqual([])
})
