import type { Readable } from 'node:stream'
import type { Handler, UploadedFile } from 'gatewright/runtime'
import { expectTypeOf, test } from 'vitest'

/** The body of a handler for an operation in the words of openapi-typescript. */
type BodyOf<Content, Form = unknown> = Parameters<
  Handler<{ requestBody: { content: Content } }, never, Form>
>[0]['body']

interface Upload {
  title: string
  photo: string
  pages?: string[]
  either?: string | string[]
  any?: unknown
}

test('members that are files', () => {
  type Body = BodyOf<{ 'multipart/form-data': Upload }, { files: 'photo' | 'pages' | 'either' }>
  expectTypeOf<Body>().toEqualTypeOf<{
    title: string
    photo: UploadedFile
    pages?: UploadedFile[]
    either?: UploadedFile | UploadedFile[]
    any?: unknown
  }>()
})

test('a map of files', () => {
  type Body = BodyOf<{ 'multipart/form-data': { [name: string]: string } }, { files: string }>
  expectTypeOf<Body>().toEqualTypeOf<{ [name: string]: UploadedFile }>()
})

test('the same schema as JSON keeps its strings', () => {
  type Body = BodyOf<{ 'multipart/form-data': Upload; 'application/json': Upload }, { files: 'photo' }>
  expectTypeOf<Body['photo']>().toEqualTypeOf<string | UploadedFile>()
})

test('streams, and what is not accepted', () => {
  type Content = { 'image/*': string; 'application/xml': { a: string }; 'application/json': { b: number } }
  type Body = BodyOf<Content, { streams: 'image/*'; refused: 'application/xml' }>
  expectTypeOf<Body>().toEqualTypeOf<Readable | { b: number }>()
})

test('members that are readOnly are not there, however deep', () => {
  interface Node {
    readonly id: number
    readonly made?: string
    text: string
    size?: number | null
    parent?: Node
    others: Node[]
    byName?: { [name: string]: Node }
    owner: { readonly rank: number; person: string } | { group: string }
  }
  type Body = BodyOf<{ 'application/json': Node }, { readOnly: true }>
  expectTypeOf<keyof Body>().toEqualTypeOf<'text' | 'size' | 'parent' | 'others' | 'byName' | 'owner'>()
  expectTypeOf<Body['size']>().toEqualTypeOf<number | null | undefined>()
  expectTypeOf<keyof NonNullable<Body['parent']>>().toEqualTypeOf<keyof Body>()
  expectTypeOf<keyof Body['others'][number]>().toEqualTypeOf<keyof Body>()
  expectTypeOf<keyof NonNullable<Body['byName']>[string]>().toEqualTypeOf<keyof Body>()
  expectTypeOf<Body['owner']>().toEqualTypeOf<{ person: string } | { group: string }>()
  expectTypeOf<BodyOf<{ 'application/json': Node }>>().toEqualTypeOf<Node>()
})

test('an optional body', () => {
  type Optional = { requestBody?: { content: { 'application/json': { a: string } } } }
  expectTypeOf<Parameters<Handler<Optional>>[0]['body']>().toEqualTypeOf<{ a: string } | undefined>()
})

test('replies need not have members that are writeOnly, however deep, and must have all others', () => {
  interface User {
    name: string
    password: string
    parent?: User
    others: User[]
  }
  type Operation = { responses: { 200: { headers: { Age: string }; content: { 'application/json': User } } } }
  const handle = (_handler: Handler<Operation, never, { writeOnly: 'password' }>): void => {}
  const headers = { Age: '1' }
  handle(() => ({ status: 200, headers, body: { name: 'a', others: [{ name: 'b', others: [] }] } }))
  handle(() => ({ status: 200, headers, body: { name: 'a', password: 'x', others: [] } }))
  // @ts-expect-error: a name is a text
  handle(() => ({ status: 200, headers, body: { name: 1, others: [] } }))
  // @ts-expect-error: the name is missing
  handle(() => ({ status: 200, headers, body: { others: [{ others: [] }] } }))
  // @ts-expect-error: the header is missing
  handle(() => ({ status: 200, body: { name: 'a', others: [] } }))
  const strict = (_handler: Handler<Operation>): void => {}
  // @ts-expect-error: nothing says that it is writeOnly
  strict(() => ({ status: 200, headers, body: { name: 'a', others: [] } }))
})
