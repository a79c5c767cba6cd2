import ts from 'typescript'
import { emitReplies } from '../../generator/emit/replies.js'
import { emitReplyValidators } from '../../generator/emit/reply-validators.js'
import type { ApiModel, Response } from '../../generator/model/api-model.js'
import { type Replies, type ReplyChecks, replyShapes, schemaFunctions } from '../../runtime/index.js'
import type { Shape } from '../../runtime/reply-shape.js'
import { strip } from '../../runtime/reply-strip.js'
import { apiModel, content, operation } from '../validation/emitted.js'

const location = { file: '/api.yaml', pointer: '' }

export type Schemas = { readonly [name: string]: unknown }

export function response(written: Partial<Response> = {}): Response {
  return { status: '200', headers: [], content: [], location, ...written }
}

function run(text: string): { readonly replies?: Replies; readonly replyValidators?: ReplyChecks } {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
  })
  const exports = {}
  new Function('require', 'exports', outputText)((specifier: string) => {
    if (specifier !== 'gatewright/runtime') throw new Error(`The emitted file imports ${specifier}`)
    return { replyShapes, schemaFunctions }
  }, exports)
  return exports
}

function modelOf(schema: unknown, schemas: Schemas): ApiModel {
  return apiModel(
    [operation('it', { responses: [response({ content: [content('application/json', schema)] })] })],
    schemas,
  )
}

export function shapeFor(schema: unknown, schemas: Schemas = {}): Shape {
  const documented = run(emitReplies(modelOf(schema, schemas))).replies?.it?.['200']
  const shape = typeof documented === 'object' ? documented['application/json'] : undefined
  if (!shape) throw new Error('The shape was not emitted')
  return shape
}

/** What is sent of `value` under `schema`, as the client reads it. */
export function sent(schema: unknown, value: unknown, schemas: Schemas = {}): unknown {
  return JSON.parse(JSON.stringify(strip(shapeFor(schema, schemas), value)))
}

/** Is `value` a reply that fits `schema`? */
export function fits(schema: unknown, value: unknown, schemas: Schemas = {}): boolean {
  const checks = run(emitReplyValidators(modelOf(schema, schemas))).replyValidators?.it?.['200']
  return checks?.content?.['application/json']?.(value) ?? true
}
