import type { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Request, Response } from 'express'
import type { UploadedFile } from './uploaded-files.js'

declare const notImplementedReply: unique symbol

/** The reply of a stub: the gate answers 501. */
export interface NotImplemented {
  readonly [notImplementedReply]: true
}

export const NOT_IMPLEMENTED = Object.freeze({}) as NotImplemented

/** What a stub returns until it is written: 501 with a problem document (RFC 9457). */
export function notImplemented(): NotImplemented {
  return NOT_IMPLEMENTED
}

type NoParameters = { readonly [name: string]: never }

type ParametersOf<Operation, In extends string> = Operation extends { parameters: { [K in In]?: infer P } }
  ? [NonNullable<P>] extends [never]
    ? NoParameters
    : NonNullable<P>
  : NoParameters

/** How bodies reach the handler, and replies leave it, where the document's types do not say it. */
export interface BodyForm {
  /** Media types whose bodies are streams. */
  readonly streams?: string
  /** Media types whose bodies are not accepted. */
  readonly refused?: string
  /** Members of multipart bodies that are files, or lists of files. */
  readonly files?: PropertyKey
  /** Some members are `readOnly`: requests do not set them. */
  readonly readOnly?: true
  /** Members that schemas of replies demand although they are `writeOnly`, and never sent: replies need not have them. */
  readonly writeOnly?: PropertyKey
}

type Part<Form, Name extends keyof BodyForm> = Form extends { readonly [N in Name]: infer Value } ? Value : never

type FileOf<Value> = Value extends string
  ? UploadedFile
  : Value extends readonly (infer Item)[]
    ? FileOf<Item>[]
    : Value

type WithFiles<Value, Names> = Value extends object
  ? { [Name in keyof Value]: Name extends Names ? FileOf<Value[Name]> : Value[Name] }
  : Value

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

type IsReadOnly<Value, Name extends keyof Value> =
  Same<{ [N in Name]: Value[Name] }, { -readonly [N in Name]: Value[Name] }> extends true ? false : true

/** Without the members that are `readOnly` in the document: in its types, nothing else is. */
type Settable<Value> = Value extends readonly (infer Item)[]
  ? Settable<Item>[]
  : Value extends object
    ? {
        [Name in keyof Value as true extends IsReadOnly<Pick<Value, Name>, Name> ? never : Name]: Settable<Value[Name]>
      }
    : Value

type ContentOf<Body, Form> = Body extends { content: infer Content }
  ? {
      [MediaType in keyof Content]: MediaType extends Part<Form, 'refused'>
        ? never
        : MediaType extends Part<Form, 'streams'>
          ? Readable
          : Sent<
              MediaType extends `${string}multipart/form-data${string}`
                ? WithFiles<Content[MediaType], Part<Form, 'files'>>
                : Content[MediaType],
              Form
            >
    }[keyof Content]
  : never

type Sent<Value, Form> = Form extends { readonly readOnly: true } ? Settable<Value> : Value

type BodyOf<Operation, Form> = Operation extends { requestBody: infer Body }
  ? ContentOf<Body, Form>
  : Operation extends { requestBody?: infer Body }
    ? ContentOf<NonNullable<Body>, Form> | undefined
    : undefined

interface RequestParts<Operation, Form> {
  /** Path parameters: percent-decoded once, coerced, validated. */
  readonly params: ParametersOf<Operation, 'path'>
  readonly query: ParametersOf<Operation, 'query'>
  /** Documented headers only, under the document's spelling. */
  readonly headers: ParametersOf<Operation, 'header'>
  readonly cookies: ParametersOf<Operation, 'cookie'>
  readonly body: BodyOf<Operation, Form>
  /** Aborted when the client goes before the answer is complete. */
  readonly signal: AbortSignal
  readonly req: Request
  readonly res: Response
}

/**
 * What a handler is given. `auth` mirrors the security requirement that was met, a member per scheme; a public
 * operation's context has none.
 */
export type Context<Operation, Auth = never, Form = unknown> = [Auth] extends [never]
  ? RequestParts<Operation, Form>
  : RequestParts<Operation, Form> & { readonly auth: Auth }

interface StatusClasses {
  '1': 100 | 101 | 102 | 103
  '2': 200 | 201 | 202 | 203 | 204 | 205 | 206 | 207 | 208 | 226
  '3': 300 | 301 | 302 | 303 | 304 | 305 | 307 | 308
  '4':
    | 400
    | 401
    | 402
    | 403
    | 404
    | 405
    | 406
    | 407
    | 408
    | 409
    | 410
    | 411
    | 412
    | 413
    | 414
    | 415
    | 416
    | 417
    | 418
    | 421
    | 422
    | 423
    | 424
    | 425
    | 426
    | 428
    | 429
    | 431
    | 451
  '5': 500 | 501 | 502 | 503 | 504 | 505 | 506 | 507 | 508 | 510 | 511
}

type Class<Key> = Key extends `${infer Digit extends keyof StatusClasses}${'XX' | 'xx'}` ? Digit : never

