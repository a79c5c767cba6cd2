import { formats } from './formats.js'
import { linearPattern } from './linear-pattern.js'
import { jsonPointerSegment } from './schema-faults.js'

/** What a compiled schema found: of ajv's error object, what faults are told from. */
export interface SchemaError {
  readonly instancePath: string
  readonly keyword: string
  readonly params: { readonly [name: string]: unknown }
}

/** A schema, compiled ahead. Reads `data`, never changes it. */
export interface CompiledSchema {
  (data: unknown): boolean
  /** Of the last call. */
  errors?: readonly SchemaError[] | null
}

/** A schema with no other keywords. Its `format` is one of those beside its `type`. */
export interface PlainSchema {
  readonly type?: JsonType | readonly JsonType[]
  readonly format?: keyof typeof formats
  readonly enum?: readonly (string | number | boolean | null)[]
}

type JsonType = TextType | 'null'

/** Each schema with the names of the members that it is the schema of. */
export type PlainMembers = readonly (readonly [PlainSchema, ...string[]])[]

export type ScalarType = 'string' | 'number' | 'integer' | 'boolean'
export type TextType = ScalarType | 'array' | 'object'

/**
 * How text is read: the part of a JSON Schema that says which types a value may have. Text has no `null`.
 * What it leaves open is checked by the compiled schema.
 */
export interface TextSchema {
  readonly type: TextType | readonly TextType[]
  /** Of the items of an array. Default: strings. */
  readonly items?: TextSchema
  /** Of an object's members. */
  readonly properties?: { readonly [name: string]: TextSchema }
  /** Of all other members. An exploded object takes no others where it is absent. */
  readonly additionalProperties?: TextSchema
}

interface ParameterBase {
  /** A `querystring` parameter is the whole query: its value stands in `query`, under its name. */
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'querystring'
  /** As the document spells it. */
  readonly name: string
  readonly required?: boolean
  /** An empty text that does not fit counts as not sent. */
  readonly allowEmptyValue?: boolean
  /** Stands in where the parameter is not sent. */
  readonly default?: unknown
  /** Absent where `type` says all. */
  readonly valid?: CompiledSchema
}

/** A parameter that is read as its schema says. */
export interface TextParameter extends ParameterBase, TextSchema {
  /** Default: that of the place, `simple` in path and header, `form` in query and cookie. */
  readonly style?: 'label' | 'matrix' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject' | 'cookie'
  /** Default: that of the style, `true` for `form` and `cookie`. */
  readonly explode?: boolean
  /** Names that an object without a name on the wire leaves to others: parameters and credentials; `a[` is all of `a[b]`. */
  readonly except?: readonly string[]
  /** Where the document gives a media type in place of a style. */
  readonly content?: 'text' | 'form'
}

/** A parameter that holds a JSON text. */
export interface JsonParameter extends ParameterBase {
  readonly content: 'json'
}

/** A parameter in the words of the document, with its schema compiled. */
export type ParameterShape = TextParameter | JsonParameter

/** How a member of a form is written, where it is not plainly text: OpenAPI's Encoding Object, and what its schema takes. */
export interface FormMember {
  /** `sent` goes by the part itself: a file if it has a file name, JSON if it says so, text otherwise. Default `text`. */
  readonly as?: 'text' | 'json' | 'file' | 'sent'
  /** JSON and files: the value is a list of what was sent; or only where several were. */
  readonly list?: 'always' | 'several'
  /** Text in a style: it is read as this parameter of a query would be. */
  readonly parameter?: TextParameter
  /** The media types that a part may have. */
  readonly mediaTypes?: readonly string[]
  /** Headers of the part. */
  readonly headers?: readonly ParameterShape[]
}

export interface FormShape {
  /** How the text of a form's members, or of a plain text, is read. */
  readonly text?: TextSchema
  /** Those that are not plainly text. */
  readonly members?: { readonly [name: string]: FormMember }
  /** All that neither `text` nor `members` names. */
  readonly others?: FormMember
}

/** Members that a request does not set: `readOnly` in the document. */
export interface ReadOnlyMembers {
  readonly names?: readonly string[]
  /** The same of members, of a map's other members, of items. A function, since schemas lead back to themselves. */
  readonly inside?: () => {
    readonly members?: { readonly [name: string]: ReadOnlyMembers }
    readonly others?: ReadOnlyMembers
    readonly items?: ReadOnlyMembers
  }
}

