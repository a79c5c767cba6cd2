import type { Location } from '../diagnostics/diagnostic.js'
import type { JsonSchema, Parameter, ParameterLocation, ParameterStyle } from './api-model.js'
import { isObject, kindOf } from './claims.js'
import { dereference } from './dereference.js'
import { error, show, warning } from './faults.js'
import { DEFAULT_STYLES, explodes, isDescribedElsewhere, mixedUp, stylesOf, whyUnreadable } from './parameter-styles.js'
import type { RequestReader } from './request.js'

const FLAGS = ['required', 'explode', 'allowEmptyValue', 'allowReserved']

export interface ParameterSite {
  /** Of the parameters in the path template. */
  readonly names: readonly string[]
  /** Of the operation. */
  readonly location: Location
}

/**
 * The parameters of an operation: its path item's, then its own, which win (OpenAPI, Path Item Object), then those of
 * the path template that nobody described.
 */
export function readParameters(
  owners: readonly { readonly [member: string]: unknown }[],
  site: ParameterSite,
  reader: RequestReader,
): Parameter[] {
  const { document, report } = reader
  const declared = new Map<string, Parameter>()
  for (const owner of owners) {
    if (owner.parameters === undefined) continue
    const at = (...path: (string | number)[]) => document.origins.locate(owner, 'parameters', ...path)
    if (!Array.isArray(owner.parameters)) {
      report(
        malformed(`parameters must be a list, and is ${kindOf(owner.parameters)}`, 'write a list of parameters', at()),
      )
      continue
    }
    const own = new Set<string>()
    for (const [index, written] of owner.parameters.entries()) {
      const parameter = readParameter(dereference(document, written), at(index), reader)
      if (!parameter) continue
      const key = `${parameter.in} ${parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name}`
      if (own.has(key)) {
        report(
          error({
            code: 'parameter-duplicate',
            message: `${parameter.in} parameter ${show(parameter.name)} is declared twice`,
            help: 'remove one of them',
            location: at(index),
          }),
        )
      }
      own.add(key)
      declared.set(key, parameter)
    }
  }
  const parameters = settlePath([...declared.values()], site, reader)
  checkQuery(parameters, reader)
  for (const { parameter, why } of mixedUp(parameters, reader.schemas)) {
    reader.unsupported(`${parameter.in} parameter ${show(parameter.name)} with ${why}`, parameter.location)
  }
  return parameters
}

/** Leaves out what the path does not have, and puts in what nobody described: handlers are given its text. */
function settlePath(declared: readonly Parameter[], site: ParameterSite, { report }: RequestReader): Parameter[] {
  const known = new Set<string>()
  const kept = declared.filter(({ in: place, name, location }) => {
    if (place !== 'path') return true
    known.add(name)
    if (site.names.includes(name)) return true
    report(
      warning({
        code: 'parameter-unused',
        message: `the path has no {${name}}`,
        help: 'write it in the path, or remove the parameter: it is left out',
        location,
      }),
    )
    return false
  })
  const undeclared = site.names.filter(name => !known.has(name))
  return [
    ...kept,
    ...undeclared.map(
      (name): Parameter => ({
        name,
        in: 'path',
        required: true,
        style: 'simple',
        explode: false,
        schema: { type: 'string' },
        location: site.location,
      }),
    ),
  ]
}

/** OpenAPI 3.2 (Parameter Locations): one `querystring` at most, and none beside `query`. */
function checkQuery(parameters: readonly Parameter[], { report }: RequestReader): void {
  const [whole, ...more] = parameters.filter(one => one.in === 'querystring')
  if (!whole) return
  const other = more[0] ?? parameters.find(one => one.in === 'query')
  if (!other) return
  const message = `parameter ${show(whole.name)} is the whole query, and ${show(other.name)} is in it, too`
  report(malformed(message, 'keep the one in querystring, or those in query', other.location))
}

