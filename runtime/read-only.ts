import type { ReadOnlyMembers } from './validator.js'

/**
 * Takes members that are `readOnly` out of a body. Callers send back what they were given, with such members in it
 * (OpenAPI, Schema Object: they "SHOULD NOT be sent as part of the request"); the handler never sees them.
 */
export function dropReadOnly(body: unknown, readOnly: ReadOnlyMembers): void {
  // Without recursion: schemas lead back to themselves, and bodies are nested as deep as they may.
  const open: [unknown, ReadOnlyMembers][] = [[body, readOnly]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, { names = [], inside }] = next
    if (typeof value !== 'object' || value === null) continue
    const { members = {}, others, items } = inside?.() ?? {}
    if (Array.isArray(value)) {
      if (items) for (const item of value) open.push([item, items])
      continue
    }
    for (const name of names) Reflect.deleteProperty(value, name)
    for (const [name, member] of Object.entries(value)) {
      const shape = Object.hasOwn(members, name) ? members[name] : others
      if (shape) open.push([member, shape])
    }
  }
}
