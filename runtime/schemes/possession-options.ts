import { randomBytes } from 'node:crypto'
import { type Algorithm, DEFAULT_ALGORITHMS, isAlgorithm } from '../tokens/algorithms.js'
import { certificateProver } from '../tokens/certificate-binding.js'
import { systemClock } from '../tokens/clock.js'
import { dpopProver } from '../tokens/dpop.js'
import { type Nonces, statelessNonces } from '../tokens/dpop-nonce.js'
import { type BaseUrl, baseUrlOf } from '../tokens/dpop-target.js'
import { issuerUrlFault } from '../tokens/issuer-url.js'
import { type ProvePossession, possessionProver } from '../tokens/possession.js'
import { memoryReplayStore, type ReplayStore } from '../tokens/replay-store.js'
import { trustedProxies } from '../trusted-proxies.js'
import { ConfigurationError, type Verifier } from '../verifier.js'
import { numberOption, refuseUnknownOptions } from './options.js'

/** Which proofs of possession are taken of tokens that are bound to a key (`cnf`). */
export interface PossessionOptions {
  /**
   * Accept DPoP-bound tokens with their proof (RFC 9449); `true` for the defaults. Default `false`: a token whose `cnf`
   * holds `jkt` is refused.
   */
  dpop?: boolean | DpopOptions
  /**
   * Accept tokens that are bound to a client certificate (RFC 8705), on TLS connections of this server's own; `true` for
   * the defaults. Default `false`: a token whose `cnf` holds `x5t#S256` is refused.
   */
  certificates?: boolean | CertificateOptions
}

/** How DPoP proofs are checked. All times in seconds. */
export interface DpopOptions {
  /** Refuse tokens that are not bound to a DPoP key. Default `false`: they are taken as `Bearer`. */
  required?: boolean
  /**
   * Where clients find this API, as in `https://api.example` or `https://example/api`; the path of a request, as this
   * server got it, is added. A list where it has several names. Default: `htu` must name this end of the connection: its
   * address and port, `localhost` on loopback, or a name in this TLS server's certificate. `Host` and `X-Forwarded-*`
   * are never asked.
   */
  baseUrl?: string | readonly string[]
  /** The `alg`s of proofs to accept. Default: all of {@link Algorithm}, which are asymmetric. */
  algorithms?: readonly Algorithm[]
  /** How long after its `iat` a proof is good. Default 60, from 1 to 3600. */
  maxAge?: number
  /** Accepted clock difference for `iat`, `exp` and `nbf`, and between replicas. Default 5, at most 60. */
  clockTolerance?: number
  /** Demand a nonce of this server in each proof (RFC 9449 section 9). Default `false`. */
  nonces?: boolean | NonceOptions
  /**
   * Remembers which proofs were used. Default: one in memory, that all verifiers of this process share. Several
   * processes need one that they share.
   */
  replayStore?: ReplayStore
}

export interface NonceOptions {
  /** At least 32 bytes, the same in all replicas. Default: random, so that each process takes its own nonces only. */
  secret?: string | Uint8Array
  /** How long a nonce is good, in seconds; there is a new one in each half of it. Default 300, from 10 to 86400. */
  lifetime?: number
}

export interface CertificateOptions {
  /**
   * Addresses (`10.0.0.7`) and networks (`10.0.0.0/8`) of proxies that end TLS and forward client certificates in
   * `Client-Cert` (RFC 9440). Compared with the connection's own peer. Default: none, and the field is not looked at.
   */
  trustedProxies?: readonly string[]
}

/** @internal */
export const POSSESSION_OPTIONS = ['dpop', 'certificates'] as const

/** @internal What a verifier is made of beside the rules for its tokens. */
export interface PossessionSettings {
  readonly provePossession: ProvePossession
  /** How tokens are presented: what a verifier says of itself. */
  readonly presentation: Pick<Verifier, 'tokenTypes' | 'dpopAlgorithms' | 'certificateBound'>
}

/** @internal @throws {ConfigurationError} */
export function possessionSettings(where: string, { dpop, certificates }: PossessionOptions): PossessionSettings {
  const certificate =
    certificates === undefined || certificates === false ? undefined : readCertificates(where, certificates)
  const binding = certificate && { certificate }
  const certificateBound = certificate && { certificateBound: true }
  if (dpop === undefined || dpop === false) {
    return { provePossession: possessionProver({ ...binding }), presentation: { ...certificateBound } }
  }
  const { required, algorithms, prove } = readDpop(where, dpop)
  return {
    provePossession: possessionProver({ ...binding, dpop: prove, dpopRequired: required }),
    presentation: {
      ...certificateBound,
      tokenTypes: required ? ['DPoP'] : ['Bearer', 'DPoP'],
      dpopAlgorithms: algorithms,
    },
  }
}

