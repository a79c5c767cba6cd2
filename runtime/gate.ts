import type { NextFunction, Request, Response, Router } from 'express'
import { attachUser } from './auth0-request.js'
import { readBody } from './body.js'
import { type Refusal, sendRefusal, statusOf } from './challenge.js'
import type { PathParameters } from './claims.js'
import { type Asked, type Demands, decide, type Grant } from './decide.js'
import { singleLayerRouter } from './express.js'
import { type GateOptions, resolveOptions, type Settings } from './gate-options.js'
import { readParameters } from './parameters.js'
import { expressPath, paramNames, parsePath, splitTarget } from './path.js'
import type { Policies, Policy, SecuritySchemes } from './policy.js'
import { sendProblem } from './problem.js'
import type { Proof } from './proof.js'
import { sendReply } from './reply.js'
import { bindRequirements, ownMember, type Verifiers } from './requirements.js'
import { Routes, shapeOf } from './routes.js'
import type { OperationValidator } from './validator.js'
import { ConfigurationError } from './verifier.js'

/** What reaches a handler, whatever its operation: `never` fits every type, so that only `auth` is compared. */
interface GuardedContext {
  readonly params: never
  readonly query: never
  readonly headers: never
  readonly cookies: never
  readonly body: never
  readonly signal: AbortSignal
  readonly req: Request
  readonly res: Response
}

/** A handler that expects of `auth` no more than the policy proves. */
export type GuardedHandler<Schemes, P extends Policy> = (
  context: [Proof<Schemes, P>] extends [never] ? GuardedContext : GuardedContext & { readonly auth: Proof<Schemes, P> },
) => unknown

/** Adds one operation. The policy comes before the handler: a line without it cannot be written. */
export type AddOperation<Schemes> = <const P extends Policy>(
  path: string,
  policy: P,
  validator: OperationValidator,
  handler: GuardedHandler<Schemes, P>,
) => void

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

export type Gate<Schemes> = { readonly [Method in (typeof METHODS)[number]]: AddOperation<Schemes> } & {
  /** A path of the document whose operations were left out: no template may serve it in their place. */
  readonly absent: (path: string) => void
  /**
   * The operations behind one Express layer.
   * @throws {ConfigurationError} when a policy has no operation or a handler is missing.
   */
  readonly router: Router
}

interface Operation {
  readonly id: string
  /** Of the path's parameters, in order. */
  readonly names: readonly string[]
  readonly path: string
  readonly expressPath: string
  readonly demands: Demands
  readonly validator: OperationValidator
  readonly handler: (context: never) => unknown
}

type Methods = Map<string, Operation>

/**
 * Stands between requests and handlers: route, credentials, token, scopes, claims, then parameters and body, then
 * the handler. Generated routers are built on it; nothing else calls a handler.
 * @throws {ConfigurationError} naming every verifier, check and option that is missing or wrong.
 */
export function createGate<Options extends GateOptions & { readonly schemes?: Verifiers }>(
  schemes: SecuritySchemes,
  policies: Policies,
  options: Options,
): Gate<Options['schemes']> {
  const settings = resolveOptions(options)
  const compileDemands = bindRequirements(schemes, policies, options.schemes ?? {}, settings.checks)
  const ids = new Map(Object.entries(policies).map(([id, policy]) => [policy, id]))
  const routes = new Routes<Methods>()
  const table = new Map<string, Methods>()
  const missing: string[] = []

  const pathOf = (path: string) => {
    const parsed = parsePath(path)
    if ('fault' in parsed) throw new ConfigurationError(`${path} cannot be routed: ${parsed.fault}`)
    const { segments } = parsed
    // Templates that differ in the names of their parameters only are one path.
    const shape = segments.map(shapeOf).join('/')
    let methods = table.get(shape)
    if (!methods) {
      methods = new Map()
      table.set(shape, methods)
      routes.add(segments, { path, entry: methods })
    }
    return { segments, methods }
  }

  const add = (method: string, path: string, policy: Policy, validator: OperationValidator, handler: unknown) => {
    const id = ids.get(policy)
    if (id === undefined)
      throw new ConfigurationError(`${method} ${path}: its policy is not one of the document's, or was used before`)
    ids.delete(policy)
    if (typeof handler !== 'function') {
      missing.push(id)
      return
    }
    const { segments, methods } = pathOf(path)
    if (methods.has(method)) throw new ConfigurationError(`${method} ${path} is there twice`)
    methods.set(method, {
      id,
      names: paramNames(segments),
      path,
      expressPath: expressPath(segments),
      demands: compileDemands(policy),
      validator,
      handler: handler as Operation['handler'],
    })
  }

  const adders = Object.fromEntries(
    METHODS.map(method => [
      method,
      (path: string, policy: Policy, validator: OperationValidator, handler: unknown) =>
        add(method.toUpperCase(), path, policy, validator, handler),
    ]),
  )
  return Object.defineProperty({ ...adders, absent: (path: string) => void pathOf(path) }, 'router', {
    get() {
      if (missing.length > 0) throw new ConfigurationError(`createRouter: handlers are missing: ${missing.join(', ')}`)
      if (ids.size > 0) throw new ConfigurationError(`createRouter: not routed: ${[...ids.values()].join(', ')}`)
      return singleLayerRouter((request, response, next) => route(routes, settings, request, response, next))
    },
  }) as unknown as Gate<Options['schemes']>
}

