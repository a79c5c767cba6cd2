import { _, Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { formats } from '../../../runtime/formats.js'
import { linearPattern } from '../../../runtime/linear-pattern.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { type Matching, matchingOf } from '../../model/patterns/matching.js'
import { compact } from './compaction.js'
import { jsonLiteral } from './json-literal.js'
import { compilePlainMembers } from './plain-members.js'
import { MISFIT, requestSchema } from './request-schema.js'
import { component } from './schemas.js'

/** Compiles schemas to code, each distinct one once, whoever uses it; components are shared by reference. */
export class SchemaCompiler {
  private readonly schemas: ApiModel['schemas']
  /** Component, or text of a schema → its identifier: a number, so that nothing of the document has to be escaped. */
  private readonly components = new Map<string, string>()
  private readonly inline = new Map<string, string>()
  private readonly used = new Set<string>()
  /** By object: operations share those of components, and most are asked for several times. */
  private readonly conversions = new WeakMap<object, JsonSchema>()
  private readonly inlineIds = new WeakMap<object, string>()
  /** Text of a schema and a value → do they fit: the same parameters are in many operations. */
  private readonly fitting = new Map<string, boolean>()
  private readonly ajv: Ajv2020

  constructor(
    model: ApiModel,
    private readonly direction: 'request' | 'response' = 'request',
  ) {
    this.schemas = model.schemas
    this.ajv = compilerFor(usesUnevaluated(model), direction === 'request')
  }

  /** The function for `schema` in the emitted code; `undefined` where reading a text by its `type` leaves nothing to check. */
  useForText(schema: JsonSchema): string | undefined {
    return isScalar(this.converted(schema)) ? undefined : this.use(schema)
  }

  /** The function for `schema` in the emitted code; `undefined` if every value fits. */
  use(schema: JsonSchema): string | undefined {
    const converted = this.converted(schema)
    if (converted === true || (typeof converted === 'object' && Object.keys(converted).length === 0)) return undefined
    const id = isReference(schema) ? this.componentId(component(this.schemas, schema.$ref).name) : this.inlineId(schema)
    this.used.add(id)
    const name = this.ajv.getSchema(id)?.source?.validateName.str
    if (name === undefined) throw new Error(`ajv compiled no source for ${JSON.stringify(schema)}`)
    return name
  }

  fits(schema: JsonSchema, value: unknown): boolean {
    const text = JSON.stringify([schema, value])
    const known = this.fitting.get(text)
    if (known !== undefined) return known
    const fits = this.ajv.validate(ajvSchema(this.convert(schema)), value)
    this.fitting.set(text, fits)
    return fits
  }

  /** The code of the functions in use. It calls `schemaFunctions` of the runtime, and imports nothing. */
  code(): string {
    if (this.used.size === 0) return ''
    const code = standalone
      .default(this.ajv, Object.fromEntries([...this.used].map(id => [id, id])))
      .replace(/^"use strict";\n?/, '')
      .replace(/^export const s\d+ = validate\d+;\n/gm, '')
      .replace(
        /^(const func\d+ = )require\("ajv\/dist\/runtime\/(equal|ucs2length)"\)\.default;/gm,
        '$1schemaFunctions.$2;',
      )
    const [foreign] = code.includes('= require(')
      ? (/^.*= require\(.*$/m.exec(code.replace(/"(?:[^"\\]|\\.)*"/g, '""')) ?? [])
      : []
    if (foreign !== undefined) throw new Error(`ajv's code needs what the runtime does not offer: ${foreign}`)
    return (
      compact(code)
        // At the start of a line only: there, no string of the document can be what is replaced.
        .replace(/^(const pattern\d+ = )new RegExp\((".*"), "u"\);$/gm, (line, constant: string, pattern: string) => {
          const matching = safeMatching(JSON.parse(pattern))
          if (matching.by === 'backtracking') return line
          return `${constant}schemaFunctions.linearPattern(${jsonLiteral(matching.all)}, ${jsonLiteral(matching.none)});`
        })
        .replace(/\n{2,}/g, '\n\n')
        .trim()
    )
  }

  private converted(schema: JsonSchema): JsonSchema {
    if (typeof schema === 'boolean') return this.convert(schema)
    const known = this.conversions.get(schema)
    if (known !== undefined) return known
    const converted = this.convert(schema)
    this.conversions.set(schema, converted)
    return converted
  }

  private convert(schema: JsonSchema): JsonSchema {
    const { schemas, direction } = this
    return requestSchema(schema, {
      schemas,
      direction,
      idOf: name => this.componentId(name),
      idOfInline: one => this.inlineId(one),
    })
  }

  private componentId(name: string): string {
    const known = this.components.get(name)
    if (known !== undefined) return known
    const id = this.nextId()
    this.components.set(name, id)
    this.add(id, this.schemas[name] ?? false)
    return id
  }

  private inlineId(schema: JsonSchema): string {
    if (typeof schema === 'boolean') return this.idOfText(schema)
    const id = this.inlineIds.get(schema) ?? this.idOfText(schema)
    this.inlineIds.set(schema, id)
    return id
  }

  private idOfText(schema: JsonSchema): string {
    const text = JSON.stringify(schema)
    const known = this.inline.get(text)
    if (known !== undefined) return known
    const id = this.nextId()
    this.inline.set(text, id)
    this.add(id, schema)
    return id
  }

  private nextId(): string {
    return `s${this.components.size + this.inline.size}`
  }

  private add(id: string, schema: JsonSchema): void {
    this.ajv.addSchema(ajvSchema(this.converted(schema)), id)
  }
}

/** The model refuses patterns that have none. */
function safeMatching(pattern: string): Matching {
  const matching = matchingOf(pattern)
  if (!matching) throw new Error(`There is no safe way to match ${JSON.stringify(pattern)}`)
  return matching
}

/** What ajv matches with while generating: a document's default, with the document's pattern. */
const regExp = Object.assign(
  (pattern: string, flags: string) => {
    const matching = safeMatching(pattern)
    const engine = matching.by === 're2' ? linearPattern(matching.all, matching.none) : new RegExp(pattern, flags)
    // ajv tells patterns apart by their text.
    return { test: (text: string) => engine.test(text), toString: () => pattern }
  },
  { code: 'new RegExp' },
)

/** @param runs whether values are held to schemas while generating; otherwise only the code is wanted. */
function compilerFor(unevaluated: boolean, runs: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    // For the sake of correctness, too: without it, ajv 8 skips what follows `prefixItems` where an array is shorter.
    allErrors: true,
    // Documents hold annotations that ajv does not know; what is malformed was refused when the model was made.
    strict: false,
    meta: false,
    validateSchema: false,
    logger: false,
    messages: false,
    inlineRefs: false,
    // Without it, `required: ['constructor']` would be met by what every object inherits.
    ownProperties: true,
    formats,
    code: {
      source: true,
      esm: true,
      lines: true,
      formats: _`schemaFunctions.formats`,
      regExp,
      ...(!runs && { process: () => NOT_RUN }),
    },
  })
  // ajv's class for 2020-12 turns it on always; the account of what was evaluated costs code and time.
  ajv.opts.unevaluated = unevaluated
  compilePlainMembers(ajv)
  ajv.addKeyword({
    keyword: MISFIT,
    schemaType: 'string',
    code: context => context.fail(),
    error: { message: '', params: ({ schema }) => _`{reason: ${schema}}` },
  })
  return ajv
}

/** In place of the code that ajv would have the engine parse, in vain. */
const NOT_RUN = `return function () { throw new Error('compiled for its code alone') }`

const unevaluated = new WeakMap<ApiModel, boolean>()

function usesUnevaluated(model: ApiModel): boolean {
  const known = unevaluated.get(model) ?? holdsUnevaluated([model.schemas, model.operations])
  unevaluated.set(model, known)
  return known
}

/** A member that is merely called so costs a little code. */
function holdsUnevaluated(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return 'unevaluatedProperties' in value || 'unevaluatedItems' in value || Object.values(value).some(holdsUnevaluated)
}

/** ajv registers objects only. */
function ajvSchema(schema: JsonSchema): Exclude<JsonSchema, boolean> {
  if (typeof schema === 'object') return schema
  return schema ? {} : { not: {} }
}

function isReference(schema: JsonSchema): schema is { readonly $ref: unknown } {
  return typeof schema === 'object' && schema.$ref !== undefined && Object.keys(schema).length === 1
}

const SCALARS: readonly unknown[] = ['string', 'number', 'integer', 'boolean', 'null']

function isScalar(schema: JsonSchema): boolean {
  if (typeof schema === 'boolean') return schema
  const { type = [], ...rest } = schema
  return Object.keys(rest).length === 0 && [type].flat().every(one => SCALARS.includes(one))
}
