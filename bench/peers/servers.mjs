import { createPublicKey } from 'node:crypto'
import express from 'express'
import { bodyOf, documentOf, NAMES, SCOPE } from './routes.mjs'

/*
 * One server per peer, each written as its own documentation shows it: { issuer, audience, algorithm } → a listener for
 * node:http. Packages are loaded by the server that uses them, and by no other.
 */

function expressApp(...guards) {
  const app = express()
  for (const path of NAMES) app.get(path, ...guards, (_req, res) => res.json(bodyOf(path)))
  app.use((error, _req, res, _next) => res.status(error.status ?? error.statusCode ?? 500).json({ error: error.code }))
  return app
}

function hasScope(claims) {
  return typeof claims?.scope === 'string' && claims.scope.split(' ').includes(SCOPE)
}

function demandScope(claimsOf) {
  return (req, res, next) => (hasScope(claimsOf(req)) ? next() : res.status(403).json({ error: 'insufficient_scope' }))
}

async function verifierOnJose({ issuer, audience, algorithm }) {
  const { createRemoteJWKSet, jwtVerify } = await import('jose')
  const keys = createRemoteJWKSet(new URL(`${issuer}jwks.json`))
  return async authorization => {
    const [, token] = /^Bearer (.+)$/i.exec(authorization ?? '') ?? []
    if (token === undefined) return undefined
    try {
      return (await jwtVerify(token, keys, { issuer, audience, algorithms: [algorithm] })).payload
    } catch {
      return undefined
    }
  }
}

export const servers = {
  'node:http, unguarded': async () => {
    const known = new Set(NAMES)
    return (req, res) => {
      if (!known.has(req.url)) return res.writeHead(404).end()
      const body = Buffer.from(JSON.stringify(bodyOf(req.url)))
      res.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': body.length }).end(body)
    }
  },

  'Express, unguarded': async () => expressApp(),

  'express-oauth2-jwt-bearer': async ({ issuer, audience, algorithm }) => {
    const { auth, requiredScopes } = await import('express-oauth2-jwt-bearer')
    return expressApp(auth({ issuerBaseURL: issuer, audience, tokenSigningAlg: algorithm }), requiredScopes(SCOPE))
  },

  'express-jwt, jwks-rsa': async ({ issuer, audience, algorithm }) => {
    const { expressjwt } = await import('express-jwt')
    const { default: jwksRsa } = await import('jwks-rsa')
    const secret = jwksRsa.expressJwtSecret({ cache: true, rateLimit: true, jwksUri: `${issuer}jwks.json` })
    return expressApp(
      expressjwt({ secret, issuer, audience, algorithms: [algorithm] }),
      demandScope(req => req.auth),
    )
  },

  'passport-jwt': async ({ issuer, audience, algorithm }) => {
    const { default: passport } = await import('passport')
    const { ExtractJwt, Strategy } = await import('passport-jwt')
    const { default: jwksRsa } = await import('jwks-rsa')
    const options = {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: jwksRsa.passportJwtSecret({ cache: true, rateLimit: true, jwksUri: `${issuer}jwks.json` }),
      issuer,
      audience,
      algorithms: [algorithm],
    }
    passport.use(new Strategy(options, (claims, done) => done(null, claims)))
    return expressApp(
      passport.authenticate('jwt', { session: false }),
      demandScope(req => req.user),
    )
  },

  'jose by hand': async settings => {
    const verify = await verifierOnJose(settings)
    return expressApp(
      async (req, res, next) => {
        req.claims = await verify(req.headers.authorization)
        if (req.claims === undefined) res.status(401).set('WWW-Authenticate', 'Bearer').end()
        else next()
      },
      demandScope(req => req.claims),
    )
  },

  'fast-jwt, cached': async ({ issuer, audience, algorithm }) => {
    const { createVerifier } = await import('fast-jwt')
    const { keys } = await (await fetch(`${issuer}jwks.json`)).json()
    const key = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    const verify = createVerifier({
      key,
      algorithms: [algorithm],
      allowedIss: issuer,
      allowedAud: audience,
      cache: 1000,
    })
    return expressApp(
      (req, res, next) => {
        const [, token] = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '') ?? []
        try {
          req.claims = verify(token)
        } catch {
          return res.status(401).set('WWW-Authenticate', 'Bearer').end()
        }
        next()
      },
      demandScope(req => req.claims),
    )
  },

  'express-openapi-validator': async settings => {
    const { middleware } = await import('express-openapi-validator')
    const verify = await verifierOnJose(settings)
    const auth = async (req, scopes) => {
      const claims = await verify(req.headers.authorization)
      if (claims === undefined) throw Object.assign(new Error('unauthorized'), { status: 401 })
      if (!scopes.every(scope => claims.scope?.split(' ').includes(scope))) {
        throw Object.assign(new Error('forbidden'), { status: 403 })
      }
      return true
    }
    const app = express()
    app.use(
      middleware({
        apiSpec: documentOf(settings.issuer),
        validateSecurity: { handlers: { auth } },
        validateApiSpec: false,
      }),
    )
    for (const path of NAMES) app.get(path, (_req, res) => res.json(bodyOf(path)))
    app.use((error, _req, res, _next) => res.status(error.status ?? 500).json({ error: error.message }))
    return app
  },

  'openapi-backend': async settings => {
    const { OpenAPIBackend } = await import('openapi-backend')
    const verify = await verifierOnJose(settings)
    const api = new OpenAPIBackend({ definition: documentOf(settings.issuer), quick: true })
    await api.init()
    api.registerSecurityHandler('auth', async ({ request }) => {
      const claims = await verify(request.headers.authorization)
      if (claims === undefined) throw Object.assign(new Error('unauthorized'), { status: 401 })
      if (!hasScope(claims)) throw Object.assign(new Error('forbidden'), { status: 403 })
      return claims
    })
    api.register('unauthorizedHandler', ({ security }, _req, res) =>
      res.status(security.auth?.error?.status ?? 401).end(),
    )
    api.register('notFound', (_context, _req, res) => res.status(404).end())
    for (const path of NAMES) {
      api.registerHandler(`get${path.replaceAll('/', '_')}`, (_context, _req, res) => res.json(bodyOf(path)))
    }
    const app = express()
    app.use((req, res) =>
      api.handleRequest(
        { method: req.method, path: req.path, query: req.query, headers: req.headers, body: undefined },
        req,
        res,
      ),
    )
    return app
  },

  gatewright: async settings => express().use(await gatewright(settings)),
}

async function gatewright({ issuer, audience, algorithm, runtime, generated }) {
  const { bearer } = await import(runtime)
  const { createRouter } = await import(generated)
  const handlers = Object.fromEntries(
    NAMES.map(path => [`get${path.replaceAll('/', '_')}`, () => ({ status: 200, body: bodyOf(path) })]),
  )
  return createRouter(handlers, { schemes: { auth: bearer({ issuer, audience, algorithms: [algorithm] }) } })
}
