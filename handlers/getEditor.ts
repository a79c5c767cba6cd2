import type { Handlers } from '../generated/handlers.js'

export const getEditor: Handlers['getEditor'] = () => ({
  status: 200,
  body: { message: 'Editor access granted.' },
})