function route(
  routes: Routes<Methods>,
  settings: Settings,
  request: Request,
  response: Response,
  next: NextFunction,
): void {
  const { path, query } = splitTarget(request.url)
  const match = routes.match(path)
  if (match === undefined || (match !== 'malformed' && match.route.entry.size === 0)) {
    next()
    return
  }
  if (match === 'malformed') {
    sendProblem(response, { status: 400, detail: 'The path holds a malformed percent-encoding.' })
    return
  }
  const methods = match.route.entry
  const operation = methods.get(request.method) ?? (request.method === 'HEAD' ? methods.get('GET') : undefined)
  if (!operation) {
    refuseMethod(methods, request, response)
    return
  }
  const { names } = operation
  const params = toParams(names, match.values)
  request.params = params
  request.route = { path: operation.expressPath }
  serve(
    operation,
    { params, rawParams: () => toParams(names, match.rawValues), query },
    settings,
    request,
    response,
  ).catch(next)
}

function toParams(names: readonly string[], values: readonly string[]): Record<string, string> {
  const params: Record<string, string> = Object.create(null)
  for (const [index, name] of names.entries()) params[name] = values[index] as string
  return params
}

function refuseMethod(methods: Methods, request: Request, response: Response): void {
  const allowed = new Set(methods.keys())
  if (allowed.has('GET')) allowed.add('HEAD')
  allowed.add('OPTIONS')
  const allow = [...allowed].join(', ')
  if (request.method === 'OPTIONS') {
    // A CORS preflight carries no credentials; what may be called here is no secret of the document.
    response.writeHead(204, { Allow: allow }).end()
    return
  }
  sendProblem(response, { status: 405, headers: { Allow: allow } })
}

interface Target {
  readonly params: PathParameters
  readonly rawParams: () => PathParameters
  readonly query: string
}

/** The order of work on one request: nothing of it is parsed, and no handler runs, before the policy holds. */
async function serve(
  operation: Operation,
  target: Target,
  settings: Settings,
  request: Request,
  response: Response,
): Promise<void> {
  let grant: Grant | undefined
  if (operation.demands.alternatives.length > 0) {
    const decision = await decide(operation.demands, askedBy(request, target, settings))
    if (!decision.granted) {
      observe(settings, operation, request, decision)
      sendRefusal(response, decision)
      return
    }
    grant = decision
    if (grant.token) attachUser(request, grant.token)
  }
  observe(settings, operation, request, grant)

  const parameters = readParameters(operation.validator, {
    path: target.params,
    rawPath: target.rawParams(),
    query: target.query,
    headers: request.headers,
  })
  if (!parameters.ok) {
    sendProblem(response, { status: 400, detail: 'The request does not fit the document.', errors: parameters.faults })
    return
  }
  const body = await readBody(operation.validator, request, response, { limit: settings.bodyLimit })
  if (!body.ok) {
    sendProblem(response, body.problem)
    return
  }
  const { params, query, headers, cookies } = parameters
  const context = {
    params,
    query,
    headers,
    cookies,
    body: body.body,
    ...(grant && { auth: grant.auth }),
    req: request,
    res: response,
  }
  const result = await operation.handler(withSignal(context, response) as never)
  await sendReply(response, result, settings.replies)
}

function askedBy(request: Request, { query, params }: Target, settings: Settings): Asked {
  return {
    request,
    query,
    params,
    runCheck: (name, token) => ownMember(settings.checks, name)?.(request, token),
    claimsStatus: settings.claimsStatus,
    nameClaims: settings.nameClaims,
  }
}

/** Adds `signal`, made when a handler first asks for it: most never do. */
function withSignal<Context extends object>(context: Context, response: Response): Context & { signal: AbortSignal } {
  let signal: AbortSignal | undefined
  return Object.defineProperty(context, 'signal', {
    enumerable: true,
    get() {
      signal ??= signalOf(response)
      return signal
    },
  }) as Context & { signal: AbortSignal }
}

function signalOf(response: Response): AbortSignal {
  const gone = new AbortController()
  const leave = () => {
    if (!response.writableFinished) gone.abort()
  }
  if (response.closed || response.destroyed) leave()
  else response.once('close', leave)
  return gone.signal
}

function observe(
  { onDecision }: Settings,
  operation: Operation,
  request: Request,
  outcome: Grant | Refusal | undefined,
): void {
  if (!onDecision) return
  const decided = { operation: operation.id, method: request.method, path: operation.path }
  try {
    if (outcome && 'denial' in outcome) {
      const { code, reason, description } = outcome.denial
      const why = reason ?? description
      onDecision(
        { ...decided, granted: false, status: statusOf(outcome), code, ...(why !== undefined && { reason: why }) },
        request,
      )
    } else {
      const subject = outcome?.token?.sub
      const schemes = Object.keys(outcome?.auth ?? {})
      onDecision({ ...decided, granted: true, schemes, ...(typeof subject === 'string' && { subject }) }, request)
    }
  } catch {
    // A hook that fails must neither open nor break an operation.
  }
}
