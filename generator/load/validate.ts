import SwaggerParser from '@apidevtools/swagger-parser'
import type { ErrorObject } from 'ajv'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from './document.js'
import { locateName } from './origins.js'
import { pointerSegments } from './pointer.js'
import { isObject } from './targets.js'

/**
 * The second gate: the form of the document, against the published schemas. The field uses many documents that
 * these refuse, and what routing, security and types need is checked by the model: all faults are warnings.
 *
 * Reads no file and no network: the document is in one piece already. Never throws.
 */
export async function validate(document: ResolvedDocument): Promise<Diagnostic[]> {
  const { version, root, origins, entry } = document
  const help = `see OpenAPI ${version}, "Schema"; the generation goes on`
  let errors: readonly ErrorObject[]
  try {
    const plain = withPlainSchemes(root)
    errors = version === '3.2' ? await validate32(plain) : await validate30(plain)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `the form of the document could not be checked: ${reason.split('\n')[0]}`
    return [{ code: 'document-form', severity: 'warning', message, help, location: { file: entry, pointer: '' } }]
  }
  return telling(errors).map(({ instancePath, message, extra }): Diagnostic => {
    const { keys, node } = reach(root, instancePath)
    const location = extra === undefined ? origins.locate(root, ...keys) : locateName(origins, node, extra)
    return { code: 'document-form', severity: 'warning', message, help, location }
  })
}

/** RFC 9110 section 11.1: names of authentication schemes are case-insensitive; the schemas know `bearer` only. */
function withPlainSchemes(root: JsonObject): JsonObject {
  const { components } = root
  if (!isObject(components) || !isObject(components.securitySchemes)) return root
  const schemes = Object.entries(components.securitySchemes).map(([name, scheme]) => {
    const isNamed = isObject(scheme) && typeof scheme.scheme === 'string'
    return [name, isNamed ? { ...scheme, scheme: String(scheme.scheme).toLowerCase() } : scheme]
  })
  return { ...root, components: { ...components, securitySchemes: Object.fromEntries(schemes) } }
}

/** swagger-parser's own dereferencing would follow every `$ref`, in examples too, and copy what is shared. */
class FormParser extends SwaggerParser {
  // biome-ignore lint/suspicious/noExplicitAny: as the package declares it.
  override async dereference(...args: readonly any[]): Promise<any> {
    const api = args.find(isObject)
    Object.assign(this, { schema: api })
    return api
  }
}

async function validate30(root: object): Promise<readonly ErrorObject[]> {
  try {
    await new FormParser().validate(root as never)
    return []
  } catch (error) {
    if (error instanceof Error && 'details' in error && Array.isArray(error.details)) return error.details
    throw error
  }
}

async function validate32(root: object): Promise<readonly ErrorObject[]> {
  const { Validator } = await import('@seriousme/openapi-schema-validator')
  // It writes into what it is given.
  const copy = structuredClone(root)
  const { errors } = await new Validator({ allErrors: true }).validate(copy as Record<string, unknown>)
  // A string is about references, which it looks for in examples too; the resolver has seen to them.
  return Array.isArray(errors) ? errors : []
}

interface FormFault {
  readonly instancePath: string
  readonly message: string
  /** The name of a member that should not be there. */
  readonly extra?: string
}

interface WeighedFault extends FormFault {
  readonly weight: number
}

/**
 * Of the many errors that one fault makes, the one that tells: a place that is a reference or something else
 * fails as both, and everything that holds it fails again.
 */
function telling(errors: readonly ErrorObject[]): FormFault[] {
  const faults = new Map<string, WeighedFault>()
  for (const error of errors) {
    if (isKnownMistake(error)) continue
    const weight = weightOf(error)
    const known = faults.get(error.instancePath)
    if (known !== undefined && known.weight >= weight) continue
    const { instancePath } = error
    const extra = extraMember(error)
    const fault = { instancePath, message: messageOf(error), weight }
    faults.set(instancePath, extra === undefined ? fault : { ...fault, extra })
  }
  const inner = new Set<string>()
  for (const path of faults.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) inner.add(path.slice(0, end))
  }
  mergeForms(faults, errors)
  return [...faults.values()].filter(({ instancePath, weight }) => weight > 0 || !inner.has(instancePath))
}

