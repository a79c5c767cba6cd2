import { isBoxedPrimitive } from 'node:util/types'
import { any, hidden, type Shape, type View, viewOf } from './reply-shape.js'

/**
 * What is sent of `value` under the schema that `shape` stands for: the documented members. `JSON.stringify` of the
 * result writes what it would write of `value`, in the same order, without the others; `value` is not changed, and is
 * itself the result where nothing has to go. Members are read up to twice: a getter must not change its mind.
 */
export function strip(shape: Shape, value: unknown): unknown {
  return stripMember(shape, value, '')
}

type Members = { readonly [name: string]: unknown }

function stripMember(shape: Shape, value: unknown, key: string): unknown {
  if (shape === any || isScalar(value)) return value
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON !== 'function')
    return typeof value === 'object' && value !== null ? cut(shape, value, false) : value
  // Always a text, or null: nothing to cut.
  if (toJSON === Date.prototype.toJSON && value instanceof Date) return value
  const written: unknown = toJSON.call(value, key)
  if (typeof written !== 'object' || written === null) return written
  // `JSON.stringify` would call a `toJSON` of what it was given by one; it must not find that again.
  return cut(shape, written, typeof (written as { toJSON?: unknown }).toJSON === 'function')
}

/** A function and a bigint may have a `toJSON`, as objects do. */
function isScalar(value: unknown): boolean {
  return typeof value === 'object' ? value === null : typeof value !== 'function' && typeof value !== 'bigint'
}

/** @param afresh make a plain copy in any case. */
function cut(shape: Shape, value: object, afresh: boolean): unknown {
  const view = viewOf(shape, value)
  if (Array.isArray(value)) return view.kinds.has('array') ? cutArray(view, value, afresh) : []
  if (!view.kinds.has('object')) return isBoxed(value) ? value : {}
  return cutObject(view, value as Members, afresh && !isBoxed(value))
}

function cutObject(view: View, value: Members, afresh: boolean): object {
  const { members } = view
  const keys = Object.keys(value)
  let out: { [name: string]: unknown } | undefined = afresh ? {} : undefined
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    const member = value[key]
    const shape = members.get(key) ?? unnamed(view, key)
    if (shape === undefined || shape === hidden) {
      // One without a value is not written anyway.
      if (member === undefined || out !== undefined) continue
      if (isBoxed(value)) return value
      out = copyOf(value, keys, index)
      continue
    }
    const stripped = isScalar(member) ? member : stripMember(shape, member, key)
    if (stripped !== member) out ??= copyOf(value, keys, index)
    if (out !== undefined) put(out, key, stripped)
  }
  return out ?? value
}

function unnamed({ patterns, rest }: View, key: string): Shape | undefined {
  return patterns.find(([pattern]) => pattern.test(key))?.[1] ?? rest
}

/** The members before that of `end`: until there, nothing had to go. */
function copyOf(value: Members, keys: readonly string[], end: number): { [name: string]: unknown } {
  const copy: { [name: string]: unknown } = {}
  for (let index = 0; index < end; index++) {
    const key = keys[index] as string
    put(copy, key, value[key])
  }
  return copy
}

function put(out: { [name: string]: unknown }, key: string, member: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(out, key, { value: member, enumerable: true, configurable: true, writable: true })
  } else if (key !== 'toJSON' || typeof member !== 'function') {
    out[key] = member
  }
}

function cutArray({ prefix, items }: View, value: readonly unknown[], afresh: boolean): readonly unknown[] {
  let out: unknown[] | undefined = afresh ? [...value] : undefined
  for (let index = 0; index < value.length; index++) {
    const item = value[index]
    if (isScalar(item)) continue
    const stripped = stripMember(prefix[index] ?? items, item, String(index))
    if (stripped === item) continue
    out ??= [...value]
    out[index] = stripped
  }
  return out ?? value
}

/** Objects that `JSON.stringify` writes as the scalar inside them. */
function isBoxed(value: object): boolean {
  const { isRawJSON } = JSON as { isRawJSON?: (value: unknown) => boolean }
  return isBoxedPrimitive(value) || isRawJSON?.(value) === true
}
