import type { SampleRequest } from '../sweep/request.js'
import type { FoundParameter } from './parameters.js'

/** The parts of a request that parameters are written into. */
export type Written = Pick<SampleRequest, 'path' | 'query' | 'headers' | 'cookies'>

/** A request's parts with a parameter written as its style says. */
export function write(parameter: FoundParameter, value: unknown, into: Written): Written {
  const { name, place, isExploded } = parameter
  const texts = textsOf(value)
  const encoded = texts.map(encodeURIComponent)
  switch (place) {
    case 'path':
      return { ...into, path: into.path.replace(`{${name}}`, encoded.join(',')) }
    case 'query': {
      const key = encodeURIComponent(name)
      const members = isExploded ? encoded.map(text => `${key}=${text}`) : [`${key}=${encoded.join(',')}`]
      return { ...into, query: [...into.query, ...members] }
    }
    case 'header':
      return { ...into, headers: { ...into.headers, [name]: texts.join(',') } }
    default:
      throw new Error(`the requests know no parameters in ${place}`)
  }
}

/** Can a value be written there, and be read as what it is? */
export function isWritable({ place, isExploded, isList, allowsEmpty }: FoundParameter, value: unknown): boolean {
  const texts: unknown[] = Array.isArray(value) ? value : [value]
  if (Array.isArray(value) && !isList && !(place === 'query' && isExploded)) return false
  if (texts.length === 0 || !texts.every(isScalar)) return false
  // Of a request line of some kilobytes, Node.js takes no more.
  if (encodeURIComponent(texts.join(',')).length > 8000) return false
  if (place === 'path') return texts.every(text => !['', '.', '..'].includes(String(text)))
  if (place === 'header') return texts.every(text => /^[!-+.-~]+$/.test(String(text)))
  return !(texts.join('') === '' && (allowsEmpty || isList))
}

/** A form as HTML has it: lists are repeated. `undefined` if it holds what cannot be written so. */
export function formText(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const members: [string, string][] = []
  for (const [name, member] of Object.entries(value)) {
    const texts: unknown[] = Array.isArray(member) ? member : [member]
    if (texts.length === 0 || !texts.every(isScalar)) return undefined
    members.push(...texts.map((text): [string, string] => [name, String(text)]))
  }
  // A form without a member is no body.
  return members.length === 0 ? undefined : new URLSearchParams(members).toString()
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String)
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}
