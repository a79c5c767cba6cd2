import { Node, type SourceFile } from 'ts-morph'
import { type Modules, SYNTAX } from './modules.js'

/**
 * What a name stands for: a declaration or an expression, another module's export, all of its exports, or something
 * out of sight.
 */
export type Value =
  | { readonly kind: 'node'; readonly module: string; readonly node: Node }
  | { readonly kind: 'export'; readonly module: string; readonly name: string }
  | { readonly kind: 'module'; readonly module: string }
  | { readonly kind: 'unseen' }

export interface Exports {
  readonly values: ReadonlyMap<string, Value>
  /** Why there may be more: said of the module, as in `takes all of './x.js', which …`. */
  readonly unseen: readonly string[]
}

const UNSEEN = { kind: 'unseen' } as const

const known = new WeakMap<Modules, Map<string, Exports>>()

/** What a module exports, also through other modules of the folder. */
export function exportsOf(name: string, modules: Modules): Exports {
  const exports = known.get(modules) ?? new Map<string, Exports>()
  known.set(modules, exports)
  const found = exports.get(name) ?? lookAtExports(name, modules, [])
  exports.set(name, found)
  return found
}

function lookAtExports(name: string, modules: Modules, above: readonly string[]): Exports {
  const values = new Map<string, Value>()
  const unseen: string[] = []
  const file = modules.open(name)
  if (file === undefined || above.includes(name)) return { values, unseen }
  const fault = modules.syntaxFault(name)
  if (fault !== undefined) return { values, unseen: [`${SYNTAX} (${fault})`] }

  for (const [exported, node] of ownExports(file)) values.set(exported, { kind: 'node', module: name, node })
  const stars = new Map<string, Value>()
  for (const declaration of file.getExportDeclarations()) {
    const specifier = declaration.getModuleSpecifierValue()
    const source = specifier === undefined ? undefined : modules.find(specifier, name)
    for (const one of declaration.getNamedExports()) {
      const exported = one.getAliasNode()?.getText() ?? one.getName()
      const local = one.getName()
      if (specifier === undefined) values.set(exported, localValue(local, file, name, modules))
      else values.set(exported, exportOf(source, local))
    }
    const namespace = declaration.getNamespaceExport()?.getName()
    if (namespace !== undefined) values.set(namespace, source ? { kind: 'module', module: source } : UNSEEN)
    else if (declaration.isNamespaceExport() && !declaration.isTypeOnly()) {
      if (source === undefined) unseen.push(`takes all of '${specifier}', which is not in the folder`)
      else {
        const more = lookAtExports(source, modules, [...above, name])
        for (const [exported, value] of more.values) if (exported !== 'default') stars.set(exported, value)
        unseen.push(...more.unseen.map(why => `takes all of '${specifier}', which ${why}`))
      }
    }
  }
  if (isCommonJs(file)) unseen.push('exports as CommonJS')
  // A module's own names win over those that it takes with a star.
  return { values: new Map([...stars, ...values]), unseen }
}

/** What the local name stands for in the module. */
export function localValue(local: string, file: SourceFile, name: string, modules: Modules): Value {
  const node = declarationOf(local, file)
  if (node !== undefined) return { kind: 'node', module: name, node }
  for (const declaration of file.getImportDeclarations()) {
    const source = modules.find(declaration.getModuleSpecifierValue(), name)
    const one = declaration.getNamedImports().find(it => (it.getAliasNode()?.getText() ?? it.getName()) === local)
    if (one !== undefined) return exportOf(source, one.getName())
    if (declaration.getDefaultImport()?.getText() === local) return exportOf(source, 'default')
    if (declaration.getNamespaceImport()?.getText() === local)
      return source === undefined ? UNSEEN : { kind: 'module', module: source }
  }
  return UNSEEN
}

function exportOf(module: string | undefined, name: string): Value {
  return module === undefined ? UNSEEN : { kind: 'export', module, name }
}

/** What a value is in the end, through all modules that hand it on. Parsing them is dear: only who looks needs it. */
export function settled(value: Value, modules: Modules): Exclude<Value, { kind: 'export' }> {
  const seen = new Set<string>()
  let at = value
  while (at.kind === 'export') {
    const key = `${at.module} ${at.name}`
    if (seen.has(key)) return UNSEEN
    seen.add(key)
    at = exportsOf(at.module, modules).values.get(at.name) ?? UNSEEN
  }
  return at
}

/** The top-level declaration of a name. */
export function declarationOf(name: string, file: SourceFile): Node | undefined {
  return (
    file.getVariableDeclarations().find(one => boundNames(one.getNameNode()).includes(name)) ??
    [...file.getFunctions(), ...file.getClasses()].find(one => one.getName() === name)
  )
}

/** The names that a module exports and declares itself. */
export function ownExports(file: SourceFile): [exported: string, node: Node][] {
  const variables = file.getVariableStatements().filter(one => one.isExported())
  const declared = variables.flatMap(one => one.getDeclarations())
  const named = declared.flatMap(one => boundNames(one.getNameNode()).map((name): [string, Node] => [name, one]))
  const others = [...file.getFunctions(), ...file.getClasses()].filter(one => one.isExported())
  const assigned = file.getExportAssignments().filter(one => !one.isExportEquals())
  return [
    ...named,
    ...others.map((one): [string, Node] => [one.isDefaultExport() ? 'default' : (one.getName() ?? 'default'), one]),
    ...assigned.map((one): [string, Node] => ['default', one.getExpression()]),
  ]
}

/** `a`, or what a pattern takes apart: `{ a, b: c }`. */
function boundNames(name: Node): string[] {
  if (Node.isIdentifier(name)) return [name.getText()]
  return name.getDescendants().flatMap(one => (Node.isBindingElement(one) ? boundNames(one.getNameNode()) : []))
}

function isCommonJs(file: SourceFile): boolean {
  return (
    file.getExportAssignments().some(one => one.isExportEquals()) ||
    file.getStatements().some(one => /^(module\.)?exports\b[^=]*=/.test(one.getText()))
  )
}
