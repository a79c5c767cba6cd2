/** The objects of an OpenAPI document in which a reference may stand, or below which one may. */
export type Kind =
  | 'document'
  | 'components'
  | 'paths'
  | 'pathItem'
  | 'operation'
  | 'parameter'
  | 'header'
  | 'requestBody'
  | 'responses'
  | 'response'
  | 'mediaType'
  | 'encoding'
  | 'callback'
  | 'securityScheme'
  | 'securityRequirement'
  | 'schema'
  | 'discriminator'

/** What may stand in one place: an object, a list of them, or a map from names to them. */
export type Slot = Kind | { readonly list: Kind } | { readonly map: Kind }

interface Shape {
  readonly members?: { readonly [name: string]: Slot }
  /** What stands under every name that is no vendor extension. */
  readonly entries?: Kind
}

const content: Slot = { map: 'mediaType' }
const schemas: Slot = { map: 'schema' }
const schemaList: Slot = { list: 'schema' }
const requirements: Slot = { list: 'securityRequirement' }

/**
 * Which member of which object holds what. A member that is not named here is data: `$ref` in a default, in a
 * description or in a vendor extension is a word like any other. So it is in examples and links, where it may be a
 * reference: nothing of them is enforced, and what they lead to need not be there.
 */
const shapes: { readonly [kind in Kind]: Shape } = {
  document: {
    members: { paths: 'paths', webhooks: { map: 'pathItem' }, components: 'components', security: requirements },
  },
  components: {
    members: {
      schemas,
      responses: { map: 'response' },
      parameters: { map: 'parameter' },
      requestBodies: { map: 'requestBody' },
      headers: { map: 'header' },
      securitySchemes: { map: 'securityScheme' },
      callbacks: { map: 'callback' },
      pathItems: { map: 'pathItem' },
      mediaTypes: content,
    },
  },
  paths: { entries: 'pathItem' },
  pathItem: {
    members: {
      parameters: { list: 'parameter' },
      get: 'operation',
      put: 'operation',
      post: 'operation',
      delete: 'operation',
      options: 'operation',
      head: 'operation',
      patch: 'operation',
      trace: 'operation',
      query: 'operation',
      additionalOperations: { map: 'operation' },
    },
  },
  operation: {
    members: {
      parameters: { list: 'parameter' },
      requestBody: 'requestBody',
      responses: 'responses',
      callbacks: { map: 'callback' },
      security: requirements,
    },
  },
  parameter: { members: { schema: 'schema', content } },
  header: { members: { schema: 'schema', content } },
  requestBody: { members: { content } },
  responses: { entries: 'response' },
  response: { members: { headers: { map: 'header' }, content } },
  mediaType: {
    members: {
      schema: 'schema',
      itemSchema: 'schema',
      encoding: { map: 'encoding' },
      prefixEncoding: { list: 'encoding' },
      itemEncoding: 'encoding',
    },
  },
  encoding: {
    members: {
      headers: { map: 'header' },
      encoding: { map: 'encoding' },
      prefixEncoding: { list: 'encoding' },
      itemEncoding: 'encoding',
    },
  },
  callback: { entries: 'pathItem' },
  // The one vendor extension that holds a schema: the claims of the scheme's tokens.
  securityScheme: { members: { 'x-token': 'schema' } },
  // Its members are names of schemes: none is a reference that is followed in place.
  securityRequirement: {},
  schema: {
    members: {
      properties: schemas,
      patternProperties: schemas,
      additionalProperties: 'schema',
      unevaluatedProperties: 'schema',
      propertyNames: 'schema',
      dependentSchemas: schemas,
      dependencies: schemas,
      items: 'schema',
      prefixItems: schemaList,
      additionalItems: 'schema',
      unevaluatedItems: 'schema',
      contains: 'schema',
      allOf: schemaList,
      anyOf: schemaList,
      oneOf: schemaList,
      not: 'schema',
      if: 'schema',
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
      then: 'schema',
      else: 'schema',
      $defs: schemas,
      definitions: schemas,
      contentSchema: 'schema',
      discriminator: 'discriminator',
    },
  },
  discriminator: {},
}

/** Where the components of a kind stand. `operation` and the others that are missing cannot be components. */
export const sections: { readonly [kind in Kind]?: string } = {
  schema: 'schemas',
  response: 'responses',
  parameter: 'parameters',
  requestBody: 'requestBodies',
  header: 'headers',
  securityScheme: 'securitySchemes',
  callback: 'callbacks',
  pathItem: 'pathItems',
  mediaType: 'mediaTypes',
}

/** What stands under `name` in an object of this kind; undefined where it is data. */
export function memberSlot(kind: Kind, name: string): Slot | undefined {
  const { members, entries } = shapes[kind]
  if (entries !== undefined) return name.startsWith('x-') ? undefined : entries
  return members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined
}

/** How a message calls what stands in a place: `a parameter`. */
export function described(slot: Slot): string {
  if (typeof slot !== 'string')
    return 'list' in slot ? `a list of ${words(slot.list)}s` : `a map of ${words(slot.map)}s`
  return `${/^[aeiou]/.test(slot) ? 'an' : 'a'} ${words(slot)}`
}

function words(kind: Kind): string {
  return kind.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
