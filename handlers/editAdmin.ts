import type { Handlers } from '../generated/handlers.js'

export const editAdmin: Handlers['editAdmin'] = () => ({
  status: 200,
  body: { message: 'Admin editor access granted.' },
})
