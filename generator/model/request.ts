import type { Location, Report } from '../diagnostics/diagnostic.js'
import type { ResolvedDocument } from '../load/document.js'
import type { ApiModel, JsonSchema, MediaType, RequestBody } from './api-model.js'
import { isObject } from './claims.js'
import { dereference } from './dereference.js'
import { error, show } from './faults.js'

/** Brings a schema of the document to one dialect, and reports what cannot be compiled. */
export type ReadSchema = (schema: unknown, location: Location) => JsonSchema

export interface RequestReader {
  readonly document: ResolvedDocument
  /** `components.schemas` in one dialect. */
  readonly schemas: ApiModel['schemas']
  readonly readSchema: ReadSchema
  readonly report: Report
  /** Says that the operation cannot be generated yet, and why. */
  readonly unsupported: (what: string, location: Location) => void
}

/** The request body of an operation, if it documents one. */
export function readRequestBody(
  owner: { readonly [member: string]: unknown },
  reader: RequestReader,
): RequestBody | undefined {
  if (owner.requestBody === undefined) return undefined
  const { document, report } = reader
  const location = document.origins.locate(owner, 'requestBody')
  const written = dereference(document, owner.requestBody)
  if (
    !isObject(written) ||
    !isObject(written.content) ||
    (written.required !== undefined && typeof written.required !== 'boolean')
  ) {
    report(
      error({
        code: 'body-malformed',
        message: 'the request body is no Request Body Object',
        help: 'write content: { media type: { schema } }, and required: true or false',
        location,
      }),
    )
    return undefined
  }
  const { content } = written
  return {
    required: written.required === true,
    content: Object.entries(content).flatMap(([mediaType, value]) => {
      const at = document.origins.locate(content, mediaType)
      return readMediaType(mediaType, dereference(document, value), at, reader) ?? []
    }),
    location,
  }
}

function readMediaType(
  mediaType: string,
  written: unknown,
  location: Location,
  reader: RequestReader,
): MediaType | undefined {
  const { report, unsupported, readSchema, document } = reader
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*(;.*)?$/.test(mediaType) || !isObject(written)) {
    report(
      error({
        code: 'body-malformed',
        message: `${show(mediaType)} is no media type with a Media Type Object`,
        help: 'write a name such as application/json, and what it holds',
        location: { ...location, key: true },
      }),
    )
    return undefined
  }
  if (/^multipart\//i.test(mediaType)) unsupported(`a body of type ${show(mediaType)}`, location)
  if (written.itemSchema !== undefined) unsupported(`itemSchema of ${show(mediaType)}`, location)
  if (isObject(written.encoding)) {
    for (const [member, encoding] of Object.entries(written.encoding)) {
      const odd = isObject(encoding) && ['style', 'explode', 'contentType'].some(one => encoding[one] !== undefined)
      if (odd && /urlencoded/i.test(mediaType))
        unsupported(`encoding of ${show(member)} in ${show(mediaType)}`, location)
    }
  }
  if (written.schema === undefined) return { mediaType, location }
  return { mediaType, schema: readSchema(written.schema, document.origins.locate(written, 'schema')), location }
}
