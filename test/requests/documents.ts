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
  /** The same, by what they violate. */
  readonly kinds: { readonly [kind: string]: number }
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
    accepted: 86,
    refused: { path: 0, query: 107, header: 0, body: 107, alternative: 23, exact: 191 },
    kinds: { enum: 19, fraction: 4, maximum: 4, minProperties: 1, minimum: 3, required: 45, type: 138 },
    unfaked: {},
    unviolated: 0,
  },
  {
    name: 'spotify',
    entry: documentPath('spotify/fixed-spotify-open-api.yml'),
    operations: 97,
    unreachable: 0,
    multipart: 0,
    accepted: 202,
    refused: { path: 0, query: 406, header: 0, body: 114, alternative: 0, exact: 520 },
    kinds: { enum: 6, format: 1, fraction: 73, maximum: 55, minimum: 54, required: 50, type: 281 },
    unfaked: {},
    unviolated: 0,
  },
  {
    name: 'digitalocean',
    entry: documentPath('digitalocean/DigitalOcean-public.v2.yaml'),
    operations: 659,
    unreachable: 0,
    multipart: 0,
    accepted: 1092,
    refused: { path: 289, query: 1158, header: 4, body: 2648, alternative: 228, exact: 3869 },
    kinds: {
      additionalProperties: 2,
      enum: 177,
      format: 232,
      fraction: 361,
      maxItems: 7,
      maxLength: 38,
      maximum: 100,
      minItems: 12,
      minLength: 5,
      minimum: 215,
      pattern: 36,
      required: 704,
      type: 2200,
      'type of additionalProperties': 10,
    },
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
    accepted: 1943,
    refused: { path: 966, query: 1931, header: 0, body: 3845, alternative: 126, exact: 6601 },
    kinds: {
      additionalProperties: 41,
      enum: 638,
      format: 69,
      fraction: 1169,
      maxItems: 48,
      maxLength: 70,
      maxProperties: 4,
      maximum: 11,
      minItems: 28,
      minLength: 27,
      minimum: 17,
      pattern: 34,
      required: 760,
      type: 3815,
      'type of additionalProperties': 8,
      uniqueItems: 3,
    },
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
    kinds: {
      enum: 113,
      format: 135,
      fraction: 162,
      maxLength: 425,
      maximum: 61,
      minLength: 425,
      minimum: 122,
      pattern: 425,
      required: 34,
      type: 1273,
    },
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
    accepted: 596,
    refused: { path: 14, query: 391, header: 4, body: 1388, alternative: 91, exact: 1698 },
    kinds: {
      enum: 193,
      format: 22,
      fraction: 89,
      maxItems: 11,
      maxLength: 35,
      maximum: 58,
      minItems: 7,
      minLength: 5,
      minimum: 7,
      pattern: 3,
      required: 290,
      type: 1069,
      'type of additionalProperties': 2,
      uniqueItems: 6,
    },
    unfaked: { 'GET /search: query mdfilters': 'a list of objects has no spelling in a query' },
    unviolated: 4,
  },
  {
    name: 'scalar-galaxy',
    entry: documentPath('scalar-galaxy/3.1.yaml'),
    operations: 10,
    unreachable: 0,
    multipart: 1,
    accepted: 19,
    refused: { path: 6, query: 4, header: 0, body: 120, alternative: 6, exact: 124 },
    kinds: {
      additionalProperties: 3,
      enum: 5,
      exclusiveMaximum: 2,
      exclusiveMinimum: 4,
      format: 8,
      fraction: 5,
      maximum: 2,
      minimum: 2,
      required: 10,
      type: 83,
      'type of additionalProperties': 6,
    },
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
    kinds: { enum: 4, format: 6, fraction: 20, maximum: 1, minimum: 2, required: 15, type: 78 },
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
    kinds: {
      additionalProperties: 6,
      const: 2,
      dependentRequired: 1,
      enum: 2,
      format: 2,
      fraction: 4,
      maxItems: 1,
      maxLength: 16,
      maximum: 1,
      minItems: 1,
      minLength: 12,
      minimum: 4,
      pattern: 2,
      required: 9,
      type: 36,
      uniqueItems: 1,
    },
    unfaked: {},
    unviolated: 2,
  },
]
