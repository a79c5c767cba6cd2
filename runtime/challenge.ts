import type { ServerResponse } from 'node:http'
import type { SecurityScheme, StepUpDemand } from './policy.js'
import { endWith, type Problem, sendProblem } from './problem.js'
import type { AnyVerifier, Denial, DenialCode, HttpVerifier, TokenType } from './verifier.js'

/** A scheme as challenges name it (RFC 9110 section 11.6.1). */
export interface Challenger {
  /** The challenge without parameters of an error: `Bearer`, `Basic realm="…"`, `ApiKey`. */
  readonly bare: string
  /** Takes no parameters of an error: they are no part of this scheme's grammar, or it is not what was refused. */
  readonly fixed?: true
  /** The way of presenting an access token that it asks for. */
  readonly tokenType?: TokenType
}

export interface Refusal {
  readonly denial: Denial
  /** The schemes that would do, or the one whose credential was refused. */
  readonly challengers: readonly Challenger[]
  /** The operation's full set, with `insufficient_scope`. */
  readonly scopes?: readonly string[]
  /** The status of a claim rule that is not met. */
  readonly claimsStatus?: 401 | 403
  /** With `insufficient_user_authentication`: what the policy demands. */
  readonly stepUp?: StepUpDemand
}

export const BEARER: Challenger = { bare: 'Bearer', tokenType: 'Bearer' }

/**
 * The challenges of one scheme: a token may be presented in several ways.
 * @param resourceMetadata where the resource's metadata are (RFC 9728 section 5.1).
 */
export function challengersOf(
  name: string,
  scheme: SecurityScheme,
  verifier: AnyVerifier,
  resourceMetadata?: string,
): readonly Challenger[] {
  if (scheme.type === 'apiKey') return [{ bare: 'ApiKey' }]
  // RFC 9110 section 15.5.2 wants a challenge with every 401, and no scheme for certificates is registered; this name is
  // the one that draft-thomson-httpbis-cant had.
  if (scheme.type === 'mutualTLS') return [{ bare: 'ClientCertificate' }]
  if (verifier.kind === 'http') return [httpChallenger(verifier)]
  // RFC 7617 section 2: a realm is required; the scheme's name is the one that the document gives.
  if (scheme.type === 'http' && scheme.scheme === 'basic') return [{ bare: `Basic realm="${name}", charset="UTF-8"` }]
  if (verifier.kind !== 'bearer') return [BEARER]
  const { tokenTypes = ['Bearer'], dpopAlgorithms = [] } = verifier
  const types = scheme.type === 'http' && scheme.scheme === 'dpop' ? (['DPoP'] as const) : tokenTypes
  const algs = dpopAlgorithms.length > 0 ? [`algs="${dpopAlgorithms.join(' ')}"`] : []
  const metadata = resourceMetadata === undefined ? [] : [`resource_metadata="${resourceMetadata}"`]
  return types.map(tokenType => {
    const parameters = [...(tokenType === 'DPoP' ? algs : []), ...metadata].join(', ')
    return parameters === '' && tokenType === 'Bearer'
      ? BEARER
      : { bare: `${tokenType} ${parameters}`.trim(), tokenType }
  })
}

/** Those of the scheme whose credential was refused: what is wrong is told of the way in which it was sent, and no other. */
export function refusing(challengers: readonly Challenger[], tokenType: TokenType | undefined): readonly Challenger[] {
  return challengers.map(one => (one.tokenType === tokenType ? one : { ...one, fixed: true }))
}

function httpChallenger({ scheme, challenge }: HttpVerifier<unknown>): Challenger {
  return {
    fixed: true,
    get bare() {
      try {
        const text = typeof challenge === 'function' ? challenge() : challenge
        // Made at this moment by somebody's function; whatever it is, the refusal stays one.
        if (challengeFault(scheme, text) === undefined && typeof text === 'string') return text
        // A promise that is rejected later would end the process.
        Promise.resolve(text).catch(() => {})
        return scheme
      } catch {
        return scheme
      }
    },
  }
}

/** What is wrong with a challenge of an HTTP authentication scheme; a function's is looked at when it is made. */
export function challengeFault(scheme: string, challenge: unknown): string | undefined {
  if (typeof challenge === 'function') return undefined
  if (typeof challenge !== 'string') return 'must be a string or a function that returns one'
  if (!/^[\x20-\x7e]*$/.test(challenge)) return 'must be of visible ASCII characters and spaces'
  const [name] = challenge.split(' ', 1)
  return name?.toLowerCase() === scheme.toLowerCase() ? undefined : `must begin with the scheme's name, ${scheme}`
}

