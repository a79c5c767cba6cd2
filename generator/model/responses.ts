import type { Location, Report } from '../diagnostics/diagnostic.js'
import type { ResolvedDocument } from '../load/document.js'
import type { JsonSchema, MediaType, Operation, Response, ResponseHeader } from './api-model.js'
import { isObject, kindOf } from './claims.js'
import { dereference } from './dereference.js'
import { show, warning } from './faults.js'
import { toJsonSchema } from './json-schema.js'
import { type Circle, findCircles, reachedFrom, showCircle } from './schema-circles.js'
import type { Schemas } from './schema-reach.js'

export interface ResponseReader {
  readonly document: ResolvedDocument
  readonly report: Report
}

/**
 * The documented responses of an operation. What is wrong with one guards nothing, so it never stops the generation:
 * each fault is a warning, and the replies concerned are neither checked nor stripped.
 */
export function readResponses(owner: { readonly [member: string]: unknown }, reader: ResponseReader): Response[] {
  const { document, report } = reader
  const { responses } = owner
  const location = document.origins.locate(owner, 'responses')
  if (responses === undefined) return []
  if (!isObject(responses)) {
    report(malformed(`responses must be an object, and is ${kindOf(responses)}`, location))
    return [{ status: 'default', headers: [], location }]
  }
  return Object.entries(responses).flatMap(([key, written]): Response[] => {
    if (key.startsWith('x-')) return []
    const at = document.origins.locate(responses, key)
    const status = /^[1-5]xx$/i.test(key) ? key.toUpperCase() : key
    if (status !== 'default' && !/^[1-5](\d\d|XX)$/.test(status)) {
      report(malformed(`${show(key)} is no status of a response`, { ...at, key: true }))
      // Nobody knows which replies it is about: none that has no response of its own is held to the document.
      return 'default' in responses ? [] : [{ status: 'default', headers: [], location: at }]
    }
    return [{ status, ...readResponse(dereference(document, written), at, reader), location: at }]
  })
}

function readResponse(
  written: unknown,
  location: Location,
  reader: ResponseReader,
): Pick<Response, 'headers' | 'content'> {
  if (!isObject(written)) {
    reader.report(malformed(`a response must be an object, and is ${kindOf(written)}`, location))
    return { headers: [] }
  }
  const headers = readHeaders(written, reader)
  const { content } = written
  if (content === undefined) return { headers, content: [] }
  const at = reader.document.origins.locate(written, 'content')
  if (!isObject(content)) {
    reader.report(malformed(`content of a response must be an object, and is ${kindOf(content)}`, at))
    return { headers }
  }
  const types = Object.entries(content).map(([mediaType, value]) => {
    const where = reader.document.origins.locate(content, mediaType)
    return readMediaType(mediaType, dereference(reader.document, value), where, reader)
  })
  const sound = types.filter(one => one !== undefined)
  // With one of its types unknown, nobody can say that a reply is of none of them.
  return sound.length === types.length ? { headers, content: sound } : { headers }
}

const MEDIA_TYPE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*(;.*)?$/

function readMediaType(
  mediaType: string,
  written: unknown,
  location: Location,
  reader: ResponseReader,
): MediaType | undefined {
  if (!MEDIA_TYPE.test(mediaType) || !isObject(written)) {
    const message = `${show(mediaType)} is no media type with a Media Type Object`
    reader.report(malformed(message, { ...location, key: true }))
    return undefined
  }
  if (written.schema === undefined) return { mediaType, location }
  const at = reader.document.origins.locate(written, 'schema')
  const schema = readSchema(written.schema, at, reader)
  return { mediaType, ...(schema !== undefined && { schema }), location }
}

function readSchema(
  written: unknown,
  location: Location,
  { document, report }: ResponseReader,
): JsonSchema | undefined {
  let fault: string | undefined
  const schema = toJsonSchema(written, document.version, ({ message, path }) => {
    fault ??= path.length === 0 ? message : `${message}, at ${path.join('/')}`
  })
  if (fault === undefined) return schema
  report(unchecked(`the schema of a reply cannot be used: ${fault}`, 'mend it', location))
  return undefined
}

