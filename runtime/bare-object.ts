/**
 * An object without members of any prototype, so that `__proto__` and `constructor` are names like all others. Made
 * faster than `Object.create(null)`, whose objects are hash tables from the start.
 */
export interface BareObject<Value> {
  [name: string]: Value
}

export const BareObject = (() => {
  function BareObject() {}
  BareObject.prototype = Object.create(null)
  return BareObject as unknown as { new <Value>(): BareObject<Value> }
})()
