import cors from 'cors'
import express, { type Express } from 'express'
import { auth0 } from 'gatewright/runtime'
import { createRouter } from './generated/router.js'
import * as handlers from './handlers/index.js'

declare module 'gatewright/runtime' {
  interface Token {
    tier?: 'free' | 'premium'
    roles?: string[]
  }
}

/** The quickstart's API; the issuer comes from `AUTH0_DOMAIN` and `AUTH0_AUDIENCE`. */
export function createApp(): Express {
  const app = express()
  app.use(
    cors({
      origin: ['http://localhost:3000', 'http://localhost:5173'],
      allowedHeaders: ['Authorization', 'Content-Type'],
      exposedHeaders: ['WWW-Authenticate'],
    }),
  )
  app.use(
    createRouter(handlers, {
      schemes: { auth0: auth0() },
      checks: {
        premiumOrAdmin: (_req, token) => token.tier === 'premium' || token.roles?.includes('admin'),
      },
      // Both as the quickstart's SDK and its `res.json` have it.
      nameClaims: true,
      replies: 'express',
    }),
  )
  return app
}