/**
 * What can have several forms fails as each of them, as the wrong `type` of one and for the missing members of another:
 * that is one fault, and none where the fault is further inside.
 */
function mergeForms(faults: Map<string, WeighedFault>, errors: readonly ErrorObject[]): void {
  const several = new Set(errors.filter(isOfOneForm).map(({ instancePath }) => parentPath(instancePath)))
  const children = new Map<string, string[]>([...several].map(path => [path, []]))
  const deeper = new Set<string>()
  for (const path of faults.keys()) {
    const parent = parentPath(path)
    children.get(parent)?.push(path)
    for (let above = parentPath(parent); above !== ''; above = parentPath(above)) deeper.add(above)
  }
  for (const [path, direct] of children) {
    const mine = [path, ...direct].filter(one => (faults.get(one)?.weight ?? 0) > 0)
    if (mine.length < 2 && !deeper.has(path)) continue
    for (const one of mine) faults.delete(one)
    const name = JSON.stringify(pointerSegments(path).at(-1))
    if (!deeper.has(path))
      faults.set(path, { instancePath: path, message: `${name} has none of the forms that it can have`, weight: 2 })
  }
}

/** Does the error say that a member is not that of one form, where there are others? */
function isOfOneForm({ keyword, params }: ErrorObject): boolean {
  return keyword === 'enum' && Array.isArray(params.allowedValues) && params.allowedValues.length === 1
}

function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** The schema of OpenAPI 3.1 that swagger-parser brings misspells one name of the Server Variable Object. */
function isKnownMistake({ instancePath, params }: ErrorObject): boolean {
  return params.unevaluatedProperty === 'description' && /\/servers\/\d+\/variables\/[^/]+$/.test(instancePath)
}

/** 0 for what only says that something else failed. */
function weightOf({ keyword, params }: ErrorObject): number {
  if (['oneOf', 'anyOf', 'allOf', 'if', 'not', '$ref'].includes(keyword)) return 0
  if (keyword === 'required' && params.missingProperty === '$ref') return 0
  if (keyword === 'unevaluatedProperties' || keyword === 'additionalProperties') return 1
  return 2
}

function extraMember({ params }: ErrorObject): string | undefined {
  const name: unknown = params.additionalProperty ?? params.unevaluatedProperty
  return typeof name === 'string' ? name : undefined
}

function messageOf(error: ErrorObject): string {
  const { keyword, params, message, instancePath } = error
  const place = pointerSegments(instancePath).at(-1)
  const what = place === undefined ? 'the document' : JSON.stringify(place)
  const extra = extraMember(error)
  if (extra !== undefined) return `${what} holds ${JSON.stringify(extra)}, which has no place there`
  if (keyword === 'required') return `${what} lacks ${JSON.stringify(params.missingProperty)}`
  if (keyword === 'enum' && Array.isArray(params.allowedValues)) {
    return `${what} must be one of ${params.allowedValues.map(value => JSON.stringify(value)).join(', ')}`
  }
  return `${what} ${(message ?? 'is malformed').replace(/\s+/g, ' ')}`
}

/** The way of an instance path, and the last object or list on it. */
function reach(root: object, instancePath: string): { readonly keys: string[]; readonly node: object } {
  const keys: string[] = []
  let node = root
  for (const key of pointerSegments(instancePath)) {
    if (!Object.hasOwn(node, key)) break
    keys.push(key)
    const next: unknown = Reflect.get(node, key)
    if (typeof next !== 'object' || next === null) break
    node = next
  }
  return { keys, node }
}
