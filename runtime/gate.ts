import type { NextFunction, Request, RequestHandler, Response, Router } from 'express'
import { BareObject } from './bare-object.js'
import { crossSiteFault } from './cross-site.js'
import { isPromised } from './eventual.js'
import { routerAround, settleClasses } from './express.js'
import { type GateOptions, resolveOptions, type Settings } from './gate-options.js'
import type { Context } from './handler.js'
import { compileOperation, type Serve } from './operation.js'
import { expressPath, paramNames, parsePath, splitTarget } from './path.js'
import type { Policies, Policy, SecuritySchemes } from './policy.js'
import { sendProblem } from './problem.js'
import type { Proof } from './proof.js'
import type { Replies, ReplyChecks } from './replies.js'
import { bindRequirements, ownMember, type Verifiers } from './requirements.js'
import { metadataUrl, resourceMetadata } from './resource-metadata.js'
import { Routes, shapeOf } from './routes.js'
import type { OperationValidator } from './validator.js'
import { type AnyVerifier, ConfigurationError } from './verifier.js'

/**
 * A handler that expects of `auth` no more than the policy proves. Nothing else is compared: of an operation that is
 * `never`, all that a request holds is `never`, which fits every type.
 */
export type GuardedHandler<Schemes, P extends Policy> = (context: Context<never, Proof<Schemes, P>, never>) => void

/** Adds one operation. The policy comes before the handler: a line without it cannot be written. */
export type AddOperation<Schemes> = <const P extends Policy>(
  path: string,
  policy: P,
  validator: OperationValidator,
  handler: GuardedHandler<Schemes, P>,
) => void

/** The same for a method that has no name here, as it is on the wire: `COPY`. */
export type AddMethod<Schemes> = <const P extends Policy>(
  method: string,
  path: string,
  policy: P,
  validator: OperationValidator,
  handler: GuardedHandler<Schemes, P>,
) => void

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'] as const

export interface GuardedRouter extends Router {
  /**
   * Serves the metadata of {@link GateOptions.resourceMetadata}, and passes all else on: `app.use(router.resourceMetadata)`,
   * at the root of the app, where the router itself is mounted below it and never sees their path.
   */
  readonly resourceMetadata: RequestHandler
  /**
   * Resolves when all that the verifiers of the document's policies need of others is there, such as the issuers' keys:
   * `await router.ready()` before the server listens. @throws {Error} that names each scheme and what is wrong.
   */
  ready(): Promise<void>
}

export type Gate<Schemes> = { readonly [Method in (typeof METHODS)[number]]: AddOperation<Schemes> } & {
  readonly add: AddMethod<Schemes>
  /** A path of the document whose operations were left out: no template may serve it in their place, nor GET its HEAD. */
  readonly absent: (path: string, method?: 'HEAD') => void
  /**
   * The operations behind one Express layer.
   * @throws {ConfigurationError} when a policy has no operation or a handler is missing.
   */
  readonly router: GuardedRouter
}

/** An operation behind its method: how a request to it is answered. */
interface Endpoint {
  /** Of the path's parameters, in order. */
  readonly names: readonly string[]
  /** What Express users expect as `req.route`. */
  readonly route: { readonly path: string }
  readonly serve: Serve
}

/** Nothing stands under HEAD where that was left out and GET was not. */
type Methods = Map<string, Endpoint | undefined>

/**
 * Stands between requests and handlers: each operation is compiled into one function, the paths into one radix tree.
 * Generated routers are built on it.
 * @param replies what is documented of them; without it they are sent as handlers give them.
 * @param basePath the path of the document's first server.
 * @param loadChecks loads what replies are checked by; called once, when the first one is to be checked.
 * @throws {ConfigurationError} naming every verifier, check and option that is missing or wrong.
 */
