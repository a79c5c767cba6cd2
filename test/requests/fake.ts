import { generateSync, type JsonSchema } from 'json-schema-faker'
import {
  listOf,
  resolved,
  type Schema,
  type SchemaObject,
  type SchemaRoot,
  TELLS,
  type Tells,
} from './document-schema.js'
import { isNull, type Judge } from './judge.js'
import { pathOf, without } from './values.js'

export interface Wish {
  /** With all that objects may hold, or with no more than they must. */
  readonly optional: boolean
  /** Can it be sent? */
  readonly accepts?: (value: unknown) => boolean
}

const SEEDS = 40

/** A value that json-schema-faker made and that ajv accepts; `undefined` if none was found. */
export function fake(schema: SchemaRoot, judge: Judge, { optional, accepts = () => true }: Wish): unknown {
  const shapes = shapesOf(schema)
  for (let seed = 1; seed <= SEEDS; seed++) {
    for (const shape of shapes) {
      // Where none or all of the optional members do not fit, some may.
      const odd = seed <= 6 ? 0 : seed % 4 < 2 ? 0.3 : 0.6
      const made = attempt(shape, seed, optional ? 1 - odd : odd)
      if (made === undefined) continue
      const value = optional ? withoutUnfit(made, schema, judge) : made
      if (judge.judge(schema, value).faults.length === 0 && accepts(value)) return value
    }
  }
  return undefined
}

/** A schema, and each of its alternatives for itself: the faker does not see when a value fits two of them. */
function shapesOf(schema: SchemaRoot): SchemaRoot[] {
  const { oneOf, anyOf, ...rest } = resolved(schema, schema)
  const branches = [oneOf, anyOf].filter(Array.isArray).flat()
  return [schema, ...branches.map(branch => ({ allOf: [rest, branch], $defs: schema.$defs }))]
}

function attempt(schema: SchemaRoot, seed: number, likely: number): unknown {
  try {
    return generateSync(forFaker(schema), {
      seed,
      maxDepth: 12,
      // It ends recursion, and breaks off where there is none.
      ...(seed % 2 === 1 && { refDepthMax: 3 }),
      alwaysFakeOptionals: likely === 1,
      optionalsProbability: likely,
      ...(likely === 1 && { minItems: 1 }),
      maxItems: 2,
      formats: FORMATS,
    })
  } catch {
    return undefined
  }
}

/** Of texts: OpenAPI's registry of formats recommends them for integers beyond 53 bits. */
const FORMATS = { int64: () => '9007199254740993', uint64: () => '9007199254740993' }

/**
 * As the faker is told it. It would choose `null` where it may, and nothing could be wrong inside; and it knows of no
 * discriminators.
 */
function forFaker(schema: SchemaRoot): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (keyword, value: unknown) => {
    if (Array.isArray(value)) {
      if (keyword === 'type') return value.filter(type => type !== 'null')
      return ['anyOf', 'oneOf'].includes(keyword) ? value.filter(one => !isNull(one)) : value
    }
    return typeof value === 'object' && value !== null && TELLS in value ? told({ ...value }) : value
  })
}

function told(schema: SchemaObject): SchemaObject {
  const { member, names } = schema[TELLS] as Tells
  const tell = (one: Schema, index: number) => {
    const own = names[index] ?? []
    return own.length === 0 ? one : { allOf: [one, { required: [member], properties: { [member]: { enum: own } } }] }
  }
  return {
    ...schema,
    ...(schema.oneOf !== undefined && { oneOf: listOf(schema.oneOf).map(tell) }),
    ...(schema.anyOf !== undefined && { anyOf: listOf(schema.anyOf).map(tell) }),
  }
}

/** What the faker added and ajv refuses, taken away again, as little as may be. */
function withoutUnfit(value: unknown, schema: SchemaRoot, judge: Judge): unknown {
  const { faults } = judge.judge(schema, value)
  const pointers = [...new Set(faults.map(({ pointer }) => pointer))].sort((a, b) => b.length - a.length)
  for (const pointer of pointers) {
    const path = pathOf(pointer)
    for (let length = path.length; length > 0; length--) {
      const less = without(value, path.slice(0, length))
      if (judge.judge(schema, less).faults.length < faults.length) return withoutUnfit(less, schema, judge)
    }
  }
  return value
}
