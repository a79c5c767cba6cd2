import type { Request, Response } from 'express'
import type { Grant } from './decide.js'
import type { Parameters, ParameterValues } from './parameters.js'

const signals = new WeakMap<RequestContext, AbortSignal>()

/** Made when a handler first asks for it, which most never do; a member of its own, so that `{ ...context }` has it. */
const SIGNAL: PropertyDescriptor & ThisType<RequestContext> = {
  enumerable: true,
  get() {
    const known = signals.get(this)
    if (known) return known
    const made = signalOf(this.res)
    signals.set(this, made)
    return made
  },
}

/** What a handler is given. */
export class RequestContext {
  readonly params: ParameterValues
  readonly query: ParameterValues
  readonly headers: ParameterValues
  readonly cookies: ParameterValues
  readonly body: unknown
  /** Absent on a public operation. */
  declare readonly auth?: Grant['auth']
  /** Aborted when the client goes before the answer is complete. */
  declare readonly signal: AbortSignal
  readonly req: Request
  readonly res: Response

  constructor(
    { params, query, headers, cookies }: Parameters & { readonly ok: true },
    body: unknown,
    grant: Grant | undefined,
    req: Request,
    res: Response,
  ) {
    this.params = params
    this.query = query
    this.headers = headers
    this.cookies = cookies
    this.body = body
    if (grant) this.auth = grant.auth
    this.req = req
    this.res = res
    Object.defineProperty(this, 'signal', SIGNAL)
  }
}

function signalOf(response: Response): AbortSignal {
  const gone = new AbortController()
  const leave = () => {
    if (!response.writableFinished) gone.abort()
  }
  if (response.closed || response.destroyed) leave()
  else response.once('close', leave)
  return gone.signal
}
