import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { documentPath } from '../documents.js'

/** A real document, and what somebody who read it counted there. */
export interface SweptDocument {
  readonly name: string
  /** Absolute, as is `root`. */
  readonly entry: string
  readonly root?: string
  readonly operations: number
  /** Operations of that number that anybody may call. */
  readonly public: number
  /** Scopes, counted at every operation that demands them: without one of them alone, the answer is 403. */
  readonly scopes: number
  /** `METHOD /path` of those that cannot be enforced yet, and a word of the reason. */
  readonly skipped: { readonly [operation: string]: string }
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
      skipped: {},
    },
    {
      name: 'readme-security',
      entry: documentPath('readme-security/security.yaml'),
      operations: 15,
      public: 1,
      scopes: 5,
      skipped: {},
    },
    {
      name: 'readme-security-multiple, what can be met of it',
      entry: withoutUnsatisfiable(documentPath('readme-security-multiple/security-multiple.json'), folder),
      operations: 3,
      public: 0,
      scopes: 3,
      skipped: {},
    },
    {
      name: 'scalar-galaxy',
      entry: documentPath('scalar-galaxy/3.1.yaml'),
      operations: 10,
      public: 4,
      scopes: 1,
      skipped: {},
    },
    {
      name: 'figma',
      entry: documentPath('figma/openapi.yaml'),
      operations: 54,
      public: 0,
      scopes: 74,
      skipped: {},
    },
    {
      name: 'spotify',
      entry: documentPath('spotify/fixed-spotify-open-api.yml'),
      operations: 97,
      public: 0,
      scopes: 88,
      skipped: {},
    },
    {
      name: 'auth0-myaccount',
      entry: documentPath('auth0-myaccount/myaccount-api-oas.json'),
      operations: 15,
      public: 0,
      scopes: 15,
      skipped: {},
    },
    {
      name: 'camara-geofencing',
      entry: documentPath('camara-geofencing/API_definitions/geofencing-subscriptions.yaml'),
      root: documentPath('camara-geofencing'),
      operations: 4,
      public: 0,
      scopes: 5,
      skipped: {},
    },
    {
      name: 'twilio-api',
      entry: documentPath('twilio-api/twilio_api_v2010.yaml'),
      operations: 197,
      public: 0,
      scopes: 0,
      skipped: {},
    },
    {
      name: 'github',
      entry: documentPath('github/api.github.com.json'),
      operations: 1223,
      public: 1223,
      scopes: 0,
      skipped: {},
    },
  ]
}

/** `METHOD /path` → its alternatives that need the Authorization header twice. */
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
