import type { Request, Response } from 'express'
import { attachUser } from './auth0-request.js'
import { readBody } from './body.js'
import { sendRefusal, statusOf } from './challenge.js'
import type { PathParameters } from './claims.js'
import { type Asked, type Decision, type Demands, decide, type Grant } from './decide.js'
import { after, type Eventual } from './eventual.js'
import type { Decided, Settings } from './gate-options.js'
import { type ParameterRules, type Parameters, readParameters } from './parameters.js'
import { contractProblem, sendProblem } from './problem.js'
import type { OperationReplies, ReplyChecks } from './replies.js'
import { type Sending, sendReply } from './reply.js'
import { compileContract } from './reply-contract.js'
import { ownMember } from './requirements.js'
import type { OperationValidator } from './validator.js'

/** Where a request is going: what its path and query hold. */
export interface Target {
  readonly params: PathParameters
  readonly rawParams: () => PathParameters
  readonly query: string
}

/** One operation of the document, with all that answering it takes. */
export interface Operation {
  readonly id: string
  /** As the document writes it. */
  readonly path: string
  readonly demands: Demands
  readonly validator: OperationValidator
  /** Names of the query parameters that are credentials of its policy. */
  readonly queryCredentials: readonly string[]
  readonly handler: (context: never) => unknown
  /** Absent where nothing is documented of replies: they are sent as they are. */
  readonly documented?: OperationReplies
  readonly checks: () => Promise<ReplyChecks[string]>
}

/** Answers a request to one operation, at once if nothing has to be waited for. Throws, or rejects with, what its handler throws. */
export type Serve = (request: Request, response: Response, target: Target) => Eventual<void>

/**
 * Compiles an operation into the function that answers its requests, in this order of work: nothing of a request is
 * parsed, and the handler does not run, before the policy holds. Nothing else calls a handler.
 */
export function compileOperation(operation: Operation, settings: Settings): Serve {
  const { demands, validator, handler } = operation
  const rules: ParameterRules =
    settings.unknownQuery === 'refuse' ? { refuseUnknown: { credentials: operation.queryCredentials } } : {}
  const isPublic = demands.alternatives.length === 0
  const send = replySender(operation, settings)

  const admit = (decision: Decision | undefined, request: Request, response: Response, target: Target) => {
    observe(settings, operation, request, decision)
    if (decision?.granted === false) return sendRefusal(response, decision)
    if (decision?.nonce !== undefined) response.setHeader('DPoP-Nonce', decision.nonce)
    if (decision?.token) attachUser(request, decision.token)

    const { params: path, query: text } = target
    const { headers: fields, rawHeaders } = request
    const sources = { path, rawPath: target.rawParams, query: text, headers: fields, rawHeaders }
    const parameters = readParameters(validator, sources, rules)
    if (!parameters.ok) return sendProblem(response, contractProblem(parameters.faults))
    const body = readBody(validator, request, response, settings.body)
    return after(body, received => {
      if (!received.ok) return sendProblem(response, received.problem)
      const context = contextOf(parameters, received.body, decision, request, response)
      const answer = () =>
        after(handler(context as never) as Eventual<unknown>, result => send(request, response, result))
      return received.release ? releasing(answer, response, received.release) : answer()
    })
  }

  return (request, response, target) => {
    if (isPublic) return admit(undefined, request, response, target)
    const decision = decide(demands, askedBy(request, target, settings))
    return after(decision, decided => admit(decided, request, response, target))
  }
}

/** What a handler is given. `signal` is made when it first asks for it: most never do. */
function contextOf(
  { params, query, headers, cookies }: Parameters & { readonly ok: true },
  body: unknown,
  decision: Grant | undefined,
  req: Request,
  res: Response,
): object {
  let made: AbortSignal | undefined
  const context = {
    params,
    query,
    headers,
    cookies,
    body,
    get signal() {
      made ??= signalOf(res)
      return made
    },
    req,
    res,
  }
  return decision ? Object.assign(context, { auth: decision.auth }) : context
}

/** What came with the body is freed in any case, once the answer is through. */
async function releasing(
  answer: () => Eventual<void>,
  response: Response,
  release: () => Promise<void>,
): Promise<void> {
  try {
    await answer()
  } finally {
    whenClosed(response, release)
  }
}

function replySender(
  operation: Operation,
  settings: Settings,
): (request: Request, response: Response, result: unknown) => Eventual<void> {
  const { id, path, documented, checks } = operation
  const { responses, replies, onReplyFault } = settings
  const contract = documented && responses !== 'off' ? compileContract(documented, responses, checks) : undefined
  return (request, response, result) => {
    const onFault: Sending['onFault'] = ({ status }, errors) =>
      tell(() => onReplyFault({ operation: id, method: request.method, path, status, errors }, request))
    return sendReply(response, result, { replies, onFault, ...(contract && { contract }) })
  }
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

/** A reply may still be read from an uploaded file when the handler has settled. */
function whenClosed(response: Response, release: () => Promise<void>): void {
  if (response.closed || response.destroyed) void release()
  else response.once('close', () => void release())
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

/** Calls a hook. One that fails, at once or later, must neither open nor break an operation, nor end the process. */
function tell(hook: () => unknown): void {
  const told = async () => hook()
  told().catch(() => {})
}

function observe(
  { onDecision }: Settings,
  operation: Operation,
  request: Request,
  outcome: Decision | undefined,
): void {
  if (!onDecision) return
  tell(() => onDecision(decidedOf(operation, request, outcome), request))
}

function decidedOf({ id, path }: Operation, { method }: Request, outcome: Decision | undefined): Decided {
  const decided = { operation: id, method, path }
  if (outcome?.granted === false) {
    const { code, reason, description } = outcome.denial
    const why = reason ?? description
    return { ...decided, granted: false, status: statusOf(outcome), code, ...(why !== undefined && { reason: why }) }
  }
  const subject = outcome?.token?.sub
  const schemes = Object.keys(outcome?.auth ?? {})
  return { ...decided, granted: true, schemes, ...(typeof subject === 'string' && { subject }) }
}
