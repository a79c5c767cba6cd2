import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import type { Auth0Context } from './auth0-request.js'

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

const AUTH0 = Symbol('auth0')

interface Locals {
  [AUTH0]?: Auth0Context | undefined
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
