import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RuleSettings } from '../../generator/index.js'
import { readRecord } from '../../generator/load/record.js'
import { documentPath } from '../documents.js'

/** A real document, and what somebody who read it counted there. */
export interface SweptDocument {
  readonly name: string
  /** Absolute, as is `root`. */
  readonly entry: string
  readonly root?: string
  readonly operations: number
  /** Operations of that number that ask for no credential: no alternative, or none but `{}`. */
  readonly public: number
  /** Scopes, counted at every operation that demands them: without one of them alone, the answer is 403. */
  readonly scopes: number
  /** Operations that ask for credentials and are open to who sends none. Default 0. */
  readonly optional?: number
  /** What its owner lowers, for without it the document is refused. */
  readonly rules?: RuleSettings
  /** `METHOD /path` of those that are left out then, and a word of the reason; their scopes are not counted. */
  readonly skipped?: { readonly [operation: string]: string }
  /** `METHOD /path` of those whose schemas no sensible body fits: it is 400 for who may call them. */
  readonly unfit?: readonly string[]
}

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))

/** A new folder below `test/out/sweep/`; who makes it removes it. */
export function sweepFolder(): string {
  const parent = join(REPOSITORY, 'test/out/sweep')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, 'run-'))
}

/** @param folder for the document that is made of another one. */
export function sweptDocuments(folder: string): readonly SweptDocument[] {
  return [
    {
      name: 'readme-petstore',
      entry: documentPath('readme-petstore/petstore.json'),
      operations: 20,
      public: 11,
      scopes: 14,
    },
    {
      name: 'readme-security',
      entry: documentPath('readme-security/security.yaml'),
      operations: 15,
      public: 1,
      scopes: 5,
    },
    {
      name: 'readme-security-multiple, what can be met of it',
      entry: withoutUnsatisfiable(documentPath('readme-security-multiple/security-multiple.json'), folder),
      operations: 3,
      public: 0,
      scopes: 3,
    },
    {
      name: 'readme-security-multiple',
      entry: documentPath('readme-security-multiple/security-multiple.json'),
      operations: 4,
      public: 0,
      scopes: 3,
      rules: { 'alternative-unsatisfiable': 'warn' },
      skipped: {
        'POST /anything/and': '"basic" and "oauth2" both need the Authorization header',
        'POST /anything/many-and-or': '"oauth2" and "basic" both need the Authorization header',
      },
    },
    {
      name: 'scalar-galaxy',
      entry: documentPath('scalar-galaxy/3.1.yaml'),
      operations: 10,
      public: 4,
      scopes: 1,
    },
    {
      name: 'figma',
      entry: documentPath('figma/openapi.yaml'),
      operations: 54,
      public: 0,
      scopes: 74,
    },
    {
      name: 'spotify',
      entry: documentPath('spotify/fixed-spotify-open-api.yml'),
      operations: 97,
      public: 0,
      scopes: 88,
    },
    {
      name: 'auth0-myaccount',
      entry: documentPath('auth0-myaccount/myaccount-api-oas.json'),
      operations: 15,
      public: 0,
      scopes: 15,
    },
    {
      name: 'camara-geofencing',
      entry: documentPath('camara-geofencing/API_definitions/geofencing-subscriptions.yaml'),
      root: documentPath('camara-geofencing'),
      operations: 4,
      public: 0,
      scopes: 5,
    },
    {
      name: 'twilio-api',
      entry: documentPath('twilio-api/twilio_api_v2010.yaml'),
      operations: 197,
      public: 0,
      scopes: 0,
    },
    {
      name: 'box',
      entry: documentPath('box/openapi.json'),
      operations: 296,
      public: 5,
      scopes: 0,
      rules: { 'path-malformed': 'warn' },
      skipped: Object.fromEntries(BEHIND_A_FRAGMENT.map(name => [name, 'holds ? or #'])),
    },
    {
      name: 'ga4gh-drs',
      entry: withRecord(documentPath('ga4gh-drs/data_repository_service.openapi.yaml'), folder),
      operations: 9,
      public: 2,
      optional: 3,
      scopes: 0,
    },
    { name: 'oai-3.2, mega', entry: documentPath('oai-3.2/mega.yaml'), operations: 1, public: 1, scopes: 0 },
    {
      name: 'oai-3.2, non-oauth-scopes',
      entry: documentPath('oai-3.2/non-oauth-scopes.yaml'),
      operations: 1,
      public: 0,
      scopes: 2,
    },
    {
      name: 'oai-3.2, path-item-object-example',
      entry: documentPath('oai-3.2/path-item-object-example.yaml'),
      operations: 3,
      public: 3,
      scopes: 0,
    },
    {
      name: 'oai-3.2, path_item_servers_parameters',
      entry: documentPath('oai-3.2/path_item_servers_parameters.yaml'),
      operations: 7,
      public: 7,
      scopes: 0,
    },
    {
      name: 'oai-3.2, comp_pathitems',
      entry: documentPath('oai-3.2/comp_pathitems.yaml'),
      operations: 0,
      public: 0,
      scopes: 0,
    },
  ]
}

