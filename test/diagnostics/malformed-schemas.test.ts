import { describe, expect, test } from 'vitest'
import { compile } from '../../generator/compile.js'
import { formatText } from '../../generator/index.js'
import { workspace } from '../golden/workspace.js'

/** Schemas that are none, and where inside them the fault is. */
const MALFORMED: readonly (readonly [schema: string, inside: string])[] = [
  ['5', ''],
  ['[]', ''],
  ['{"allOf":5}', '/allOf'],
  ['{"anyOf":[5]}', '/anyOf/0'],
  ['{"oneOf":[]}', '/oneOf'],
  ['{"oneOf":{"a":{}}}', '/oneOf'],
  ['{"required":5}', '/required'],
  ['{"allOf":[{"type":"object"}],"required":5}', '/required'],
  ['{"properties":5}', '/properties'],
  ['{"properties":{"a":5}}', '/properties/a'],
  ['{"patternProperties":{"(":{}}}', '/patternProperties/('],
  ['{"additionalProperties":5}', '/additionalProperties'],
  ['{"type":"array","prefixItems":5}', '/prefixItems'],
  ['{"type":"array","items":5}', '/items'],
  ['{"not":5}', '/not'],
  ['{"enum":5}', '/enum'],
  ['{"type":7}', '/type'],
]

const json = (schema: string) => `{"application/json":{"schema":${schema}}}`

interface Place {
  readonly operation?: (schema: string) => string
  readonly response?: (schema: string) => string
  readonly components?: (schema: string) => string
  /** Of the schema. */
  readonly pointer: string
}

const PLACES: { readonly [name: string]: Place } = {
  'request body': {
    operation: schema => `"requestBody":{"content":${json(schema)}}`,
    pointer: '/paths/~1a/post/requestBody/content/application~1json/schema',
  },
  parameter: {
    operation: schema => `"parameters":[{"in":"query","name":"q","schema":${schema}}]`,
    pointer: '/paths/~1a/post/parameters/0/schema',
  },
  reply: {
    response: schema => `"content":${json(schema)}`,
    pointer: '/paths/~1a/post/responses/200/content/application~1json/schema',
  },
  'header of a reply': {
    response: schema => `"headers":{"X-A":{"schema":${schema}}}`,
    pointer: '/paths/~1a/post/responses/200/headers/X-A/schema',
  },
  callback: {
    operation: schema =>
      `"callbacks":{"c":{"{$request.body#/u}":{"post":{"requestBody":{"content":${json(schema)}},"responses":{"200":{"description":""}}}}}}`,
    pointer: '/paths/~1a/post/callbacks/c/{$request.body#~1u}/post/requestBody/content/application~1json/schema',
  },
  'component schema': { components: schema => `"schemas":{"A":${schema}}`, pointer: '/components/schemas/A' },
  'component response': {
    components: schema => `"responses":{"A":{"description":"","content":${json(schema)}}}`,
    pointer: '/components/responses/A/content/application~1json/schema',
  },
  'component parameter': {
    components: schema => `"parameters":{"A":{"in":"query","name":"q","schema":${schema}}}`,
    pointer: '/components/parameters/A/schema',
  },
  'component header': {
    components: schema => `"headers":{"A":{"schema":${schema}}}`,
    pointer: '/components/headers/A/schema',
  },
  'component body': {
    components: schema => `"requestBodies":{"A":{"content":${json(schema)}}}`,
    pointer: '/components/requestBodies/A/content/application~1json/schema',
  },
}

function documentWith({ operation, response, components }: Place, schema: string): string {
  const also = operation === undefined ? '' : `,${operation(schema)}`
  const responses = `{"200":{"description":"Done"${response === undefined ? '' : `,${response(schema)}`}}}`
  return `{"openapi":"3.1.0","info":{"title":"T","version":"1"},"security":[],"paths":{"/a":{"post":{"operationId":"addA"${also},"responses":${responses}}}},"components":{${components?.(schema) ?? ''}}}`
}

describe.each(Object.entries(PLACES))('in a %s', (name, place) => {
  const isRequest = name === 'request body' || name === 'parameter'

  test.each(MALFORMED)('%s has a diagnostic where it stands', async (schema, inside) => {
    const work = workspace({ 'openapi.json': documentWith(place, schema) })
    const { diagnostics, sources, emitted } = await compile({ document: 'openapi.json', cwd: work.folder })
    const isReply = place.response !== undefined
    const found = diagnostics.filter(one => /^(schema-malformed|response-unchecked)$/.test(one.code))
    expect(found.map(({ code, severity, location }) => [code, severity, location?.pointer])).toEqual([
      isReply
        ? ['response-unchecked', 'warning', place.pointer]
        : ['schema-malformed', isRequest ? 'error' : 'warning', place.pointer + inside],
    ])
    expect(formatText(found, sources, { cwd: work.folder })).toMatch(/^openapi\.json:\d+:\d+ (error|warning) /)
    expect(found[0]?.help).not.toBe('')
    expect(diagnostics.every(one => one === found[0] || one.code === 'document-form')).toBe(true)
    expect(emitted.size === 0).toBe(isRequest)
  })

  test('an object that may have one of some values only is none of these', async () => {
    const work = workspace({ 'openapi.json': documentWith(place, '{"type":"object","enum":[1,{"a":1}]}') })
    const { diagnostics, emitted } = await compile({ document: 'openapi.json', cwd: work.folder })
    expect(diagnostics.filter(one => one.code !== 'parameter-unreadable')).toEqual([])
    expect([...emitted].length).toBeGreaterThan(0)
  })
})
