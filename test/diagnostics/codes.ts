import ts from 'typescript'

const WORD = /^[a-z]+(?:-[a-z0-9]+)+$/

/** The codes of diagnostics that a source file reports: `code: '…'`, `code = '…'`, `fault('…')`, and by a constant. */
export function codesIn(source: string): string[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ES2023, true)
  const codes: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && WORD.test(node.text) && saysCode(node)) codes.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return codes
}

/** Every string of a source file that looks like a code. */
export function wordsIn(source: string): string[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ES2023, true)
  const words: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && WORD.test(node.text)) words.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return words
}

function saysCode(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isConditionalExpression(parent)) return saysCode(parent)
  if (ts.isPropertyAssignment(parent)) return parent.name.getText() === 'code'
  if (ts.isVariableDeclaration(parent)) return parent.name.getText() === 'UNSUPPORTED'
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return false
  const callee = ts.isPropertyAccessExpression(parent.expression) ? parent.expression.name : parent.expression
  return /^(fault|diagnostic)$/.test(callee.getText())
}
