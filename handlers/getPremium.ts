import type { Handlers } from '../generated/handlers.js'

export const getPremium: Handlers['getPremium'] = () => ({
  status: 200,
  body: { message: 'Premium content access granted.' },
})
