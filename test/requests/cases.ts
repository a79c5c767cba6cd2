import { child, type FoundOperation, type NaiveDocument } from '../sweep/naive-document.js'
import type { SampleRequest } from '../sweep/request.js'
import { type Body, bodiesOf, bytesFor } from './bodies.js'
import { fake } from './fake.js'
import type { Judge } from './judge.js'
import { type FoundParameter, parametersOf } from './parameters.js'
import { isWritable, type Written, write } from './spelling.js'
import { pointerTo } from './values.js'
import { type Violation, violationsOf } from './violations.js'

export interface Case {
  readonly title: string
  readonly request: SampleRequest
  /** Absent where the request fits. */
  readonly fault?: ExpectedFault
}

export interface ExpectedFault extends Pick<Violation, 'kind' | 'at' | 'pointers' | 'isPlain' | 'isAlternative'> {
  readonly in: string
}

export interface Cases {
  readonly accepted: readonly Case[]
  readonly refused: readonly Case[]
  /** What no value was found for. */
  readonly unfaked: readonly string[]
  /** Constraints that no request was found to violate. */
  readonly unviolated: readonly string[]
}

/** A parameter, and a value that fits it. */
type Chosen = readonly [parameter: FoundParameter, value: unknown]

/** The requests that are made up for one operation: those that fit, and those that one thing is wrong with. */
export function casesOf(operation: FoundOperation, { version }: NaiveDocument, judge: Judge): Cases {
  const parameters = parametersOf(operation, version).map((parameter): Chosen => {
    const accepts = (value: unknown) => isWritable(parameter, value)
    return [parameter, fake(parameter.schema, judge, { optional: true, accepts })]
  })
  const bodies = bodiesOf(operation, version, judge)
  const made = bodies.flatMap(one => one.made ?? [])
  const unfaked = [
    ...parameters.filter(([, value]) => value === undefined).map(([{ place, name }]) => `${place} ${name}`),
    ...bodies.filter(one => !one.made).map(one => one.mediaType),
  ]
  const isBodyRequired = child(operation.requestBody, 'required').value === true
  const leastBody = bodies.length === 0 ? bytesFor(operation) : made[0]?.least
  const isUnfaked = parameters.some(([{ required }, value]) => required && value === undefined)
  if (isUnfaked || (isBodyRequired && leastBody === undefined)) {
    return { accepted: [], refused: [], unfaked, unviolated: [] }
  }

  const most = parameters.filter(([, value]) => value !== undefined)
  const least = most.filter(([{ required }]) => required)
  const body = isBodyRequired ? leastBody : undefined
  const found = most.map(chosen => parameterCases(chosen))
  return {
    accepted: distinct([
      { title: 'least', request: requestOf(operation, least, body) },
      { title: 'most', request: requestOf(operation, most, leastBody) },
      ...made.flatMap(one => [
        { title: `least of ${one.least.mediaType}`, request: requestOf(operation, least, one.least) },
        { title: `most of ${one.most.mediaType}`, request: requestOf(operation, most, one.most) },
        { title: `null in ${one.nulls.mediaType}`, request: requestOf(operation, least, one.nulls) },
      ]),
    ]),
    refused: [
      ...(isBodyRequired
        ? [{ title: 'no body', request: requestOf(operation, least), fault: missing('body', '') }]
        : []),
      ...made.flatMap(one => one.wrong.map(({ body: wrong, violation }) => bodyCase(wrong, violation))),
      ...found.flatMap(one => one.cases),
    ],
    unfaked,
    unviolated: [
      ...made.flatMap(one => one.unviolated.map(title => `${one.most.mediaType}: ${title}`)),
      ...found.flatMap(one => one.unviolated),
    ],
  }

  function bodyCase(wrong: Body, { title, ...fault }: Violation): Case {
    return {
      title: `${wrong.mediaType}: ${title}`,
      request: requestOf(operation, least, wrong),
      fault: { in: 'body', ...fault },
    }
  }

  function parameterCases([parameter, value]: Chosen): { cases: Case[]; unviolated: string[] } {
    const { name, place, required, schema } = parameter
    const others = most.filter(([one]) => one !== parameter)
    const prefix = pointerTo([name])
    const absent = { request: requestOf(operation, others, body), fault: missing(place, prefix) }
    const accepts = (wrong: unknown) => isWritable(parameter, wrong)
    const { violations, unviolated } = violationsOf(value, schema, judge, { isText: true, accepts })
    const wrong = violations.map(
      ({ title, value: changed, ...fault }): Case => ({
        title: `${place} ${name}: ${title}`,
        request: requestOf(operation, [...others, [parameter, changed]], body),
        fault: { ...fault, in: place, at: prefix + fault.at, pointers: fault.pointers.map(one => prefix + one) },
      }),
    )
    return {
      cases: required && place !== 'path' ? [{ title: `${place} ${name}: missing`, ...absent }, ...wrong] : wrong,
      unviolated: unviolated.map(title => `${place} ${name}: ${title}`),
    }
  }
}

function requestOf({ method, path }: FoundOperation, chosen: readonly Chosen[], body?: Body): SampleRequest {
  let written: Written = { path, query: [], headers: {}, cookies: [] }
  for (const [parameter, value] of chosen) written = write(parameter, value, written)
  if (!body) return { method, ...written }
  return { method, ...written, headers: { ...written.headers, 'content-type': body.mediaType }, body: body.text }
}

function missing(place: string, at: string): ExpectedFault {
  return { in: place, kind: 'required', at, pointers: [at], isPlain: true, isAlternative: false }
}

function distinct(cases: readonly Case[]): Case[] {
  return [...new Map(cases.map(one => [JSON.stringify(one.request), one])).values()]
}
