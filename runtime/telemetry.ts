import type { Decided } from './gate-options.js'

/** The part of `@opentelemetry/api` that is used; the module itself is one: `import * as api from '@opentelemetry/api'`. */
export interface OpenTelemetryApi {
  readonly trace: { getTracer(name: string): TelemetryTracer }
  readonly metrics: { getMeter(name: string): TelemetryMeter }
}

interface Attributes {
  readonly [name: string]: string | number | string[]
}

interface TelemetryTracer {
  startSpan(name: string): TelemetrySpan
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
  /** Starts the span of a decision; what it returns ends it, without a decision if there is none. */
  begin(operation: string): (decided?: Decided) => void
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
    begin(operation) {
      const span = quietly(() => tracer.startSpan(`authorize ${operation}`))
      return decided =>
        quietly(() => {
          if (decided) span?.setAttributes(attributesOf(decided))
          // RFC 9110 section 15.5: that a caller was refused is no error of the server's.
          if (!decided || (!decided.granted && decided.status >= 500)) span?.setStatus({ code: ERROR })
          span?.end()
        })
    },
  }
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
    ...(!granted && { 'gatewright.denial.code': decided.code, 'http.response.status_code': decided.status }),
  }
}

function quietly<Result>(tell: () => Result): Result | undefined {
  try {
    return tell()
  } catch {
    return undefined
  }
}
