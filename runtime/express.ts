import express, { type NextFunction, type Request, type Response, type Router } from 'express'

export type Handle = (request: Request, response: Response, next: NextFunction) => void

/**
 * An Express router that `handle` stands in the place of, without a layer around it: its cost does not grow with the
 * number of operations behind it. What is added to the router later gets the requests that `handle` passes on.
 */
export function routerAround(handle: Handle): Router {
  const router = express.Router()
  // The method that Express calls; its types do not name it.
  const layers = (router as unknown as { handle: Handle }).handle.bind(router)
  return Object.assign(router, {
    handle(request: Request, response: Response, next: NextFunction) {
      handle(request, response, error => {
        if (error || router.stack.length === 0) next(error)
        else layers(request, response, next)
      })
    },
  })
}
