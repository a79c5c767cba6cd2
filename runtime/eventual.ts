/** A value, or the promise of one: most requests need not wait for anything, and a promise is not free. */
export type Eventual<Value> = Value | Promise<Value>

/** What comes after `value`: at once if it is there, later if it is promised. Throws, or rejects, as `next` does. */
export function after<Value, Result>(
  value: Eventual<Value>,
  next: (value: Value) => Eventual<Result>,
): Eventual<Result> {
  return isPromised(value) ? Promise.resolve(value).then(next) : next(value)
}

/** Any object with a method `then` counts: who is given a function of somebody's gets promises of any make. */
export function isPromised<Value>(value: Eventual<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
