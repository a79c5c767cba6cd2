import type { KeyObject } from 'node:crypto'
import { type Denial, deny } from '../verifier.js'
import type { Algorithm } from './algorithms.js'
import type { Clock } from './clock.js'
import { type Discovery, discover, type Metadata } from './discovery.js'
import { type Fetch, fetchDocument, IssuerFault } from './issuer-document.js'
import { type JwkSet, jwkSet } from './jwk-set.js'

/** How long an issuer's keys are trusted, and how often it is asked for them. All times in seconds. */
export interface KeySettings {
  readonly maxAge: number
  readonly cooldown: number
  readonly timeout: number
  readonly staleFor: number
}

export const DEFAULT_KEY_SETTINGS: KeySettings = { maxAge: 600, cooldown: 30, timeout: 5, staleFor: 3600 }

/** What of an unverified token says which key it claims to be signed with. */
export interface KeyQuery {
  readonly iss: unknown
  readonly alg: Algorithm
  readonly kid: string | undefined
}

export type KeyAnswer =
  | { readonly key: KeyObject; readonly denial?: undefined }
  | { readonly key?: undefined; readonly denial: Denial }

export interface IssuerKeys {
  /** Never rejects. Asks nobody for the keys of an issuer that is not trusted. */
  find(query: KeyQuery): Promise<KeyAnswer>
}

interface HeldKeys {
  readonly metadata: Metadata
  readonly set: JwkSet
  /** When they were asked for, so that their age is never taken for less than it is. */
  readonly askedAt: number
}

/** Keys are renewed in the background from this part of `maxAge` on, so that a busy API never waits for them. */
const RENEWAL = 0.75

/**
 * The published keys of one issuer, fetched when the first token needs them.
 *
 * - One fetch at a time, however many requests wait for it.
 * - A new set replaces the old: a withdrawn key stops within `maxAge`, unless the issuer is out of reach.
 * - An unknown `kid` leads to at most one fetch per `cooldown`, and never holds up a known one.
 * - After a failed fetch the issuer is left alone for `cooldown`. The last good keys serve for `staleFor` beyond
 *   `maxAge`; then, as before the first good fetch, the answer is `unavailable`.
 */
export function issuerKeys(discovery: Discovery, settings: KeySettings, fetch: Fetch, clock: Clock): IssuerKeys {
  let held: HeldKeys | undefined
  let failure: string | undefined
  let triedAt = Number.NEGATIVE_INFINITY
  let pending: Promise<void> | undefined

  // A clock that was set back must not make old keys young.
  const since = (time: number) => Math.abs(clock() - time)
  const resting = () => pending === undefined && since(triedAt) < settings.cooldown
  const failedLately = () => failure !== undefined && since(triedAt) < 2 * settings.cooldown

  /** Never rejects. The metadata is read again unless `known` tells where the keys are. */
  function refresh(known?: Metadata): Promise<void> {
    pending ??= load(known)
      .then(
        keys => {
          held = keys
          failure = undefined
        },
        (error: unknown) => {
          failure = error instanceof IssuerFault ? error.message : 'the keys of the issuer could not be read'
        },
      )
      .finally(() => {
        triedAt = clock()
        pending = undefined
      })
    return pending
  }

  async function load(known: Metadata | undefined): Promise<HeldKeys> {
    const askedAt = clock()
    const signal = AbortSignal.timeout(settings.timeout * 1000)
    const read = (url: string) => fetchDocument(url, fetch, signal)
    const metadata = known ?? (await discover(discovery, read))
    return { metadata, set: jwkSet(await read(metadata.jwksUri), metadata.jwksUri), askedAt }
  }

  /** Sees to it that keys are there which may be used now, if that can be. */
  async function ready(): Promise<void> {
    const age = held === undefined ? Number.POSITIVE_INFINITY : since(held.askedAt)
    if (age <= settings.maxAge * RENEWAL || (failure !== undefined && resting())) return
    const renewed = refresh()
    const usable = age <= settings.maxAge || (age <= settings.maxAge + settings.staleFor && failedLately())
    // Waiting past `maxAge` is what stops a withdrawn key after an idle hour; in an outage nobody waits for it.
    if (!usable) await renewed
  }

  function usableKeys(): HeldKeys | undefined {
    return held !== undefined && since(held.askedAt) <= settings.maxAge + settings.staleFor ? held : undefined
  }

  function unavailable(): Denial {
    const retryAfter = Math.max(1, Math.ceil(settings.cooldown - since(triedAt)))
    return deny('unavailable', { retryAfter, ...(failure === undefined ? {} : { reason: failure }) })
  }

  function lookUp({ iss, alg, kid }: KeyQuery): KeyAnswer | 'none' {
    const keys = usableKeys()
    if (keys === undefined) return { denial: unavailable() }
    if (keys.metadata.issuer !== iss) return { denial: unexpectedIssuer() }
    const key = keys.set.select(alg, kid)
    if (key === 'several') return { denial: badToken('multiple matching keys found in the JSON Web Key Set') }
    return key === 'none' ? key : { key }
  }

  return {
    async find(query) {
      const { iss } = query
      // Before anything is fetched: a token from elsewhere must not make this API ask anybody anything.
      if (typeof iss !== 'string' || !discovery.issuers.includes(iss)) return { denial: unexpectedIssuer() }
      await ready()
      let answer = lookUp(query)
      if (answer === 'none' && !resting()) {
        await refresh(failure === undefined ? held?.metadata : undefined)
        answer = lookUp(query)
      }
      if (answer !== 'none') return answer
      // While the issuer fails, a key that it published meanwhile can be neither found nor ruled out.
      return {
        denial: failure === undefined ? badToken('no applicable key found in the JSON Web Key Set') : unavailable(),
      }
    },
  }
}

function unexpectedIssuer(): Denial {
  return badToken(`unexpected 'iss' claim value`)
}

function badToken(description: string): Denial {
  return deny('invalid_token', { description })
}
