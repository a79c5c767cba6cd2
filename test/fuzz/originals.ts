import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { documentPath } from '../documents.js'
import type { Random } from './random.js'

/** What mutants are made of: a document that people wrote, with the files around it. */
export interface Original {
  readonly name: string
  /** File name, relative and with `/` → its bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly entry: string
}

const TEST = fileURLToPath(new URL('../', import.meta.url))

/** Documents that are small, with all their files. */
const WHOLE: readonly { readonly folder?: string; readonly entry: string }[] = [
  { entry: '../specs/openapi.yaml' },
  { entry: 'types/openapi.yaml' },
  { entry: 'http/openapi.yaml' },
  { entry: 'http/bodies.yaml' },
  { entry: 'http/parameters.yaml' },
  { entry: 'documents/readme-petstore/petstore.json' },
  { entry: 'documents/readme-security/security.yaml' },
  { entry: 'documents/readme-security-multiple/security-multiple.json' },
  { entry: 'documents/scalar-galaxy/3.1.yaml' },
  { entry: 'documents/swagger2-petstore/petstore.json' },
  { folder: 'documents/ga4gh-drs', entry: 'documents/ga4gh-drs/data_repository_service.openapi.yaml' },
  {
    folder: 'documents/camara-geofencing',
    entry: 'documents/camara-geofencing/API_definitions/geofencing-subscriptions.yaml',
  },
  ...filesIn('golden', /\/openapi\.yaml$/).map(entry => ({ entry })),
  ...filesIn('documents/oai-3.2', /\.yaml$/).map(entry => ({ entry })),
  ...filesIn('diagnostics', /^diagnostics\/[^/]+\/(wrong|mended)\.yaml$/).map(entry => ({
    folder: dirname(entry),
    entry,
  })),
]

/** Documents that are large: a mutant is made of a few of their paths. */
const LARGE = [
  'auth0-myaccount/myaccount-api-oas.json',
  'box/openapi.json',
  'github/api.github.com.json',
  'figma/openapi.yaml',
  'spotify/fixed-spotify-open-api.yml',
  'twilio-api/twilio_api_v2010.yaml',
]

export function originalFor(random: Random): Original {
  return random.chance(0.75) ? whole(random.pick(WHOLE)) : piece(random.pick(LARGE), random)
}

function whole({ folder = '', entry }: (typeof WHOLE)[number]): Original {
  const path = join(TEST, entry)
  const name = relative(join(TEST, '..'), path)
  if (folder === '') return { name, files: new Map([[basename(entry), readFileSync(path)]]), entry: basename(entry) }
  const names = filesIn(folder, /^(?!.*(expected\.txt|LICENSE)$)/)
  const files = names.map(one => [one.slice(folder.length + 1), readFileSync(join(TEST, one))] as const)
  return { name, files: new Map(files), entry: entry.slice(folder.length + 1) }
}

function filesIn(folder: string, names: RegExp): string[] {
  return readdirSync(join(TEST, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(TEST, join(entry.parentPath, entry.name)))
    .filter(name => names.test(name))
    .sort()
}

type JsonObject = { [name: string]: unknown }

const read = new Map<string, JsonObject>()

function piece(name: string, random: Random): Original {
  const known = read.get(name) ?? (parsed(readFileSync(documentPath(name), 'utf8'), name) as JsonObject)
  read.set(name, known)
  const { paths, components, ...rest } = known
  const chosen: JsonObject = {}
  const all = Object.keys(objectOf(paths))
  for (let count = random.magnitude(1, 8); count > 0; count--) {
    const path = random.pick(all)
    chosen[path] = objectOf(paths)[path]
  }
  const kept: { [section: string]: JsonObject } = {
    securitySchemes: objectOf(objectOf(components).securitySchemes),
  }
  keepReached(chosen, objectOf(components), kept)
  const { webhooks: _, tags: __, 'x-webhooks': ___, ...head } = rest
  const text = JSON.stringify({ ...head, paths: chosen, components: kept })
  return {
    name: `${name} of ${Object.keys(chosen).join(' ')}`,
    files: new Map([['openapi.json', Buffer.from(text)]]),
    entry: 'openapi.json',
  }
}

function parsed(text: string, name: string): unknown {
  return name.endsWith('.json') ? JSON.parse(text) : parse(text)
}

function keepReached(node: unknown, components: JsonObject, kept: { [section: string]: JsonObject }): void {
  if (typeof node !== 'object' || node === null) return
  const reference = '$ref' in node ? node.$ref : undefined
  const [, section = '', name = ''] = /^#\/components\/([^/]+)\/([^/]+)/.exec(String(reference)) ?? []
  const target = objectOf(components[section])[name]
  if (target !== undefined && kept[section]?.[name] === undefined) {
    kept[section] = { ...kept[section], [name]: target }
    keepReached(target, components, kept)
  }
  for (const member of Object.values(node)) keepReached(member, components, kept)
}

function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {}
}
