import express, { type NextFunction, type Request, type Response, type Router } from 'express'

export type Handle = (request: Request, response: Response, next: NextFunction) => void

/**
 * An Express router that `handle` stands in the place of, without a layer around it: its cost does not grow with the
 * number of operations behind it. What is added to the router later gets the requests that `handle` passes on.
 * @param needsExpress `handle` calls methods that Express gives to requests and responses.
 */
export function routerAround(handle: Handle, needsExpress = true): Router {
  const router = express.Router()
  // The method that Express calls; its types do not name it.
  const layers = (router as unknown as { handle: Handle }).handle.bind(router)
  const around = Object.assign(router, {
    handle(request: Request, response: Response, next: NextFunction) {
      handle(request, response, error => {
        if (error || router.stack.length === 0) next(error)
        else layers(request, response, next)
      })
    },
  })
  if (!needsExpress) plainHandles.set(around, handle)
  return around
}

const plainHandles = new WeakMap<object, Handle>()

/** What a router of {@link routerAround} stands around, if that can do without Express. */
export function plainHandleOf(router: object): Handle | undefined {
  return plainHandles.get(router)
}

const COPIES_CLASSES = Number.parseInt(process.versions.v8, 10) < 13

/**
 * Makes what follows with a request of Express's several times as fast on Node 20 and 22. Express changes the prototypes
 * of both objects, after which V8, before version 13, copies their hidden class whenever a property is added, and misses
 * its caches whenever one is read. An object that a property was deleted from is a hash table, which has neither trouble.
 */
export function settleClasses(request: Request, response: Response): void {
  const { locals } = response
  // Requests of `listener` have the classes that Node gave them.
  if (!COPIES_CLASSES || !locals) return
  const { params } = request
  delete (response as Partial<Response>).locals
  response.locals = locals
  delete (request as Partial<Request>).params
  request.params = params
}
