import type { Handlers } from '../generated/handlers.js'

export const getPrivate: Handlers['getPrivate'] = ({ auth }) => ({
  status: 200,
  body: {
    message: 'Hello from a protected endpoint! You are authenticated.',
    ...(auth.auth0.sub !== undefined && { sub: auth.auth0.sub }),
    timestamp: new Date().toISOString(),
  },
})
