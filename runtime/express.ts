import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { AUTH0, type Auth0Context, type Locals } from './auth0-request.js'

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

// Express changes the prototype of each request, after which V8 gives it a hidden class of its own: to add a property
// then costs more than all of a guard. `res.locals` is a hash table, which takes one more for nothing.
Object.defineProperty(express.request, 'auth0', {
  configurable: true,
  enumerable: true,
  get(this: Request): Auth0Context | undefined {
    return (this.res?.locals as Locals | undefined)?.[AUTH0]
  },
  set(this: Request, value: Auth0Context | undefined) {
    const locals = this.res?.locals as Locals | undefined
    if (locals) locals[AUTH0] = value
    else Object.defineProperty(this, 'auth0', { value, configurable: true, enumerable: true, writable: true })
  },
})
