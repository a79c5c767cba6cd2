import type { IncomingMessage } from 'node:http'
import * as errors from 'jose/errors'
import { compactVerify } from 'jose/jws/compact/verify'
import { type CredentialOf, deny, type Token, type Verification } from '../verifier.js'
import type { Algorithm } from './algorithms.js'
import { claimsFault } from './claims-set.js'
import type { Clock } from './clock.js'
import { readCompact } from './compact.js'
import type { IssuerKeys } from './keys.js'
import { type ProvePossession, proveNothing } from './possession.js'
import { scopesOf } from './scopes-of.js'

/** What an access token must meet besides its issuer and signature. */
export interface TokenRules {
  readonly audience: string
  readonly algorithms: readonly Algorithm[]
  /** Seconds. */
  readonly clockTolerance: number
  readonly scopeClaims: readonly string[]
  /** Default: a token that is bound to a key is refused. */
  readonly provePossession?: ProvePossession
}

/** A token that is refused is a denial; nothing is ever thrown. */
export type VerifyToken = (
  presented: CredentialOf<'bearer'>,
  request: IncomingMessage,
) => Verification<Token> | Promise<Verification<Token>>

/** Verifies JWT access tokens under the rules of RFC 9068 section 4 and RFC 8725. */
export function tokenVerifier(rules: TokenRules, keys: IssuerKeys, clock: Clock): VerifyToken {
  const { provePossession = proveNothing } = rules
  return async (presented, request) => {
    try {
      const result = await verify(presented.token, rules, keys, clock)
      if (!result.granted) return result
      const possession = await provePossession(result.proof, presented, request)
      if (!possession.granted || possession.nonce === undefined) return possession.granted ? result : possession
      return { ...result, nonce: possession.nonce }
    } catch (error) {
      return deny('invalid_token', {
        description: 'Invalid token',
        reason: error instanceof errors.JOSEError ? error.code : 'the token could not be verified',
      })
    }
  }
}

async function verify(token: string, rules: TokenRules, keys: IssuerKeys, clock: Clock): Promise<Verification<Token>> {
  const unverified = readCompact(token, rules.algorithms)
  if ('fault' in unverified) return refuse(unverified.fault)
  const { alg, kid, header, claims } = unverified

  if (!Object.hasOwn(claims, 'iss')) return refuse(`missing required 'iss' claim`)
  const { key, denial } = await keys.find({ iss: claims.iss, alg, kid })
  if (denial !== undefined) return denial

  try {
    await compactVerify(token, key, { algorithms: [alg] })
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return refuse('signature verification failed')
    throw error
  }

  // Whole seconds, as the claims are: a fraction must not make an early token good.
  const now = Math.floor(clock())
  const fault = claimsFault(header, claims, { audience: rules.audience, clockTolerance: rules.clockTolerance, now })
  if (fault !== undefined) return refuse(fault)
  // `iss` is a string by the choice of the key, `aud` and `sub` are what Token says by claimsFault.
  return { granted: true, proof: claims as Token, scopes: scopesOf(claims, rules.scopeClaims) }
}

function refuse(description: string): Verification<Token> {
  return deny('invalid_token', { description })
}
