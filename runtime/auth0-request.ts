import type { Request } from 'express'
import { type Auth0Client, UNCONFIGURED_CLIENT } from './auth0-client.js'
import type { Token } from './verifier.js'

/** What `req.auth0` holds. */
export interface Auth0Context {
  /** Exchanges tokens with the configured tenant. */
  client: Auth0Client
  /** The verified claims; absent until a guard has let the request pass. */
  user?: Token
  /** The access token as it was sent; not enumerable, so that it is not logged with the rest. */
  token?: string
}

declare global {
  namespace Express {
    interface Request {
      auth0: Auth0Context
    }
  }
}

/** Puts the claims of the token that let `request` pass into `req.auth0.user`; `req.user` is not ours. */
export function attachUser(request: Request, user: Token, token?: string): void {
  const { auth0 } = request
  if (auth0) auth0.user = user
  else request.auth0 = { client: UNCONFIGURED_CLIENT, user }
  if (token !== undefined) {
    Object.defineProperty(request.auth0, 'token', {
      value: token,
      enumerable: false,
      writable: true,
      configurable: true,
    })
  }
}
