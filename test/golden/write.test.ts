import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { write } from '../../generator/index.js'

test('when a file cannot be put in its place, those before it are put back', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-write-'))
  writeFileSync(join(folder, 'old.ts'), 'old\n')
  // The third makes a folder of the second's name, on which no file can be renamed.
  const files = new Map([
    [join(folder, 'old.ts'), 'new\n'],
    [join(folder, 'added.ts'), 'added\n'],
    [join(folder, 'name'), 'a file\n'],
    [join(folder, 'name', 'below.ts'), 'below\n'],
  ])
  expect(() => write(files)).toThrow()
  expect(readFileSync(join(folder, 'old.ts'), 'utf8')).toBe('old\n')
  expect(readdirSync(folder).sort()).toEqual(['name', 'old.ts'])
  expect(readdirSync(join(folder, 'name'))).toEqual([])
})
