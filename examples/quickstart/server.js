import 'dotenv/config'
import cors from 'cors'
import express from 'express'
import { claimCheck, claimEquals, claimIncludes, createAuth0Api, requiresAuth, scopesInclude } from 'gatewright/runtime'

const app = express()
const port = process.env.PORT || 3001

app.use(express.json())
app.use(
  cors({
    origin: ['http://localhost:3000', 'http://localhost:5173'],
    allowedHeaders: ['Authorization', 'Content-Type'],
    exposedHeaders: ['WWW-Authenticate'],
  }),
)
app.use(createAuth0Api())

// Public route — no token required
app.get('/api/public', (req, res) => {
  res.json({
    message: 'Hello from a public endpoint! No authentication required.',
    timestamp: new Date().toISOString(),
  })
})

// Protected route — requires a valid access token
app.get('/api/private', requiresAuth(), (req, res) => {
  res.json({
    message: 'Hello from a protected endpoint! You are authenticated.',
    sub: req.auth0.user?.sub,
    timestamp: new Date().toISOString(),
  })
})

// Requires the "read:messages" scope
app.get('/api/messages', requiresAuth({ scopes: ['read:messages'] }), (req, res) => {
  res.json({ messages: ['Hello!', 'World!'] })
})

// Requires ANY of these scopes
app.get('/api/feed', requiresAuth(), scopesInclude(['read:feed', 'read:admin']), (req, res) => {
  res.json({ feed: [] })
})

// Requires ALL of these scopes
app.get(
  '/api/admin/edit',
  requiresAuth(),
  scopesInclude(['read:admin', 'write:admin'], { match: 'all' }),
  (req, res) => {
    res.json({ message: 'Admin editor access granted.' })
  },
)

// claimEquals — claim must equal an exact value
app.get('/api/admin', requiresAuth(), claimEquals('isAdmin', true), (req, res) => {
  res.json({ message: 'Admin access granted.' })
})

// claimIncludes — array claim must contain all listed values
app.get('/api/editor', requiresAuth(), claimIncludes('roles', ['admin', 'editor']), (req, res) => {
  res.json({ message: 'Editor access granted.' })
})

// claimCheck — custom logic over the decoded token
app.get(
  '/api/premium',
  requiresAuth(),
  claimCheck((req, token) => token.tier === 'premium' || token.roles?.includes('admin'), {
    errorMessage: 'Premium tier or admin role required',
  }),
  (req, res) => {
    res.json({ message: 'Premium content access granted.' })
  },
)

// Loopback only; leave the host out to listen everywhere, as the quickstart does.
app.listen(port, process.env.HOST || '127.0.0.1', () => {
  console.log(`API server running at http://localhost:${port}`)
})
