import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { workspace } from '../golden/workspace.js'

const responses = { '204': { description: 'Done' } }

test('a name that is too long for a file is cut, and stays its own', async () => {
  const long = 'a'.repeat(300)
  const path = `/${Array.from({ length: 30 }, (_, index) => `segment${index}/{id${index}}`).join('/')}`
  const document = {
    openapi: '3.1.0',
    info: { title: 'Long', version: '1' },
    security: [],
    paths: {
      '/fits': { get: { operationId: 'b'.repeat(200), responses } },
      '/one': { get: { operationId: `${long}1`, responses } },
      '/two': { get: { operationId: `${long}2`, responses } },
      '/wide': { get: { operationId: '\u540d'.repeat(200), responses } },
      [path]: { get: { responses }, put: { responses } },
    },
  }
  const work = workspace({ 'specs/openapi.yaml': JSON.stringify(document) })
  expect(await work.run('generate')).toMatchObject({ status: 0, stderr: '' })
  const stubs = readdirSync(join(work.folder, 'handlers')).filter(name => name !== 'index.ts')
  expect(stubs).toHaveLength(6)
  expect(stubs).toContain(`${'b'.repeat(200)}.ts`)
  expect(stubs.filter(name => /^a{183}_[0-9a-f]{16}\.ts$/.test(name))).toHaveLength(2)
  expect(stubs.filter(name => /^getSegment0ById0.*_[0-9a-f]{16}\.ts$/.test(name))).toHaveLength(1)
  for (const name of stubs) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(203)
  expect(existsSync(join(work.folder, 'generated/router.ts'))).toBe(true)
  expect(await work.run('check')).toMatchObject({ status: 0 })
})