/** A status of its own wins over its class, and that over `default` (OpenAPI, Responses Object). */
type StatusOf<Responses, Key> = Key extends number
  ? Key
  : [Class<Key>] extends [never]
    ? Exclude<StatusClasses['2' | '3' | '4' | '5'], keyof Responses | StatusClasses[Class<keyof Responses>]>
    : Exclude<StatusClasses[Class<Key>], keyof Responses>

/** Statuses whose answers have no content (RFC 9110 sections 15.3.5, 15.3.6, 15.4.5). */
type Bodiless = 204 | 205 | 304

type Stream = Readable | ReadableStream<Uint8Array>

type Payload<MediaType, Schema> = MediaType extends `${string}json${string}`
  ? Schema | Stream
  : Schema | string | Uint8Array | Stream

type HeaderValue<Value> = unknown extends Value
  ? string | number | boolean | readonly string[]
  : Value extends string | number | boolean
    ? string extends Value
      ? string | readonly string[]
      : Value
    : string | readonly string[]

/** The documented ones; `Content-Type` is the media type's. */
type DocumentedHeaders<Headers> = {
  readonly [Name in keyof Headers as string extends Name
    ? never
    : Lowercase<Name & string> extends 'content-type'
      ? never
      : Name]: HeaderValue<NonNullable<Headers[Name]>>
}

interface OtherHeaders {
  readonly [name: string]: string | number | boolean | readonly string[] | undefined
}

/** What the second asks is true of the first as well, and dearer: most responses have no header that is required. */
type ReplyHeaders<Headers> =
  Record<never, never> extends Headers
    ? OptionalHeaders<Headers>
    : Record<never, never> extends DocumentedHeaders<Headers>
      ? OptionalHeaders<Headers>
      : { readonly headers: DocumentedHeaders<Headers> & OtherHeaders }

interface OptionalHeaders<Headers> {
  readonly headers?: DocumentedHeaders<Headers> & OtherHeaders
}

/** It may be left out where it is the only one documented. */
type ContentTypeOf<MediaType, All> = MediaType extends `${string}*${string}`
  ? { readonly contentType: string }
  : [All] extends [MediaType]
    ? { readonly contentType?: MediaType }
    : { readonly contentType: MediaType }

type WithoutBody<Status> = { readonly status: Status; readonly body?: undefined }

interface BodyOfType<Status, MediaType extends keyof Content, Content> {
  readonly status: Status
  readonly body: Payload<MediaType, Content[MediaType]>
}

/** Distributes over the media types. */
type WithBody<Status, Content, MediaType extends keyof Content = keyof Content> = MediaType extends unknown
  ? BodyOfType<Status, MediaType, Content> & ContentTypeOf<MediaType, keyof Content>
  : never

type WithContent<Status, Content> = [keyof Content] extends [never]
  ? WithoutBody<Status>
  : [Extract<Status, Bodiless>] extends [never]
    ? WithBody<Status, Content>
    : WithBody<Exclude<Status, Bodiless>, Content> | WithoutBody<Extract<Status, Bodiless>>

type HeadersOfResponse<Response> = Response extends { headers: infer Headers } ? Headers : Record<never, never>

type ReplyOf<Status, Response> = Response extends { headers: infer Headers; content: infer Content }
  ? WithContent<Status, Content> & ReplyHeaders<Headers>
  : Response extends { content: infer Content }
    ? WithContent<Status, Content>
    : WithoutBody<Status> & ReplyHeaders<HeadersOfResponse<Response>>

/** Distributes over what the document names: statuses, classes, `default`. */
type ReplyTo<Responses, Key extends keyof Responses> = Key extends number
  ? ReplyOf<Key, Responses[Key]>
  : ReplyOf<StatusOf<Responses, Key>, Responses[Key]>

/** The union of the documented responses: `{ status, body, headers?, contentType? }`. */
export type Reply<Operation> = Operation extends { responses: infer Responses }
  ? ReplyTo<Responses, keyof Responses>
  : never

/** Members of these names are optional, however deep. */
type Sendable<Value, Names> = Value extends readonly (infer Item)[]
  ? Sendable<Item, Names>[]
  : Value extends object
    ? { [Name in keyof Value as Name extends Names ? never : Name]: Sendable<Value[Name], Names> } & {
        [Name in keyof Value as Name extends Names ? Name : never]?: Value[Name]
      }
    : Value

type SendableContent<Content, Names> = { [MediaType in keyof Content]: Sendable<Content[MediaType], Names> }

type Answering<Operation, Form> = Form extends { readonly writeOnly: infer Names }
  ? Operation extends { responses: infer Responses }
    ? {
        responses: {
          [Status in keyof Responses]: {
            [Part in keyof Responses[Status]]: Part extends 'content'
              ? SendableContent<Responses[Status][Part], Names>
              : Responses[Status][Part]
          }
        }
      }
    : Operation
  : Operation

/** Nothing, where the handler answers through `res` itself. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a `return` must fit
export type Result<Operation, Form = unknown> = Reply<Answering<Operation, Form>> | NotImplemented | void

/**
 * Implements one operation. `Auth` is what its policy has proved before it runs, `Form` a {@link BodyForm} where bodies
 * are otherwise than the document's types say.
 */
export type Handler<Operation, Auth = never, Form = unknown> = (
  context: Context<Operation, Auth, Form>,
) => Result<Operation, Form> | Promise<Result<Operation, Form>>
