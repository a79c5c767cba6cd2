import { kindOf, parseMediaType } from '../../../runtime/media-types.js'
import type { FormMember, TextSchema, TextType } from '../../../runtime/validator.js'
import type { Location } from '../../diagnostics/diagnostic.js'
import type { ApiModel, Encoding, JsonSchema, MediaType, Parameter } from '../../model/api-model.js'
import { mixedUp, requiredMembers, whyUnreadable } from '../../model/parameter-styles.js'
import { isBinaryType, type PartKind, partKinds, withFiles } from './files.js'
import { parameterSchema } from './parameter-schema.js'
import { describedMembers, textSchema } from './text-schema.js'

type Schemas = ApiModel['schemas']

/** A member of a form that is not plainly text, in the words of the runtime; its parameters are still the model's. */
export type WrittenMember = Omit<FormMember, 'headers' | 'parameter'> & {
  readonly headers?: readonly Parameter[]
  readonly parameter?: Parameter
}

export interface FormMembers {
  readonly members: readonly (readonly [name: string, member: WrittenMember])[]
  readonly others?: WrittenMember
  /** All members, as parameters of a query would be written so. */
  readonly parameters: readonly Parameter[]
  /** What the value is held to: with files in the place of binary strings. */
  readonly schema: JsonSchema
}

interface Form {
  readonly isMultipart: boolean
  readonly schemas: Schemas
  readonly location: Location
}

/** How the members of a form are read; `undefined` if there are some that could not be held to their schema. */
export function formMembers(
  { mediaType, schema = true, encoding = {}, location }: MediaType,
  schemas: Schemas,
): FormMembers | undefined {
  const isMultipart = /^multipart\//i.test(mediaType)
  const form = { isMultipart, schemas, location }
  const { members, rest } = describedMembers(schema, schemas)
  if (!typesOf(textSchema(schema, schemas)).includes('object')) return undefined
  const others = rest === undefined || rest === false || rest === true ? undefined : memberOf('', rest, {}, form)
  if (others === 'unreadable') return undefined
  const special: [string, WrittenMember][] = []
  const parameters: Parameter[] = []
  for (const [name, one] of members) {
    const member = memberOf(name, one, ownEncoding(encoding, name), form)
    if (member === 'unreadable') return undefined
    if (member !== undefined) special.push([name, member])
    parameters.push(
      member?.parameter ?? { ...parameterOf(name, one, {}, form), ...(member?.as && { mediaType: NO_TEXT }) },
    )
  }
  const required = requiredMembers(schema, schemas)
  const unreadable = special.flatMap(([name, { parameter }]) =>
    parameter && whyUnreadable(parameter, schemas) !== undefined ? [name] : [],
  )
  // Of one that may be left out, the linter warns: requests that send it are refused.
  if (unreadable.some(name => required.includes(name))) return undefined
  // A request could not say which of two members it means.
  if (special.some(([, one]) => one.parameter) && mixedUp(parameters, schemas).length > 0) return undefined
  // The types of the others would be those of the named ones, too.
  if (others?.as === 'file' && special.filter(([, { as }]) => as === 'file').length < members.length) return undefined
  const bytes = Object.keys(encoding).filter(name => isBytes(ownEncoding(encoding, name)))
  const held = isMultipart ? withFiles(schema, schemas, new Set(bytes)) : schema
  if (held === undefined) return undefined
  return { members: special, ...(others && isMultipart && { others }), parameters, schema: held }
}

/** Of members that are read whole, under their name. */
const NO_TEXT = 'application/json'

function ownEncoding(encoding: NonNullable<MediaType['encoding']>, name: string): Encoding {
  return (Object.hasOwn(encoding, name) && encoding[name]) || {}
}

function isBytes({ contentType }: Encoding): boolean {
  return contentType !== undefined && contentType.length > 0 && contentType.every(isBinaryType)
}

function memberOf(
  name: string,
  schema: JsonSchema,
  encoding: Encoding,
  form: Form,
): WrittenMember | 'unreadable' | undefined {
  const { isMultipart, schemas } = form
  const kinds = partKinds(schema, schemas, isMultipart && isBytes(encoding))
  const of = {
    ...(encoding.contentType && isMultipart && { mediaTypes: encoding.contentType }),
    ...(encoding.headers && { headers: encoding.headers }),
  }
  // A form has no bytes.
  const isFile = isMultipart && (kinds.has('file') || kinds.has('files'))
  if (isFile && (kinds.has('text') || kinds.has('json'))) return 'unreadable'
  if (encoding.style !== undefined && !isFile) return styled(parameterOf(name, schema, encoding, form), of, schemas)
  const member: WrittenMember = { ...kindOfMember(kinds, textSchema(schema, schemas), isMultipart), ...of }
  if (member.as === 'json' && !canBeJson(encoding)) return 'unreadable'
  return Object.keys(member).length === 0 ? undefined : member
}

/** The parameter of a query that would be read as a member of a form is. */
function parameterOf(
  name: string,
  schema: JsonSchema,
  { style = 'form', explode = true }: Encoding,
  { location }: Form,
): Parameter {
  return { name, in: 'query', required: false, style, explode, schema, location }
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

function styled(parameter: Parameter, of: WrittenMember, schemas: Schemas): WrittenMember | 'unreadable' | undefined {
  const { style, explode, schema } = parameter
  const types = typesOf(parameterSchema(parameter, { schemas }))
  const isPlain = !types.includes('object') && (!types.includes('array') || (explode && style !== 'deepObject'))
  // A style does not change how a plain text is written.
  if (isPlain && typesOf(textSchema(schema, schemas)).length > 0) return Object.keys(of).length === 0 ? undefined : of
  return { parameter, ...of }
}

function typesOf({ type }: TextSchema): readonly TextType[] {
  return [type].flat()
}
