import express, { type NextFunction, type Request, type Response, type Router } from 'express'

/** An Express router of one layer: its cost does not grow with the number of operations behind it. */
export function singleLayerRouter(handle: (req: Request, res: Response, next: NextFunction) => void): Router {
  const router = express.Router()
  router.use(handle)
  return router
}
