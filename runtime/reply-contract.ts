import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { readParameters } from './parameters.js'
import type { Fault, Problem } from './problem.js'
import {
  type DocumentedResponse,
  type DocumentedType,
  firstType,
  type OperationReplies,
  type ReplyCheck,
  type ReplyChecks,
  responseFinder,
  typeOf,
} from './replies.js'
import { strip } from './reply-strip.js'
import { schemaFaults } from './schema-faults.js'
import type { ParameterShape } from './validator.js'

/** What a handler returned, before anything is known of it. */
export interface UntypedReply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string | number | boolean | readonly string[] | undefined } | undefined
  readonly contentType?: string
}

/** One way in which a reply is not what the document says. Never holds a value of the reply. */
export interface ReplyError {
  readonly in: 'status' | 'header' | 'body'
  /** JSON Pointer in fragment form (RFC 6901 section 6): of the body, or `#/Name` of a header. */
  readonly pointer: string
  readonly detail: string
}

/** What becomes of a reply: what may be sent of it, and what was wrong. */
export interface Settled {
  readonly reply: UntypedReply
  /** In the place of a body. */
  readonly problem?: Problem
  readonly errors?: readonly ReplyError[]
}

/** Holds the replies of one operation to what the document says of them. */
export type Contract = (reply: UntypedReply, method: string) => Settled | Promise<Settled>

/**
 * `strip` sends documented members only, and no body where none is documented; `check` does the same, and answers 500
 * to a reply that does not fit. Streams, bytes and texts that are not JSON are sent as they are.
 *
 * Does not check that bytes and texts fit their schema, nor values of `Set-Cookie`.
 * @param checks of this operation, for `check`.
 */
export function compileContract(
  documented: OperationReplies,
  mode: 'check' | 'strip',
  checks: () => Promise<ReplyChecks[string]>,
): Contract {
  const find = responseFinder(documented)
  return (reply, method) => {
    const response = find(reply.status)
    if (response && !response.types) return { reply }
    const found = response?.types ? lookUp(reply, response.key, response.types) : undefined
    if (mode === 'strip') return stripped(reply, found)
    return checked(reply, method, response, found, checks)
  }
}

/** What the document says of a reply, by its status and type. */
interface Found {
  readonly key: string
  readonly types: readonly DocumentedType[]
  readonly contentType: string
  readonly type: DocumentedType | undefined
}

function lookUp(reply: UntypedReply, key: string, types: readonly DocumentedType[]): Found {
  const contentType =
    reply.contentType ?? headerOf(reply, 'content-type') ?? firstType(types) ?? defaultType(reply.body)
  const type = typeOf(types, contentType)
  return { key, types, contentType, type }
}

function stripped(reply: UntypedReply, found: Found | undefined): Settled {
  if (reply.body === undefined || isBodiless(reply.status)) return { reply }
  if (!found?.type) {
    const errors = [undocumented(reply, found)]
    // What the status says may be known; the body may hold anything.
    const rest = withoutBody(reply)
    return reply.status < 400 ? { reply: rest, errors } : { reply: rest, problem: { status: reply.status }, errors }
  }
  return { reply: cut(reply, found, found.type) }
}

function withoutBody({ status, headers = {} }: UntypedReply): UntypedReply {
  const kept = Object.entries(headers).filter(([name]) => !/^content-/i.test(name))
  return { status, headers: Object.fromEntries(kept) }
}

function cut(reply: UntypedReply, { contentType }: Found, { shape }: DocumentedType): UntypedReply {
  const { body } = reply
  const { status, headers } = reply
  return { status, headers, contentType, body: isJson(body, contentType) ? strip(shape, body) : body }
}

async function checked(
  reply: UntypedReply,
  method: string,
  response: DocumentedResponse | undefined,
  found: Found | undefined,
  checks: () => Promise<ReplyChecks[string]>,
): Promise<Settled> {
  const refuse = (errors: readonly ReplyError[]): Settled => ({
    reply: { status: MISFIT.status },
    problem: MISFIT,
    errors,
  })
  const { body } = reply
  if (!response || !found) return refuse([undocumented(reply, found)])
  const all = await checks()
  const check = all && Object.hasOwn(all, response.key) ? all[response.key] : undefined
  const errors = [...headerErrors(reply, check)]
  if (body === undefined) {
    const may = found.types.length === 0 || isBodiless(reply.status) || method === 'HEAD'
    if (!may) errors.push({ in: 'body', pointer: '#', detail: 'is missing' })
    return errors.length > 0 ? refuse(errors) : { reply }
  }
  if (!found.type) return refuse([...errors, undocumented(reply, found)])
  const { contentType, type } = found
  const valid =
    check?.content && Object.hasOwn(check.content, type.mediaType) ? check.content[type.mediaType] : undefined
  if (valid && isJson(body, contentType)) {
    const text = JSON.stringify(body)
    if (text !== undefined) {
      const faults = schemaFaults(valid, JSON.parse(text), 'body')
      errors.push(...faults.map(({ pointer, detail }): ReplyError => ({ in: 'body', pointer, detail })))
    }
  }
  return errors.length > 0 ? refuse(errors) : { reply: cut(reply, found, type) }
}

const MISFIT: Problem = { status: 500, detail: 'The reply does not fit the document.' }

function undocumented(reply: UntypedReply, found: Found | undefined): ReplyError {
  if (!found) return { in: 'status', pointer: '#', detail: 'is not documented' }
  if (found.types.length === 0) return { in: 'body', pointer: '#', detail: 'is not documented' }
  const type = reply.contentType === undefined ? found.contentType.split(';', 1)[0] : reply.contentType
  return { in: 'header', pointer: '#/Content-Type', detail: `${JSON.stringify(type)} is not documented` }
}

function headerErrors(reply: UntypedReply, check: ReplyCheck | undefined): ReplyError[] {
  const missing = (check?.headers ?? []).filter(name => headerOf(reply, name.toLowerCase()) === undefined)
  const faults = (check?.values ?? []).flatMap(shape => valueFaults(shape, headerOf(reply, shape.name.toLowerCase())))
  return [
    ...missing.map((name): ReplyError => ({ in: 'header', pointer: `#/${name}`, detail: 'is required' })),
    ...faults.map(({ pointer, detail }): ReplyError => ({ in: 'header', pointer, detail })),
  ]
}

/** A header is read as a client of the same document would read it. */
function valueFaults(shape: ParameterShape, text: string | undefined): readonly Fault[] {
  if (text === undefined) return []
  const headers = { [shape.name.toLowerCase()]: text }
  const parameters = readParameters({ parameters: [shape] }, { path: {}, query: '', headers })
  return parameters.ok ? [] : parameters.faults
}

/** @param name in lower case. */
function headerOf({ headers }: UntypedReply, name: string): string | undefined {
  if (headers === undefined) return undefined
  const [, value] = Object.entries(headers).find(([one]) => one.toLowerCase() === name) ?? []
  return value === undefined ? undefined : String(value)
}

/** RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5: these have no content. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

export function isStream(body: unknown): body is Readable | ReadableStream {
  return body instanceof Readable || body instanceof globalThis.ReadableStream
}

/** Is it a value that is written as JSON? */
export function isJson(body: unknown, contentType: string): boolean {
  if (isStream(body) || body instanceof Uint8Array) return false
  return typeof body !== 'string' || /^[^;]*[/+]json\s*(;|$)/i.test(contentType)
}

export function defaultType(body: unknown): string {
  return isStream(body) ? 'application/octet-stream' : 'application/json'
}