export function createGate<Options extends GateOptions & { readonly schemes?: Verifiers }>(
  schemes: SecuritySchemes,
  policies: Policies,
  options: Options,
  replies?: Replies,
  loadChecks: () => Promise<{ readonly replyValidators: ReplyChecks }> = async () => ({ replyValidators: {} }),
  basePath?: string,
): Gate<Options['schemes']> {
  const settings = resolveOptions(options)
  const { demandsOf, verifiers } = bindRequirements(schemes, policies, options.schemes ?? {}, settings.checks, {
    ...(settings.resourceMetadata && { resourceMetadata: metadataUrl(settings.resourceMetadata).href }),
    ...(settings.crossSite !== 'allow' && { crossSite: crossSiteFault(settings.crossSite) }),
  })
  const metadata =
    settings.resourceMetadata && resourceMetadata(settings.resourceMetadata, schemes, policies, verifiers)
  const ids = new Map(Object.entries(policies).map(([id, policy]) => [policy, id]))
  const prefix = prefixOf(settings.basePath, basePath)
  const routes = new Routes<Methods>()
  const table = new Map<string, Methods>()
  const missing: string[] = []
  let loading: Promise<ReplyChecks> | undefined
  const checksOf = async (id: string) => {
    loading ??= loadChecks().then(module => module.replyValidators)
    return ownMember(await loading, id) ?? {}
  }
  const documentedOf = (id: string) => {
    if (!replies) return {}
    const documented = ownMember(replies, id)
    if (!documented) throw new ConfigurationError(`${id}: its replies are not among the document's`)
    return { documented }
  }

  const pathOf = (path: string) => {
    const parsed = parsePath(`${prefix}${path}`)
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
      names: paramNames(segments),
      route: { path: expressPath(segments) },
      serve: compileOperation(
        {
          id,
          path,
          demands: demandsOf(policy),
          validator,
          queryCredentials: queryCredentials(schemes, policy),
          handler: handler as (context: never) => unknown,
          ...documentedOf(id),
          checks: () => checksOf(id),
        },
        settings,
      ),
    })
  }

  const adders = Object.fromEntries(
    METHODS.map(method => [
      method,
      (path: string, policy: Policy, validator: OperationValidator, handler: unknown) =>
        add(method.toUpperCase(), path, policy, validator, handler),
    ]),
  )
  const absent = (path: string, method?: 'HEAD') => {
    const { methods } = pathOf(path)
    if (method !== undefined) methods.set(method, undefined)
  }
  return Object.defineProperty({ ...adders, add, absent }, 'router', {
    get() {
      if (missing.length > 0) throw new ConfigurationError(`createRouter: handlers are missing: ${missing.join(', ')}`)
      if (ids.size > 0) throw new ConfigurationError(`createRouter: not routed: ${[...ids.values()].join(', ')}`)
      // An operation of that path is the document's own answer.
      const served = routes.has(metadata?.path ?? '') ? undefined : metadata
      const router = routerAround(
        served
          ? (request, response, next) => {
              if (!served.answer(request, response)) route(routes, request, response, next)
            }
          : (request, response, next) => route(routes, request, response, next),
        settings.replies === 'express',
      )
      const answerMetadata: RequestHandler = (request, response, next) => {
        if (!metadata?.answer(request, response)) next()
      }
      return Object.assign(router, { resourceMetadata: answerMetadata, ready: () => allReady(verifiers) })
    },
  }) as unknown as Gate<Options['schemes']>
}

async function allReady(verifiers: ReadonlyMap<string, AnyVerifier>): Promise<void> {
  const outcomes = await Promise.all(
    [...verifiers].map(async ([name, verifier]) => {
      try {
        await verifier.ready?.()
        return []
      } catch (error) {
        return [`${name}: ${error instanceof Error ? error.message : error}`]
      }
    }),
  )
  const faults = outcomes.flat()
  if (faults.length > 0) throw new Error(`not ready: ${faults.join('; ')}`)
}

/** What stands before each path. @throws {ConfigurationError} when the document has nothing to stand there. */
function prefixOf(option: Settings['basePath'], documented: string | undefined): string {
  if (typeof option === 'string') return option
  if (!option) return ''
  if (documented !== undefined) return documented
  throw new ConfigurationError('createRouter: basePath is true, and the first server of the document has no path')
}

/** Where credentials of the policy travel in the query: what no parameter describes and a request may hold. */
function queryCredentials(schemes: SecuritySchemes, { security }: Policy): string[] {
  return security.flatMap(Object.keys).flatMap(name => {
    const scheme = schemes[name]
    return scheme?.type === 'apiKey' && scheme.in === 'query' ? scheme.name : []
  })
}

function route(routes: Routes<Methods>, request: Request, response: Response, next: NextFunction): void {
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
  const { method } = request
  const endpoint = methods.get(method === 'HEAD' && !methods.has('HEAD') ? 'GET' : method)
  if (!endpoint) {
    refuseMethod(methods, request, response)
    return
  }
  settleClasses(request, response)
  const { names } = endpoint
  const params = toParams(names, match.values)
  request.params = params
  request.route = endpoint.route
  const target = { params, rawParams: () => toParams(names, match.rawValues), query }
  try {
    const served = endpoint.serve(request, response, target)
    if (isPromised(served)) served.catch(next)
  } catch (error) {
    next(error)
  }
}

function toParams(names: readonly string[], values: readonly string[]): BareObject<string> {
  const params = new BareObject<string>()
  for (const [index, name] of names.entries()) params[name] = values[index] as string
  return params
}

function refuseMethod(methods: Methods, request: Request, response: Response): void {
  const allowed = new Set([...methods].flatMap(([method, endpoint]) => (endpoint ? method : [])))
  if (allowed.has('GET') && !methods.has('HEAD')) allowed.add('HEAD')
  allowed.add('OPTIONS')
  const allow = [...allowed].join(', ')
  if (request.method === 'OPTIONS') {
    // A CORS preflight carries no credentials; what may be called here is no secret of the document.
    response.writeHead(204, { Allow: allow }).end()
    return
  }
  sendProblem(response, { status: 405, headers: { Allow: allow } })
}
