import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { documentPath } from '../documents.js'
import { sweepFolder } from './documents.js'
import { generateInto } from './service.js'

const folder = sweepFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([{}, { 'feature-unsupported': 'warn' }] as const)('with rules: %j', rules => {
  test.each([
    {
      document: 'readme-security-multiple/security-multiple.json',
      faults: [
        'alternative-unsatisfiable /paths/~1anything~1and/post/security/0',
        'alternative-unsatisfiable /paths/~1anything~1many-and-or/post/security/0',
        'alternative-unsatisfiable /paths/~1anything~1many-and-or/post/security/1',
        'alternative-unsatisfiable /paths/~1anything~1many-and-or/post/security/4',
      ],
    },
    {
      document: 'ga4gh-drs/data_repository_service.openapi.yaml',
      faults: ['reference-remote /content/application~1json/schema/allOf/0/$ref'],
    },
    {
      document: 'oai-3.2/operation-object-example.yaml',
      faults: ['scheme-undefined /paths/~1pets~1{id}/put/security/0/petstore_auth'],
    },
    {
      document: 'oai-3.2/security-scheme-object-examples.yaml',
      faults: ['reference-remote /components/securitySchemes/external/$ref'],
    },
    { document: 'swagger2-petstore/petstore.json', faults: ['document-swagger-2 /swagger'] },
  ])('$document is refused, and nothing is written', async ({ document, faults }) => {
    const output = join(folder, 'output')
    const { diagnostics, files } = await generateInto(output, { entry: documentPath(document) }, rules)
    const errors = diagnostics.filter(one => one.severity === 'error')
    expect(errors.map(({ code, location }) => `${code} ${location?.pointer}`)).toEqual(faults)
    expect(files).toBeUndefined()
    expect(existsSync(output)).toBe(false)
  })
})