export interface BodyContent extends FormShape {
  /** As the document writes it, ranges too. */
  readonly mediaType: string
  /**
   * How it is read. `stream` leaves it unread; `sent` goes by the request's own type, where the document names a range.
   */
  readonly as: 'json' | 'form' | 'multipart' | 'text' | 'stream' | 'sent'
  /** Octets of a stream. */
  readonly size?: { readonly min?: number; readonly max?: number }
  /** Left out of what the caller sent, before it is validated. */
  readonly readOnly?: ReadOnlyMembers
  readonly valid?: CompiledSchema
}

export interface BodyShape {
  readonly required?: boolean
  readonly content: readonly BodyContent[]
}

/** What one operation demands of a request's parameters and body. `{}` demands nothing. */
export interface OperationValidator {
  readonly parameters?: readonly ParameterShape[]
  /** Where it is absent, a body is not read. */
  readonly body?: BodyShape
}

/** What compiled schemas call. For generated code only. */
export const schemaFunctions = {
  formats,
  linearPattern,

  /** Code points, as JSON Schema counts `minLength` and `maxLength`. */
  ucs2length(text: string): number {
    let length = text.length
    for (let index = 0; index < text.length - 1; index++) {
      if (isHighSurrogate(text.charCodeAt(index)) && isLowSurrogate(text.charCodeAt(index + 1))) {
        length--
        index++
      }
    }
    return length
  },

  equal: equalJson,

  own(value: Members, name: string): boolean {
    return value[name] !== undefined && Object.hasOwn(value, name)
  },

  /** Those of the names that `value` has no member of its own for. */
  missing(value: Members, names: readonly string[]): readonly string[] {
    return names.every(name => schemaFunctions.own(value, name))
      ? NONE
      : names.filter(name => !schemaFunctions.own(value, name))
  },

  /** What was found before, and what is found in the members of `value`, which stands at `path`. */
  plain(value: Members, path: string, found: SchemaError[] | null, members: PlainMembers): SchemaError[] | null {
    let errors = found
    for (const group of members) {
      const { type, format, enum: values } = group[0]
      for (let index = 1; index < group.length; index++) {
        const name = group[index] as string
        const member = value[name]
        if (member === undefined) continue
        const isOfFormat = format === undefined || fitsFormat(member, format)
        const isOfType = type === undefined || fitsType(member, type)
        const isListed = values === undefined || values.some(one => one === member)
        if ((isOfFormat && isOfType && isListed) || !Object.hasOwn(value, name)) continue
        const instancePath = path + jsonPointerSegment(name)
        errors ??= []
        if (!isOfFormat) errors.push({ instancePath, keyword: 'format', params: { format } })
        if (!isOfType) errors.push({ instancePath, keyword: 'type', params: { type } })
        if (!isListed) errors.push({ instancePath, keyword: 'enum', params: { allowedValues: values } })
      }
    }
    return errors
  },

  isObject(value: unknown): boolean {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  },

  isInteger(value: unknown): boolean {
    // Of an infinite number, the remainder is NaN: ajv takes it for an integer.
    return typeof value === 'number' && !(value % 1) && !Number.isNaN(value)
  },
} as const

function fitsType(value: unknown, type: JsonType | readonly JsonType[]): boolean {
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
    case 'integer':
      return schemaFunctions.isInteger(value)
    case 'object':
      return schemaFunctions.isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    default:
      return type.some(one => fitsType(value, one))
  }
}

/** A format says nothing of values that are not of its type. */
function fitsFormat(value: unknown, name: keyof typeof formats): boolean {
  const format = formats[name]
  if (typeof format === 'function') return typeof value !== 'string' || format(value)
  return typeof value !== 'number' || format.validate(value)
}

type Members = { readonly [name: string]: unknown }

const NONE: readonly string[] = []

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** Equality of JSON values (JSON Schema core section 4.2.2). An object's prototype is no part of it. */
function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => equalJson(item, b[index]))
    )
  }
  const members = Object.entries(a)
  const others = new Map(Object.entries(b))
  return (
    members.length === others.size &&
    members.every(([name, value]) => others.has(name) && equalJson(value, others.get(name)))
  )
}
