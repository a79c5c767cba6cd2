// One server in a process of its own: serve.mjs NAME SETTINGS, asked over IPC what it has cost.
import { createServer } from 'node:http'
import { servers } from './servers.mjs'

const [name, settings] = process.argv.slice(2)
const server = createServer(await servers[name](JSON.parse(settings)))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', asked => {
  if (asked === 'memory') {
    globalThis.gc?.()
    process.send(process.memoryUsage().rss)
    return
  }
  const { user, system } = process.cpuUsage()
  process.send(user + system)
})
