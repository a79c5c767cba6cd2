import type { Request, RequestHandler, Response, Router } from 'express'
import { auth0Client } from './auth0-client.js'
import { type Auth0ApiOptions, auth0ClientSettings, auth0Settings } from './auth0-config.js'
import { attachUser } from './auth0-request.js'
import { BEARER, type Refusal, sendRefusal } from './challenge.js'
import { ownClaim, ruleMet } from './claims.js'
import { credentialReader } from './credentials.js'
import { decide } from './decide.js'
import { routerAround } from './express.js'
import { splitTarget } from './path.js'
import type { ClaimRule, JsonPrimitive } from './policy.js'
import { bearer } from './schemes/bearer.js'
import { scopesMet } from './scopes.js'
import { scopesOf } from './tokens/scopes-of.js'
import { type AnyVerifier, type CredentialOf, deny, type Token, type Verifier } from './verifier.js'

export interface RequiresAuthOptions {
  /** Scopes that the token must all have: a list, or a space-separated string. */
  readonly scopes?: string | readonly string[]
}

export interface ScopesIncludeOptions {
  /** Must the token have one of the scopes (`any`, the default) or `all` of them? */
  readonly match?: 'any' | 'all'
}

export interface ClaimAuthOptions {
  /** The `error_description` for a claim that is there and does not suffice. */
  readonly errorMessage?: string
}

export type ClaimCheckFunction = (req: Request, token: Token) => boolean | undefined | Promise<boolean | undefined>

export type JSONPrimitive = JsonPrimitive

const readBearer = credentialReader({ type: 'http', scheme: 'bearer' })

/** The verifier that `createAuth0Api()` configured for a request. */
const verifiers = new WeakMap<Request, AnyVerifier>()

/**
 * A verifier of an Auth0 tenant's access tokens, for `schemes` of a generated router; `domain` and `audience` come
 * from the environment where they are not given ({@link Auth0ApiOptions}).
 * @throws {ConfigurationError} at once, naming the option and variable that is missing or wrong.
 */
export function auth0<Claims extends Token = Token>(options: Auth0ApiOptions = {}): Verifier<Claims> {
  const client = auth0Client(auth0ClientSettings(options))
  const verifier = bearer<Claims>(auth0Settings(options))
  return {
    ...verifier,
    verify(credential, request) {
      // What lets the request pass puts its claims beside it.
      ;(request as Request).auth0 ??= { client }
      return verifier.verify(credential, request)
    },
  }
}

/**
 * Configures token verification for the routes behind it. Decides nothing by itself: a route is guarded by
 * {@link requiresAuth}.
 * @throws {ConfigurationError} at once, naming the option and variable that is missing or wrong.
 */
export function createAuth0Api(options: Auth0ApiOptions = {}): Router {
  const verifier = bearer(auth0Settings(options))
  const client = auth0Client(auth0ClientSettings(options))
  return routerAround((request, _response, next) => {
    verifiers.set(request, verifier)
    request.auth0 = { client }
    next()
  })
}

/**
 * Lets a request pass that carries a valid access token (RFC 6750) with all of `scopes`; `req.auth0.user` then holds
 * its claims. Without `createAuth0Api()` before it, every request ends in an error.
 * @throws at once, if `scopes` is given and names no scope.
 */
export function requiresAuth(options: RequiresAuthOptions = {}): RequestHandler {
  refuseUnknown('requiresAuth', options, ['scopes'])
  const scopes = Object.hasOwn(options, 'scopes') ? scopeList(options.scopes) : []
  return async (request, response, next) => {
    const verifier = verifiers.get(request)
    if (!verifier) throw new Error('requiresAuth() needs app.use(createAuth0Api()) before it')
    const { query } = splitTarget(request.url)
    const decision = await decide(
      {
        alternatives: [[{ scheme: 'auth0', slot: 0, read: readBearer, verifier, scopes, challengers: [BEARER] }]],
        anonymous: false,
      },
      { request, query, params: {}, runCheck: () => false, claimsStatus: 401, nameClaims: false },
    )
    if (!decision.granted) {
      sendRefusal(response, decision)
      return
    }
    const { token } = readBearer(request, query) as CredentialOf<'bearer'>
    attachUser(request, decision.token as Token, token)
    next()
  }
}

/**
 * Lets a request pass whose token has any (default) or all of `scopes`. Stands after {@link requiresAuth}.
 * @throws at once, if `scopes` names no scope or `match` is neither `any` nor `all`.
 */
