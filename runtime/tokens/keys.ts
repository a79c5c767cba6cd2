import { createSecretKey, type KeyObject } from 'node:crypto'
import { type Denial, deny } from '../verifier.js'
import { type Algorithm, isAlgorithm, type SymmetricAlgorithm } from './algorithms.js'
import type { Clock } from './clock.js'
import { type Discovery, discover, type Metadata } from './discovery.js'
import { type Fetch, fetchDocument, IssuerFault } from './issuer-document.js'
import { type JwkSet, jwkSet } from './jwk-set.js'
import { restAfter } from './rest.js'

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
  readonly iss: string
  readonly alg: Algorithm | SymmetricAlgorithm
  readonly kid: string | undefined
}

export type KeyAnswer =
  | { readonly key: KeyObject; readonly denial?: undefined }
  | { readonly key?: undefined; readonly denial: Denial }

export interface IssuerKeys {
  /**
   * Never throws or rejects; a promise only where the issuer must be asked first. `worthAsking`: could the token be
   * good, so that an unknown key may be looked for?
   */
  find(query: KeyQuery, worthAsking: () => boolean): KeyAnswer | Promise<KeyAnswer>
  /** Who publishes them, as far as that is known yet; nobody does with a secret. */
  issuer(): string | undefined
  /** Resolves when there are keys for one of the algorithms. @throws {IssuerFault} with what is wrong. */
  ready(algorithms: readonly string[]): Promise<void>
}

interface HeldKeys {
  readonly metadata: Metadata
  readonly set: JwkSet
  /** When they were asked for, so that their age is never taken for less than it is. */
  readonly askedAt: number
  /** Which of the questions they answer. */
  readonly question: number
}

/** Keys are renewed in the background from this part of `maxAge` on, so that a busy API never waits for them. */
const RENEWAL = 0.75

/**
 * The published keys of one issuer, fetched when the first token needs them.
 *
 * - One fetch at a time, however many requests wait for it.
 * - A new set replaces the old: a withdrawn key stops within `maxAge`, unless the issuer is out of reach.
 * - An unknown `kid` leads to at most one fetch per `cooldown`, beside those that age demands, and never holds up a
 *   known one. A fetch that finds the key does not count: a flood finds none, and a rotation never waits for another.
 * - After a failed fetch the issuer is left alone for `cooldown`, longer after each further one (`restAfter`). The
 *   last good keys serve for `staleFor` beyond `maxAge`; then, as before the first good fetch, the answer is
 *   `unavailable`.
 */
