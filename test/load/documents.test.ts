import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { load } from '../../generator/load/load.js'
import { createSourceMap } from '../../generator/load/source-map.js'

const documents = new URL('../documents/', import.meta.url).pathname

const sound: [file: string, root: string | undefined, operations: number][] = [
  ['readme-petstore/petstore.json', undefined, 20],
  ['readme-security/security.yaml', undefined, 15],
  ['readme-security-multiple/security-multiple.json', undefined, 4],
  ['scalar-galaxy/3.1.yaml', undefined, 10],
  ['figma/openapi.yaml', undefined, 54],
  ['spotify/fixed-spotify-open-api.yml', undefined, 97],
  ['auth0-myaccount/myaccount-api-oas.json', undefined, 15],
  ['camara-geofencing/API_definitions/geofencing-subscriptions.yaml', 'camara-geofencing', 4],
]

test.each(sound)('%s is read in one piece', async (file, root, operations) => {
  const { document, sources, diagnostics } = await load(
    documents + file,
    root === undefined ? {} : { root: documents + root },
  )
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  if (document === undefined) return expect.fail()

  const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
  const paths = Object.values(document.root.paths as Record<string, object>)
  expect(paths.flatMap(item => Object.keys(item)).filter(name => methods.includes(name))).toHaveLength(operations)

  const dangling = references(document.root).filter(ref => !resolves(document.root, ref))
  expect(dangling).toEqual([])

  // Where a document has one file, nothing of it is lost or moved but names that nothing refers to any more.
  if (sources.files.length > 1) return
  const written = parseYaml(readFileSync(documents + file, 'utf8'), { stringKeys: true, maxAliasCount: -1 })
  expect(document.root).toEqual(JSON.parse(JSON.stringify(written), withoutIdentifiers))
})

test('what stands in another file is placed there', async () => {
  const { document, sources } = await load(
    `${documents}camara-geofencing/API_definitions/geofencing-subscriptions.yaml`,
    {
      root: `${documents}camara-geofencing`,
    },
  )
  const { root, origins } = document ?? expect.fail()
  const location = origins.locate(root, 'components', 'securitySchemes', 'notificationsBearerAuth')
  expect(location.file).toBe(`${documents}camara-geofencing/common/CAMARA_event_common.yaml`)
  const position = createSourceMap(sources).position({ ...location, key: true })
  expect(createSourceMap(sources).line(location.file, position?.line ?? 0)).toBe('    notificationsBearerAuth:')
})

test('Swagger 2.0 is refused', async () => {
  const { document, diagnostics } = await load(`${documents}swagger2-petstore/petstore.json`)
  expect(document).toBeUndefined()
  expect(diagnostics.map(({ code }) => code)).toEqual(['document-swagger-2'])
})

test('a document above whose folder its parts stand says so for each of them', async () => {
  const { diagnostics } = await load(`${documents}camara-geofencing/API_definitions/geofencing-subscriptions.yaml`)
  expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(['reference-outside-root']))
})

/** Every `$ref` that is not in an example or another value of data. */
function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  const entries = Object.entries(node).filter(([name]) => !/^(?:examples?|default|enum|const|x-.*)$/.test(name))
  return entries.flatMap(([name, value]) =>
    name === '$ref' && typeof value === 'string' ? [value] : references(value),
  )
}

function resolves(root: Record<string, unknown>, ref: string): boolean {
  const [hash, components, section = '', name = '', ...rest] = ref.split('/')
  const listed = (root.components as Record<string, Record<string, unknown>>)[section]
  return hash === '#' && components === 'components' && rest.length === 0 && listed?.[name] !== undefined
}

function withoutIdentifiers(name: string, value: unknown): unknown {
  return /^\$(?:id|anchor|dynamicAnchor)$/.test(name) && typeof value === 'string' ? undefined : value
}
