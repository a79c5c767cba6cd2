export type Path = readonly (string | number)[]

/** RFC 6901. */
export function pointerTo(path: Path): string {
  return path.map(key => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function pathOf(pointer: string): string[] {
  const keys = pointer.split('/').slice(1)
  return keys.map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A copy in which another value stands at a place. */
export function replaced(value: unknown, path: Path, by: unknown): unknown {
  return changed(value, path, (holder, key) => Reflect.set(holder, key, by)) ?? by
}

/** A copy in which a member or an item is not there. */
export function without(value: unknown, path: Path): unknown {
  return changed(value, path, (holder, key) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else Reflect.deleteProperty(holder, key)
  })
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (isHolder(at) ? Reflect.get(at, key) : undefined), value)
}

/** `undefined` where the path leads to no member of anything. */
function changed(value: unknown, path: Path, change: (holder: object, key: string) => void): unknown {
  const [last] = path.slice(-1)
  if (last === undefined) return undefined
  const copy: unknown = structuredClone(value)
  const holder = valueAt(copy, path.slice(0, -1))
  if (isHolder(holder)) change(holder, String(last))
  return copy
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
