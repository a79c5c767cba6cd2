import { child, type FoundOperation, members } from '../sweep/naive-document.js'
import { requestSchema, type SchemaRoot } from './document-schema.js'
import { fake } from './fake.js'
import type { Judge } from './judge.js'
import { positionsIn } from './positions.js'
import { formText } from './spelling.js'
import { replaced, valueAt } from './values.js'
import { type Violation, violationsOf } from './violations.js'

export interface Body {
  readonly mediaType: string
  readonly text: string
}

export interface MadeBody {
  readonly mediaType: string
  /** `undefined` where no value was found. */
  readonly made?: {
    readonly least: Body
    readonly most: Body
    /** `most` with `null` wherever it may stand. */
    readonly nulls: Body
    readonly wrong: readonly { readonly body: Body; readonly violation: Violation }[]
    readonly unviolated: readonly string[]
  }
}

interface Content {
  readonly mediaType: string
  /** `undefined` for what cannot be sent. */
  readonly textOf: (value: unknown) => string | undefined
  readonly isText: boolean
  readonly schema: SchemaRoot
}

/** Bodies for each documented type whose schema says something of a body that is sent. XML is read by nobody. */
export function bodiesOf(operation: FoundOperation, version: string, judge: Judge): MadeBody[] {
  return contentsOf(operation, version).map(({ mediaType, schema, isText, textOf }) => {
    const accepts = (value: unknown) => textOf(value) !== undefined
    const bodyOf = (value: unknown): Body => ({ mediaType, text: textOf(value) ?? '' })
    const least = fake(schema, judge, { optional: false, accepts })
    const most = fake(schema, judge, { optional: true, accepts })
    if (least === undefined || most === undefined) return { mediaType }
    const { violations, unviolated } = violationsOf(most, schema, judge, { isText, accepts })
    const wrong = violations.map(violation => ({ body: bodyOf(violation.value), violation }))
    const nulls = isText ? most : withNulls(most, schema, judge)
    return {
      mediaType,
      made: { least: bodyOf(least), most: bodyOf(most), nulls: bodyOf(nulls), wrong, unviolated },
    }
  })
}

function withNulls(value: unknown, schema: SchemaRoot, judge: Judge): unknown {
  let result = value
  for (const { path } of positionsIn(value, schema, judge)) {
    const holder = valueAt(result, path.slice(0, -1))
    if (path.length === 0 || holder === null || holder === undefined) continue
    const changed = replaced(result, path, null)
    if (judge.judge(schema, changed).faults.length === 0) result = changed
  }
  return result
}

/** A body that no schema says anything of. */
export function bytesFor({ requestBody }: FoundOperation): Body | undefined {
  const [first] = members(child(requestBody, 'content'))
  return first && { mediaType: first[0], text: 'bytes' }
}

function contentsOf({ requestBody }: FoundOperation, version: string): Content[] {
  return members(child(requestBody, 'content')).flatMap(([mediaType, node]): Content[] => {
    const isForm = mediaType.includes('urlencoded')
    if (!isForm && !/[/+]json\b/.test(mediaType)) return []
    const schema = requestSchema(child(node, 'schema'), version)
    return [{ mediaType, schema, isText: isForm, textOf: isForm ? formText : jsonText }]
  })
}

/** The default of `bodyLimit`. */
const MOST_BYTES = 102_400

function jsonText(value: unknown): string | undefined {
  const text = JSON.stringify(value)
  return Buffer.byteLength(text) > MOST_BYTES ? undefined : text
}