function readHeaders(owner: { readonly [member: string]: unknown }, reader: ResponseReader): ResponseHeader[] {
  const { document, report } = reader
  const { headers } = owner
  if (headers === undefined) return []
  if (!isObject(headers)) {
    report(malformed(`headers must be an object, and is ${kindOf(headers)}`, document.origins.locate(owner, 'headers')))
    return []
  }
  return Object.entries(headers).flatMap(([name, value]): ResponseHeader[] => {
    // OpenAPI (Response Object): a header of this name is ignored.
    if (name.toLowerCase() === 'content-type') return []
    const written = dereference(document, value)
    if (isObject(written) && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      const location = document.origins.locate(headers, name)
      return [{ name, required: written.required === true, ...readValues(name, written, reader), location }]
    }
    report(malformed(`${show(name)} is no header with a Header Object`, document.origins.locate(headers, name)))
    return []
  })
}

type HeaderValues = Pick<ResponseHeader, 'schema' | 'explode' | 'mediaType'>

function readValues(
  name: string,
  written: { readonly [member: string]: unknown },
  reader: ResponseReader,
): HeaderValues {
  const { document } = reader
  // RFC 6265 section 3: several of these cannot be folded into one, so that no style spells them.
  if (name.toLowerCase() === 'set-cookie') return {}
  if (written.schema !== undefined) {
    const schema = readSchema(written.schema, document.origins.locate(written, 'schema'), reader)
    return schema === undefined ? {} : { schema, ...(written.explode === true && { explode: true }) }
  }
  const [entry, ...more] = isObject(written.content) ? Object.entries(written.content) : []
  const media = entry && dereference(document, entry[1])
  if (entry === undefined || more.length > 0 || !isObject(media) || media.schema === undefined) return {}
  const schema = readSchema(media.schema, document.origins.locate(media, 'schema'), reader)
  return schema === undefined ? {} : { schema, mediaType: entry[0] }
}

export interface ReplySchemas {
  readonly schemas: Schemas
  /** Names of those that hold a fault: what stands in its place fits no value. */
  readonly faulty: ReadonlySet<string>
}

/**
 * Operations without those schemas of replies that cannot be used: what they refer to is faulty, or leads back to itself
 * without having gone into the value, so that whoever checks a reply against it never comes to an end.
 */
export function withoutUnusable(
  operations: readonly Operation[],
  { schemas, faulty }: ReplySchemas,
  report: Report,
): Operation[] {
  const used = operations.flatMap(({ responses }) =>
    responses.flatMap(one => [...(one.content ?? []), ...one.headers].map(({ schema }) => schema)),
  )
  const all = reachedFrom(used, schemas)
  if (findCircles(all, schemas).length === 0 && ![...all].some(name => faulty.has(name))) return [...operations]
  const told = new Set<string>()
  const usable = <Holder extends MediaType | ResponseHeader>(holder: Holder): Holder => {
    const reached = reachedFrom([holder.schema], schemas)
    const fault = [...reached].find(name => faulty.has(name))
    const [circle] = fault === undefined ? findCircles(reached, schemas) : []
    const why = fault ?? circle?.join()
    if (why === undefined) return holder
    if (!told.has(why)) report(circle ? endless(circle, holder.location) : faultyReply(why, holder.location))
    told.add(why)
    const { schema: _unusable, ...rest } = holder
    return rest as Holder
  }
  return operations.map(operation => ({
    ...operation,
    responses: operation.responses.map(one => ({
      ...one,
      headers: one.headers.map(usable),
      ...(one.content && { content: one.content.map(usable) }),
    })),
  }))
}

function faultyReply(name: string, location: Location) {
  return unchecked(`the schema of a reply cannot be used: ${show(name)} has faults`, 'mend it', location)
}

function endless(circle: Circle, location: Location) {
  const message = `the schema of a reply contains itself for one and the same value: ${showCircle(circle)}`
  return unchecked(message, 'refer to it from properties or items only, or take it out of the circle', location)
}

function malformed(message: string, location: Location) {
  const help = 'mend it: until then, replies that it is about are neither checked nor stripped'
  return warning({ code: 'response-malformed', message, help, location })
}

function unchecked(message: string, deed: string, location: Location) {
  const help = `${deed}: until then, replies that it is about are neither checked nor stripped`
  return warning({ code: 'response-unchecked', message, help, location })
}
