import { Ajv2020, _ } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import type { ApiModel, JsonSchema } from '../../model/api-model.js'
import { mapSubschemas } from '../../model/json-schema-keywords.js'
import { requestSchema } from './request-schema.js'
import { component } from './schemas.js'

/** The name, in the emitted file, of the runtime's functions that compiled schemas call. */
export const FUNCTIONS = 'schemaFunctions'

/** Compiles schemas to code, each distinct one once, whoever uses it; components are shared by reference. */
export class SchemaCompiler {
  private readonly schemas: ApiModel['schemas']
  /** Identifiers are numbers, not names of the document: nothing in these has to be escaped. */
  private readonly ids = new Map<string, string>()
  private readonly entries = new Set<string>()
  private readonly ajv = new Ajv2020({
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
    formats: fullFormats,
    code: { source: true, esm: true, lines: true, formats: _`${new FunctionsName()}` },
  })

  constructor(schemas: ApiModel['schemas']) {
    this.schemas = schemas
  }

  /** The name of the function for `schema` in the emitted code; `undefined` if its `type` says all, or it says nothing. */
  use(schema: JsonSchema): string | undefined {
    const simple = requestSchema(schema, { schemas: this.schemas, idOf: name => name })
    if (simple === true || isScalarType(simple)) return undefined
    const id = this.idOf(schema)
    this.entries.add(id)
    return this.functionName(id)
  }

  /** The code of all functions in use. */
  code(): string {
    if (this.entries.size === 0) return ''
    const names = [...this.entries]
    const code = standalone.default(this.ajv, Object.fromEntries(names.map(id => [id, id])))
    return ownImports(code)
  }
}
