import ts from 'typescript'

/** What an emitted file is made of, beside the text of its strings. */
export interface Shape {
  /** What the parser objects to. */
  readonly faults: readonly string[]
  /** The tree of its nodes, in which all names of members and all strings look alike. */
  readonly tree: string
  /** The identifiers that are no member's name: what the code can call, read, import or declare. */
  readonly identifiers: ReadonlySet<string>
}

/** @param names the operations' own names, which stand as identifiers: they look alike, too. */
export function shapeOf(name: string, text: string, names: ReadonlySet<string>): Shape {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2023, true)
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.Diagnostic[] }
  const identifiers = new Set<string>()
  const tree: string[] = []
  const visit = (node: ts.Node): void => {
    if (isName(node)) tree.push('name')
    else if (ts.isStringLiteralLike(node)) tree.push('string')
    else if (ts.isIdentifier(node)) {
      const known = names.has(node.text)
      if (!known) identifiers.add(node.text)
      tree.push(known ? 'name' : node.text)
    } else if (isAccess(node)) {
      tree.push('access(')
      visit(node.expression)
      tree.push(')')
    } else {
      tree.push(`${ts.SyntaxKind[node.kind]}(`)
      ts.forEachChild(node, visit)
      tree.push(')')
    }
  }
  ts.forEachChild(file, visit)
  return {
    faults: parseDiagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
    tree: tree.join(' '),
    identifiers,
  }
}

/** `x.a` and `x['a']` are one and the same; with anything else in the brackets, it is code. */
function isAccess(node: ts.Node): node is ts.PropertyAccessExpression | ts.ElementAccessExpression {
  if (ts.isPropertyAccessExpression(node)) return true
  return ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression)
}

/** A member's name: `a`, `'a'`, `7` and `['a']` are one and the same. */
function isName(node: ts.Node): boolean {
  if (ts.isComputedPropertyName(node)) return ts.isStringLiteral(node.expression)
  const { parent } = node
  const named =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isEnumMember(parent) ||
    ts.isMethodSignature(parent)
  return (
    named && parent.name === node && (ts.isIdentifier(node) || ts.isStringLiteral(node) || ts.isNumericLiteral(node))
  )
}
