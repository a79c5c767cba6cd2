import type { IncomingMessage } from 'node:http'
import type { Request, Response } from 'express'
import { attachUser } from './auth0-request.js'
import { readBody } from './body.js'
import { sendRefusal, setNonce, statusOf } from './challenge.js'
import type { PathParameters } from './claims.js'
import { type Asked, type Decision, type Demands, decide } from './decide.js'
import { after, type Eventual, isPromised } from './eventual.js'
import { explanationOf } from './explain.js'
import type { Decided, Settings } from './gate-options.js'
import { asksFor, NO_PARAMETERS, type ParameterRules, type ParameterSources, readParameters } from './parameters.js'
import { contractProblem, sendProblem } from './problem.js'
import type { OperationReplies, ReplyChecks } from './replies.js'
import { type Sending, sendReply } from './reply.js'
import { compileContract } from './reply-contract.js'
import { RequestContext } from './request-context.js'
import { ownMember } from './requirements.js'
import type { Telemetry } from './telemetry.js'
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
  const asks = asksFor(validator, rules)
  const send = replySender(operation, settings)
  const { onDecision, explain, telemetry } = settings
  const watched = onDecision !== undefined || explain !== false || telemetry !== undefined
  const decideOn = telemetry ? traced(operation, telemetry) : decide

  const run = (context: RequestContext) => {
    const result = handler(context as never) as Eventual<unknown>
    if (isPromised(result)) return Promise.resolve(result).then(settled => send(context.req, context.res, settled))
    return send(context.req, context.res, result)
  }

  const admit = (decision: Decision | undefined, request: Request, response: Response, target: Target) => {
    if (watched) observe(settings, operation, request, response, decision)
    if (decision?.granted === false) return sendRefusal(response, decision)
    if (decision?.nonce !== undefined) setNonce(response, decision.nonce)
    if (decision?.token) attachUser(request, decision.token)

    // Node makes `headers` when it is first asked for it.
    const parameters = asks ? readParameters(validator, sourcesOf(request, target), rules) : NO_PARAMETERS
    if (!parameters.ok) return sendProblem(response, contractProblem(parameters.faults))
    return after(readBody(validator, request, response, settings.body), received => {
      if (!received.ok) return sendProblem(response, received.problem)
      const context = new RequestContext(parameters, received.body, decision, request, response)
      return received.release ? releasing(() => run(context), response, received.release) : run(context)
    })
  }

  return (request, response, target) => {
    if (isPublic) return admit(undefined, request, response, target)
    const decision = decideOn(demands, askedBy(request, target, settings))
    return isPromised(decision)
      ? decision.then(decided => admit(decided, request, response, target))
      : admit(decision, request, response, target)
  }
}

function sourcesOf({ headers, rawHeaders }: Request, { params, rawParams, query }: Target): ParameterSources {
  return { path: params, rawPath: rawParams, query, headers, rawHeaders }
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
  const onFault: Sending['onFault'] = ({ status }, errors, request) =>
    tell(() => onReplyFault({ operation: id, method: request.method, path, status, errors }, request))
  const sending: Sending = { replies, onFault, ...(contract && { contract }) }
  return (request, response, result) => sendReply(request, response, result, sending)
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

/** Calls a hook. One that fails, at once or later, must neither open nor break an operation, nor end the process. */
function tell(hook: () => unknown): void {
  const told = async () => hook()
  told().catch(() => {})
}

function observe(
  { onDecision, explain, telemetry }: Settings,
  operation: Operation,
  request: Request,
  response: Response,
  decision: Decision | undefined,
): void {
  const decided = decidedOf(operation, request, decision)
  telemetry?.count(decided)
  if (onDecision) tell(() => onDecision(decided, request))
  if (explain && decision?.granted === false) {
    tell(() => {
      const explanation = explanationOf(decided, decision, operation.demands)
      if (explain === 'header') response.setHeader('Gatewright-Explain', explanation)
      else console.warn(`gatewright: ${explanation}`)
    })
  }
}

/** {@link decide}, with a span for each decision. */
function traced(operation: Operation, { span }: Telemetry): typeof decide {
  return (demands, asked) =>
    span(operation.id, end => {
      const decided = (decision: Decision) => {
        end(decidedOf(operation, asked.request, decision))
        return decision
      }
      try {
        const decision = decide(demands, asked)
        if (!isPromised(decision)) return decided(decision)
        return decision.then(decided, error => {
          end()
          throw error
        })
      } catch (error) {
        end()
        throw error
      }
    })
}

function decidedOf({ id, path }: Operation, { method = '' }: IncomingMessage, outcome: Decision | undefined): Decided {
  const decided = { operation: id, method, path }
  if (outcome?.granted === false) {
    const { schemes } = outcome
    const { denial } = outcome
    const why = denial.reason ?? denial.description
    return {
      ...decided,
      granted: false,
      status: statusOf(outcome),
      code: denial.code,
      schemes,
      ...(why !== undefined && { reason: why }),
    }
  }
  const subject = outcome?.token?.sub
  const schemes = Object.keys(outcome?.auth ?? {})
  return { ...decided, granted: true, schemes, ...(typeof subject === 'string' && { subject }) }
}
