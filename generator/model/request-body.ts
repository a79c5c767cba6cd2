import { parseMediaType } from '../../runtime/media-types.js'
import type { Location } from '../diagnostics/diagnostic.js'
import type { Encoding, MediaType, Parameter, RequestBody } from './api-model.js'
import { isObject } from './claims.js'
import { dereference } from './dereference.js'
import { error, show } from './faults.js'
import { readParameter } from './parameters.js'
import type { RequestReader } from './request.js'

type JsonObject = { readonly [member: string]: unknown }

/** The request body of an operation, if it documents one. */
export function readRequestBody(owner: JsonObject, reader: RequestReader): RequestBody | undefined {
  if (owner.requestBody === undefined) return undefined
  const { document, report } = reader
  const location = document.origins.locate(owner, 'requestBody')
  const written = dereference(document, owner.requestBody)
  if (
    !isObject(written) ||
    !isObject(written.content) ||
    (written.required !== undefined && typeof written.required !== 'boolean')
  ) {
    const help = 'write content: { media type: { schema } }, and required: true or false'
    report(malformed('the request body is no Request Body Object', help, location))
    return undefined
  }
  const { content } = written
  const read = new Map<string, MediaType>()
  for (const [mediaType, value] of Object.entries(content)) {
    const at = document.origins.locate(content, mediaType)
    const one = readMediaType(mediaType, dereference(document, value), at, reader)
    if (one) keepApart(one, read, reader)
  }
  return { required: written.required === true, content: [...read.values()], location }
}

/** Two that the same bodies would fit are one, or the schema of the second would never be asked. */
function keepApart(one: MediaType, read: Map<string, MediaType>, { report }: RequestReader): void {
  const { type, subtype, parameters } = parseMediaType(one.mediaType) ?? {}
  const named = [...(parameters ?? [])].filter(([name]) => name !== 'charset' && name !== 'boundary')
  const key = JSON.stringify([type, subtype, named.map(([name, value]) => `${name}=${value.toLowerCase()}`).sort()])
  const known = read.get(key)
  if (known === undefined) {
    read.set(key, one)
    return
  }
  const same = ({ schema, encoding }: MediaType) => JSON.stringify([schema, encoding], withoutLocations)
  if (same(known) === same(one)) return
  report(
    malformed(
      `${show(one.mediaType)} is the same media type as ${show(known.mediaType)}, with another schema`,
      'describe it once; charset does not tell media types apart',
      { ...one.location, key: true },
    ),
  )
}

function withoutLocations(name: string, value: unknown): unknown {
  return name === 'location' ? undefined : value
}

function readMediaType(
  mediaType: string,
  written: unknown,
  location: Location,
  reader: RequestReader,
): MediaType | undefined {
  const { report, unsupported, readSchema, document } = reader
  const range = parseMediaType(mediaType)
  if (!range || !isObject(written)) {
    report(
      malformed(
        `${show(mediaType)} is no media type with a Media Type Object`,
        'write a name such as application/json, and what it holds',
        { ...location, key: true },
      ),
    )
    return undefined
  }
  for (const keyword of ['itemSchema', 'prefixEncoding', 'itemEncoding']) {
    if (written[keyword] !== undefined) unsupported(`${keyword} of ${show(mediaType)}`, location)
  }
  const isForm = range.subtype === 'x-www-form-urlencoded'
  const isMultipart = range.type === 'multipart'
  const schema =
    written.schema === undefined ? undefined : readSchema(written.schema, document.origins.locate(written, 'schema'))
  if (isMultipart && range.subtype !== 'form-data' && !isOpen(dereference(document, written.schema))) {
    unsupported(`a body of type ${show(mediaType)} other than as bytes`, location)
  }
  const encoding = isForm || isMultipart ? readEncodings(written, isMultipart, reader) : undefined
  return { mediaType, ...(schema !== undefined && { schema }), ...(encoding && { encoding }), location }
}

/** A body without structure goes to the handler as it comes. */
function isOpen(schema: unknown): boolean {
  return schema === undefined || (isObject(schema) && (schema.format === 'binary' || Object.keys(schema).length === 0))
}

function readEncodings(
  owner: JsonObject,
  isMultipart: boolean,
  reader: RequestReader,
): { readonly [member: string]: Encoding } | undefined {
  if (owner.encoding === undefined) return undefined
  const { document, report } = reader
  const at = document.origins.locate(owner, 'encoding')
  if (!isObject(owner.encoding)) {
    report(malformed('encoding is no map from members to Encoding Objects', 'write { member: { contentType } }', at))
    return undefined
  }
  const { encoding } = owner
  const read = Object.entries(encoding).flatMap(([name, written]) => {
    const one = readEncoding(name, written, document.origins.locate(encoding, name), isMultipart, reader)
    return one ? [[name, one] as const] : []
  })
  return read.length === 0 ? undefined : Object.fromEntries(read)
}

const STYLES: readonly unknown[] = ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject']

function readEncoding(
  name: string,
  written: unknown,
  location: Location,
  isMultipart: boolean,
  reader: RequestReader,
): Encoding | undefined {
  const { document, report, unsupported } = reader
  const { contentType, style, explode, headers } = isObject(written) ? written : {}
  const types = typeof contentType === 'string' ? contentType.split(',').map(one => one.trim()) : []
  const wrong =
    !isObject(written) ||
    (contentType !== undefined && (types.length === 0 || !types.every(parseMediaType))) ||
    (style !== undefined && !STYLES.includes(style)) ||
    (explode !== undefined && typeof explode !== 'boolean') ||
    (headers !== undefined && !isObject(headers))
  if (wrong || name === '__proto__') {
    const help = 'contentType is a list of media types, style one of form, spaceDelimited, pipeDelimited and deepObject'
    report(malformed(`the encoding of ${show(name)} is no Encoding Object`, help, location))
    return undefined
  }
  for (const keyword of ['encoding', 'prefixEncoding', 'itemEncoding']) {
    if (written[keyword] !== undefined) unsupported(`${keyword} inside the encoding of ${show(name)}`, location)
  }
  // OpenAPI 3.0 (Encoding Object): in a multipart body, these are ignored.
  const isStyled =
    !(isMultipart && document.version === '3.0') &&
    ['style', 'explode', 'allowReserved'].some(keyword => written[keyword] !== undefined)
  const of = isMultipart && isObject(headers) ? readHeaders(headers, reader) : []
  return {
    // OpenAPI 3.1 (Encoding Object): a style takes the place of contentType.
    ...(types.length > 0 && !isStyled && { contentType: types }),
    ...(isStyled && {
      style: (style ?? 'form') as NonNullable<Encoding['style']>,
      explode: (explode as boolean | undefined) ?? (style ?? 'form') === 'form',
    }),
    ...(of.length > 0 && { headers: of }),
  }
}

function readHeaders(headers: JsonObject, reader: RequestReader): Parameter[] {
  const { document } = reader
  return Object.entries(headers).flatMap(([name, written]) => {
    const header = dereference(document, written)
    if (isObject(header)) {
      const parameter = readParameter(header, document.origins.locate(headers, name), reader, { name, in: 'header' })
      return parameter ? [parameter] : []
    }
    reader.report(
      malformed(
        `the header ${show(name)} is no Header Object`,
        'write { schema }',
        document.origins.locate(headers, name),
      ),
    )
    return []
  })
}

function malformed(message: string, help: string, location: Location) {
  return error({ code: 'body-malformed', message, help, location })
}
