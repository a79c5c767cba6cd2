import type { ResolvedDocument } from '../load/document.js'
import type { ApiModel } from '../model/api-model.js'
import { countOperations } from './count.js'
import { emitFile } from './failure.js'
import { emitHandlers } from './handlers.js'
import { emitPolicies } from './policies.js'
import { emitReplies } from './replies.js'
import { emitReplyValidators } from './reply-validators.js'
import { emitRouter } from './router.js'
import { emitTypes } from './types.js'
import { emitValidators } from './validators.js'

/** File name in the output folder → its text. */
export type Emitted = ReadonlyMap<string, string>

/**
 * The files of `generated/`. Same model, same bytes.
 * @throws {EmitFailure} when a file cannot be made of the document.
 * @throws {Error} when a file does not hold every operation exactly once: a fault of the generator.
 */
export async function emit(model: ApiModel, document: ResolvedDocument): Promise<Emitted> {
  const files = new Map([
    ['types.ts', await emitFile('types.ts', () => emitTypes(document, model))],
    ['policies.ts', await emitFile('policies.ts', () => emitPolicies(model))],
    ['handlers.ts', await emitFile('handlers.ts', () => emitHandlers(model))],
    ['validators.ts', await emitFile('validators.ts', () => emitValidators(model))],
    ['replies.ts', await emitFile('replies.ts', () => emitReplies(model))],
    ['reply-validators.ts', await emitFile('reply-validators.ts', () => emitReplyValidators(model))],
    ['router.ts', await emitFile('router.ts', () => emitRouter(model))],
  ])
  countOperations(files, model)
  return files
}
