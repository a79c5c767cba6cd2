import type { Handlers } from '../generated/handlers.js'

export const getAdmin: Handlers['getAdmin'] = () => ({
  status: 200,
  body: { message: 'Admin access granted.' },
})
