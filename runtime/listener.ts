import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Request, Response, Router } from 'express'
import { plainHandleOf } from './express.js'
import { sendProblem } from './problem.js'
import { ConfigurationError } from './verifier.js'

export interface ListenerOptions {
  /** Called with what a handler throws; by then the answer is 500. Default: `console.error`. */
  onError?: (error: unknown, request: IncomingMessage) => void
}

/**
 * A router of `createRouter` as a listener for `node:http`, without an Express application around it: several times as
 * many requests, under the same guards. `fallback`, which may be an Express application, gets the requests to all other
 * paths; without it they are answered 404.
 *
 * No middleware runs on the router's own paths: no CORS, no body parser, no log, no error handler of an application.
 * `req` and `res` of a handler are Node's own there, without Express's methods (`res.json`, `req.get`). The router is not
 * mounted anywhere: what stands before its paths is its option `basePath`.
 * @throws {ConfigurationError} if `router` is none of `createRouter`, or its `replies` are `express`.
 * @example createServer(listener(createRouter(handlers, options), app)).listen(3000)
 */
export function listener(
  router: Router,
  fallback: RequestListener = notFound,
  { onError = (error: unknown) => console.error(error) }: ListenerOptions = {},
): RequestListener {
  const handle = plainHandleOf(router)
  if (!handle) throw new ConfigurationError("listener() wants a router of createRouter(), whose 'replies' are plain")
  if (typeof fallback !== 'function') {
    throw new ConfigurationError(
      'listener(): what comes second gets all other requests: an application, or (req, res) => …',
    )
  }
  return (request, response) => {
    handle(request as Request, response as Response, error => {
      if (error === undefined) {
        fallback(request, response as ServerResponse<IncomingMessage> & { req: IncomingMessage })
        return
      }
      // Nothing of the error is for the caller; one that is half answered must not take it for the whole.
      if (response.headersSent) response.destroy()
      else sendProblem(response, { status: 500 })
      onError(error, request)
    })
  }
}

const notFound: RequestListener = (_request, response) => sendProblem(response, { status: 404 })
