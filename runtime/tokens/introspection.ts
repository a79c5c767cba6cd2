import type { ClientAuthentication } from './client-authentication.js'
import type { FindEndpoint } from './endpoint.js'
import { type FormAnswer, jsonOf, knownError, postForm } from './form-post.js'
import { type Fetch, fetchDocument, IssuerFault } from './issuer-document.js'
import { type JsonObject, member } from './json-object.js'

/** What an authorization server says of a token: its claims as JSON text, or that it is none of its good ones. */
export type Introspected = Uint8Array | 'inactive'

/** Asks the authorization server about a token. @throws {IssuerFault} */
export type Introspect = (token: string, signal: AbortSignal) => Promise<Introspected>

export interface IntrospectionSettings {
  readonly findEndpoint: FindEndpoint
  readonly client: ClientAuthentication
  readonly fetch: Fetch
  /** Makes of a signed answer the object that it vouches for. Absent: answers are plain JSON. */
  readonly readSigned?: (jwt: string) => Promise<JsonObject>
}

const JSON_TYPE = 'application/json'
const SIGNED_TYPE = 'application/token-introspection+jwt'

/** RFC 7662 section 2, RFC 9701 section 4. */
export function introspection({ findEndpoint, client, fetch, readSigned }: IntrospectionSettings): Introspect {
  const accept = readSigned === undefined ? JSON_TYPE : SIGNED_TYPE

  async function endpoint(signal: AbortSignal): Promise<string> {
    try {
      return await findEndpoint(url => fetchDocument(url, fetch, signal))
    } catch (error) {
      // Without the status: whatever it was, there is nobody to be asked about any token.
      throw new IssuerFault(error instanceof IssuerFault ? error.message : 'the endpoint could not be found')
    }
  }

  async function objectOf(answer: FormAnswer, url: string): Promise<JsonObject> {
    if (answer.mediaType !== accept) {
      throw new IssuerFault(`${url} did not answer with ${accept}`, answer.status)
    }
    const object = readSigned === undefined ? jsonOf(answer) : await readSigned(Buffer.from(answer.bytes).toString())
    if (object === undefined) throw new IssuerFault(`${url} answered with something that is no JSON object`, 200)
    return object
  }

  return async (token, signal) => {
    const url = await endpoint(signal)
    const form = new URLSearchParams({ token, token_type_hint: 'access_token' })
    const headers: Record<string, string> = { accept }
    client.apply(form, headers)
    const answer = await postForm(url, form, headers, fetch, signal)
    if (answer.status !== 200) {
      // RFC 7009 section 2.2.1, used by servers that introspect no tokens of this form: then it is not one of theirs.
      if (answer.status === 400 && knownError(answer) === 'unsupported_token_type') return 'inactive'
      throw statusFault(url, answer)
    }
    const object = await objectOf(answer, url)
    const active = member(object, 'active')
    if (active === false) return 'inactive'
    // A server that does not know the one member that is required is not understood in the others.
    if (active !== true) throw new IssuerFault(`${url} answered without a boolean 'active'`, 200)
    return Buffer.from(JSON.stringify(object))
  }
}

function statusFault(url: string, answer: FormAnswer): IssuerFault {
  const { status } = answer
  const error = knownError(answer)
  const refused = status === 401 || status === 403 || error === 'invalid_client'
  const told = error === undefined ? '' : ` ${error}`
  const cause = refused ? `: the credentials of 'client' are refused` : ''
  return new IssuerFault(`${url} answered with status ${status}${told}${cause}`, refused ? 401 : status)
}

/** Is it the server that does not work, and not just this one question? Some tokens must not close the API for others. */
export function isOutage({ status }: IssuerFault): boolean {
  return status === undefined || [401, 429, 502, 503, 504].includes(status)
}
