import 'dotenv/config'
import type { AddressInfo } from 'node:net'
import { developmentIssuer, printCalls, printRoutes } from './development.js'
import { createApp } from './server.js'

const issuer = await developmentIssuer()
const server = createApp().listen(Number(process.env.PORT || 3001), process.env.HOST || '127.0.0.1', async error => {
  if (error) throw error
  const { port } = server.address() as AddressInfo
  const url = `http://localhost:${port}`
  console.log(`API server running at ${url}\n`)
  printRoutes()
  if (issuer) await printCalls(url, issuer)
  else console.log(`\nTokens of https://${process.env.AUTH0_DOMAIN} for ${process.env.AUTH0_AUDIENCE} are let in.`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close()
    server.closeAllConnections()
    // One may still be on its way in.
    server.on('connection', socket => socket.destroy())
    void issuer?.close()
  })
}
