import type { IncomingMessage } from 'node:http'
import { type CredentialOf, type Denial, deny } from '../verifier.js'
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

const NO_PROOF: Possession = { granted: true }

/** RFC 7800: a bound token is worth nothing without its proof, and `Bearer` carries none. */
export const proveNothing: ProvePossession = claims => {
  if (!Object.hasOwn(claims, 'cnf')) return NO_PROOF
  const { cnf } = claims
  const description =
    isJsonObject(cnf) && Object.hasOwn(cnf, 'jkt')
      ? 'DPoP-bound token requires the DPoP authentication scheme, not Bearer'
      : 'token is bound to a key, and its possession was not proved'
  return deny('invalid_token', { description })
}
