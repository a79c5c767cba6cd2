import type { Location, Report } from '../diagnostics/diagnostic.js'
import type { ResolvedDocument } from '../load/document.js'
import type { JsonSchema, Parameter, ParameterLocation } from './api-model.js'
import { isObject, kindOf } from './claims.js'
import { dereference } from './dereference.js'
import { error, show, warning } from './faults.js'

/** Brings a schema of the document to one dialect, and reports what cannot be compiled. */
export type ReadSchema = (schema: unknown, location: Location) => JsonSchema

export interface RequestReader {
  readonly document: ResolvedDocument
  readonly readSchema: ReadSchema
  readonly report: Report
  /** Says that the operation cannot be generated yet, and why. */
  readonly unsupported: (what: string, location: Location) => void
}

/** OpenAPI (Parameter Object): header parameters of these names are described elsewhere, and ignored. */
const IGNORED_HEADERS = ['accept', 'content-type', 'authorization']

const DEFAULT_STYLES: { readonly [place in ParameterLocation]: Parameter['style'] } = {
  path: 'simple',
  query: 'form',
  header: 'simple',
  cookie: 'form',
}

/**
 * The parameters of an operation: its path item's, then its own, which win (OpenAPI, Path Item Object).
 * @param names those of the path template.
 */
export function readParameters(
  owners: readonly { readonly [member: string]: unknown }[],
  names: readonly string[],
  reader: RequestReader,
): Parameter[] {
  const { document, report } = reader
  const parameters = new Map<string, Parameter>()
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
      parameters.set(key, parameter)
    }
  }
  return [...parameters.values()].filter(parameter => fitsPath(parameter, names, report))
}

function fitsPath(parameter: Parameter, names: readonly string[], report: Report): boolean {
  if (parameter.in !== 'path' || names.includes(parameter.name)) return true
  report(
    warning({
      code: 'parameter-unused',
      message: `the path has no {${parameter.name}}`,
      help: 'write it in the path, or remove the parameter: it is left out',
      location: parameter.location,
    }),
  )
  return false
}

/** @param given what the object itself does not say: a Header Object has neither `name` nor `in`. */
export function readParameter(
  written: unknown,
  location: Location,
  reader: RequestReader,
  given?: { readonly name: string; readonly in: 'header' },
): Parameter | undefined {
  const { report, unsupported, readSchema } = reader
  if (!isObject(written)) {
    report(malformed(`a parameter must be an object, and is ${kindOf(written)}`, 'write a Parameter Object', location))
    return undefined
  }
  const { name, in: place } = given ?? written
  if (place === 'querystring') {
    unsupported('querystring parameters', location)
    return undefined
  }
  if (typeof name !== 'string' || name === '' || !isPlace(place)) {
    const help = 'a parameter has a name, and is in path, query, header or cookie'
    report(malformed(`parameter ${show(name)} is in ${show(place)}`, help, location))
    return undefined
  }
  if (place === 'header' && IGNORED_HEADERS.includes(name.toLowerCase())) return undefined
  const style = written.style ?? DEFAULT_STYLES[place]
  const explode = written.explode ?? (place === 'query' || place === 'cookie')
  if (written.content !== undefined) unsupported(`${place} parameter ${show(name)} with content`, location)
  else if (style !== DEFAULT_STYLES[place])
    unsupported(`${place} parameter ${show(name)} in style ${show(style)}`, location)
  if (typeof explode !== 'boolean' || (written.required !== undefined && typeof written.required !== 'boolean')) {
    report(malformed(`explode and required of parameter ${show(name)} must be true or false`, 'mend them', location))
    return undefined
  }
  return {
    name,
    in: place,
    required: place === 'path' || written.required === true,
    style: DEFAULT_STYLES[place],
    explode,
    schema:
      written.schema === undefined
        ? true
        : readSchema(written.schema, reader.document.origins.locate(written, 'schema')),
    location,
  }
}

function isPlace(value: unknown): value is ParameterLocation {
  return value === 'path' || value === 'query' || value === 'header' || value === 'cookie'
}

function malformed(message: string, help: string, location: Location) {
  return error({ code: 'parameter-malformed', message, help, location })
}
