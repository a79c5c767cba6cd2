import { type Fetch, orAborted, readBody, send } from './issuer-document.js'
import { type JsonObject, member, parseJsonObject } from './json-object.js'

/** An answer of a server's, read to its end. */
export interface FormAnswer {
  readonly status: number
  /** The media type alone, in lower case. */
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** Answers with claims or a token are a few kilobytes; more is a fault or an attack. */
const MAX_BYTES = 256 * 1024

/**
 * Sends a form and reads the answer, whatever its status. Redirects are not followed, since they would hand on what is
 * in the form; the signal ends the whole exchange.
 * @throws {IssuerFault}
 */
export function postForm(
  url: string,
  form: URLSearchParams,
  headers: Readonly<Record<string, string>>,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<FormAnswer> {
  return orAborted(exchange(url, { method: 'POST', body: form, headers, signal }, fetch), url, signal)
}

async function exchange(url: string, init: RequestInit, fetch: Fetch): Promise<FormAnswer> {
  const response = await send(url, init, fetch)
  const [mediaType = ''] = (response.headers.get('content-type') ?? '').split(';', 1)
  return {
    status: response.status,
    mediaType: mediaType.trim().toLowerCase(),
    bytes: await readBody(response, url, MAX_BYTES),
  }
}

/** The object of an answer that says that it is JSON, or `undefined`. */
export function jsonOf({ mediaType, bytes }: FormAnswer): JsonObject | undefined {
  return mediaType === 'application/json' ? parseJsonObject(bytes) : undefined
}

/** RFC 6749 section 5.2, RFC 7009 section 2.2.1, RFC 8693 section 2.2.2, and what servers use beside them. */
const ERRORS = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_token_type',
  'invalid_scope',
  'invalid_target',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
  'too_many_requests',
  'interaction_required',
  'login_required',
  'consent_required',
  'mfa_required',
  'use_dpop_nonce',
  'invalid_dpop_proof',
] as const

/**
 * The `error` of an answer, where it is one that is known. Any other text of the server's is left out: it may repeat
 * the token that it was sent.
 */
export function knownError(answer: FormAnswer): string | undefined {
  const error = member(jsonOf(answer) ?? {}, 'error')
  return ERRORS.find(one => one === error)
}
