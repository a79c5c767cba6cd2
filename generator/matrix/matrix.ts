import type { CheckRule, ClaimDemands, ClaimRule, Policy, StepUpDemand } from '../../runtime/policy.js'
import type { ApiModel, Operation, Scheme, SkippedOperation } from '../model/api-model.js'
import { methodName } from '../model/methods.js'

/** Every operation of a document with what it demands. `matrix.schema.json` describes it as JSON. */
export interface Matrix {
  /** The document: relative to where the generator ran, with `/`. */
  readonly document: string
  /** What the router serves, in the document's order. */
  readonly operations: readonly MatrixOperation[]
  /** What the router leaves out, because rules were lowered. */
  readonly skipped: readonly SkippedOperation[]
}

export interface MatrixOperation {
  /** As in requests: `GET`. */
  readonly method: string
  readonly path: string
  /** As the document writes it. */
  readonly operationId: string | null
  /** Its name in emitted code. */
  readonly id: string
  /** Where `security` stands; `none`: nowhere, and the operation is public by omission. */
  readonly source: Operation['source']
  /** OR over AND; an empty one is anonymous access. No alternatives: nobody is asked. */
  readonly alternatives: readonly (readonly MatrixRequirement[])[]
  /** Are all scopes of a requirement demanded, or one of them? */
  readonly scopeMatch: Operation['scopeMatch']
  /** OR over AND, in the long forms of `x-claims`. */
  readonly claims: readonly MatrixClaims[] | null
  /** How and when the token's user must have authenticated (`x-step-up`). */
  readonly stepUp: StepUpDemand | null
  /** Nothing is demanded of anybody. */
  readonly public: boolean
  /** Anonymous callers are let in, beside those who meet another alternative. */
  readonly optional: boolean
}

export interface MatrixRequirement {
  readonly scheme: string
  readonly type: Scheme['scheme']['type']
  readonly scopes: readonly string[]
}

export type MatrixClaims = { readonly [claim: string]: ClaimRule | Exclude<CheckRule, string> }

export function matrixOf({ document, operations, schemes, skipped }: ApiModel): Matrix {
  const types = new Map(schemes.map(({ name, scheme }) => [name, scheme.type]))
  return {
    document,
    operations: operations.map(operation => matrixOperation(operation, types)),
    skipped: skipped.map(one => ({ ...one, method: methodName(one.method) })),
  }
}

function matrixOperation(
  { method, path, operationId, id, source, scopeMatch, policy }: Operation,
  types: ReadonlyMap<string, MatrixRequirement['type']>,
): MatrixOperation {
  const alternatives = alternativesOf(policy, types)
  const anonymous = alternatives.some(alternative => alternative.length === 0)
  const isPublic = alternatives.every(alternative => alternative.length === 0)
  return {
    method: methodName(method),
    path,
    operationId: operationId ?? null,
    id,
    source,
    alternatives,
    scopeMatch,
    claims: policy.claims?.map(longForms) ?? null,
    stepUp: policy.stepUp ?? null,
    public: isPublic,
    optional: anonymous && !isPublic,
  }
}

function alternativesOf(
  { security }: Policy,
  types: ReadonlyMap<string, MatrixRequirement['type']>,
): MatrixRequirement[][] {
  return security.map(alternative =>
    Object.entries(alternative).map(([scheme, demand]) => {
      const type = types.get(scheme)
      if (type === undefined) throw new Error(`The model demands scheme ${scheme} and does not hold it`)
      return { scheme, type, scopes: 'anyOf' in demand ? demand.anyOf : demand }
    }),
  )
}

function longForms(demands: ClaimDemands): MatrixClaims {
  return Object.fromEntries(
    Object.entries(demands).map(([name, rule]): [string, MatrixClaims[string]] => {
      if (typeof rule === 'string') return [name, { name: rule }]
      if (!('param' in rule)) return [name, rule]
      // The type is the parameter's own, and no part of the rule as it is written.
      const { type: _, ...written } = rule
      return [name, written]
    }),
  )
}
