import { kindOf, parseMediaType } from '../../../runtime/media-types.js'
import type { FormMember, TextSchema } from '../../../runtime/validator.js'
import type { ApiModel, Encoding, JsonSchema, MediaType, Parameter } from '../../model/api-model.js'
import { isBinaryType, type PartKind, partKinds, withFiles } from './files.js'
import { describedMembers, textSchema } from './text-schema.js'

type Schemas = ApiModel['schemas']

/** A member of a form that is not plainly text, in the words of the runtime; its headers are still the model's. */
export type WrittenMember = Omit<FormMember, 'headers'> & { readonly headers?: readonly Parameter[] }

export interface FormMembers {
  readonly members: readonly (readonly [name: string, member: WrittenMember])[]
  readonly others?: WrittenMember
  /** What the value is held to: with files in the place of binary strings. */
  readonly schema: JsonSchema
}

/** How the members of a form are read; `undefined` if there are some that could not be held to their schema. */
export function formMembers(
  { mediaType, schema = true, encoding = {} }: MediaType,
  schemas: Schemas,
): FormMembers | undefined {
  const isMultipart = /^multipart\//i.test(mediaType)
  const { members, rest } = describedMembers(schema, schemas)
  if (![textSchema(schema, schemas).type].flat().includes('object')) return undefined
  const read = (member: JsonSchema, written: Encoding = {}) => memberOf(member, written, isMultipart, schemas)
  const all = members.map(([name, member]) => [name, read(member, ownEncoding(encoding, name))] as const)
  const others = rest === undefined || rest === false || rest === true ? undefined : read(rest)
  if (others === 'unreadable') return undefined
  const special: [string, WrittenMember][] = []
  for (const [name, member] of all) {
    if (member === 'unreadable') return undefined
    if (member !== undefined) special.push([name, member])
  }
  // The types of the others would be those of the named ones, too.
  if (others?.as === 'file' && special.filter(([, { as }]) => as === 'file').length < all.length) return undefined
  const bytes = Object.keys(encoding).filter(name => isBytes(ownEncoding(encoding, name)))
  const held = isMultipart ? withFiles(schema, schemas, new Set(bytes)) : schema
  if (held === undefined) return undefined
  return { members: special, ...(others && isMultipart && { others }), schema: held }
}

function ownEncoding(encoding: NonNullable<MediaType['encoding']>, name: string): Encoding | undefined {
  return Object.hasOwn(encoding, name) ? encoding[name] : undefined
}

function isBytes({ contentType }: Encoding = {}): boolean {
  return contentType !== undefined && contentType.length > 0 && contentType.every(isBinaryType)
}

function memberOf(
  schema: JsonSchema,
  encoding: Encoding,
  isMultipart: boolean,
  schemas: Schemas,
): WrittenMember | 'unreadable' | undefined {
  const kinds = partKinds(schema, schemas, isMultipart && isBytes(encoding))
  const text = textSchema(schema, schemas)
  const of = {
    ...(encoding.contentType && isMultipart && { mediaTypes: encoding.contentType }),
    ...(encoding.headers && { headers: encoding.headers }),
  }
  // A form has no bytes.
  const isFile = isMultipart && (kinds.has('file') || kinds.has('files'))
  if (isFile && (kinds.has('text') || kinds.has('json'))) return 'unreadable'
  if (encoding.style !== undefined && !isFile) return styled(encoding, text, of)
  const member: WrittenMember = { ...kindOfMember(kinds, text, isMultipart), ...of }
  if (member.as === 'json' && !canBeJson(encoding)) return 'unreadable'
  return Object.keys(member).length === 0 ? undefined : member
}

function kindOfMember(kinds: ReadonlySet<PartKind>, text: TextSchema, isMultipart: boolean): WrittenMember {
  if (isMultipart && kinds.has('files')) return { as: 'file', list: kinds.has('file') ? 'several' : 'always' }
  if (isMultipart && kinds.has('file')) return { as: 'file' }
  if (kinds.has('json')) {
    const types = [text.type].flat()
    if (!types.includes('array')) return { as: 'json' }
    return { as: 'json', list: types.length > 1 ? 'several' : 'always' }
  }
  return isMultipart && kinds.has('open') ? { as: 'sent', list: 'several' } : {}
}

/** What is no text is JSON, unless the document says it is something that cannot be read. */
function canBeJson({ contentType }: Encoding): boolean {
  return (
    contentType === undefined ||
    contentType.every(one => {
      const range = parseMediaType(one)
      return range !== undefined && kindOf(range) === 'json'
    })
  )
}

function styled(
  { style = 'form', explode = true }: Encoding,
  text: TextSchema,
  of: WrittenMember,
): WrittenMember | 'unreadable' | undefined {
  const types = [text.type].flat()
  const isObject = types.includes('object')
  const isList = types.includes('array')
  const isPlain = !isObject && (!isList || (style !== 'deepObject' && explode))
  if (isPlain) return Object.keys(of).length === 0 ? undefined : of
  if (isObject && style !== 'deepObject' && style !== 'form' && explode) return 'unreadable'
  if (isEmptyText(text)) return 'unreadable'
  return {
    ...(style !== 'form' && { style }),
    ...(style !== 'deepObject' && explode !== (style === 'form') && { explode }),
    text,
    ...of,
  }
}

/** Does it have a part that text cannot spell: an object in an object? */
function isEmptyText({ type, items, properties = {}, additionalProperties }: TextSchema): boolean {
  const parts = [items, additionalProperties, ...Object.values(properties)].filter(one => one !== undefined)
  return type.length === 0 || parts.some(isEmptyText)
}
