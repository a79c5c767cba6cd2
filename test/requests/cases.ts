import { child, type FoundOperation, members, type NaiveDocument } from '../sweep/naive-document.js'
import type { SampleRequest } from '../sweep/request.js'
import { requestSchema, type SchemaRoot } from './document-schema.js'
import { fake } from './fake.js'
import type { Judge } from './judge.js'
import { type FoundParameter, parametersOf } from './parameters.js'
import { formText, isWritable, write } from './spelling.js'
import { pointerTo } from './values.js'
import { type Violation, violationsOf } from './violations.js'

export interface Case {
  readonly title: string
  readonly request: SampleRequest
  /** Absent where the request fits. */
  readonly fault?: ExpectedFault
}

export interface ExpectedFault extends Pick<Violation, 'at' | 'pointers' | 'isPlain' | 'isAlternative'> {
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

interface Content {
  readonly mediaType: string
  readonly text: (value: unknown) => string | undefined
  readonly isText: boolean
  readonly schema: SchemaRoot
}

/** The requests that are made up for one operation. */
export function casesOf(operation: FoundOperation, { version }: NaiveDocument, judge: Judge): Cases {
  const unfaked: string[] = []
  const unviolated: string[] = []
  const accepted: Case[] = []
  const refused: Case[] = []

  const parameters = parametersOf(operation, version)
  const values = new Map<FoundParameter, unknown>()
  for (const parameter of parameters) {
    const accepts = (value: unknown) => isWritable(parameter, value)
    const value = fake(parameter.schema, judge, { optional: true, accepts })
    if (value === undefined) unfaked.push(`${parameter.place} ${parameter.name}`)
    else values.set(parameter, value)
  }
  const most = [...values]
  const least = most.filter(([{ required }]) => required)
  const written = (chosen: readonly (readonly [FoundParameter, unknown])[], body?: Body): SampleRequest => {
    const start = { path: operation.path, query: [], headers: {}, cookies: [] }
    const parts = chosen.reduce((into, [parameter, value]) => write(parameter, value, into), start as Parts)
    if (!body) return { method: operation.method, ...parts }
    const headers = { ...parts.headers, 'content-type': body.mediaType }
    return { method: operation.method, ...parts, headers, body: body.body }
  }

  const isBodyRequired = child(operation.requestBody, 'required').value === true
  let leastBody: Body | undefined
  const contents = contentsOf(operation, version)
  for (const content of contents) {
    const { mediaType, schema, isText, text } = content
    const accepts = (value: unknown) => text(value) !== undefined
    const bodyOf = (value: unknown): Body => ({ mediaType, body: text(value) ?? '' })
    const some = fake(schema, judge, { optional: false, accepts })
    const all = fake(schema, judge, { optional: true, accepts })
    if (some === undefined || all === undefined) {
      unfaked.push(mediaType)
      continue
    }
    leastBody ??= bodyOf(some)
    accepted.push({ title: `least of ${mediaType}`, request: written(least, bodyOf(some)) })
    accepted.push({ title: `most of ${mediaType}`, request: written(most, bodyOf(all)) })
    const found = violationsOf(all, schema, judge, { isText, accepts })
    unviolated.push(...found.unviolated.map(title => `${mediaType}: ${title}`))
    for (const { title, value, ...fault } of found.violations) {
      const request = written(least, bodyOf(value))
      refused.push({ title: `${mediaType}: ${title}`, request, fault: { in: 'body', ...fault } })
    }
  }
  if (contents.length === 0) leastBody = bytesOf(operation)
  const isUnfaked = parameters.some(one => one.required && !values.has(one))
  if (isUnfaked || (isBodyRequired && leastBody === undefined))
    return { accepted: [], refused: [], unfaked, unviolated }
  if (isBodyRequired) {
    refused.push({ title: 'no body', request: written(least), fault: { in: 'body', ...missing('') } })
  }

  const body = isBodyRequired ? leastBody : undefined
  accepted.push({ title: 'least', request: written(least, body) })
  accepted.push({ title: 'most', request: written(most, body ?? leastBody) })
  for (const [parameter, value] of values) {
    const { name, place, required, schema } = parameter
    const others = most.filter(([one]) => one !== parameter)
    const prefix = pointerTo([name])
    if (required && place !== 'path') {
      const fault = { in: place, ...missing(prefix) }
      refused.push({ title: `${place} ${name}: missing`, request: written(others, body), fault })
    }
    const accepts = (wrong: unknown) => isWritable(parameter, wrong)
    const found = violationsOf(value, schema, judge, { isText: true, accepts })
    unviolated.push(...found.unviolated.map(title => `${place} ${name}: ${title}`))
    for (const { title, value: wrong, ...fault } of found.violations) {
      const at = prefix + fault.at
      const pointers = fault.pointers.map(pointer => prefix + pointer)
      const request = written([...others, [parameter, wrong]], body)
      refused.push({ title: `${place} ${name}: ${title}`, request, fault: { ...fault, in: place, at, pointers } })
    }
  }
  return { accepted: distinct(accepted), refused, unfaked, unviolated }
}

type Parts = Parameters<typeof write>[2]

interface Body {
  readonly mediaType: string
  readonly body: string
}

function missing(at: string): Omit<ExpectedFault, 'in'> {
  return { at, pointers: [at], isPlain: true, isAlternative: false }
}

/** The types whose schemas say something of a body that is sent. XML is read by nobody. */
function contentsOf({ requestBody }: FoundOperation, version: string): Content[] {
  return members(child(requestBody, 'content')).flatMap(([mediaType, node]): Content[] => {
    const schema = () => requestSchema(child(node, 'schema'), version)
    if (/[/+]json\b/.test(mediaType)) {
      return [{ mediaType, schema: schema(), isText: false, text: jsonText }]
    }
    return /urlencoded/.test(mediaType) ? [{ mediaType, schema: schema(), isText: true, text: formText }] : []
  })
}

/** The default of `bodyLimit`. */
const MOST_BYTES = 102_400

function jsonText(value: unknown): string | undefined {
  const text = JSON.stringify(value)
  return Buffer.byteLength(text) > MOST_BYTES ? undefined : text
}

function bytesOf({ requestBody }: FoundOperation): Body | undefined {
  const [mediaType] = members(child(requestBody, 'content')).map(([type]) => type)
  return mediaType === undefined ? undefined : { mediaType, body: 'bytes' }
}

function distinct(cases: readonly Case[]): Case[] {
  return [...new Map(cases.map(one => [JSON.stringify(one.request), one])).values()]
}
