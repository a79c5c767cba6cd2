import type { ResolvedDocument } from '../load/document.js'
import type { ApiModel } from '../model/api-model.js'
import { countOperations } from './count.js'
import { emitHandlers } from './handlers.js'
import { emitPolicies } from './policies.js'
import { emitRouter } from './router.js'
import { emitTypes } from './types.js'
import { emitValidators } from './validators.js'

/** File name in the output folder → its text. */
export type Emitted = ReadonlyMap<string, string>

/**
 * The files of `generated/`. Same model, same bytes.
 * @throws {Error} when a file does not hold every operation exactly once: a fault of the generator.
 */
export async function emit(model: ApiModel, document: ResolvedDocument): Promise<Emitted> {
  const files = new Map([
    ['types.ts', await emitTypes(document, model)],
    ['policies.ts', emitPolicies(model)],
    ['handlers.ts', emitHandlers(model)],
    ['validators.ts', emitValidators(model)],
    ['router.ts', emitRouter(model)],
  ])
  countOperations(files, model)
  return files
}
