import { createRequire } from 'node:module'
import type ts from 'typescript'

/**
 * The compiler, as CommonJS: an `import` of it has Node read its nine megabytes twice more, for the format and for the
 * names of its exports, which takes longer than the types of most documents.
 */
export const typescript: typeof ts = createRequire(import.meta.url)('typescript')

/** What a member of a type is called; nothing where that is computed. */
export function memberName({ name }: ts.TypeElement): string | undefined {
  return name &&
    (typescript.isStringLiteral(name) || typescript.isNumericLiteral(name) || typescript.isIdentifier(name))
    ? name.text
    : undefined
}
