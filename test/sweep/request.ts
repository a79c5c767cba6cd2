import type { Issued } from '../http/certificates.js'
import { child, type FoundOperation, members, type Node } from './naive-document.js'
import { sample } from './sample.js'

/** A request that fits the document, but for its credentials. */
export interface SampleRequest {
  readonly method: string
  readonly path: string
  readonly query: readonly string[]
  readonly headers: { readonly [name: string]: string }
  readonly cookies: readonly string[]
  readonly body?: string
  /** Shown in the handshake of the connection that carries it. */
  readonly certificate?: Issued
}

/** @param variant which of several alternatives in its schemas to take. */
export function sampleRequest(operation: FoundOperation, variant = 0): SampleRequest {
  const { method, path, parameters, requestBody } = operation
  const request = { path, query: [] as string[], headers: {} as Record<string, string>, cookies: [] as string[] }
  for (const parameter of parameters) {
    const name = String(child(parameter, 'name').value)
    const place = child(parameter, 'in').value
    if (place !== 'path' && child(parameter, 'required').value !== true) continue
    const texts = textsOf(sample(child(parameter, 'schema'), variant))
    const encoded = texts.map(encodeURIComponent)
    if (place === 'path') request.path = request.path.replace(`{${name}}`, encoded.join(','))
    if (place === 'query') request.query.push(...queryOf(name, encoded, parameter))
    if (place === 'header') request.headers[name] = texts.join(',')
    if (place === 'cookie') request.cookies.push(`${name}=${encoded.join(',')}`)
  }
  const content = bodyOf(requestBody, variant)
  if (content === undefined) return { method, ...request }
  return {
    method,
    ...request,
    headers: { ...request.headers, 'content-type': content.mediaType },
    body: content.body,
  }
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String)
}

function queryOf(name: string, encoded: readonly string[], parameter: Node): string[] {
  const explode = child(parameter, 'explode').value !== false
  const key = encodeURIComponent(name)
  return explode ? encoded.map(text => `${key}=${text}`) : [`${key}=${encoded.join(',')}`]
}

function bodyOf(requestBody: Node, variant: number): { mediaType: string; body: string } | undefined {
  const content = members(child(requestBody, 'content'))
  const [mediaType, node] = content.find(([type]) => /json/.test(type)) ?? content[0] ?? []
  if (mediaType === undefined || node === undefined) return undefined
  const schema = child(node, 'schema')
  if (/json/.test(mediaType)) return { mediaType, body: JSON.stringify(sample(schema, variant)) }
  if (/urlencoded/.test(mediaType)) return { mediaType, body: formOf(schema, variant) }
  if (/multipart/.test(mediaType)) return { mediaType: `${mediaType}; boundary=part`, body: partsOf(schema, variant) }
  return { mediaType, body: 'bytes' }
}

function partsOf(schema: Node, variant: number): string {
  const parts = fieldsOf(schema, variant).map(({ name, text, is }) => {
    const filename = is === 'file' ? '; filename="sample.bin"' : ''
    const type = is === 'json' ? 'Content-Type: application/json\r\n' : ''
    return `--part\r\nContent-Disposition: form-data; name="${name}"${filename}\r\n${type}\r\n${text}\r\n`
  })
  return `${parts.join('')}--part--\r\n`
}

function formOf(schema: Node, variant: number): string {
  return new URLSearchParams(
    fieldsOf(schema, variant).map(({ name, text }): [string, string] => [name, text]),
  ).toString()
}

interface Field {
  readonly name: string
  readonly text: string
  readonly is: 'text' | 'json' | 'file'
}

/** What a form sends of an object: arrays by repetition, objects as JSON. */
function fieldsOf(schema: Node, variant: number): Field[] {
  const value = sample(schema, variant)
  if (typeof value !== 'object' || value === null) throw new Error(`${schema.file}: a form is no object`)
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const property = child(child(schema, 'properties'), name)
    const isFile = [property, child(property, 'items')].some(one => child(one, 'format').value === 'binary')
    return (Array.isArray(member) ? member : [member]).map((one: unknown): Field => {
      if (typeof one === 'object' && one !== null) return { name, text: JSON.stringify(one), is: 'json' }
      return { name, text: String(one), is: isFile ? 'file' : 'text' }
    })
  })
}
