import type { KeyObject } from 'node:crypto'
import * as errors from 'jose/errors'
import { jwtVerify } from 'jose/jwt/verify'
import { type Algorithm, isAlgorithm } from './algorithms.js'
import type { Clock } from './clock.js'
import { IssuerFault } from './issuer-document.js'
import { isJsonObject, type JsonObject } from './json-object.js'
import type { IssuerKeys } from './keys.js'

/** What a signed answer must meet (RFC 9701 section 5). */
export interface SignedAnswerRules {
  readonly issuer: string
  /** What this API goes by at the server: its client id, or the audience of its tokens. */
  readonly audience: readonly string[]
  readonly algorithms: readonly Algorithm[]
  /** Seconds. */
  readonly clockTolerance: number
}

/** How old an answer may be, in seconds: it was made for this question. */
const MAX_AGE = 60

/** Reads `token_introspection` of an answer that the issuer signed for this API. @throws {IssuerFault} */
export function signedAnswerReader(
  rules: SignedAnswerRules,
  keys: IssuerKeys,
  clock: Clock,
): (jwt: string) => Promise<JsonObject> {
  async function keyFor(alg: string, kid: unknown): Promise<KeyObject> {
    if (!isAlgorithm(alg) || (kid !== undefined && typeof kid !== 'string')) throw new IssuerFault('no such key', 200)
    const { key, denial } = await keys.find({ iss: rules.issuer, alg, kid }, () => true)
    if (key !== undefined) return key
    const reason = denial.reason ?? denial.description ?? denial.code
    // Keys that are out of reach are an outage, and one that is not there a faulty answer.
    throw new IssuerFault(
      `the key of a signed introspection answer: ${reason}`,
      denial.code === 'unavailable' ? undefined : 200,
    )
  }

  return async jwt => {
    try {
      const { payload } = await jwtVerify(jwt, ({ alg, kid }) => keyFor(alg, kid), {
        algorithms: [...rules.algorithms],
        // Else another JWT of the issuer's, such as an access token with such a claim, would do (RFC 8725 section 3.11).
        typ: 'token-introspection+jwt',
        issuer: rules.issuer,
        audience: [...rules.audience],
        requiredClaims: ['iat'],
        maxTokenAge: MAX_AGE,
        clockTolerance: rules.clockTolerance,
        currentDate: new Date(clock() * 1000),
      })
      if (isJsonObject(payload.token_introspection)) return payload.token_introspection
      throw new IssuerFault(`a signed introspection answer has no 'token_introspection' that is an object`, 200)
    } catch (error) {
      if (error instanceof IssuerFault) throw error
      throw new IssuerFault(`a signed introspection answer is not accepted: ${codeOf(error)}`, 200)
    }
  }
}

/** Never the text of an error: it may repeat what was sent. */
function codeOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    return `${error.code} '${error.claim}'`
  }
  return error instanceof errors.JOSEError ? error.code : 'unknown error'
}
