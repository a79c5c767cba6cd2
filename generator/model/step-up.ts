import type { StepUpDemand } from '../../runtime/policy.js'
import { type DemandFault, isObject, kindOf } from './claims.js'
import { show } from './faults.js'

/** `x-step-up`, or what is wrong with it. Without a demand and without faults, it lifts what was inherited. */
export interface ParsedStepUp {
  readonly demand?: StepUpDemand
  readonly faults: readonly DemandFault[]
}

/** RFC 9470 section 3: `acr_values` is a list with spaces between, in a quoted string; no value may end either. */
const ACR = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Reads `x-step-up: { acr: [values], maxAge: seconds }`: one of the two, or both. */
export function parseStepUp(value: unknown): ParsedStepUp {
  if (!isObject(value)) {
    const help = 'write `{ acr: [values], maxAge: seconds }`, one of the two or both; `{}` lifts what is inherited'
    return { faults: [{ path: [], message: `x-step-up must be an object, and is ${kindOf(value)}`, help }] }
  }
  const { acr, maxAge, ...more } = value as Record<string, unknown>
  const faults = [
    ...Object.keys(more).map(name => ({
      path: [name],
      message: `x-step-up: unknown member ${show(name)}`,
      help: 'use acr and maxAge',
    })),
    ...(Object.hasOwn(value, 'acr') ? acrFaults(acr) : []),
    ...(Object.hasOwn(value, 'maxAge') ? maxAgeFaults(maxAge) : []),
  ]
  if (faults.length > 0 || Object.keys(value).length === 0) return { faults }
  return {
    demand: {
      ...(acr !== undefined && { acr: acr as readonly string[] }),
      ...(maxAge !== undefined && { maxAge: maxAge as number }),
    },
    faults,
  }
}

function acrFaults(acr: unknown): DemandFault[] {
  const help = 'list the values of `acr` that will do; they are of visible ASCII characters, without space, " and \\'
  const at = (message: string, ...path: number[]) => ({
    path: ['acr', ...path],
    message: `x-step-up: ${message}`,
    help,
  })
  if (!Array.isArray(acr)) return [at(`acr is ${kindOf(acr)}`)]
  if (acr.length === 0) return [at('acr is an empty list, which no token can meet')]
  return acr.flatMap((one, index) => {
    if (typeof one !== 'string') return [at(`acr lists ${kindOf(one)}`, index)]
    if (!ACR.test(one)) return [at(`acr lists ${show(one)}, which no challenge can name`, index)]
    return acr.indexOf(one) < index ? [at(`acr lists ${show(one)} twice`, index)] : []
  })
}

function maxAgeFaults(maxAge: unknown): DemandFault[] {
  // 0 asks for an authentication at this very moment: no token can bring it.
  if (Number.isSafeInteger(maxAge) && (maxAge as number) >= 1) return []
  const found = typeof maxAge === 'number' ? String(maxAge) : kindOf(maxAge)
  const help = 'write a whole number of seconds, 1 or more'
  return [{ path: ['maxAge'], message: `x-step-up: maxAge is ${found}`, help }]
}
