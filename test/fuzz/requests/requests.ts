import { gzipSync } from 'node:zlib'
import { Random } from '../random.js'
import { type Credentials, forgedCredentials, goodCredentials } from './credentials.js'
import { TARGETS } from './document.js'

/** Stands in everything that a request makes up: no answer may hold it. */
export const CANARY = 'zq7canary'

export interface FuzzRequest {
  readonly bytes: Buffer
  /** Holds nothing that would open an operation. */
  readonly forged: boolean
}

interface Draft {
  method: string
  target: string
  readonly fields: [string, string][]
  body: Buffer
}

/** The request of that index: the same for the same seed and credentials. */
export function requestOf(seed: number, index: number, credentials: Credentials): FuzzRequest {
  const random = new Random(`${seed} request ${index}`)
  const forged = random.chance(0.6)
  const one = () => textOf(random, draftOf(random, forged, credentials))
  const bytes = Buffer.concat(random.chance(0.1) ? [one(), one()] : [one()])
  // A byte that is changed could move a good credential to where it opens something, and must not in what is forged.
  return { bytes: !forged && random.chance(0.2) ? scrambled(random, bytes) : bytes, forged }
}

function draftOf(random: Random, forged: boolean, credentials: Credentials): Draft {
  const { method, path, type, wants, body = '' } = random.pick(TARGETS)
  const sent = forged ? forgedCredentials(random, credentials, wants) : goodCredentials(random, credentials)
  const { fields, query } = sent
  const draft: Draft = {
    method,
    target: query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`,
    fields: [['Host', 'api.example'], ...fields.map(([name, value]): [string, string] => [name, value])],
    body: Buffer.from(body),
  }
  if (type !== undefined) draft.fields.push(['Content-Type', type])
  for (let count = sent.exact || random.chance(0.4) ? 0 : random.below(5); count > 0; count--)
    random.pick(MUTATIONS)(draft, random)
  return draft
}

type Mutation = (draft: Draft, random: Random) => void

const METHODS = [
  'get',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
  'PROPFIND',
  'M-SEARCH',
  'FOO',
  'POST',
  'PUT',
  'DELETE',
]
const PIECES = [
  '/',
  '//',
  '/.',
  '/..',
  '/../',
  '%2F',
  '%2f',
  '%5C',
  '\\',
  '%00',
  '%2e%2e/',
  ';a=b',
  '%252F',
  '%',
  '%zz',
  '%ff',
  'é',
  '?',
  '&',
  '=',
  '[',
  '{',
  '#',
  '*',
  `/${CANARY}`,
]
const VALUES = [
  '',
  ' ',
  '0',
  '-1',
  'NaN',
  '1e999',
  'true',
  'null',
  '\t',
  `"${CANARY}"`,
  'a,b',
  'a;b',
  'é',
  '\u00ff'.repeat(20),
  'x'.repeat(2000),
  '{}',
  '[]',
  '\u0001',
  '<script>',
  '{{7*7}}',
  '__proto__',
]

const MUTATIONS: readonly Mutation[] = [
  (draft, random) => {
    draft.method = random.pick(METHODS)
  },
  (draft, random) => {
    const at = random.below(draft.target.length + 1)
    draft.target = `${draft.target.slice(0, at)}${random.pick(PIECES)}${draft.target.slice(at + random.below(2))}`
  },
  (draft, random) => {
    const at = random.below(draft.target.length)
    const code = draft.target.charCodeAt(at).toString(16).padStart(2, '0')
    draft.target = `${draft.target.slice(0, at)}%${random.chance(0.2) ? '25' : ''}${code}${draft.target.slice(at + 1)}`
  },
  (draft, random) => {
    draft.target = random.pick([
      `http://evil.example${draft.target}`,
      `//evil.example${draft.target}`,
      '*',
      draft.target.toUpperCase(),
      `${draft.target}/`,
      `/open/..${draft.target}`,
      `/open?${draft.target}`,
      `/${'a/'.repeat(500)}`,
    ])
  },
  (draft, random) => {
    const name = random.pick([
      'filter[a]',
      'filter[__proto__]',
      'filter[a][b]',
      'tags',
      'tags[]',
      CANARY,
      'constructor',
      'api_key[0]',
    ])
    draft.target = `${draft.target}${draft.target.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(random.pick(VALUES))}`
  },
  (draft, random) => {
    const name = random.pick([
      'X-Trace',
      'X-HTTP-Method-Override',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'Forwarded',
      'Accept',
      'Origin',
      'Sec-Fetch-Site',
      'If-None-Match',
      'Range',
      'Connection',
      'Upgrade',
      'Expect',
      'Cookie',
      CANARY,
    ])
    draft.fields.push([
      name,
      random.pick([...VALUES, '100-continue', 'DELETE', '/open', 'close', 'websocket', 'bytes=0-1']),
    ])
  },
  (draft, random) => {
    draft.fields.push([
      'Transfer-Encoding',
      random.pick(['chunked', 'Chunked', 'identity', 'gzip, chunked', 'chunked, chunked', ' chunked']),
    ])
  },
  (draft, random) => {
    draft.fields.push(['Content-Length', random.pick(['0', '1', '5', '99999', '-1', '1e3', '0x10', '5, 5', ''])])
  },
  (draft, random) => {
    draft.fields.push(['Content-Encoding', random.pick(['gzip', 'br', 'deflate', 'identity', 'x', 'gzip, gzip'])])
    if (random.chance(0.5)) draft.body = gzipSync(random.chance(0.3) ? Buffer.alloc(3_000_000) : draft.body)
  },
  (draft, random) => {
    draft.fields.push([
      'Content-Type',
      random.pick([
        'application/json',
        'text/plain',
        'application/json; charset=utf-16',
        'multipart/form-data',
        'multipart/form-data; boundary=',
        'multipart/form-data; boundary="b0',
        '*/*',
        ',',
        'application/problem+json',
      ]),
    ])
  },
  (draft, random) => {
    draft.body = random.pick(BODIES)(random, draft.body)
  },
  (draft, random) => {
    const [field] = draft.fields.splice(random.below(draft.fields.length), 1)
    if (field && random.chance(0.3)) draft.fields.push(field, field)
  },
  (draft, random) => {
    const field = random.pick(draft.fields.length > 0 ? draft.fields : [['X-Trace', ''] as [string, string]])
    field[0] = [...field[0]].map(one => (random.chance(0.5) ? one.toUpperCase() : one.toLowerCase())).join('')
  },
]

