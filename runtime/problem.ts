import { type ServerResponse, STATUS_CODES } from 'node:http'

/** One way in which a request does not fit the document. Never holds a value that the caller sent. */
export interface Fault {
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'body'
  /** JSON Pointer in fragment form (RFC 6901 section 6): `#/limit` is the parameter or member of that name. */
  readonly pointer: string
  readonly detail: string
}

/** Problem details (RFC 9457). Its `type` is `about:blank`: the status says what kind of problem it is. */
export interface Problem {
  readonly status: number
  /** Default: the status's own phrase, as RFC 9457 section 4.2.1 recommends for `about:blank`. */
  readonly title?: string
  readonly detail?: string
  /** An entry per fault, as in the example of RFC 9457 section 3. */
  readonly errors?: readonly Fault[]
  readonly headers?: { readonly [name: string]: string | readonly string[] }
}

/** Answers with problem details as `application/problem+json`. Does nothing where an answer has begun or the client left. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  if (response.headersSent || response.destroyed) return
  const { status, detail, errors } = problem
  const title = problem.title ?? STATUS_CODES[status] ?? 'Unknown'
  const body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    ...(detail !== undefined && { detail }),
    ...(errors !== undefined && errors.length > 0 && { errors }),
  })
  response.statusCode = status
  for (const [name, value] of Object.entries(problem.headers ?? {})) response.setHeader(name, value)
  response.setHeader('Content-Type', 'application/problem+json')
  endWith(response, body)
}

/** Ends an answer. Node itself tells the length of what it sends, and a text goes out with the head, in one piece. */
export function endWith(response: ServerResponse, body: string | Buffer): void {
  if (response.req.method === 'HEAD') response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

/** The answer to a request whose parameters or body do not fit the document. */
export function contractProblem(faults: readonly Fault[]): Problem {
  return { status: 400, detail: 'The request does not fit the document.', errors: faults }
}
