import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** How many operations a document has, counted in the plainest way; nothing where it cannot be read so. */
export function countOperations(entry: string): number | undefined {
  try {
    return countIn(entry)
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}

class Unreadable extends Error {}

function countIn(entry: string): number {
  const texts = new Map<string, unknown>()
  const read = (file: string): unknown => {
    if (!texts.has(file)) texts.set(file, parsed(file))
    return texts.get(file)
  }
  const root = read(entry)
  const methods = String(member(root, 'openapi')).startsWith('3.2') ? [...METHODS, 'query'] : METHODS
  // A path item may be a reference, and hold more beside it.
  const operationsOf = (item: unknown, file: string): string[] => {
    const reference = member(item, '$ref')
    const own = Object.keys(objectOf(item)).filter(name => methods.includes(name))
    const others = methods.includes('query') ? Object.keys(objectOf(member(item, 'additionalOperations'))) : []
    if (typeof reference !== 'string') return [...own, ...others]
    const [path = '', fragment = ''] = reference.split('#')
    const target = path === '' ? file : resolve(dirname(file), decoded(path))
    const steps = decoded(fragment).split('/').slice(1)
    const keys = steps.map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    let node = read(target)
    for (const key of keys) {
      node = member(node, key)
      // A reference on the way would have to be followed as well.
      if (typeof member(node, '$ref') === 'string' && key !== keys.at(-1)) throw new Unreadable()
    }
    if (node === undefined) throw new Unreadable()
    return [...own, ...others, ...operationsOf(node, target)]
  }
  const paths = Object.entries(objectOf(member(root, 'paths'))).filter(([path]) => !path.startsWith('x-'))
  return paths.reduce((count, [, item]) => count + new Set(operationsOf(item, entry)).size, 0)
}

function parsed(file: string): unknown {
  try {
    const text = readFileSync(file, 'utf8')
    if (text.trimStart().startsWith('{')) return JSON.parse(text)
    return parse(text, { logLevel: 'silent', merge: true, maxAliasCount: -1 })
  } catch {
    throw new Unreadable()
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Unreadable()
  }
}

function objectOf(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [name: string]: unknown })
    : {}
}

function member(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value[Number(name)]
  const object = objectOf(value)
  return Object.hasOwn(object, name) ? object[name] : undefined
}
