import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'
import type { ResolvedDocument } from '../load/document.js'
import type { ApiModel } from '../model/api-model.js'
import { header } from './header.js'

/** `types.ts`: the document's schemas and operations as types, by openapi-typescript. */
export async function emitTypes(document: ResolvedDocument, model: ApiModel): Promise<string> {
  // It changes what it is given.
  const copy = structuredClone(document.root) as unknown as OpenAPI3
  const nodes = await openapiTS(copy, { silent: true, alphabetize: false })
  return `${header(model.document)}${astToString(nodes)}`
}
