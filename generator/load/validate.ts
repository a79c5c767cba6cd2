import type { ResolvedDocument } from './document.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
export async function validate(document: ResolvedDocument): Promise<Diagnostic[]> { void document; return [] }
