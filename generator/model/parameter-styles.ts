import type { SecurityScheme } from '../../runtime/policy.js'
import type { TextSchema } from '../../runtime/validator.js'
import { contentKind, parameterSchema } from '../emit/validators/parameter-schema.js'
import { component, listed } from '../emit/validators/schemas.js'
import type { ApiModel, JsonSchema, Parameter, ParameterLocation, ParameterStyle } from './api-model.js'
import { show } from './faults.js'

type Schemas = ApiModel['schemas']

/** OpenAPI (Parameter Object, `style`). */
export const DEFAULT_STYLES: { readonly [place in ParameterLocation]: ParameterStyle } = {
  path: 'simple',
  query: 'form',
  header: 'simple',
  cookie: 'form',
  querystring: 'form',
}

/** OpenAPI (Style Values): what is not in this table is not permitted. */
const STYLES: { readonly [place in ParameterLocation]: readonly ParameterStyle[] } = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form', 'cookie'],
  querystring: [],
}

/** The styles that a parameter may have in a place. */
export function stylesOf(place: ParameterLocation, version: ApiModel['openapi']): readonly ParameterStyle[] {
  return version === '3.2' ? STYLES[place] : STYLES[place].filter(style => style !== 'cookie')
}

/** OpenAPI (Parameter Object, `explode`): its default. */
export function explodes(style: ParameterStyle): boolean {
  return style === 'form' || style === 'cookie'
}

const ELSEWHERE = ['accept', 'content-type', 'authorization']

/** OpenAPI (Parameter Object): header parameters of these names are described elsewhere, and ignored. */
export function isDescribedElsewhere({ in: place, name }: { readonly in: unknown; readonly name: unknown }): boolean {
  return place === 'header' && typeof name === 'string' && ELSEWHERE.includes(name.toLowerCase())
}

/** What a schema asks for that no request could say, so that all that send `parameter` are refused; else nothing. */
export function whyUnreadable(parameter: Parameter, schemas: Schemas): string | undefined {
  const { style, schema, mediaType } = parameter
  if (schema === false || contentKind(parameter) === 'json') return undefined
  const text = parameterSchema(parameter, { schemas })
  if (isNothing(text)) {
    const spelling = mediaType === undefined ? `style ${style}` : `content of type ${show(mediaType)}`
    return `${spelling} under a schema that cannot be read from it`
  }
  if (text.items && isNothing(text.items)) return 'a list whose items are lists or objects'
  const members = text.type === 'object' ? Object.entries(text.properties ?? {}) : []
  const needed = requiredMembers(schema, schemas)
  const [unreadable] = members.find(([name, member]) => needed.includes(name) && isUnreadable(member)) ?? []
  return unreadable === undefined ? undefined : `a required member ${show(unreadable)} that holds lists or objects`
}

function isNothing({ type }: TextSchema): boolean {
  return type.length === 0
}

function isUnreadable({ type, items }: TextSchema): boolean {
  return type.length === 0 || (type === 'array' && items !== undefined && isNothing(items))
}

/** The members that an object must have under `schema`, by whichever way of references and `allOf`. */
export function requiredMembers(schema: JsonSchema, schemas: Schemas, seen: readonly string[] = []): string[] {
  if (typeof schema === 'boolean') return []
  const own = Array.isArray(schema.required) ? schema.required.map(String) : []
  const parts = listed(schema, 'allOf').flatMap(one => requiredMembers(one, schemas, seen))
  if (schema.$ref === undefined) return [...own, ...parts]
  const { name, schema: target } = component(schemas, schema.$ref)
  return [...own, ...parts, ...(seen.includes(name) ? [] : requiredMembers(target, schemas, [...seen, name]))]
}

/** Two parameters of which a request could not say which of them it means. */
export interface Mixed {
  readonly parameter: Parameter
  readonly why: string
}

/** Parameters of one operation that have no name of their own on the wire, and so could be mistaken for others. */
export function mixedUp(parameters: readonly Parameter[], schemas: Schemas): Mixed[] {
  return parameters.flatMap((parameter, index) => {
    const others = parameters.filter(one => one !== parameter && one.in === parameter.in)
    if (parameter.mediaType !== undefined) return []
    if (parameter.style === 'deepObject') {
      const other = others.find(({ name }) => name.startsWith(`${parameter.name}[`))
      return other ? [{ parameter, why: `members that are spelled like the parameter ${show(other.name)}` }] : []
    }
    const members = looseMembers(parameter, schemas)
    if (!members) return []
    const named = others.find(({ name }) => Object.hasOwn(members.properties ?? {}, name))
    if (named) return [{ parameter, why: `a member that is spelled like the parameter ${show(named.name)}` }]
    for (const other of parameters.slice(0, index)) {
      const theirs = other.in === parameter.in ? looseMembers(other, schemas) : undefined
      if (!theirs) continue
      if (members.additionalProperties && theirs.additionalProperties) {
        return [{ parameter, why: `members of any name, as the parameter ${show(other.name)} has` }]
      }
      const shared = Object.keys(members.properties ?? {}).find(name => Object.hasOwn(theirs.properties ?? {}, name))
      if (shared !== undefined) {
        return [{ parameter, why: `a member ${show(shared)}, as the parameter ${show(other.name)} has` }]
      }
    }
    return []
  })
}

/** The members that stand among the other parameters of the place. */
function looseMembers(parameter: Parameter, schemas: Schemas): TextSchema | undefined {
  const { in: place, style, explode, mediaType } = parameter
  if ((place !== 'query' && place !== 'cookie') || !explode || style === 'deepObject' || mediaType !== undefined) {
    return undefined
  }
  const text = parameterSchema(parameter, { schemas })
  return text.type.includes('object') ? text : undefined
}

/** A whole query that is no form, where a credential has to stand in the query, too. */
export function queryTaken(parameters: readonly Parameter[], schemes: readonly SecurityScheme[]): Mixed[] {
  const key = schemes.find(one => one.type === 'apiKey' && one.in === 'query')
  const whole = parameters.find(one => one.in === 'querystring' && contentKind(one) !== 'form')
  return key && whole ? [{ parameter: whole, why: 'an API key beside it in the query' }] : []
}
