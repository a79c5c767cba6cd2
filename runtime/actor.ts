import { isJsonObject, type JsonObject, member } from './tokens/json-object.js'

/** Who acts for a token's subject (RFC 8693 section 4.1); `act` within is who did so before. */
export interface ActClaim {
  sub: string
  act?: ActClaim
}

/** Something that was given cannot be read. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
  readonly code = 'invalid_request_error'
}

/**
 * The `sub` of a verified token's outermost `act`: who acts now, and the only one of the chain that may decide anything
 * (RFC 8693 section 4.1). `undefined` where nobody acts for the subject.
 * @throws {InvalidRequestError} if `act` is there and malformed.
 */
export function getCurrentActor(claims: object): string | undefined {
  return getDelegationChain(claims)[0]
}

/**
 * All who acted, the current one first; for logs, not for decisions.
 * @throws {InvalidRequestError} if `act` is there and malformed, at whatever depth.
 */
export function getDelegationChain(claims: object): string[] {
  if (!isJsonObject(claims)) throw malformed()
  const chain: string[] = []
  for (let act = actOf(claims); act !== undefined; act = actOf(act)) {
    const sub = member(act, 'sub')
    if (typeof sub !== 'string' || sub.trim() === '') throw malformed()
    chain.push(sub)
  }
  return chain
}

function actOf(claims: JsonObject): JsonObject | undefined {
  const act = member(claims, 'act')
  if (act === undefined || isJsonObject(act)) return act
  throw malformed()
}

function malformed(): InvalidRequestError {
  return new InvalidRequestError('Invalid "act" claim')
}
