import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { after, type Eventual, isPromised } from '../eventual.js'
import { type CredentialOf, type Denial, deny, type Token, type Verification } from '../verifier.js'
import { type AnswerCache, type AnswerCacheSettings, answerCache } from './answer-cache.js'
import type { Clock } from './clock.js'
import { type IntrospectedTokenRules, introspectedTokenFault } from './introspected-token.js'
import { type Introspect, isOutage } from './introspection.js'
import { IssuerFault } from './issuer-document.js'
import { type JsonObject, parseJsonObject } from './json-object.js'
import { outageOf } from './outage.js'
import type { ProvePossession } from './possession.js'
import { scopesOf } from './scopes-of.js'
import { turns } from './turns.js'

export interface IntrospectingSettings extends IntrospectedTokenRules {
  readonly introspect: Introspect
  readonly scopeClaims: readonly string[]
  readonly provePossession: ProvePossession
  readonly cache: AnswerCacheSettings | false
  /** Seconds that a request waits at most. */
  readonly timeout: number
}

export interface IntrospectingVerifier {
  /** Never throws or rejects. */
  verify(presented: CredentialOf<'bearer'>, request: IncomingMessage): Eventual<Verification<Token>>
  /** Asks about a token that nobody has. @throws {IssuerFault} with what is wrong. */
  ready(): Promise<void>
}

/** What is known of a token: the claims of an active one as JSON text, which each request reads for itself. */
type Known = Uint8Array | Denial

/** RFC 6750 section 2.1, RFC 9449 section 7.1 */
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/
/** No access token is that long. */
const MAX_LENGTH = 16 * 1024

/** Questions at a time, and requests that wait for their turn: a flood of made-up tokens must not flood the server. */
const MOST_AT_A_TIME = 64
const MOST_WAITING = 1024

/** Verifies access tokens by asking their authorization server: once for all requests that bring one at the same time. */
export function introspectingVerifier(settings: IntrospectingSettings, clock: Clock): IntrospectingVerifier {
  const { introspect, timeout, scopeClaims, provePossession, issuer } = settings
  const cache: AnswerCache | undefined = settings.cache === false ? undefined : answerCache(settings.cache, clock)
  const outage = outageOf(clock)
  const turn = turns(MOST_AT_A_TIME, MOST_WAITING)
  const underWay = new Map<string, Promise<Known>>()

  /** Never rejects. */
  async function ask(token: string, digest: string): Promise<Known> {
    const signal = AbortSignal.timeout(timeout * 1000)
    try {
      await turn.begin(signal)
    } catch {
      return busy()
    }
    try {
      const denial = outage.denial()
      if (denial !== undefined) return denial
      outage.begin()
      const askedAt = clock()
      const known = await introspect(token, signal)
      outage.answered()
      if (known === 'inactive') return refuse('token is not active')
      cache?.set(digest, known, askedAt)
      return known
    } catch (error) {
      return unavailable(error)
    } finally {
      turn.end()
    }
  }

  function unavailable(error: unknown): Denial {
    const fault = error instanceof IssuerFault ? error : new IssuerFault('the token could not be introspected', 200)
    if (isOutage(fault)) outage.failed(fault.message)
    else outage.answered()
    return outage.denial() ?? deny('unavailable', { reason: fault.message, retryAfter: 1 })
  }

  function lookUp(token: string): Eventual<Known> {
    // Unread: no server need be asked about what no token can be.
    if (token.length > MAX_LENGTH) return refuse('token is too long')
    if (!B64TOKEN.test(token)) return refuse('token is malformed')
    // Of the whole token: with a part of it, one token could be taken for another.
    const digest = createHash('sha256').update(token).digest('base64')
    const kept = cache?.get(digest)
    if (kept !== undefined) return kept
    const pending = underWay.get(digest)
    if (pending !== undefined) return pending
    const denial = outage.denial()
    if (denial !== undefined) return denial
    if (!turn.free()) return busy()
    const asked = ask(token, digest).finally(() => underWay.delete(digest))
    underWay.set(digest, asked)
    return asked
  }

  function judge(
    known: Known,
    presented: CredentialOf<'bearer'>,
    request: IncomingMessage,
  ): Eventual<Verification<Token>> {
    if ('granted' in known) return known
    // Read anew for each request: what a handler does to its claims is nothing to another one.
    const answer: JsonObject | undefined = parseJsonObject(known)
    if (answer === undefined) return broken()
    // Whole seconds, as the claims are: a fraction must not make an early token good.
    const fault = introspectedTokenFault(answer, presented.tokenType, settings, Math.floor(clock()))
    if (fault !== undefined) return refuse(fault)
    // What Token promises and the answer may leave unsaid: whom we asked, and, with `audience: false`, for nobody named.
    const claims = { iss: issuer, aud: [], ...answer } as Token
    return after(provePossession(claims, presented, request), possession => {
      if (!possession.granted) return possession
      const { nonce } = possession
      return {
        granted: true,
        proof: claims,
        scopes: scopesOf(claims, scopeClaims),
        ...(nonce !== undefined && { nonce }),
      }
    })
  }

  return {
    verify(presented, request) {
      try {
        const result = after(lookUp(presented.token), known => judge(known, presented, request))
        return isPromised(result) ? result.catch(broken) : result
      } catch {
        return broken()
      }
    },
    async ready() {
      const known = await introspect(randomBytes(32).toString('base64url'), AbortSignal.timeout(timeout * 1000))
      outage.answered()
      if (known !== 'inactive') throw new IssuerFault(`${issuer} calls a token active that was made up`)
    },
  }
}

function busy(): Denial {
  return deny('unavailable', { reason: 'too many tokens wait to be introspected', retryAfter: 1 })
}

function broken(): Denial {
  return deny('invalid_token', { description: 'Invalid token', reason: 'the token could not be verified' })
}

function refuse(description: string): Denial {
  return deny('invalid_token', { description })
}
