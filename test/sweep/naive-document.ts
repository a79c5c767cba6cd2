import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'

/** A value of a document, and the file that references in it start from. */
export interface Node {
  readonly file: string
  readonly value: unknown
}

/** One alternative of `security`: scheme → scopes. */
export interface Alternative {
  readonly [scheme: string]: readonly string[]
}

export interface Scheme {
  readonly type: string
  readonly in?: string
  readonly name?: string
  readonly scheme?: string
}

export interface FoundOperation {
  /** `GET /path`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly alternatives: readonly Alternative[]
  readonly parameters: readonly Node[]
  readonly requestBody: Node
}

export interface NaiveDocument {
  /** Of OpenAPI. */
  readonly version: string
  readonly operations: readonly FoundOperation[]
  readonly schemes: { readonly [name: string]: Scheme }
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

/** Reads a document in the plainest way there is: what the generated router is measured by must not be its own source. */
export function readNaively(entry: string): NaiveDocument {
  const root = { file: entry, value: parsed(entry) }
  const inherited = child(root, 'security').value as readonly Alternative[] | undefined
  const operations = members(child(root, 'paths')).flatMap(([path, item]) =>
    [
      ...members(item)
        .filter(([field]) => METHODS.includes(field))
        .map(([field, operation]) => [field.toUpperCase(), operation] as const),
      ...members(child(item, 'additionalOperations')),
    ].map(([method, operation]) => {
      const name = `${method} ${path}`
      for (const one of [root, item, operation]) refuseExtensions(name, one)
      const alternatives = (child(operation, 'security').value as typeof inherited) ?? inherited ?? []
      return {
        name,
        method,
        path,
        alternatives,
        parameters: [...elements(child(item, 'parameters')), ...elements(child(operation, 'parameters'))],
        requestBody: follow(child(operation, 'requestBody')),
      }
    }),
  )
  const schemes = members(child(child(root, 'components'), 'securitySchemes')).map(
    ([name, scheme]) => [name, follow(scheme).value as Scheme] as const,
  )
  return { version: String(child(root, 'openapi').value), operations, schemes: Object.fromEntries(schemes) }
}

/** Demands that the expectations know nothing of: a document that makes them is none for this sweep. */
function refuseExtensions(name: string, node: Node): void {
  for (const [key] of members(node)) {
    if (/^x-(claims|scope-match|step-up)$/.test(key)) throw new Error(`${name}: the sweep does not know ${key}`)
  }
}

const files = new Map<string, unknown>()

function parsed(file: string): unknown {
  if (!files.has(file)) {
    const text = readFileSync(file, 'utf8')
    files.set(file, file.endsWith('.json') ? JSON.parse(text) : parse(text))
  }
  return files.get(file)
}

/** What a node refers to, across files, or the node itself. */
export function follow(node: Node): Node {
  const target = referred(node)
  return target === undefined ? node : follow(target)
}

/** What stands where a node's own `$ref` leads: another reference, perhaps. */
export function referred(node: Node): Node | undefined {
  const reference = node.value === null || typeof node.value !== 'object' ? undefined : Reflect.get(node.value, '$ref')
  if (typeof reference !== 'string') return undefined
  const [path = '', pointer = ''] = reference.split('#')
  const file = path === '' ? node.file : resolve(dirname(node.file), path)
  const keys = pointer.split('/').slice(1)
  const target = keys.reduce<Node>((at, key) => child(at, key.replaceAll('~1', '/').replaceAll('~0', '~')), {
    file,
    value: parsed(file),
  })
  if (target.value === undefined) throw new Error(`${node.file}: ${reference} leads nowhere`)
  return target
}

/** A member of what a node is or refers to; its value is `undefined` where there is none. */
export function child(node: Node, key: string | number): Node {
  const { file, value } = follow(node)
  const own = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
  return { file, value: own ? Reflect.get(value, key) : undefined }
}

export function members(node: Node): [string, Node][] {
  const { value } = follow(node)
  return typeof value === 'object' && value !== null ? Object.keys(value).map(key => [key, child(node, key)]) : []
}

export function elements(node: Node): Node[] {
  return members(node).map(([, element]) => element)
}
