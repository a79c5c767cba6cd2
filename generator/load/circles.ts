import type { JsonObject } from './document.js'
import { sections } from './grammar.js'
import { member, type Origin, type OriginMap } from './origins.js'
import { readComponentReference } from './reference.js'
import { isObject, type Targets } from './targets.js'

/** Components that lead to each other and never to anything: whoever followed them would not come back. */
export function refuseCircles(root: JsonObject, nodes: OriginMap, targets: Targets): void {
  const components = isObject(root.components) ? root.components : {}
  for (const section of Object.values(sections)) {
    const listed = components[section]
    if (!isObject(listed)) continue
    const done = new Set<string>()
    for (const start of Object.keys(listed)) {
      const way = new Set<string>()
      let name: string | undefined = start
      while (name !== undefined && !done.has(name) && !way.has(name)) {
        way.add(name)
        name = next(listed, name)
      }
      const met = name !== undefined && way.has(name) ? listed[name] : undefined
      const origin = isObject(met) ? nodes.get(met) : undefined
      if (origin !== undefined) refuseCircle(origin, targets)
      for (const passed of way) done.add(passed)
    }
  }
}

export function refuseCircle(site: Origin, targets: Targets): void {
  const help = 'let one of the references lead to the thing itself'
  targets.fault('reference-cycle', 'the reference leads back to itself', help, member(site, '$ref'))
}

function next(listed: JsonObject, name: string): string | undefined {
  const component = Object.hasOwn(listed, name) ? listed[name] : undefined
  const ref = isObject(component) ? component.$ref : undefined
  return typeof ref === 'string' ? readComponentReference(ref)?.name : undefined
}
