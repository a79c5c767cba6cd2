import type { ClaimDemands, Policy } from './policy.js'
import type { Verifier } from './verifier.js'

type ClaimType<Rule> = Rule extends { readonly equals: infer Value }
  ? Value
  : Rule extends { readonly in: readonly (infer Value)[] }
    ? Value
    : Rule extends { readonly includes: unknown } | { readonly includesAny: unknown }
      ? readonly unknown[]
      : Rule extends { readonly present: true }
        ? NonNullable<unknown>
        : Rule extends { readonly param: string }
          ? Rule extends { readonly type: 'integer' }
            ? number
            : string
          : number

/** A check proves nothing that a type can say, nor does a rule on a nested claim. */
type TopLevel<Name> = Name extends '$check' | `/${string}` ? never : Name

type Narrowed<Demands> = { readonly [Name in keyof Demands as TopLevel<Name>]: ClaimType<Demands[Name]> }

/** What a step-up says of the token. */
type Authenticated<StepUp> = (StepUp extends { readonly acr: readonly (infer Acr)[] }
  ? { readonly acr: Acr }
  : unknown) &
  (StepUp extends { readonly maxAge: number } ? { readonly auth_time: number } : unknown)

/** Distributes: one of several demands was met, and it is not known which. */
type NarrowedByAny<Demands> = Demands extends ClaimDemands ? Narrowed<Demands> : never

type ProofOfScheme<SchemeVerifier, Demands, StepUp> =
  SchemeVerifier extends Verifier<infer Proof, infer Kind>
    ? Kind extends 'bearer'
      ? ([Demands] extends [never] ? Proof : Proof & NarrowedByAny<Demands>) & Authenticated<StepUp>
      : Proof
    : never

/** Distributes: the alternatives are a union. */
type ProofOfAlternative<Schemes, Alternative, Demands, StepUp> = Alternative extends unknown
  ? [keyof Alternative] extends [never]
    ? undefined
    : {
        readonly [Name in keyof Alternative]: Name extends keyof Schemes
          ? ProofOfScheme<Schemes[Name], Demands, StepUp>
          : never
      }
  : never

/**
 * What a policy proves of `auth`: a member per scheme (AND), a union (OR), `undefined` where anonymous callers are
 * let in; `never` for a public operation, which has no `auth`.
 */
export type Proof<Schemes, P extends Policy> = ProofOfAlternative<
  Schemes,
  P['security'][number],
  P extends { readonly claims: readonly (infer Demands)[] } ? Demands : never,
  P extends { readonly stepUp: infer StepUp } ? StepUp : unknown
>
