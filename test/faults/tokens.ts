import { createHmac, createPublicKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { AUDIENCE, encode, goodClaims, type TestKey } from '../tokens/scripted-issuer.js'
import type { Caller, Sent } from './load.js'

/** Longer than any test lets its clock run. */
const LIFETIME = 100_000

export async function signed(iss: string, key: TestKey, claims: object = {}, header: object = {}): Promise<string> {
  const { iat, ...rest } = goodClaims(iss)
  return new SignJWT({ ...rest, iat, exp: iat + LIFETIME, ...claims })
    .setProtectedHeader({ alg: key.alg, typ: 'at+jwt', kid: key.jwk.kid as string, ...header })
    .sign(key.privateKey)
}

export const bearing = (token: string, sub?: string): Sent => ({
  headers: { Authorization: `Bearer ${token}` },
  ...(sub !== undefined && { sub }),
})

/** Who sends one of ten tokens again and again, which are in the cache, and a new one in between. */
export function holder(name: string, iss: string, keyOf: () => TestKey, path = '/notes'): Caller {
  let kept: Sent[] = []
  let by: TestKey | undefined
  const make = async (n: number) => {
    const sub = `${name}-${n}`
    return bearing(await signed(iss, keyOf(), { sub }), sub)
  }
  return {
    name,
    path,
    async next(n) {
      if (by !== keyOf()) kept = []
      by = keyOf()
      if (n % 2 === 1) return make(n)
      const at = (n / 2) % 10
      const one = kept[at] ?? (await make(n))
      kept[at] = one
      return one
    },
  }
}

/** Forgeries that are refused whether the issuer's keys can be had or not. */
export function forger(iss: string, key: TestKey, attacker: TestKey, evilIssuer: string): Caller {
  const make: ((n: number) => Promise<string>)[] = [
    n => signed(iss, attacker, { sub: `f${n}` }, { kid: key.jwk.kid }),
    async n => {
      const [, claims, signature] = (await signed(iss, key, { sub: `a${n}` })).split('.')
      const altered = { ...JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()), scope: 'read:a admin' }
      return `${encode({ alg: key.alg, typ: 'at+jwt', kid: key.jwk.kid })}.${encode(altered)}.${signature}`
    },
    async n => `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(longLived(iss, n))}.`,
    async n => {
      const pem = createPublicKey({ key: key.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
      const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: key.jwk.kid })}.${encode(longLived(iss, n))}`
      return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
    },
    () => signed(iss, key, { aud: 'https://other.example' }),
    () => signed(iss, key, { exp: 1 }),
    () => signed(evilIssuer, attacker),
  ]
  return {
    name: 'forger',
    path: '/notes',
    next: async n => bearing(await (make[n % make.length] as (typeof make)[0])(n)),
  }
}

function longLived(iss: string, n: number): object {
  const claims = goodClaims(iss)
  return { ...claims, exp: claims.iat + LIFETIME, sub: `l${n}` }
}

/** Signed by a key that nobody publishes, under names that nobody knows, or with the key in the header. */
export function stranger(iss: string, attacker: TestKey): Caller {
  return {
    name: 'stranger',
    path: '/notes',
    async next(n) {
      const { kid: _, ...jwk } = attacker.jwk
      return bearing(await signed(iss, attacker, { aud: AUDIENCE }, { kid: `unknown-${n}`, ...(n % 2 && { jwk }) }))
    },
  }
}

export const anonymous: Caller = { name: 'anonymous', path: '/notes', next: () => ({ headers: {} }) }
