import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { createClient } from 'redis'
import { bearer, createGate, type OperationValidator, redisReplayStore } from '../../runtime/index.js'

// One of several processes that serve the same API and share a Redis.
const { issuer, audience, port } = JSON.parse(process.argv[2] ?? '{}')
const client = createClient({ url: `redis://127.0.0.1:${port}` })
// Without a listener, a lost connection would end the process.
client.on('error', () => {})
await client.connect()

const dpop = { baseUrl: 'https://api.example', replayStore: redisReplayStore(client, { timeout: 0.5 }) }
const policies = { listMessages: { security: [{ token: [] }] } }
const gate = createGate({ token: { type: 'http', scheme: 'bearer' } }, policies, {
  schemes: { token: bearer({ issuer, audience, dpop }) },
})
gate.get('/messages', policies.listMessages, {} as OperationValidator, () => ({ status: 200, body: {} }))

const server = express().use(gate.router).listen(0, '127.0.0.1')
await once(server, 'listening')
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
