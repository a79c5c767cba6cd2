import type { ResolvedDocument } from '../load/document.js'
import type { ApiModel } from '../model/api-model.js'
import { countOperations } from './count.js'
import { emitHandlers } from './handlers.js'
import { emitPolicies } from './policies.js'
import { emitReplies } from './replies.js'
import { emitReplyValidators } from './reply-validators.js'
import { emitRouter } from './router.js'
import { emitTypes } from './types.js'
import { emitValidators } from './validators.js'

/** File name in the output folder → its text. */
export type Emitted = ReadonlyMap<string, string>

/** A library that emits a file stopped at something in the document that it cannot take. */
export class EmitFailure extends Error {
  override readonly name = 'EmitFailure'
}

/**
 * The files of `generated/`. Same model, same bytes.
 * @throws {EmitFailure} when types or validators cannot be made of the document.
 * @throws {Error} when a file does not hold every operation exactly once: a fault of the generator.
 */
export async function emit(model: ApiModel, document: ResolvedDocument): Promise<Emitted> {
  const files = new Map([
    ['types.ts', await attempt('types.ts', () => emitTypes(document, model))],
    ['policies.ts', emitPolicies(model)],
    ['handlers.ts', emitHandlers(model)],
    ['validators.ts', await attempt('validators.ts', () => emitValidators(model))],
    ['replies.ts', emitReplies(model)],
    ['reply-validators.ts', await attempt('reply-validators.ts', () => emitReplyValidators(model))],
    ['router.ts', emitRouter(model)],
  ])
  countOperations(files, model)
  return files
}

async function attempt(file: string, emitFile: () => string | Promise<string>): Promise<string> {
  try {
    return await emitFile()
  } catch (cause) {
    throw new EmitFailure(`${file} cannot be made of this document: ${(cause as Error).message}`, { cause })
  }
}
