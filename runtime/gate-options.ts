import type { Request } from 'express'
import { type BodyLimits, DEFAULT_BODY_LIMITS } from './body-limits.js'
import type { CrossSiteOptions } from './cross-site.js'
import type { ReplyError } from './reply-contract.js'
import type { ResourceMetadataOptions } from './resource-metadata.js'
import { isOpenTelemetryApi, type OpenTelemetryApi, type Telemetry, telemetryOf } from './telemetry.js'
import { ConfigurationError, type DenialCode, type Token } from './verifier.js'

/**
 * A function of yours that `$check` names: may the holder of `token` make this request? It may be async. What is not
 * truthy refuses, and so does an exception. It runs before parameters and body are read; `req.params` are there.
 */
export type Check = (req: Request, token: Token) => boolean | undefined | Promise<boolean | undefined>

/** What was decided on one request. Never holds a credential or a part of one. */
export type Decided = {
  /** The operation's name in the generated code. */
  readonly operation: string
  readonly method: string
  /** As the document writes it. */
  readonly path: string
} & (
  | { readonly granted: true; readonly schemes: readonly string[]; readonly subject?: string }
  | {
      readonly granted: false
      readonly status: number
      readonly code: DenialCode
      /** The scheme whose credential was refused, or those of which one was wanted. */
      readonly schemes: readonly string[]
      readonly reason?: string
    }
)

/** A reply that is not what the document says. Holds no value of it; names of members may be in the pointers. */
export interface ReplyFault {
  /** The operation's name in the generated code. */
  readonly operation: string
  readonly method: string
  /** As the document writes it. */
  readonly path: string
  readonly status: number
  readonly errors: readonly ReplyError[]
}

export interface GateOptions {
  /**
   * Largest request body, in bytes, decompressed. Default 102400, as Express has it. In a multipart body it is for all
   * parts together that are no files; to a body that is given as a stream it does not apply.
   */
  readonly bodyLimit?: number
  /** How deep arrays and objects of a JSON body may stand in each other. Default 64. */
  readonly bodyDepth?: number
  /** The most members that all objects of a JSON body, or a form, may have together. Default 10000. */
  readonly bodyMembers?: number
  /** How much of multipart bodies is taken. */
  readonly multipart?: MultipartOptions
  /** The answer to a token whose claims do not suffice: 401 `invalid_token` (default), or 403 `insufficient_scope`. */
  readonly claimsStatus?: 401 | 403
  /** Tell the caller which claim did not suffice, as the Auth0 quickstart does. Default `false`: only {@link onDecision} knows. */
  readonly nameClaims?: boolean
  /**
   * How replies are sent: `plain` (default) writes them directly, without `ETag` or conditional answers; `express`
   * uses `res.send`, which honours the application's settings (`etag`, …).
   */
  readonly replies?: 'plain' | 'express'
  /**
   * Query parameters that the document does not describe: `ignore` (default), or `refuse` with 400. Credentials of the
   * operation that travel in the query are known.
   */
  readonly unknownQuery?: 'ignore' | 'refuse'
  /**
   * What replies are held to. `check` answers 500, without data, to one that does not fit the document, and tells
   * {@link onReplyFault}; `strip` lets documented members through and leaves the others out, unchecked; `check` does
   * that, too, so that both send the same. `off` sends what the handler gives. Default: `strip` where the environment
   * variable `NODE_ENV` is `production`, `check` elsewhere. In both, `writeOnly` members are never sent.
   */
  readonly responses?: 'check' | 'strip' | 'off'
  /** Called with every reply that was refused or sent without its body. Default: a line on `console.error`. */
  readonly onReplyFault?: (fault: ReplyFault, req: Request) => void
  /**
   * What stands before each path of the document: `true` for the path of its first server (`/v1` of
   * `https://api.example/v1`), or a path of your own, that begins with a slash and ends without one. Default `false`:
   * nothing, and the router is mounted where it belongs.
   */
  readonly basePath?: boolean | string
  /**
   * Serves this API's metadata as a protected resource (RFC 9728), and names them in every challenge for a token. Where
   * the router is mounted below the root of the app, add `app.use(router.resourceMetadata)`. Default: neither.
   */
  readonly resourceMetadata?: ResourceMetadataOptions
  /**
   * Keys in cookies, with methods other than GET, HEAD and OPTIONS: whose requests are taken for this site's own, so that
   * no other site's page can use its visitors' keys. Others are answered 403. Default `{}`; `'allow'` switches it off.
   */
  readonly crossSite?: 'allow' | CrossSiteOptions
  /** Called with every decision, before the answer is sent. What it throws is ignored. */
  readonly onDecision?: (decided: Decided, req: Request) => void
  /**
   * Where to say why a request was refused, for development: the field `Gatewright-Explain` of the answer, or `console.warn`.
   * Holds no credential, no claim and nothing that was thrown. Default `false`. Where `NODE_ENV` is `production`, `header` is an error.
   */
  readonly explain?: false | 'header' | 'log'
  /** The API of `@opentelemetry/api` (1.x): decisions are counted, and each has a span. Default: neither. */
  readonly openTelemetry?: OpenTelemetryApi
}

export interface MultipartOptions {
  /** The most files in one body. Default 10. */
  readonly files?: number
  /** Largest file, in bytes. Default 10485760 (10 MiB). */
  readonly fileSize?: number
  /** The most parts in one body, files included. Default 1000. */
  readonly parts?: number
}

