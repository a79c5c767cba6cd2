import type { Decided } from './gate-options.js'
import { DENIAL_CODES, type DenialCode } from './verifier.js'

/** The part of `@opentelemetry/api` that is used; the module itself is one: `import * as api from '@opentelemetry/api'`. */
export interface OpenTelemetryApi {
  readonly trace: { getTracer(name: string): TelemetryTracer }
  readonly metrics: { getMeter(name: string): TelemetryMeter }
}

interface Attributes {
  readonly [name: string]: string | number | string[]
}

interface TelemetryTracer {
  startActiveSpan(name: string, work: (span: TelemetrySpan) => void): unknown
}

interface TelemetrySpan {
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}

interface TelemetryMeter {
  createCounter(
    name: string,
    options: { description: string; unit: string },
  ): { add(value: number, attributes: Attributes): void }
}

/** What is told of decisions. Whatever the API throws changes none of them. */
export interface Telemetry {
  /** Counts a decision. */
  count(decided: Decided): void
  /**
   * Does `work`, once and at once, while the span of a decision is active, so that calls to an issuer have theirs below it.
   * `end` ends the span, without a decision if there is none.
   */
  span<Result>(operation: string, work: (end: (decided?: Decided) => void) => Result): Result
}

const NAME = 'gatewright'
/** `SpanStatusCode.ERROR` */
const ERROR = 2

export function isOpenTelemetryApi(value: unknown): value is OpenTelemetryApi {
  const { trace, metrics } = (value ?? {}) as Partial<OpenTelemetryApi>
  return typeof trace?.getTracer === 'function' && typeof metrics?.getMeter === 'function'
}

/** A counter `gatewright.decisions`, and spans `authorize OPERATION` below whatever span is active. */
export function telemetryOf({ trace, metrics }: OpenTelemetryApi): Telemetry {
  const tracer = trace.getTracer(NAME)
  const counter = metrics
    .getMeter(NAME)
    .createCounter('gatewright.decisions', { description: 'Requests let in and refused', unit: '{decision}' })
  return {
    count: decided => quietly(() => counter.add(1, attributesOf(decided))),
    span(operation, work) {
      let answer: (() => ReturnType<typeof work>) | undefined
      const run = (span?: TelemetrySpan) => {
        // Once, whatever the API does: a proof of possession that is looked at twice was used before.
        answer ??= outcomeOf(() => work(decided => quietly(() => endSpan(span, decided))))
      }
      quietly(() => tracer.startActiveSpan(`authorize ${operation}`, run))
      run()
      return (answer as unknown as () => ReturnType<typeof work>)()
    },
  }
}

function endSpan(span: TelemetrySpan | undefined, decided: Decided | undefined): void {
  if (decided) span?.setAttributes(attributesOf(decided))
  // RFC 9110 section 15.5: that a caller was refused is no error of the server's.
  if (!decided || (!decided.granted && decided.status >= 500)) span?.setStatus({ code: ERROR })
  span?.end()
}

/** Of what the document names only, so that there are not more time series than it has operations, codes and schemes. */
function attributesOf(decided: Decided): Attributes {
  const { operation, method, path, granted, schemes } = decided
  return {
    'gatewright.operation': operation,
    'gatewright.outcome': granted ? 'granted' : 'denied',
    'gatewright.schemes': [...schemes],
    'http.request.method': method,
    'http.route': path,
    ...(!granted && { 'gatewright.denial.code': codeOf(decided), 'http.response.status_code': decided.status }),
  }
}

/** A verifier in JavaScript may give any; semantic conventions call what is not in their list `_OTHER`. */
function codeOf({ code }: { readonly code: DenialCode }): string {
  return DENIAL_CODES.includes(code) ? code : '_OTHER'
}

/** What `work` returned or threw, to be returned or thrown. */
function outcomeOf<Result>(work: () => Result): () => Result {
  try {
    const result = work()
    return () => result
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function quietly<Result>(tell: () => Result): Result | undefined {
  try {
    return tell()
  } catch {
    return undefined
  }
}