interface Row {
  readonly status: 400 | 401 | 403
  readonly error: Exclude<DenialCode, 'no_credentials' | 'claims_not_met' | 'cross_site_request' | 'unavailable'>
  readonly description: string
}

const ROWS: { readonly [code in Denial['code']]?: Row } = {
  invalid_request: { status: 400, error: 'invalid_request', description: 'Credentials were sent more than once' },
  invalid_token: { status: 401, error: 'invalid_token', description: 'Invalid token' },
  insufficient_scope: { status: 403, error: 'insufficient_scope', description: 'Insufficient scopes' },
  claims_not_met: { status: 401, error: 'invalid_token', description: 'Invalid token claims' },
  insufficient_user_authentication: {
    status: 401,
    error: 'insufficient_user_authentication',
    description: 'The user must authenticate again, as this challenge says',
  },
  invalid_dpop_proof: { status: 401, error: 'invalid_dpop_proof', description: 'Invalid DPoP proof' },
  use_dpop_nonce: {
    status: 401,
    error: 'use_dpop_nonce',
    description: 'The DPoP proof must hold a nonce of this server',
  },
}

/** Of refusals that are answered with problem details: nothing that a challenge could ask for would help. */
const STATUSES: { readonly [code in Denial['code']]?: 403 | 503 } = { cross_site_request: 403, unavailable: 503 }

/** The status with which a refusal is answered. */
export function statusOf(refusal: Refusal): number {
  return rowOf(refusal)?.status ?? STATUSES[refusal.denial.code] ?? 401
}

function rowOf({ denial, claimsStatus }: Refusal): Row | undefined {
  const row = ROWS[denial.code]
  // RFC 6750 section 3.1: with 403 the code says that more is needed than this token grants.
  if (row && denial.code === 'claims_not_met' && claimsStatus === 403) {
    return { ...row, status: 403, error: 'insufficient_scope' }
  }
  return row
}

/** Answers a refused request: status, `WWW-Authenticate` and body as RFC 6750 section 3 and RFC 9110 section 11 say. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const { denial, challengers, scopes, stepUp } = refusal
  if (denial.code === 'unavailable') {
    sendProblem(response, unavailable(denial.retryAfter))
    return
  }
  if (denial.code === 'cross_site_request') {
    sendProblem(response, CROSS_SITE)
    return
  }
  const row = rowOf(refusal)
  response.statusCode = statusOf(refusal)
  if (denial.nonce !== undefined) setNonce(response, denial.nonce)
  if (!row) {
    // RFC 6750 section 3.1: no error code when no credentials were sent.
    response.setHeader('WWW-Authenticate', unique(challengers.map(one => one.bare)))
    response.setHeader('Content-Length', 0)
    response.end()
    return
  }
  const description = inert(denial.description ?? row.description)
  const scope = scopes && scopes.length > 0 && row.error === 'insufficient_scope' ? `, scope="${scopes.join(' ')}"` : ''
  const parameters = `error="${row.error}", error_description="${description}"${scope}${authentication(stepUp)}`
  response.setHeader(
    'WWW-Authenticate',
    unique(
      challengers.map(({ bare, fixed }) => (fixed ? bare : `${bare}${bare.includes(' ') ? ', ' : ' '}${parameters}`)),
    ),
  )
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  endWith(response, JSON.stringify({ error: row.error, error_description: description }))
}

/** RFC 9470 section 3, in the form of its examples. */
function authentication({ acr, maxAge }: StepUpDemand = {}): string {
  const values = acr === undefined ? '' : `, acr_values="${inert(acr.join(' '))}"`
  return maxAge === undefined ? values : `${values}, max_age="${maxAge}"`
}

const CROSS_SITE: Problem = {
  status: 403,
  detail: 'This request may have been made by another site: a key in a cookie is not accepted with it.',
}

/** RFC 9449 section 8.2: an answer with a nonce must not be kept by a cache, or it would give out one that is too old. */
export function setNonce(response: ServerResponse, nonce: string): void {
  response.setHeader('DPoP-Nonce', nonce)
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store')
}

function unavailable(retryAfter = 5): Problem {
  return {
    status: 503,
    detail: 'The credentials cannot be verified right now.',
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(retryAfter))) },
  }
}

/** RFC 6750 section 3: `error_description` is of %x20-21 / %x23-5B / %x5D-7E. */
function inert(description: string): string {
  return description.replaceAll('"', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '')
}

function unique(values: readonly string[]): string | string[] {
  const all = [...new Set(values)]
  const [only] = all
  return all.length === 1 && only !== undefined ? only : all
}