export interface Settings {
  readonly body: BodyLimits
  readonly claimsStatus: 401 | 403
  readonly nameClaims: boolean
  readonly replies: 'plain' | 'express'
  readonly unknownQuery: 'ignore' | 'refuse'
  readonly basePath: boolean | string
  readonly responses: 'check' | 'strip' | 'off'
  readonly onReplyFault: (fault: ReplyFault, req: Request) => void
  readonly resourceMetadata?: ResourceMetadataOptions
  readonly crossSite: 'allow' | CrossSiteOptions
  readonly onDecision?: (decided: Decided, req: Request) => void
  readonly explain: false | 'header' | 'log'
  readonly telemetry?: Telemetry
  readonly checks: { readonly [name: string]: Check }
}

type Rule = readonly [valid: (value: unknown) => boolean, form: string]

const isMap: Rule = [value => typeof value === 'object' && value !== null, 'an object']

const isText = (value: unknown) => typeof value === 'string'
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
const MULTIPART = ['files', 'fileSize', 'parts']

const RULES: { readonly [option: string]: Rule } = {
  schemes: isMap,
  checks: isMap,
  bodyLimit: [isCount, 'a number of bytes'],
  bodyDepth: [isCount, 'a number of levels'],
  bodyMembers: [isCount, 'a number of members'],
  multipart: [
    value =>
      typeof value === 'object' &&
      value !== null &&
      Object.entries(value).every(
        ([name, limit]) => MULTIPART.includes(name) && (limit === undefined || isCount(limit)),
      ),
    '{ files, fileSize, parts }, each a number',
  ],
  claimsStatus: [value => value === 401 || value === 403, '401 or 403'],
  nameClaims: [value => typeof value === 'boolean', 'true or false'],
  replies: [value => value === 'plain' || value === 'express', "'plain' or 'express'"],
  unknownQuery: [value => value === 'ignore' || value === 'refuse', "'ignore' or 'refuse'"],
  responses: [value => value === 'check' || value === 'strip' || value === 'off', "'check', 'strip' or 'off'"],
  onReplyFault: [value => typeof value === 'function', 'a function'],
  basePath: [
    value => typeof value === 'boolean' || (typeof value === 'string' && /^(?:\/[^/?#{}]+)+$/.test(value)),
    'true, false, or a path such as /v1',
  ],
  resourceMetadata: [isMap[0], '{ resource }, with other members of RFC 9728 if you like'],
  crossSite: [
    value =>
      value === 'allow' ||
      (typeof value === 'object' &&
        value !== null &&
        Object.entries(value).every(
          ([name, one]) =>
            one === undefined || (name === 'trustedOrigins' ? Array.isArray(one) : name === 'origin' && isText(one)),
        )),
    "'allow' or { origin, trustedOrigins }",
  ],
  onDecision: [value => typeof value === 'function', 'a function'],
  explain: [value => value === false || value === 'header' || value === 'log', "false, 'header' or 'log'"],
  openTelemetry: [isOpenTelemetryApi, 'the module @opentelemetry/api'],
}

/** Options with their defaults. @throws {ConfigurationError} naming each option that is unknown or of the wrong type. */
export function resolveOptions(options: GateOptions & { readonly checks?: Settings['checks'] }): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigurationError(
      'createRouter: the options are missing: { schemes, checks }, as the document demands them',
    )
  }
  const faults = Object.entries(options).flatMap(([name, value]) => {
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined
    if (!rule) return [`unknown option ${name}`]
    const [valid, form] = rule
    return value === undefined || valid(value) ? [] : [`${name} must be ${form}`]
  })
  if (faults.length > 0) throw new ConfigurationError(`createRouter: ${faults.join('; ')}`)
  const { claimsStatus = 401, nameClaims = false, replies = 'plain', onDecision } = options
  const { resourceMetadata, crossSite = {}, explain = false, openTelemetry } = options
  if (explain === 'header' && process.env.NODE_ENV === 'production') {
    throw new ConfigurationError(
      "createRouter: explain: 'header' would tell callers of a production why they are refused",
    )
  }
  const { basePath = false, unknownQuery = 'ignore', onReplyFault = logReplyFault } = options
  const { responses = process.env.NODE_ENV === 'production' ? 'strip' : 'check' } = options
  const checks = options.checks ?? {}
  return {
    body: limitsOf(options),
    claimsStatus,
    nameClaims,
    replies,
    unknownQuery,
    basePath,
    responses,
    onReplyFault,
    checks,
    crossSite,
    explain,
    ...(openTelemetry && { telemetry: telemetryOf(openTelemetry) }),
    ...(resourceMetadata && { resourceMetadata }),
    ...(onDecision && { onDecision }),
  }
}

function limitsOf({ bodyLimit, bodyDepth, bodyMembers, multipart = {} }: GateOptions): BodyLimits {
  const defaults = DEFAULT_BODY_LIMITS
  return {
    limit: bodyLimit ?? defaults.limit,
    depth: bodyDepth ?? defaults.depth,
    members: bodyMembers ?? defaults.members,
    files: multipart.files ?? defaults.files,
    fileSize: multipart.fileSize ?? defaults.fileSize,
    parts: multipart.parts ?? defaults.parts,
  }
}

function logReplyFault({ operation, method, path, status, errors }: ReplyFault): void {
  const faults = errors.map(one => `${one.in} ${one.pointer} ${one.detail}`).join('; ')
  console.error(`gatewright: ${operation} (${method} ${path}) replied ${status} unlike its document: ${faults}`)
}