const BODIES: readonly ((random: Random, body: Buffer) => Buffer)[] = [
  (random, body) => body.subarray(0, random.below(body.length + 1)),
  (random, body) => scrambled(random, body),
  random => Buffer.from('['.repeat(random.magnitude(1, 50_000))),
  random => Buffer.from('{"a":'.repeat(random.magnitude(1, 20_000))),
  random =>
    Buffer.from(
      `{"name":${random.pick(['1e999', '"\\ud800"', '"\\u0000"', '[[]]', `"${CANARY}"`, '-0', '1E400', '"a","name":"b"'])}}`,
    ),
  () => Buffer.from('{"__proto__":{"admin":true},"constructor":{"prototype":{}},"name":"n"}'),
  random => Buffer.from(Array.from({ length: 64 }, () => random.below(256))),
  random => Buffer.alloc(random.magnitude(1, 300_000), random.pick(['a', '&', '=', '%', ',', '\r\n', '--b0\r\n'])),
  random =>
    Buffer.from(
      `--b0\r\nContent-Disposition: form-data; name="${random.pick(VALUES)}"; filename="${random.pick(VALUES)}"\r\n\r\n${CANARY}\r\n--b0${random.pick(['--', '', '-', '--\r\n', '\r\n'])}`,
    ),
  random => Buffer.from(`${'list=1&'.repeat(random.magnitude(1, 30_000))}a=${CANARY}`),
]

function textOf(random: Random, { method, target, fields, body }: Draft): Buffer {
  const framed = fields.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
  const all =
    framed || (body.length === 0 && random.chance(0.5)) ? fields : [...fields, ['Content-Length', String(body.length)]]
  // Now and then a field is folded (RFC 9112 section 5.2), or has a space before its colon.
  const line = ([name, value]: readonly string[]) =>
    random.chance(0.01) ? `${name}:\r\n ${value}` : `${name}${random.chance(0.005) ? ' ' : ''}: ${value}`
  const head = `${method} ${target} HTTP/1.1\r\n${all.map(line).join('\r\n')}\r\n\r\n`
  return Buffer.concat([Buffer.from(head, random.chance(0.5) ? 'latin1' : 'utf8'), body])
}

function scrambled(random: Random, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  if (changed.length === 0) return changed
  for (let count = random.magnitude(1, 20); count > 0; count--)
    changed[random.below(changed.length)] = random.below(256)
  return random.chance(0.3) ? changed.subarray(0, random.below(changed.length)) : changed
}
