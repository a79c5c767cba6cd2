import type { Policy, SecurityScheme } from '../../runtime/policy.js'
import type { Location } from '../diagnostics/diagnostic.js'

/** Methods that are fields of a path item: `query` from OpenAPI 3.2 on. */
export type FixedMethod = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch' | 'trace' | 'query'

/** A {@link FixedMethod}, or a method of `additionalOperations` (3.2) as on the wire: `COPY`. */
export type Method = string

/** A JSON Schema 2020-12; references are `#/components/schemas/NAME` and look into `ApiModel.schemas`. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

export type ParameterLocation = 'path' | 'query' | 'header' | 'cookie' | 'querystring'

export type ParameterStyle =
  | 'simple'
  | 'label'
  | 'matrix'
  | 'form'
  | 'spaceDelimited'
  | 'pipeDelimited'
  | 'deepObject'
  | 'cookie'

export interface Parameter {
  readonly name: string
  readonly in: ParameterLocation
  readonly required: boolean
  /** Without effect beside `mediaType`. */
  readonly style: ParameterStyle
  readonly explode: boolean
  /** The one type in `content`, where a parameter has that in place of a style. */
  readonly mediaType?: string
  readonly allowEmptyValue?: true
  readonly schema: JsonSchema
  readonly location: Location
}

/** How a member of a form is written (OpenAPI, Encoding Object). */
export interface Encoding {
  /** The media types that it may have, ranges too. */
  readonly contentType?: readonly string[]
  /** Present, with `explode`, where the document has it or what stands for it: then `contentType` is absent. */
  readonly style?: 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject'
  readonly explode?: boolean
  /** Of its part of a multipart body. */
  readonly headers?: readonly Parameter[]
}

export interface MediaType {
  /** As the document writes it: `application/json`, `application/*+json`, ranges too. */
  readonly mediaType: string
  readonly schema?: JsonSchema
  /** Of forms, urlencoded and multipart. */
  readonly encoding?: { readonly [member: string]: Encoding }
  readonly location: Location
}

export interface RequestBody {
  readonly required: boolean
  readonly content: readonly MediaType[]
  readonly location: Location
}

export interface ResponseHeader {
  /** As the document spells it. */
  readonly name: string
  readonly required: boolean
  /** Absent, with what follows, where its values are held to nothing. */
  readonly schema?: JsonSchema
  readonly explode?: true
  /** The one type in `content`, where it has that in place of a style. */
  readonly mediaType?: string
  readonly location: Location
}

export interface Response {
  /** `200`, `2XX` or `default`. */
  readonly status: string
  /** `Content-Type` is not among them: the media types say it. */
  readonly headers: readonly ResponseHeader[]
  /** Absent where it cannot be read: such replies are sent as the handler gives them. */
  readonly content?: readonly MediaType[]
  readonly location: Location
}

export interface Operation {
  /** Its name in the emitted code: a valid identifier, unique in the document. */
  readonly id: string
  readonly operationId?: string
  readonly method: Method
  /** As the document writes it. */
  readonly path: string
  readonly summary?: string
  readonly deprecated?: true
  /** Where `security` stands. */
  readonly source: 'operation' | 'root' | 'none'
  readonly scopeMatch: 'all' | 'any'
  readonly policy: Policy
  readonly parameters: readonly Parameter[]
  readonly requestBody?: RequestBody
  readonly responses: readonly Response[]
  readonly location: Location
}

export interface Scheme {
  readonly name: string
  readonly scheme: SecurityScheme
  /** Does it yield claims: bearer, oauth2, openIdConnect. */
  readonly token: boolean
  /** The name in `schemas` of the claims that its tokens carry (`x-token`). */
  readonly claims?: string
}

export interface SkippedOperation {
  /** As the document writes it; it may be one that no router serves. */
  readonly method: string
  readonly path: string
  /** Why, one at least. */
  readonly reasons: readonly { readonly code: string; readonly message: string }[]
}

/** What the linters, emitters and the diff see: immutable, JSON-serialisable, in the words of OpenAPI and OAuth. */
export interface ApiModel {
  readonly openapi: '3.0' | '3.1' | '3.2'
  /** The entry file as headers name it: relative, with `/`. */
  readonly document: string
  readonly title: string
  /** The path of the first server, without a slash at its end: `/v1`. */
  readonly basePath?: string
  /** The schemes that operations demand, in the document's order. */
  readonly schemes: readonly Scheme[]
  /** Every operation of the document but the skipped ones, in its order. */
  readonly operations: readonly Operation[]
  /** Operations that were left out of the router, because rules of which they have faults were lowered. */
  readonly skipped: readonly SkippedOperation[]
  /** Templates of which nothing is served: no other template may match their requests. */
  readonly absent: readonly string[]
  /** The names of the functions that `$check` demands, in the document's order. */
  readonly checks: readonly string[]
  /** `components.schemas` in one dialect, whatever the document's version. */
  readonly schemas: { readonly [name: string]: JsonSchema }
}
