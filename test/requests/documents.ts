import type { RuleSettings } from '../../generator/index.js'
import { documentPath } from '../documents.js'

/** A real document, and how many requests were made up for it. */
export interface RequestedDocument {
  readonly name: string
  readonly entry: string
  readonly rules?: RuleSettings
  readonly operations: number
  /** Of that number, those whose path holds a `#`: no request has one. */
  readonly unreachable: number
  /** Those with a body that is not looked into here. */
  readonly multipart: number
  readonly accepted: number
  readonly refused: RefusedCounts
  /** What the faker finds no value for, and why. */
  readonly unfaked: { readonly [place: string]: string }
  /** Constraints that no request was found to violate: another one refuses it first, or an alternative lets it through. */
  readonly unviolated: number
}

/** By place; `alternatives` are those in bodies and parameters of which one out of several may fit. */
export interface RefusedCounts {
  readonly path: number
  readonly query: number
  readonly header: number
  readonly body: number
  /** Of all these, where it stands below one of several alternatives. */
  readonly alternative: number
  /** Of all these, where the answer names exactly the places that ajv names. */
  readonly exact: number
}

export const requestedDocuments: readonly RequestedDocument[] = [
  {
    name: 'figma',
    entry: documentPath('figma/openapi.yaml'),
    operations: 54,
    unreachable: 0,
    multipart: 0,
    accepted: 85,
    refused: { path: 0, query: 107, header: 0, body: 107, alternative: 23, exact: 191 },
    unfaked: {},
    unviolated: 0,
  },
  {
    name: 'spotify',
    entry: documentPath('spotify/fixed-spotify-open-api.yml'),
    operations: 97,
    unreachable: 0,
    multipart: 0,
    accepted: 196,
    refused: { path: 0, query: 406, header: 0, body: 114, alternative: 0, exact: 520 },
    unfaked: {},
    unviolated: 0,
  },
  {
    name: 'digitalocean',
    entry: documentPath('digitalocean/DigitalOcean-public.v2.yaml'),
    operations: 659,
    unreachable: 0,
    multipart: 0,
    accepted: 1059,
    refused: { path: 289, query: 1158, header: 4, body: 2648, alternative: 228, exact: 3869 },
    unfaked: {
      'POST /v2/droplets/actions: application/json':
        'whatever fits one alternative fits another: its discriminator is meant to tell them',
    },
    unviolated: 28,
  },
  {
    name: 'github',
    entry: documentPath('github/api.github.com.json'),
    operations: 1223,
    unreachable: 0,
    multipart: 0,
    accepted: 1888,
    refused: { path: 966, query: 1931, header: 0, body: 3845, alternative: 126, exact: 6601 },
    unfaked: {},
    unviolated: 32,
  },
  {
    name: 'twilio-api',
    entry: documentPath('twilio-api/twilio_api_v2010.yaml'),
    operations: 197,
    unreachable: 0,
    multipart: 0,
    accepted: 369,
    refused: { path: 1104, query: 811, header: 0, body: 1260, alternative: 0, exact: 3175 },
    unfaked: {},
    unviolated: 0,
  },
  {
    name: 'box',
    entry: documentPath('box/openapi.json'),
    rules: { 'path-malformed': 'warn' },
    operations: 296,
    unreachable: 19,
    multipart: 3,
    accepted: 566,
    refused: { path: 14, query: 391, header: 4, body: 1388, alternative: 91, exact: 1698 },
    unfaked: { 'GET /search: query mdfilters': 'a list of objects has no spelling in a query' },
    unviolated: 4,
  },
  {
    name: 'scalar-galaxy',
    entry: documentPath('scalar-galaxy/3.1.yaml'),
    operations: 10,
    unreachable: 0,
    multipart: 1,
    accepted: 17,
    refused: { path: 6, query: 4, header: 0, body: 120, alternative: 6, exact: 124 },
    unfaked: {},
    unviolated: 0,
  },
  {
    name: 'readme-petstore',
    entry: documentPath('readme-petstore/petstore.json'),
    operations: 20,
    unreachable: 0,
    multipart: 1,
    accepted: 29,
    refused: { path: 13, query: 7, header: 0, body: 106, alternative: 0, exact: 126 },
    unfaked: {},
    unviolated: 0,
  },
  {
    name: 'auth0-myaccount',
    entry: documentPath('auth0-myaccount/myaccount-api-oas.json'),
    operations: 15,
    unreachable: 0,
    multipart: 0,
    accepted: 25,
    refused: { path: 1, query: 15, header: 0, body: 84, alternative: 10, exact: 89 },
    unfaked: {},
    unviolated: 2,
  },
]
