import type { Handlers } from '../generated/handlers.js'

export const listMessages: Handlers['listMessages'] = () => ({ status: 200, body: { messages: ['Hello!', 'World!'] } })