function readCertificates(where: string, certificates: true | CertificateOptions) {
  const options = certificates === true ? {} : certificates
  refuseUnknownOptions(`${where}: 'certificates'`, options, ['trustedProxies'])
  return certificateProver(trustedProxies(`${where}: 'certificates'`, options.trustedProxies))
}

const DPOP_OPTIONS = ['required', 'baseUrl', 'algorithms', 'maxAge', 'clockTolerance', 'nonces', 'replayStore']

function readDpop(where: string, dpop: true | DpopOptions) {
  const options = dpop === true ? {} : dpop
  refuseUnknownOptions(`${where}: 'dpop'`, options, DPOP_OPTIONS)
  const { required = false, baseUrl, algorithms = DEFAULT_ALGORITHMS, replayStore = sharedStore() } = options
  if (typeof required !== 'boolean') throw new ConfigurationError(`${where}: 'dpop.required' must be true or false`)
  if (!Array.isArray(algorithms) || algorithms.length === 0 || !algorithms.every(isAlgorithm)) {
    throw new ConfigurationError(
      `${where}: 'dpop.algorithms' must be a list of one or more of ${DEFAULT_ALGORITHMS.join(', ')}`,
    )
  }
  if (typeof replayStore?.remember !== 'function') {
    throw new ConfigurationError(
      `${where}: 'dpop.replayStore' must have a method remember, like that of redisReplayStore(client)`,
    )
  }
  const maxAge = numberOption(where, 'dpop.maxAge', options.maxAge, { otherwise: 60, min: 1, max: 3600 })
  const clockTolerance = numberOption(where, 'dpop.clockTolerance', options.clockTolerance, {
    otherwise: 5,
    min: 0,
    max: 60,
  })
  const nonces = readNonces(where, options.nonces, clockTolerance)
  const rules = {
    algorithms: [...algorithms],
    maxAge,
    clockTolerance,
    replayStore,
    ...(baseUrl !== undefined && { baseUrls: readBaseUrls(where, baseUrl) }),
    ...(nonces && { nonces }),
  }
  return { required, algorithms: rules.algorithms, prove: dpopProver(rules, systemClock) }
}

let shared: ReplayStore | undefined

/** One for all: a proof that was used with one verifier must not be good for another one that takes the same token. */
function sharedStore(): ReplayStore {
  shared ??= memoryReplayStore()
  return shared
}

function readBaseUrls(where: string, baseUrl: string | readonly string[]): readonly BaseUrl[] {
  const urls = typeof baseUrl === 'string' ? [baseUrl] : baseUrl
  if (!Array.isArray(urls) || urls.length === 0) {
    throw new ConfigurationError(`${where}: 'dpop.baseUrl' must be a URL or a list of them`)
  }
  return urls.map(url => {
    const fault = typeof url === 'string' ? issuerUrlFault(url) : 'is no string'
    if (fault === undefined) return baseUrlOf(url)
    throw new ConfigurationError(
      `${where}: 'dpop.baseUrl' ${fault}; write where clients find this API, like https://api.example`,
    )
  })
}

function readNonces(
  where: string,
  nonces: boolean | NonceOptions | undefined,
  clockTolerance: number,
): Nonces | undefined {
  if (nonces === undefined || nonces === false) return undefined
  const options = nonces === true ? {} : nonces
  refuseUnknownOptions(`${where}: 'dpop.nonces'`, options, ['secret', 'lifetime'])
  const { secret = randomBytes(32) } = options
  // A copy: what is done to the caller's bytes later changes nothing.
  const bytes = typeof secret === 'string' || secret instanceof Uint8Array ? Buffer.from(secret) : Buffer.alloc(0)
  if (bytes.length < 32) {
    throw new ConfigurationError(`${where}: 'dpop.nonces.secret' must be text or bytes, at least 32 of them`)
  }
  const lifetime = numberOption(where, 'dpop.nonces.lifetime', options.lifetime, {
    otherwise: 300,
    min: 10,
    max: 86_400,
  })
  return statelessNonces(bytes, lifetime, clockTolerance, systemClock)
}
