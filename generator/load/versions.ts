import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { JsonObject, ResolvedDocument } from './document.js'

export type Version = ResolvedDocument['version']

/** Which OpenAPI a document is written in, or why it is none that can be read. */
export function versionOf(file: string, root: JsonObject): Version | Diagnostic {
  const { openapi, swagger } = root
  const fault = (code: string, message: string, help: string, pointer: string): Diagnostic => {
    return { code, severity: 'error', message, help, location: { file, pointer } }
  }
  if (openapi === undefined && swagger !== undefined && String(swagger).startsWith('2')) {
    const help = 'convert it to OpenAPI 3, for example with "npx swagger2openapi --outfile openapi.yaml FILE"'
    return fault('document-swagger-2', 'the document is Swagger 2.0', help, '/swagger')
  }
  if (openapi === undefined) {
    const message = 'the document does not say which OpenAPI it is: it has no member "openapi"'
    return fault('document-version', message, 'add a line "openapi: 3.1.1", or name the right file', '')
  }
  if (typeof openapi !== 'string') {
    const help = 'write it in full and as a string: "3.1.1"'
    return fault('document-version', 'the version in "openapi" must be a string', help, '/openapi')
  }
  const version = (['3.0', '3.1', '3.2'] as const).find(known => openapi.startsWith(`${known}.`))
  if (version === undefined || !/^3\.\d\.\d+(?:-.+)?$/.test(openapi)) {
    const message = `OpenAPI ${JSON.stringify(openapi)} is not supported: 3.0, 3.1 and 3.2 are`
    return fault('document-version', message, 'write it in full, as "3.1.1", or convert the document', '/openapi')
  }
  return version
}
