import type { Authority } from '../sweep/credentials.js'
import type { FoundOperation, NaiveDocument, Scheme } from '../sweep/naive-document.js'
import type { SampleRequest } from '../sweep/request.js'

/** Verifiers that grant everything to everybody who sends something. */
export function grantsOf({ operations, schemes }: NaiveDocument): Pick<Authority, 'verifiers'> {
  const demanded = operations.flatMap(({ alternatives }) => alternatives.flatMap(one => Object.values(one).flat()))
  const verification = { granted: true, proof: {}, scopes: [...new Set(demanded)] }
  return {
    verifiers: () =>
      Object.fromEntries(
        Object.entries(schemes).map(([name, scheme]) => [name, { kind: kindOf(scheme), verify: () => verification }]),
      ),
  }
}

function kindOf(scheme: Scheme): string {
  if (scheme.type === 'apiKey') return 'apiKey'
  return isBasic(scheme) ? 'basic' : 'bearer'
}

function isBasic({ type, scheme }: Scheme): boolean {
  return type === 'http' && scheme?.toLowerCase() === 'basic'
}

/** With what the operation's first alternative asks for. */
export function withCredentials(
  request: SampleRequest,
  { alternatives: [first = {}] }: FoundOperation,
  { schemes }: NaiveDocument,
): SampleRequest {
  const headers = { ...request.headers }
  const query = [...request.query]
  const cookies = [...request.cookies]
  for (const name of Object.keys(first)) {
    const scheme = schemes[name]
    if (!scheme) throw new Error(`no security scheme ${name}`)
    const key = scheme.name ?? ''
    if (scheme.type !== 'apiKey') headers.authorization = isBasic(scheme) ? 'Basic dTpw' : 'Bearer token'
    else if (scheme.in === 'query') query.push(`${key}=key`)
    else if (scheme.in === 'cookie') cookies.push(`${key}=key`)
    else headers[key] = 'key'
  }
  return { ...request, headers, query, cookies }
}
