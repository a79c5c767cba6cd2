import { createImplementations, type Implementation } from './stubs/implementations.js'
import { lookAtIndex } from './stubs/index-module.js'
import { createModules, stemOf } from './stubs/modules.js'
import { findOrphans, type Orphan } from './stubs/orphans.js'
import { createPlan, type Unclear } from './stubs/plan.js'

export interface StubFiles {
  /** Path within the handlers' folder, with `/` → its text. */
  readonly [name: string]: string
}

export interface Stubs {
  /** New files, and files with additions; what stands already is not here. */
  readonly files: StubFiles
  /** Handlers whose operation the document no longer has. */
  readonly orphans: readonly Orphan[]
  /** What a person must decide. */
  readonly unclear: readonly Unclear[]
}

/**
 * A stub for each operation whose handler the folder's index does not give yet, a file each, and the way to it from
 * the index. Files that a user edited only gain lines: no character of theirs changes. Handlers are found in whatever
 * form: exported by name, by default or through other files; as members of an object, of a class or of what a function
 * returns, where `Handlers` or a part of it is their type.
 *
 * @param operations the names of the operations, in the document's order.
 * @param existing the modules of the handlers' folder.
 * @param handlersModule how a handler imports the emitted `handlers.ts`: `../generated/handlers.js`.
 * @param former the names of the last output's operations.
 */
export function emitStubs(
  operations: readonly string[],
  existing: StubFiles,
  handlersModule: string,
  former: readonly string[] = [],
): Stubs {
  const modules = createModules(existing)
  const index = lookAtIndex(operations, modules)
  const implementations = createImplementations(index.missing, index.name, modules)
  const plan = createPlan(index, handlersModule, modules)
  for (const operation of index.missing) {
    const found = implementations.of(operation)
    const named = found.filter(one => one.exported !== undefined || one.local !== undefined)
    const [best, ...others] = [...named].sort((a, b) => distance(a, operation) - distance(b, operation))
    if (index.unseen !== undefined && !index.dangling.has(operation)) plan.leave(operation, index.name, index.unseen)
    else if (best !== undefined && index.dangling.has(operation))
      plan.leave(operation, index.name, `names a file for ${JSON.stringify(operation)} that is not there`, best)
    else if (best !== undefined && others.some(one => distance(one, operation) === distance(best, operation)))
      plan.leave(operation, index.name, `may mean ${named.map(one => one.module).join(' or ')}`, best)
    else if (best !== undefined) plan.take(operation, best)
    else if (found[0] !== undefined) plan.leaveMember(operation, found[0].module)
    else plan.write(operation)
  }
  return { ...plan.done(), orphans: findOrphans(operations, former, modules) }
}

/** The file that is named after the operation comes first. */
function distance({ module }: Implementation, operation: string): number {
  return stemOf(module) === operation ? 0 : 1
}
