import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { load } from '../../generator/load/load.js'
import { readRecord } from '../../generator/load/record.js'
import { createSourceMap } from '../../generator/load/source-map.js'
import { workspace } from '../golden/workspace.js'
import { folder } from './folder.js'

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

test('ga4gh-drs needs the network once: with a recorded copy, all of its files are read', async () => {
  const url = 'https://raw.githubusercontent.com/ga4gh-discovery/ga4gh-service-info/v1.0.0/service-info.yaml'
  const cwd = folder({})
  cpSync(`${documents}ga4gh-drs`, cwd, { recursive: true })
  const entry = `${cwd}/data_repository_service.openapi.yaml`
  const alone = await load(entry)
  expect(alone.document).toBeUndefined()
  expect(alone.diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ['reference-remote', `the reference "${url}#/components/schemas/Service" goes over the network`],
  ])

  const text =
    'components: { schemas: { Service: { type: object, required: [id], properties: { id: { type: string } } } } }\n'
  for (const [path, content] of readRecord(entry).files(new Map([[url, text]])).files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  const { document, diagnostics } = await load(entry)
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const { root } = document ?? expect.fail()
  // Descriptions that name files of Markdown stay words.
  expect(references(root).filter(ref => !resolves(root, ref) && !ref.endsWith('.md'))).toEqual([])
  expect((root.components as { schemas: { Service: object } }).schemas.Service).toMatchObject({ required: ['id'] })
  expect(Object.keys(root.paths as object)).toHaveLength(5)
  expect(root.security).toEqual([{}, { BasicAuth: [] }, { BearerAuth: [] }])
})

test.each([
  ['comp_pathitems.yaml', 0, []],
  ['mega.yaml', 1, []],
  ['non-oauth-scopes.yaml', 1, []],
  ['path-item-object-example.yaml', 3, []],
  ['path_item_servers_parameters.yaml', 7, []],
  ['operation-object-example.yaml', undefined, ['scheme-undefined']],
  ['security-scheme-object-examples.yaml', undefined, ['reference-remote']],
])('oai-3.2/%s goes through, or says why not', async (file, operations, codes) => {
  const work = workspace({ 'openapi.yaml': readFileSync(`${documents}oai-3.2/${file}`) })
  const { status, stdout, stderr } = await work.run('generate', 'openapi.yaml')
  expect([...stderr.matchAll(/ error ([a-z-]+):/g)].map(([, code]) => code)).toEqual(codes)
  expect(status).toBe(codes.length === 0 ? 0 : 1)
  if (operations !== undefined) expect(stdout).toMatch(new RegExp(`^${operations} operations?\\.`, 'm'))
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
