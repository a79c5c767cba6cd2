import express, { type NextFunction, type Request, type Response, type Router } from 'express'

export type Handle = (request: Request, response: Response, next: NextFunction) => void

/** An Express router of one layer: its cost does not grow with the number of operations behind it. */
export function singleLayerRouter(handle: Handle): Router {
  const router = express.Router()
  router.use(handle)
  return router
}
