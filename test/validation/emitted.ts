import ts from 'typescript'
import { emitValidators } from '../../generator/emit/validators.js'
import type { ApiModel, JsonSchema, MediaType, Operation, Parameter } from '../../generator/model/api-model.js'
import { toJsonSchema } from '../../generator/model/json-schema.js'
import { type OperationValidator, schemaFunctions } from '../../runtime/validator.js'

const location = { file: '/api.yaml', pointer: '' }

export type Written = Partial<Omit<Parameter, 'schema'>> &
  Pick<Parameter, 'in' | 'name'> & { readonly schema?: unknown }

/** A parameter as the model holds it, from what a 3.1 document would say of it. */
export function parameter({ schema = true, ...written }: Written): Parameter {
  const isMember = written.in === 'query' || written.in === 'cookie'
  return {
    required: written.in === 'path',
    style: isMember ? 'form' : 'simple',
    explode: isMember,
    location,
    ...written,
    schema: json(schema),
  }
}

export function content(mediaType: string, schema?: unknown): MediaType {
  return { mediaType, location, ...(schema !== undefined && { schema: json(schema) }) }
}

/** A schema of a 3.1 document, which must be sound. */
export function json(schema: unknown): JsonSchema {
  return toJsonSchema(schema, '3.1', fault => {
    throw new Error(`${fault.message} at /${fault.path.join('/')}`)
  })
}

export function operation(id: string, written: Partial<Operation> = {}): Operation {
  return {
    id,
    method: 'post',
    path: `/${id}`,
    source: 'none',
    scopeMatch: 'all',
    policy: { security: [] },
    parameters: [],
    responses: [],
    location,
    ...written,
  }
}

export function apiModel(
  operations: readonly Operation[],
  schemas: { readonly [name: string]: unknown } = {},
  rest: Partial<ApiModel> = {},
): ApiModel {
  return {
    openapi: '3.1',
    document: 'specs/openapi.yaml',
    title: 'Test',
    schemes: [],
    operations,
    skipped: [],
    absent: [],
    checks: [],
    schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, json(schema)])),
    ...rest,
  }
}

/** Runs an emitted file, with nothing at hand but what the runtime exports to it. */
export function run(text: string): Record<string, OperationValidator> {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
  })
  const exports: { validators?: Record<string, OperationValidator> } = {}
  new Function('require', 'exports', outputText)((specifier: string) => {
    if (specifier !== 'gatewright/runtime') throw new Error(`The emitted file imports ${specifier}`)
    return { schemaFunctions }
  }, exports)
  return exports.validators ?? {}
}

export function validatorFor(
  written: Partial<Operation>,
  schemas: { readonly [name: string]: unknown } = {},
): OperationValidator {
  const { it } = run(emitValidators(apiModel([operation('it', written)], schemas)))
  if (!it) throw new Error('The operation was not emitted')
  return it
}

export function bodyValidator(schema: unknown, schemas: { readonly [name: string]: unknown } = {}): OperationValidator {
  return validatorFor(
    { requestBody: { required: true, content: [content('application/json', schema)], location } },
    schemas,
  )
}