/** @param given what the object itself does not say: a Header Object has neither `name` nor `in`. */
export function readParameter(
  written: unknown,
  location: Location,
  reader: RequestReader,
  given?: { readonly name: string; readonly in: 'header' },
): Parameter | undefined {
  const { report, document } = reader
  if (!isObject(written)) {
    report(malformed(`a parameter must be an object, and is ${kindOf(written)}`, 'write a Parameter Object', location))
    return undefined
  }
  const place: unknown = given?.in ?? written.in
  const isWhole = place === 'querystring' && document.version === '3.2'
  // OpenAPI 3.2 (Parameter Object, `name`): it is not sent, and the specification's own example goes without.
  const name = given?.name ?? written.name ?? (isWhole ? 'querystring' : undefined)
  if (typeof name !== 'string' || name === '' || !(isPlace(place) || isWhole)) {
    const help = `a parameter has a name, and is in path, query, header or cookie${place === 'querystring' ? '; querystring came with OpenAPI 3.2' : ''}`
    report(malformed(`parameter ${show(name)} is in ${show(place)}`, help, location))
    return undefined
  }
  const at: ParameterLocation = isPlace(place) ? place : 'querystring'
  if (isDescribedElsewhere({ in: at, name })) return undefined
  const flag = FLAGS.find(one => written[one] !== undefined && typeof written[one] !== 'boolean')
  if (flag !== undefined) {
    const message = `${flag} of parameter ${show(name)} must be true or false`
    const help = `write ${flag}: true, or remove it`
    report(malformed(message, help, document.origins.locate(written, flag)))
    return undefined
  }
  const found = { name, in: at, written, location }
  const spelling = written.content === undefined ? readStyle(found, reader) : readContent(found, reader)
  if (!spelling) return undefined
  const parameter: Parameter = {
    name,
    in: at,
    required: at === 'path' || written.required === true,
    ...spelling,
    ...(at === 'query' && written.allowEmptyValue === true && { allowEmptyValue: true }),
    location,
  }
  // Of one that may be left out, the linter warns: requests that send it are refused.
  const why = parameter.required ? whyUnreadable(parameter, reader.schemas) : undefined
  if (why !== undefined) reader.unsupported(`${at} parameter ${show(name)} with ${why}`, location)
  return parameter
}

interface Found {
  readonly name: string
  readonly in: ParameterLocation
  readonly written: { readonly [member: string]: unknown }
  readonly location: Location
}

type Described = Pick<Parameter, 'style' | 'explode' | 'mediaType' | 'schema'>

function readStyle({ name, in: place, written, location }: Found, reader: RequestReader): Described | undefined {
  const { document, report, readSchema } = reader
  const styles = stylesOf(place, document.version)
  const style = styles.find(one => one === (written.style ?? DEFAULT_STYLES[place]))
  if (place === 'querystring') {
    const help = 'write content: { application/x-www-form-urlencoded: { schema } }'
    report(malformed(`parameter ${show(name)} in querystring has no content`, help, location))
    return undefined
  }
  if (style === undefined) {
    const message = `${place} parameter ${show(name)} has the style ${show(written.style)}`
    report(malformed(message, `write one that it can have in ${place}: ${styles.join(', ')}`, location))
    return undefined
  }
  const schema =
    written.schema === undefined ? true : readSchema(written.schema, document.origins.locate(written, 'schema'))
  return { style, explode: explodeOf(written, style), schema }
}

function explodeOf({ explode }: Found['written'], style: ParameterStyle): boolean {
  return typeof explode === 'boolean' ? explode : explodes(style)
}

function readContent({ name, in: place, written, location }: Found, reader: RequestReader): Described | undefined {
  const { document, report, readSchema, unsupported } = reader
  const entries = isObject(written.content) ? Object.entries(written.content) : []
  const [entry, ...more] = entries
  const media = entry && dereference(document, entry[1])
  if (!isObject(written.content) || !entry || more.length > 0 || !isObject(media) || written.schema !== undefined) {
    const message = `the content of parameter ${show(name)} is not one media type`
    const help = 'write content: { application/json: { schema } }, and nothing beside it in schema'
    report(malformed(message, help, location))
    return undefined
  }
  const [mediaType] = entry
  if (isObject(media.encoding) && Object.keys(media.encoding).length > 0) {
    unsupported(`${place} parameter ${show(name)} with encoding in ${show(mediaType)}`, location)
  }
  const at = document.origins.locate(written.content, mediaType)
  const schema: JsonSchema =
    media.schema === undefined ? true : readSchema(media.schema, document.origins.locate(media, 'schema'))
  if (media.itemSchema !== undefined) unsupported(`itemSchema of ${show(mediaType)}`, at)
  const style = DEFAULT_STYLES[place]
  return { style, explode: explodes(style), mediaType, schema }
}

function isPlace(value: unknown): value is Exclude<ParameterLocation, 'querystring'> {
  return value === 'path' || value === 'query' || value === 'header' || value === 'cookie'
}

function malformed(message: string, help: string, location: Location) {
  return error({ code: 'parameter-malformed', message, help, location })
}
