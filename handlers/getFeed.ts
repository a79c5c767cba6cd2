import type { Handlers } from '../generated/handlers.js'

export const getFeed: Handlers['getFeed'] = () => ({ status: 200, body: { feed: [] } })
