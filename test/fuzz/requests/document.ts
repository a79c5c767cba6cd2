/** Operations behind every kind of credential, with parameters and bodies of every kind beside them. */
export const DOCUMENT = `
openapi: 3.1.0
info: { title: Fuzzed, version: "1" }
security: [{ user: [read] }]
paths:
  /items/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: integer, maximum: 1000 } }
      - { name: filter, in: query, style: deepObject, schema: { type: object, additionalProperties: { type: string } } }
      - { name: tags, in: query, explode: false, schema: { type: array, maxItems: 9, items: { type: string } } }
      - { name: X-Trace, in: header, schema: { type: string, pattern: "^[a-z0-9-]{1,40}$" } }
    get: { operationId: getItem, responses: &any { "200": { description: Any, content: { application/json: {} } } } }
    put:
      operationId: putItem
      security: [{ user: [read, write] }]
      x-claims: { tier: { in: [gold, silver] } }
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties:
                name: { type: string, minLength: 1, maxLength: 50 }
                price: { type: number, multipleOf: 0.01 }
                parent: { $ref: "#/components/schemas/Node" }
      responses: *any
    delete: { operationId: deleteItem, security: [{ user: [write], key: [] }], responses: *any }
  /items/special: { get: { operationId: getSpecial, security: [{ key: [] }], responses: *any } }
  /a/{b}.json: { get: { operationId: getMixed, security: [{ login: [] }], parameters: [{ name: b, in: path, required: true, schema: { type: string } }], responses: *any } }
  /query: { get: { operationId: byQuery, security: [{ query: [] }], responses: *any } }
  /cookie: { post: { operationId: byCookie, security: [{ cookie: [] }], responses: *any } }
  /either: { get: { operationId: byEither, security: [{ key: [] }, { login: [] }, { user: [read] }], responses: *any } }
  /digest: { get: { operationId: byDigest, security: [{ digest: [] }], responses: *any } }
  /bound: { get: { operationId: byProof, security: [{ bound: [] }], responses: *any } }
  /certificate: { get: { operationId: byCertificate, security: [{ certificate: [] }], responses: *any } }
  /form:
    post:
      operationId: postForm
      security: [{ key: [] }]
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: { type: object, properties: { a: { type: string }, list: { type: array, items: { type: integer } } } }
      responses: *any
  /files:
    post:
      operationId: postFiles
      security: [{ user: [write] }]
      requestBody:
        content:
          multipart/form-data:
            schema: { type: object, properties: { file: { type: string, format: binary }, note: { type: string } } }
      responses: *any
  /text:
    post: { operationId: postText, security: [{ key: [] }], requestBody: { content: { text/plain: { schema: { type: string } } } }, responses: *any }
  /optional: { get: { operationId: getOptional, security: [{}, { user: [] }], responses: *any } }
  /open: { get: { operationId: getOpen, security: [], responses: *any }, post: { operationId: postOpen, security: [], requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Node" } } } }, responses: *any } }
  /unfinished: { get: { operationId: getUnfinished, security: [], responses: *any } }
components:
  schemas:
    Node: { type: object, properties: { value: { type: [string, number, "null"] }, children: { type: array, items: { $ref: "#/components/schemas/Node" } } } }
  securitySchemes:
    user: { type: http, scheme: bearer }
    bound: { type: http, scheme: DPoP }
    key: { type: apiKey, in: header, name: X-Key }
    query: { type: apiKey, in: query, name: api_key }
    cookie: { type: apiKey, in: cookie, name: session }
    login: { type: http, scheme: basic }
    digest: { type: http, scheme: Digest }
    certificate: { type: mutualTLS }
`

/** What is good, and must be nowhere in a request that is not to be let in. */
export const SECRETS = { key: 'the-good-key', username: 'ada', password: 'lovelace', digest: 'response="right"' }

export type Wanted = 'user' | 'key' | 'query' | 'cookie' | 'login' | 'digest' | 'bound' | 'certificate'

export interface Target {
  readonly method: string
  readonly path: string
  /** Absent where nothing is demanded. */
  readonly wants?: Wanted
  readonly type?: string
  readonly body?: string
}

/** A request to each operation that fits it, but for credentials. */
export const TARGETS: readonly Target[] = [
  { method: 'GET', path: '/items/7?filter[a]=b&tags=x,y', wants: 'user' },
  {
    method: 'PUT',
    path: '/items/7',
    wants: 'user',
    type: 'application/json',
    body: '{"name":"n","price":1.5,"parent":{"children":[]}}',
  },
  { method: 'DELETE', path: '/items/7', wants: 'user' },
  { method: 'GET', path: '/items/special', wants: 'key' },
  { method: 'GET', path: '/a/b.json', wants: 'login' },
  { method: 'GET', path: '/query', wants: 'query' },
  { method: 'POST', path: '/cookie', wants: 'cookie' },
  { method: 'GET', path: '/either', wants: 'user' },
  { method: 'GET', path: '/digest', wants: 'digest' },
  { method: 'GET', path: '/bound', wants: 'bound' },
  { method: 'GET', path: '/certificate', wants: 'certificate' },
  { method: 'POST', path: '/form', wants: 'key', type: 'application/x-www-form-urlencoded', body: 'a=1&list=1&list=2' },
  {
    method: 'POST',
    path: '/files',
    wants: 'user',
    type: 'multipart/form-data; boundary=b0',
    body: '--b0\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nbytes\r\n--b0--\r\n',
  },
  { method: 'POST', path: '/text', wants: 'key', type: 'text/plain', body: 'text' },
  { method: 'GET', path: '/optional', wants: 'user' },
  { method: 'GET', path: '/open' },
  { method: 'POST', path: '/open', type: 'application/json', body: '{"value":null,"children":[{"value":1}]}' },
  { method: 'GET', path: '/unfinished' },
]