export function scopesInclude(scopes: string | readonly string[], options: ScopesIncludeOptions = {}): RequestHandler {
  refuseUnknown('scopesInclude', options, ['match'])
  const { match = 'any' } = options
  if (match !== 'any' && match !== 'all') throw new TypeError("'match' must be 'any' or 'all'")
  const listed = scopeList(scopes)
  const demand = match === 'all' ? listed : { anyOf: listed }
  return guard(request => {
    const user = request.auth0?.user
    if (user && scopesMet(demand, scopesOf(user))) return undefined
    return { denial: deny('insufficient_scope'), challengers: [BEARER], scopes: listed }
  })
}

/**
 * Lets a request pass whose token has the claim with exactly this value; nothing is coerced. Stands after
 * {@link requiresAuth}.
 * @throws {TypeError} at once, if an argument is of the wrong type.
 */
export function claimEquals(claim: string, value: JSONPrimitive, options: ClaimAuthOptions = {}): RequestHandler {
  if (!isPrimitive(value)) throw new TypeError("'value' must be a string, number, boolean or null")
  return claimGuard('claimEquals', claim, { equals: value }, options)
}

/**
 * Lets a request pass whose token has the claim as an array that holds all of `values`. Stands after
 * {@link requiresAuth}.
 * @throws {TypeError} at once, if `values` is no list of one or more strings, numbers or booleans.
 */
export function claimIncludes(
  claim: string,
  values: readonly JSONPrimitive[],
  options: ClaimAuthOptions = {},
): RequestHandler {
  if (!Array.isArray(values) || !values.every(one => isPrimitive(one) && one !== null)) {
    throw new TypeError("'values' must be an array of strings, numbers or booleans")
  }
  if (values.length === 0) throw new TypeError("'values' must contain at least one value")
  return claimGuard('claimIncludes', claim, { includes: [...values] }, options)
}

/**
 * Lets a request pass for which `fn` returns, or resolves to, something truthy. What it throws refuses. Stands after
 * {@link requiresAuth}.
 * @throws {TypeError} at once, if `fn` is no function.
 */
export function claimCheck(fn: ClaimCheckFunction, options: ClaimAuthOptions = {}): RequestHandler {
  if (typeof fn !== 'function') throw new TypeError("'fn' must be a function")
  const errorMessage = messageOf('claimCheck', options)
  return guard(async request => {
    const user = request.auth0?.user
    if (!user) return claimRefusal('No token found')
    try {
      if (await fn(request, user)) return undefined
    } catch {
      // A check that throws has not agreed.
    }
    return claimRefusal(errorMessage ?? 'Invalid token claims')
  })
}

function claimGuard(name: string, claim: string, rule: ClaimRule, options: ClaimAuthOptions): RequestHandler {
  if (typeof claim !== 'string' || claim === '') throw new TypeError("'claim' must be a string")
  const errorMessage = messageOf(name, options)
  return guard(request => {
    const user = request.auth0?.user
    if (!user) return claimRefusal('No token found')
    const found = ownClaim(user, claim)
    if (!found.found) return claimRefusal(`Missing '${claim}' claim`)
    return ruleMet(rule, found.value, {}) ? undefined : claimRefusal(errorMessage ?? `Unexpected '${claim}' value`)
  })
}

type Judge = (request: Request) => Refusal | undefined | Promise<Refusal | undefined>

function guard(judge: Judge): RequestHandler {
  return async (request: Request, response: Response, next) => {
    const refusal = await judge(request)
    if (refusal) sendRefusal(response, refusal)
    else next()
  }
}

function claimRefusal(description: string): Refusal {
  return { denial: deny('claims_not_met', { description }), challengers: [BEARER] }
}

function scopeList(scopes: unknown): readonly string[] {
  const list = typeof scopes === 'string' ? scopes.split(' ').filter(one => one !== '') : scopes
  if (!Array.isArray(list)) throw new TypeError("'scopes' must be a string or array of strings")
  if (list.length === 0) throw new Error("'scopes' must contain at least one scope")
  // RFC 6749 section 3.3: what is no scope-token can be in no token, nor in a challenge.
  if (!list.every(one => typeof one === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(one))) {
    throw new TypeError("'scopes' must be a string or array of strings, each a scope without spaces or quotes")
  }
  return [...list]
}

function isPrimitive(value: unknown): value is JSONPrimitive {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value))
  )
}

function messageOf(name: string, options: ClaimAuthOptions): string | undefined {
  refuseUnknown(name, options, ['errorMessage'])
  const { errorMessage } = options
  if (errorMessage !== undefined && typeof errorMessage !== 'string') {
    throw new TypeError("'errorMessage' must be a string")
  }
  return errorMessage
}

/** A misspelled option would be a guard that asks for less than was meant. */
function refuseUnknown(name: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${name}: the options must be an object`)
  }
  const unknown = Object.keys(options).find(option => !known.includes(option))
  if (unknown !== undefined) throw new TypeError(`${name}: unknown option '${unknown}'; known: ${known.join(', ')}`)
}
