import type { Handlers } from '../generated/handlers.js'

export const getPublic: Handlers['getPublic'] = () => ({
  status: 200,
  body: {
    message: 'Hello from a public endpoint! No authentication required.',
    timestamp: new Date().toISOString(),
  },
})