export function issuerKeys(discovery: Discovery, settings: KeySettings, fetch: Fetch, clock: Clock): IssuerKeys {
  let held: HeldKeys | undefined
  let failure: string | undefined
  let failures = 0
  let failedAt = Number.NEGATIVE_INFINITY
  /** Seconds from `failedAt`. */
  let rest = 0
  /** When an unknown `kid` was looked for in vain. */
  let lookedAt = Number.NEGATIVE_INFINITY
  let pending: Promise<void> | undefined
  /** How often the issuer was asked: what came first is told by that, since a clock may stand still or be set back. */
  let questions = 0

  // A clock that was set back must not make old keys young.
  const since = (time: number) => Math.abs(clock() - time)
  const resting = () => failure !== undefined && since(failedAt) < rest
  const failedLately = () => failure !== undefined && since(failedAt) < 2 * rest

  /** Never rejects. The metadata is read again unless `known` tells where the keys are. */
  function refresh(known?: Metadata): Promise<void> {
    pending ??= load(known)
      .then(
        keys => {
          held = keys
          failure = undefined
          failures = 0
        },
        (error: unknown) => {
          failure = error instanceof IssuerFault ? error.message : 'the keys of the issuer could not be read'
          rest = restAfter(++failures, settings.cooldown)
          failedAt = clock()
        },
      )
      .finally(() => {
        pending = undefined
      })
    return pending
  }

  async function load(known: Metadata | undefined): Promise<HeldKeys> {
    const askedAt = clock()
    const question = ++questions
    const signal = AbortSignal.timeout(settings.timeout * 1000)
    const read = (url: string) => fetchDocument(url, fetch, signal)
    const metadata = known ?? (await discover(discovery, read))
    const document = await read(metadata.jwksUri)
    return { metadata, set: jwkSet(document, metadata.jwksUri, held?.set.made), askedAt, question }
  }

  /** Sees to it that keys are there which may be used now, if that can be; a promise where that must be waited for. */
  function renew(): Promise<void> | undefined {
    const age = held === undefined ? Number.POSITIVE_INFINITY : since(held.askedAt)
    if (age <= settings.maxAge * RENEWAL || (pending === undefined && resting())) return undefined
    const renewed = refresh()
    const usable = age <= settings.maxAge || (age <= settings.maxAge + settings.staleFor && failedLately())
    // Waiting past `maxAge` is what stops a withdrawn key after an idle hour; in an outage nobody waits for it.
    return usable ? undefined : renewed
  }

  function usableKeys(): HeldKeys | undefined {
    return held !== undefined && since(held.askedAt) <= settings.maxAge + settings.staleFor ? held : undefined
  }

  function unavailable(): Denial {
    const retryAfter = Math.max(1, Math.ceil(rest - since(failedAt)))
    return deny('unavailable', { retryAfter, ...(failure === undefined ? {} : { reason: failure }) })
  }

  function lookUp({ iss, alg, kid }: KeyQuery): KeyAnswer | 'none' {
    const keys = usableKeys()
    if (keys === undefined) return { denial: unavailable() }
    if (keys.metadata.issuer !== iss) return { denial: unexpectedIssuer() }
    const key = isAlgorithm(alg) ? keys.set.select(alg, kid) : 'none'
    if (key === 'several') return { denial: badToken('multiple matching keys found in the JSON Web Key Set') }
    return key === 'none' ? key : { key }
  }

  function notFound(): KeyAnswer {
    // While the issuer fails, a key that it published meanwhile can be neither found nor ruled out.
    return {
      denial: failure === undefined ? badToken('no applicable key found in the JSON Web Key Set') : unavailable(),
    }
  }

  /** May the issuer be asked because of a token that came after `came` questions? Who is told so must ask. */
  function mayLook(came: number): boolean {
    const younger = held !== undefined && held.question > came
    if (younger || resting() || since(lookedAt) < settings.cooldown) return false
    lookedAt = clock()
    return true
  }

  function find(query: KeyQuery, worthAsking: () => boolean, came: number): KeyAnswer | Promise<KeyAnswer> {
    const answer = lookUp(query)
    if (answer !== 'none') return answer
    // A key that is not in the set may have been published since.
    if (!worthAsking() || (pending === undefined && !mayLook(came))) return notFound()
    return (pending ?? refresh(failure === undefined ? held?.metadata : undefined)).then(() => {
      if (lookUp(query) !== 'none') lookedAt = Number.NEGATIVE_INFINITY
      // What had been asked for before the token came says nothing of its key.
      return find(query, worthAsking, came)
    })
  }

  return {
    find(query, worthAsking) {
      // Before anything is fetched: a token from elsewhere must not make this API ask anybody anything.
      if (!discovery.issuers.includes(query.iss)) return { denial: unexpectedIssuer() }
      const came = questions
      const renewed = renew()
      return renewed === undefined ? find(query, worthAsking, came) : renewed.then(() => find(query, worthAsking, came))
    },
    issuer() {
      const [only, ...others] = discovery.issuers
      return others.length === 0 ? only : held?.metadata.issuer
    },
    async ready(algorithms) {
      await renew()
      const keys = usableKeys()
      if (keys === undefined) throw new IssuerFault(failure ?? 'the issuer has no keys')
      if (keys.set.serves(algorithms.filter(isAlgorithm))) return
      throw new IssuerFault(`${keys.metadata.jwksUri} has no key for ${algorithms.join(', ')}`)
    },
  }
}

/** One secret that the issuer and this API share; nobody is asked for anything. */
export function secretKey(secret: Uint8Array): IssuerKeys {
  const answer = { key: createSecretKey(secret) }
  return { find: () => answer, issuer: () => undefined, ready: async () => {} }
}

function unexpectedIssuer(): Denial {
  return badToken(`unexpected 'iss' claim value`)
}

function badToken(description: string): Denial {
  return deny('invalid_token', { description })
}
