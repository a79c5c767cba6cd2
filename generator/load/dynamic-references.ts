import type { JsonObject } from './document.js'
import { member, type Origin, type OriginMap, segmentsOf } from './origins.js'
import { readComponentReference } from './reference.js'
import { isObject, type Target, type Targets } from './targets.js'

/** A dynamic reference that became a reference, since it could mean one schema only. */
export interface Followed {
  readonly $dynamicRef: string
  readonly place: Origin
  readonly target: Target
}

/**
 * The one schema around `place` that says `"$recursiveAnchor": true`, which `"$recursiveRef": "#"` means (JSON Schema
 * 2019-09, section 8.2.4.2); undefined where there is none, or more than one.
 */
export function recursiveTarget(place: Origin, targets: Targets): Target | undefined {
  const anchored: Target[] = []
  let origin: Origin = { file: place.file, key: '' }
  let node = targets.value(place.file)
  for (const segment of segmentsOf(place)) {
    if (isObject(node) && node.$recursiveAnchor === true) anchored.push({ node, origin })
    if (typeof node !== 'object' || node === null) break
    node = Reflect.get(node, segment)
    origin = member(origin, segment)
  }
  return anchored.length === 1 ? anchored[0] : undefined
}

/** Files that were opened later may hold another anchor of the name, and so another meaning. */
export function refuseManyMeanings(followed: readonly Followed[], targets: Targets): void {
  for (const { $dynamicRef, place, target } of followed) {
    if (targets.findDynamic($dynamicRef, place)?.node === target.node) continue
    const message = `"$dynamicRef" ${JSON.stringify($dynamicRef)} can mean more than one schema here`
    targets.fault('reference-unsupported', message, REFER_TO_PLACE, place)
  }
}

const REFER_TO_PLACE = 'use "$ref", with a place such as "#/components/schemas/NAME"'

/**
 * What is left of `$dynamicRef` means another schema for each way that leads to it. Nothing here follows it: in a
 * reply the type says less than the document, which is a warning; a request that it describes could not be validated.
 */
export function refuseDynamicReferences(
  root: JsonObject,
  dynamic: ReadonlySet<object>,
  nodes: OriginMap,
  targets: Targets,
): void {
  if (dynamic.size === 0) return
  const requests = requestNodes(root)
  for (const node of dynamic) {
    const origin = nodes.get(node)
    const keyword = Object.hasOwn(node, '$dynamicRef') ? '$dynamicRef' : '$recursiveRef'
    if (origin === undefined) continue
    const place = member(origin, keyword)
    if (requests.has(node)) {
      const message = `"${keyword}" is not supported in what describes a request: it could not be validated`
      targets.fault('reference-unsupported', message, REFER_TO_PLACE, place)
    } else {
      const message = `"${keyword}" is not followed: the type of what stands here is unknown`
      targets.fault('reference-unsupported', message, REFER_TO_PLACE, place, { severity: 'warning' })
    }
  }
}

/** All that parameters and request bodies of the paths hold, also behind references. */
function requestNodes(root: JsonObject): ReadonlySet<object> {
  const reached = new Set<object>()
  const waiting: unknown[] = []
  for (const pathItem of valuesOf(root.paths)) {
    if (!isObject(pathItem)) continue
    const operations = [...valuesOf(pathItem), ...valuesOf(pathItem.additionalOperations)]
    waiting.push(pathItem.parameters)
    for (const operation of operations) {
      if (isObject(operation)) waiting.push(operation.parameters, operation.requestBody)
    }
  }
  while (waiting.length > 0) {
    const node = waiting.pop()
    if (typeof node !== 'object' || node === null || reached.has(node)) continue
    reached.add(node)
    for (const value of Object.values(node)) {
      waiting.push(value)
      if (typeof value === 'string' && value.startsWith('#/')) waiting.push(componentOf(root, value))
    }
  }
  return reached
}

function componentOf(root: JsonObject, ref: string): unknown {
  const { section, name } = readComponentReference(ref) ?? { section: '', name: '' }
  const listed = isObject(root.components) && Object.hasOwn(root.components, section) ? root.components[section] : {}
  return isObject(listed) && Object.hasOwn(listed, name) ? listed[name] : undefined
}

function valuesOf(node: unknown): unknown[] {
  return isObject(node) ? Object.values(node) : []
}
