/** The ten routes, as each server answers them: GET /items/1 to /items/10, each for holders of `read:items`. */
export const SCOPE = 'read:items'
export const NAMES = Array.from({ length: 10 }, (_, index) => `/items/${index + 1}`)

export function bodyOf(path) {
  return { path, name: 'An item of the catalogue', price: 12.5, tags: ['one', 'two'], available: true }
}

/** The document of the ten routes. */
export function documentOf(issuer) {
  const operation = path => ({
    operationId: `get${path.replaceAll('/', '_')}`,
    security: [{ auth: [SCOPE] }],
    responses: {
      200: {
        description: 'The item',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['path', 'name', 'price', 'tags', 'available'],
              properties: {
                path: { type: 'string' },
                name: { type: 'string' },
                price: { type: 'number' },
                tags: { type: 'array', items: { type: 'string' } },
                available: { type: 'boolean' },
              },
            },
          },
        },
      },
    },
  })
  const flows = { clientCredentials: { tokenUrl: `${issuer}token`, scopes: { [SCOPE]: 'Read items' } } }
  return {
    openapi: '3.0.3',
    info: { title: 'Items', version: '1' },
    components: { securitySchemes: { auth: { type: 'oauth2', flows } } },
    paths: Object.fromEntries(NAMES.map(path => [path, { get: operation(path) }])),
  }
}
