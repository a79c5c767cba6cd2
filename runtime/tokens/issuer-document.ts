import { thrownName } from '../thrown.js'
import { type JsonObject, parseJsonObject } from './json-object.js'

/** The same signature as the global `fetch`. */
export type Fetch = typeof globalThis.fetch

/** What an issuer did wrong, in words for the operator; `status` where its answer had one that tells. */
export class IssuerFault extends Error {
  override readonly name = 'IssuerFault'
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

/** Metadata and key sets are a few kilobytes; more is a fault or an attack. */
const MAX_BYTES = 1024 * 1024

/**
 * One JSON object of an issuer's. Redirects are not followed: who answers is who was asked. The signal ends the whole
 * exchange, a body that drips included.
 * @throws {IssuerFault}
 */
export async function fetchDocument(url: string, fetch: Fetch, signal: AbortSignal): Promise<JsonObject> {
  const bytes = await orAborted(download(url, fetch, signal), url, signal)
  const document = parseJsonObject(bytes)
  if (document === undefined) throw new IssuerFault(`${url} answered with something that is no JSON object`)
  return document
}

async function download(url: string, fetch: Fetch, signal: AbortSignal): Promise<Uint8Array> {
  const response = await send(url, { headers: { accept: 'application/json' }, signal }, fetch)
  if (response.status !== 200) {
    void response.body?.cancel().catch(() => {})
    throw new IssuerFault(`${url} answered with status ${response.status}`, response.status)
  }
  return readBody(response, url, MAX_BYTES)
}

/** The answer of who was asked, and of nobody else: redirects are not followed. @throws {IssuerFault} */
export async function send(url: string, init: RequestInit, fetch: Fetch): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, { ...init, redirect: 'error' })
  } catch (error) {
    throw new IssuerFault(`${url} could not be fetched (${causeOf(error)})`)
  }
  // A `fetch` of the user's own may follow redirects in spite of the option.
  if (response.redirected) {
    void response.body?.cancel().catch(() => {})
    throw new IssuerFault(`${url} redirects`)
  }
  return response
}

/** @throws {IssuerFault} */
export async function readBody(response: Response, url: string, maxBytes: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array()
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      size += read.value.byteLength
      // Counted after decompression: a bomb is cut here, not when it has been unpacked.
      if (size > maxBytes) throw new IssuerFault(`${url} answered with more than ${maxBytes} bytes`)
      chunks.push(read.value)
    }
  } catch (error) {
    void reader.cancel().catch(() => {})
    throw error instanceof IssuerFault ? error : new IssuerFault(`${url} broke off (${causeOf(error)})`)
  }
  return Buffer.concat(chunks, size)
}

/** Ends the wait even where a `fetch` of the user's own does not heed the signal. */
export async function orAborted<T>(work: Promise<T>, url: string, signal: AbortSignal): Promise<T> {
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new IssuerFault(`${url} did not answer in time`))
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
  })
  // Whichever of the two loses may reject later, when nobody waits any more.
  aborted.catch(() => {})
  work.catch(() => {})
  try {
    return await Promise.race([aborted, work])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function causeOf(error: unknown): string {
  const cause = (error instanceof Error && error.cause) || error
  // The platform's words for it, which come without a code.
  return cause instanceof Error && cause.message === 'unexpected redirect' ? 'it redirects' : thrownName(cause)
}