/** Those that take as long as all others: a test file may run beside another. */
export function largeDocuments(): readonly SweptDocument[] {
  return [
    {
      name: 'github',
      entry: documentPath('github/api.github.com.json'),
      operations: 1223,
      public: 1223,
      scopes: 0,
    },
    {
      name: 'digitalocean',
      entry: documentPath('digitalocean/DigitalOcean-public.v2.yaml'),
      operations: 659,
      public: 1,
      scopes: 680,
      // A `oneOf` whose branches overlap, to be told apart by their discriminator: a body that fits one fits others.
      unfit: ['POST /v2/droplets/actions'],
    },
  ]
}

/** The nineteen of box: what a client sends of such a path ends where its fragment starts. */
const BEHIND_A_FRAGMENT = [
  'POST /oauth2/token#refresh',
  'PUT /metadata_templates/enterprise/securityClassification-6VMVochwUWo/schema#add',
  'PUT /metadata_templates/enterprise/securityClassification-6VMVochwUWo/schema#update',
  'POST /metadata_templates/schema#classifications',
  'GET /files/{file_id}#get_shared_link',
  'PUT /files/{file_id}#add_shared_link',
  'PUT /files/{file_id}#update_shared_link',
  'PUT /files/{file_id}#remove_shared_link',
  'GET /shared_items#folders',
  'GET /folders/{folder_id}#get_shared_link',
  'PUT /folders/{folder_id}#add_shared_link',
  'PUT /folders/{folder_id}#update_shared_link',
  'PUT /folders/{folder_id}#remove_shared_link',
  'GET /shared_items#web_links',
  'GET /web_links/{web_link_id}#get_shared_link',
  'PUT /web_links/{web_link_id}#add_shared_link',
  'PUT /web_links/{web_link_id}#update_shared_link',
  'PUT /web_links/{web_link_id}#remove_shared_link',
  'GET /shared_items#app_items',
] as const

/** A path → its alternatives that need the Authorization header twice. */
const UNSATISFIABLE: { readonly [path: string]: readonly number[] } = {
  '/anything/and': [0],
  '/anything/many-and-or': [0, 1, 4],
}

/** The only document with schemes that must be met together, once what makes it refused is taken away. */
function withoutUnsatisfiable(path: string, folder: string): string {
  const document = JSON.parse(readFileSync(path, 'utf8')) as {
    paths: { [path: string]: { post: { security: object[] } } }
  }
  for (const [path, { post }] of Object.entries(document.paths)) {
    post.security = post.security.filter((_, index) => !UNSATISFIABLE[path]?.includes(index))
    if (post.security.length === 0) delete document.paths[path]
  }
  const file = join(folder, 'satisfiable.json')
  writeFileSync(file, JSON.stringify(document))
  return file
}

const SERVICE_INFO = 'https://raw.githubusercontent.com/ga4gh-discovery/ga4gh-service-info/v1.0.0/service-info.yaml'

/** The document with a recorded copy of the one that it refers to over the network. */
function withRecord(path: string, folder: string): string {
  const copied = join(folder, 'recorded')
  cpSync(dirname(path), copied, { recursive: true })
  const entry = join(copied, basename(path))
  const text = 'components: { schemas: { Service: { type: object, properties: { id: { type: string } } } } }\n'
  for (const [file, content] of readRecord(entry).files(new Map([[SERVICE_INFO, text]])).files) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  return entry
}
