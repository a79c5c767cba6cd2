import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import type { Schema, SchemaRoot } from './document-schema.js'
import { pointerTo } from './values.js'

/** Of the formats that ajv's own plugin knows, those that a standard gives a grammar. */
const {
  date,
  'date-time': dateTime,
  duration,
  email,
  hostname,
  ipv4,
  ipv6,
  uri,
  uuid,
  byte,
  int32,
  int64,
} = fullFormats

/** What ajv says of a value. */
export interface Judgement {
  readonly faults: readonly { readonly pointer: string; readonly keyword: string }[]
  /** No alternative had a say: each fault stands where something is wrong. */
  readonly isPlain: boolean
}

/** Holds values to schemas with ajv, which compiles them when asked: independent of what was emitted. */
export class Judge {
  private readonly ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    ownProperties: true,
    verbose: true,
    logger: false,
    validateSchema: false,
    formats: { date, 'date-time': dateTime, duration, email, hostname, ipv4, ipv6, uri, uuid, byte, int32, int64 },
    code: { regExp },
  })
  private readonly compiled = new WeakMap<object, ValidateFunction>()

  judge(schema: SchemaRoot, value: unknown): Judgement {
    const validate = this.functionFor(schema, schema)
    if (validate(value)) return { faults: [], isPlain: true }
    const errors = withoutSole(validate.errors ?? [])
    return {
      faults: errors.map(error => ({ pointer: pointerOf(error), keyword: error.keyword })),
      isPlain: !errors.some(({ keyword }) => ['anyOf', 'oneOf', 'not', 'propertyNames'].includes(keyword)),
    }
  }

  /** Does a value fit a schema that is a part of `root`? */
  fits(root: SchemaRoot, part: Schema, value: unknown): boolean {
    if (typeof part === 'boolean') return part
    return this.functionFor(root, part)(value)
  }

  private functionFor({ $defs }: SchemaRoot, schema: Exclude<Schema, boolean>): ValidateFunction {
    const known = this.compiled.get(schema)
    if (known) return known
    const made = this.ajv.compile({ ...schema, $defs })
    this.compiled.set(schema, made)
    return made
  }
}

/** With the flag of JSON Schema; without, where a document escapes what need not be. */
function regExp(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return new RegExp(pattern)
  }
}
regExp.code = 'regExp'

/** Where there is one alternative, or one beside `null`, what is wrong with it is what is wrong. */
function withoutSole(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter(({ keyword, parentSchema }) => {
    const alternatives: unknown = ['anyOf', 'oneOf'].includes(keyword) ? parentSchema?.[keyword] : undefined
    return Array.isArray(alternatives) && alternatives.filter(one => !isNull(one)).length === 1
  })
  return errors.filter(
    error =>
      !choices.includes(error) &&
      !(error.params.type === 'null' && choices.some(({ instancePath }) => instancePath === error.instancePath)),
  )
}

export function isNull(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && Reflect.get(schema, 'type') === 'null'
}

/** Where ajv points at the object that holds a member or lacks it: the member. */
function pointerOf({ instancePath, keyword, params, propertyName }: ErrorObject): string {
  const member: unknown =
    propertyName ??
    params.missingProperty ??
    (keyword === 'additionalProperties' ? params.additionalProperty : undefined)
  return typeof member === 'string' ? instancePath + pointerTo([member]) : instancePath
}
