import type { IncomingMessage } from 'node:http'
import type { Eventual } from '../eventual.js'
import { type CredentialOf, type Denial, deny } from '../verifier.js'
import type { ProveCertificate } from './certificate-binding.js'
import type { ProveDpop } from './dpop.js'
import { isJsonObject, type JsonObject } from './json-object.js'

/** Possession was proved, or the token asks for no proof. */
export interface Possession {
  readonly granted: true
  /** `DPoP-Nonce` of the answer. */
  readonly nonce?: string
}

/**
 * What the presenter of a verified token must prove beside holding it: that the key is theirs which `cnf` binds it to
 * (RFC 7800 section 3). Asked on every request, whatever is cached of the token.
 */
export type ProvePossession = (
  claims: JsonObject,
  presented: CredentialOf<'bearer'>,
  request: IncomingMessage,
) => Possession | Denial | Promise<Possession | Denial>

/** What can be proved here, by the members of `cnf`. */
export interface Provers {
  /** `jkt` */
  readonly dpop?: ProveDpop
  /** Tokens without `jkt` are refused as well. */
  readonly dpopRequired?: boolean
  /** `x5t#S256` */
  readonly certificate?: ProveCertificate
}

const NO_PROOF: Possession = { granted: true }

/**
 * Everything that `cnf` names must be proved, and a name that is not known cannot be. A token that is bound to a DPoP key
 * must be presented as such, or stealing it would be enough (RFC 9449 section 7.2); one that is not must not be, or its
 * proof would prove nothing.
 */
export function possessionProver({ dpop, dpopRequired = false, certificate }: Provers): ProvePossession {
  return (claims, presented, request): Eventual<Possession | Denial> => {
    const asDpop = presented.tokenType === 'DPoP'
    const bound = Object.hasOwn(claims, 'cnf')
    const cnf = isJsonObject(claims.cnf) ? claims.cnf : {}
    const hasKey = bound && Object.hasOwn(cnf, 'jkt')
    if (hasKey && !asDpop) return refuse('DPoP-bound token requires the DPoP authentication scheme, not Bearer')
    if (!hasKey && (asDpop || dpopRequired)) return refuse('token is not bound to a DPoP key')
    if (!bound) return NO_PROOF

    const methods = Object.keys(cnf)
    const provable = methods.every(name => (name === 'jkt' && dpop) || (name === 'x5t#S256' && certificate))
    if (methods.length === 0 || !provable) return refuse('token is bound to a key, and its possession was not proved')
    const denial = certificate && Object.hasOwn(cnf, 'x5t#S256') ? certificate(cnf['x5t#S256'], request) : undefined
    // Last, since it uses the proof up.
    return denial ?? (dpop && hasKey ? dpop(cnf.jkt, presented.token, request) : NO_PROOF)
  }
}

/** RFC 7800: a bound token is worth nothing without its proof, and `Bearer` carries none. */
export const proveNothing: ProvePossession = possessionProver({})

function refuse(description: string): Denial {
  return deny('invalid_token', { description })
}
