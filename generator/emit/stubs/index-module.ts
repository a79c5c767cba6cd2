import { Node } from 'ts-morph'
import { type Container, containerOf, type Register } from './containers.js'
import { exportsOf } from './exports.js'
import { isTest, type Modules, stemOf } from './modules.js'

/** The module from which handlers are taken, and how it gives them. */
export interface Index {
  /** Absent where the folder has none. */
  readonly name?: string
  /** The operations that it does not give. */
  readonly missing: readonly string[]
  /** `names`: each by its own name. `unclear`: as parts of things that cannot be added to. */
  readonly form: 'names' | Register | 'unclear'
  /** Those among the missing ones that it names already: `export { a } from './a.js'`, and there is no such file. */
  readonly dangling: ReadonlySet<string>
  /** Why it may give more than can be seen. */
  readonly unseen?: string
}

const INDEXES = ['index.ts', 'index.mts', 'index.js', 'index.mjs']

export function lookAtIndex(operations: readonly string[], modules: Modules): Index {
  const name = INDEXES.find(one => modules.text(one) !== undefined)
  if (name === undefined) return lookForRegister(operations, modules)
  const { values, unseen } = exportsOf(name, modules)
  const dangling = danglingIn(name, modules)
  const unnamed = operations.filter(one => !values.has(one) || dangling.has(one))
  if (unnamed.length === 0) return { name, missing: [], form: 'names', dangling }

  const known = new Set(operations)
  const holdsSome = ({ names }: Container) => operations.some(one => names.has(one))
  const containers = [...values]
    .filter(([exported]) => !known.has(exported))
    .flatMap(([exported, value]) => {
      const container = containerOf(value, modules)
      const isMeant = container && (holdsSome(container) || /^(default|handlers)$/.test(exported))
      return isMeant || (container?.register?.isTyped ?? false) ? (container ?? []) : []
    })
  const missing = unnamed.filter(one => !containers.some(({ names }) => names.has(one)))
  const hidden = unseen[0] ?? (containers.some(one => one.isUnsure) ? 'spreads what cannot be seen' : undefined)
  const form = operations.some(one => values.has(one)) || containers.length === 0 ? 'names' : registerOf(containers)
  return { name, missing, form, dangling, ...(hidden !== undefined && { unseen: hidden }) }
}

function danglingIn(name: string, modules: Modules): Set<string> {
  const names = (modules.open(name)?.getExportDeclarations() ?? []).flatMap(declaration => {
    const specifier = declaration.getModuleSpecifierValue() ?? ''
    if (!/^\.\/[^/]+$/.test(specifier) || modules.find(specifier, name) !== undefined) return []
    return declaration.getNamedExports().flatMap(one => {
      return one.getName() === stemOf(specifier) && one.getAliasNode() === undefined ? one.getName() : []
    })
  })
  return new Set(names)
}

/** A folder without an index may have one object of all handlers. */
function lookForRegister(operations: readonly string[], modules: Modules): Index {
  const containers = modules.names
    .filter(name => !isTest(name) && /\bHandlers\b(?!\s*\[)/.test(modules.text(name) ?? ''))
    .flatMap(module => {
      const file = modules.open(module)
      const declared = [...(file?.getVariableDeclarations() ?? []), ...(file?.getFunctions() ?? [])]
      const assigned = (file?.getExportAssignments() ?? []).map(one => one.getExpression())
      return [...declared, ...assigned.filter(one => !Node.isIdentifier(one))].flatMap(
        node => containerOf({ kind: 'node', module, node }, modules) ?? [],
      )
    })
  const dangling = new Set<string>()
  const [only, ...more] = containers.filter(one => one.register?.isTyped)
  if (only?.register === undefined || more.length > 0) return { missing: operations, form: 'names', dangling }
  return { missing: operations.filter(one => !only.names.has(one)), form: only.register, dangling }
}

function registerOf(containers: readonly Container[]): Register | 'unclear' {
  const registers = containers.flatMap(one => one.register ?? [])
  const literals = new Map(registers.map(one => [one.literal, one]))
  const all = [...literals.values()]
  const [only, ...more] = all.some(one => one.isTyped) ? all.filter(one => one.isTyped) : all
  return only === undefined || more.length > 0 ? 'unclear' : only
}
